/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/machine/watch.h"

#include "sphapr/metrics.h"
#include "vmm/base/log.h"
#include "vmm/base/sys.h"
#include "vmm/kvm/vcpus_metrics.h"
#include "vmm/machine/emulated.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/passthrough_metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define SAID_MAX 3072u /* bytes of console that a guest's crash is told with */

void watch_init(struct watch *w, const struct watch_env *env)
{
	*w = (struct watch){
		.from = *env,
		.start_ns = sys_now_ns(),
		.start_wall_ns = sys_wall_ns(),
		.status_fd = -1,
	};
}

static uint64_t us_since_start(const struct watch *w)
{
	return (sys_now_ns() - w->start_ns) / 1000;
}

static void mark(struct watch *w, enum watch_mark which)
{
	if (w->marks_ns[which] == 0)
		w->marks_ns[which] = sys_now_ns() - w->start_ns;
}

/* How long the start has taken is known here, not where these two happen. */
static void heard(void *ctx, enum event e, const struct event_value *v)
{
	struct watch *w = ctx;
	struct event_value since[2];

	if (e == EVENT_CONSOLE || e == EVENT_READY) {
		mark(w, e == EVENT_READY ? WATCH_READY : WATCH_FIRST_CONSOLE);
		since[0].n = us_since_start(w);
		if (e == EVENT_READY)
			since[1] = v[1];
		v = since;
	}
	if (w->events)
		events_take(w->events, e, v);
	if (w->timeline)
		timeline_take(w->timeline, e, v);
	if (w->timeline && e == EVENT_READY) {
		w->timeline_due = true; /* this may be a vCPU, which writes no files */
		if (w->loop)
			loop_wake(w->loop);
	}
}

int watch_open(struct watch *w)
{
	const struct options *opt = w->from.opt;
	int r = 0;

	if (opt->events.path || opt->api.socket)
		w->events = events_open(opt->events.path, &r);
	if (r == 0 && opt->timeline)
		w->timeline = timeline_open(opt->timeline, w->start_ns, &r);
	if (r < 0)
		return r;
	if (!w->events && !w->timeline && !opt->metrics.path)
		return 0;
	event_listen(heard, w);
	event_emit(EVENT_STARTING, { .s = SPAPR_VERSION }, { (uint64_t)getpid() },
		   { .s = opt->file });
	event_emit(EVENT_BOOTING, { us_since_start(w) });
	return 0;
}

int watch_loop(struct watch *w, struct loop *loop)
{
	int r = w->events ? events_watch(w->events, loop) : 0;

	w->loop = loop;
	if (r < 0)
		log_error("events: %s", strerror(-r));
	return r;
}

int watch_parts(struct watch *w)
{
	const struct options *opt = w->from.opt;
	int r;

	w->devices = (struct virtio_devices){ (struct device *const *const *)&w->from.emu->devs,
					      &w->from.emu->ndevs };
	w->metrics.look = watch_look;
	w->metrics.look_ctx = w;
	metrics_add(&w->metrics, watch_metrics, w);
	metrics_add(&w->metrics, vcpus_metrics, w->from.cpus);
	metrics_add(&w->metrics, spapr_metrics, w->from.sp);
	metrics_add(&w->metrics, passthrough_metrics, w->from.pass);
	metrics_add(&w->metrics, virtio_metrics, &w->devices);
	if (!opt->metrics.path && !opt->api.socket)
		return 0;
	vcpus_open_stats(w->from.cpus);
	vcpus_open_steal(w->from.cpus);
	r = sys_open("/proc/self/status", O_RDONLY, 0);
	w->status_fd = r < 0 ? -1 : r;
	if (!opt->metrics.path)
		return 0;
	return metrics_to_file(&w->metrics, w->loop, opt->metrics.path, opt->metrics.interval);
}

void watch_phase(struct watch *w, const char *name, uint64_t from_ns, uint64_t now_ns)
{
	if (w->nphases < WATCH_MAX_PHASES)
		w->phases[w->nphases++] =
			(struct watch_phase){ name, from_ns - w->start_ns, now_ns - from_ns };
	if (w->timeline)
		timeline_phase(w->timeline, name, from_ns, now_ns);
	watch_woken(w);
}

void watch_started(struct watch *w)
{
	mark(w, WATCH_FIRST_INSTRUCTION);
	event_emit(EVENT_BOOTED, { us_since_start(w) });
}

void watch_woken(struct watch *w)
{
	if (w->events)
		events_flush(w->events);
	if (w->timeline_due)
		timeline_write(w->timeline);
	w->timeline_due = false;
}

void watch_rotate(struct watch *w)
{
	if (w->events)
		events_reopen(w->events);
	event_emit(EVENT_ROTATED, { 0 });
}

void watch_rebooted(struct watch *w, uint64_t from_ns)
{
	w->reboots++;
	if (w->events)
		events_set_boot(w->events, w->reboots);
	event_emit(EVENT_REBOOTED, { (sys_now_ns() - from_ns) / 1000 });
}

void watch_ended(struct watch *w)
{
	metrics_write(&w->metrics);
}

void watch_crashed(struct watch *w, const char *text)
{
	char said[SAID_MAX + 1];

	w->panics++;
	vty_last_said(&w->from.sp->vty, said, sizeof(said));
	event_emit(EVENT_PANIC, { .s = text }, { .s = said });
}

static const char *reason_of(int status)
{
	static const char *const reasons[] = {
		[STATUS_OFF] = "off",   [STATUS_INTERNAL] = "internal", [STATUS_USAGE] = "usage",
		[STATUS_HOST] = "host", [STATUS_CRASH] = "crash",       [STATUS_REBOOT] = "reboot",
	};

	return reasons[status];
}

void watch_close(struct watch *w, int status)
{
	event_emit(EVENT_SHUTDOWN, { (uint64_t)status }, { .s = reason_of(status) });
	event_listen(NULL, NULL);
	metrics_close(&w->metrics);
	timeline_close(w->timeline);
	events_close(w->events);
	if (w->status_fd >= 0)
		sys_close(w->status_fd);
	w->events = NULL;
	w->timeline = NULL;
	w->status_fd = -1;
}
