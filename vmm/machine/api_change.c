/* SPDX-License-Identifier: BSD-2-Clause */
/* Changes that are asked for. Each returns a status of HTTP, or 0: it is told when it is done. */
#define LOG_PREFIX "api"
#include "vmm/machine/api.h"

#include "devices/virtio/balloon.h"
#include "vmm/base/event.h"
#include "vmm/base/log.h"
#include "vmm/base/sys.h"
#include "vmm/machine/rotate.h"

#include <errno.h>

#define PAUSE_NS 5000000000ULL
#define LOOK_NS 5000000ULL

static const char not_now[] = "the guest: it is not in a state for this: ask vm.info";

static uint32_t no(const char **why, uint32_t status, const char *text)
{
	*why = text;
	return status;
}

static void go_on(struct api *a)
{
	a->state = API_RUNNING;
	if (a->from.stop->why == STOP_NONE)
		vcpus_resume(a->from.cpus);
}

/* ---- pause ---- */

static void look(void *ctx)
{
	struct api *a = ctx;

	if (a->state != API_PAUSING)
		return;
	if (a->from.cpus->busy == 0) {
		a->state = API_PAUSED;
		event_emit(EVENT_PAUSED, { (sys_now_ns() - a->pause_ns) / 1000 });
		control_done(&a->control, VERB_PAUSE, 204, NULL);
	} else if (sys_now_ns() - a->pause_ns >= PAUSE_NS) {
		go_on(a);
		control_done(&a->control, VERB_PAUSE, 503,
			     "the guest: the host is busy for a virtual CPU: try again");
	} else {
		loop_timer_set(a->from.loop, &a->look, LOOK_NS, look, a);
	}
}

static uint32_t pause_guest(struct api *a, const char **why)
{
	if (a->state != API_RUNNING)
		return no(why, 409, not_now);
	a->state = API_PAUSING;
	a->pause_ns = sys_now_ns();
	event_emit(EVENT_PAUSING, { .s = "api" });
	vcpus_stop_soon(a->from.cpus);
	loop_timer_set(a->from.loop, &a->look, 0, look, a);
	return 0;
}

static uint32_t resume_guest(struct api *a, enum api_state from, const char **why)
{
	if (a->state == API_PAUSING && from == API_PAUSED)
		control_done(&a->control, VERB_PAUSE, 409, "the guest: it was resumed meanwhile");
	else if (a->state != from)
		return no(why, 409, not_now);
	event_emit(EVENT_RESUMING, { .s = "api" });
	go_on(a);
	event_emit(EVENT_RESUMED, { 0 });
	return 204;
}

/* ---- what the guest hears of ---- */

static uint32_t power_button(struct api *a, const char **why)
{
	if (a->state != API_RUNNING || !epow_post(a->from.sp))
		return no(why, 409,
			  "the guest: it does not listen for the power button: use vm.shutdown");
	event_emit(EVENT_POWER_BUTTON, { .s = "api" });
	return 204;
}

static uint32_t nmi(struct api *a, const char **why)
{
	const struct vcpus *cpus = a->from.cpus;
	const struct spapr_platform *plat = &a->from.sp->plat;
	uint32_t n = 0;

	for (uint32_t i = 0; i < cpus->n && a->state == API_RUNNING; i++)
		n += plat->system_reset(plat->ctx, cpus->v[i].kvm.id) == 0;
	return n ? 204 : no(why, 409, not_now);
}

static uint32_t resize(const struct api *a, const struct verb_args *args, const char **why)
{
	struct device *balloon = api_balloon(a);
	int r;

	if (args->given & ~1u)
		return no(why, 501, "vm.resize: processors and memory: not built: hotplug");
	if (!args->given)
		return 204;
	if (!balloon)
		return no(why, 409,
			  "vm.resize: desired_balloon: the guest has none: add [balloon]");
	r = balloon_resize(balloon, args->value[0]);
	if (r == -EINVAL)
		return no(why, 409, "vm.resize: desired_balloon: leave the guest some memory");
	if (r < 0)
		return no(why, 409,
			  "vm.resize: desired_balloon: "
			  "passed-through devices reach all of guest RAM");
	return 204;
}

/* ---- the console ---- */

static uint32_t attach(const struct api *a, const char **why)
{
	if (!chardev_takes_reader(&a->from.console->dev))
		return no(why, 503, "the console: as many as can read it: wait until one leaves");
	return 101;
}

int api_read_console(void *ctx, int fd, const struct verb_args *args)
{
	unsigned int how =
		(args->value[0] ? CHARDEV_READ_ONLY : 0) | (args->value[1] ? CHARDEV_STEAL : 0);

	return console_attach(((struct api *)ctx)->from.console, fd, how);
}

/* ---- the end ---- */

static uint32_t reboot(struct api *a, const char **why)
{
	if (a->state != API_RUNNING)
		return no(why, 409, not_now);
	stop_request(a->from.stop, STOP_REBOOT, NULL);
	return 0;
}

uint32_t api_change(void *ctx, enum verb_id id, const struct verb_args *args, const char **why)
{
	struct api *a = ctx;

	if (a->from.stop->why != STOP_NONE && id != VERB_LOG_LEVEL && id != VERB_ROTATE)
		return no(why, 409, "the guest: it is about to end");
	switch (id) {
	case VERB_PAUSE:
		return pause_guest(a, why);
	case VERB_RESUME:
		return resume_guest(a, API_PAUSED, why);
	case VERB_BOOT:
		return resume_guest(a, API_CREATED, why);
	case VERB_POWER_BUTTON:
		return power_button(a, why);
	case VERB_REBOOT:
		return reboot(a, why);
	case VERB_SHUTDOWN:
		stop_off(a->from.stop, "api");
		return 204;
	case VERB_NMI:
		return nmi(a, why);
	case VERB_RESIZE:
		return resize(a, args, why);
	case VERB_ATTACH:
		return attach(a, why);
	case VERB_ROTATE:
		log_files_rotate(a->from.console, a->from.watch);
		return 204;
	case VERB_LOG_LEVEL:
		if (args->value[0] > LOG_DEBUG)
			return no(why, 409, "the log: there is no such level");
		log_set_level((enum log_level)args->value[0]);
		return 204;
	default:
		return no(why, 501, "the machine: not built");
	}
}
