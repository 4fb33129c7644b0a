/* SPDX-License-Identifier: BSD-2-Clause */
/* Metrics of the machine as a whole, and of this process. */
#include "sphapr/metrics.h"
#include "vmm/base/sys.h"
#include "vmm/kvm/vcpus_metrics.h"
#include "vmm/machine/console.h"
#include "vmm/machine/ram.h"
#include "vmm/machine/stop.h"
#include "vmm/machine/watch.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static void field(const struct metric *m, const void *obj, struct metric_out *out)
{
	metric_put(out, metric_field(m, obj), METRIC_NO_LABEL);
}

static void build_info(const struct metric *m, const void *obj, struct metric_out *out)
{
	(void)m;
	(void)obj;
	metric_put(out, 1, METRIC_TEXT("version", SPAPR_VERSION));
}

static void vm_state(const struct metric *m, const void *obj, struct metric_out *out)
{
	const struct watch *w = obj;
	bool ended = w->from.stop->why != STOP_NONE;

	(void)m;
	metric_put(out, 1,
		   METRIC_TEXT("state", ended                                  ? "Shutdown"
					: w->marks_ns[WATCH_FIRST_INSTRUCTION] ? "Running"
									       : "Created"));
}

static void phases(const struct metric *m, const void *obj, struct metric_out *out)
{
	const struct watch *w = obj;

	(void)m;
	for (uint32_t i = 0; i < w->nphases; i++)
		metric_put_ns(out, w->phases[i].ns, METRIC_TEXT("phase", w->phases[i].name));
}

static void marks(const struct metric *m, const void *obj, struct metric_out *out)
{
	static const char *const names[WATCH_MARKS] = { "first_instruction", "first_console",
							"ready" };
	const struct watch *w = obj;

	(void)m;
	for (uint32_t i = 0; i < WATCH_MARKS; i++)
		if (w->marks_ns[i])
			metric_put_ns(out, w->marks_ns[i], METRIC_TEXT("mark", names[i]));
}

static void ram(const struct metric *m, const void *obj, struct metric_out *out)
{
	(void)m;
	metric_put(out, ((const struct watch *)obj)->from.ram->size, METRIC_NO_LABEL);
}

static void told(const struct metric *m, const void *obj, struct metric_out *out)
{
	const struct events *e = ((const struct watch *)obj)->events;

	(void)m;
	if (e)
		metric_put(out, events_told(e), METRIC_NO_LABEL);
}

static void lost(const struct metric *m, const void *obj, struct metric_out *out)
{
	const struct events *e = ((const struct watch *)obj)->events;

	(void)m;
	if (e)
		metric_put(out, events_lost(e), METRIC_NO_LABEL);
}

static void dropped(const struct metric *m, const void *obj, struct metric_out *out)
{
	const struct console *c = ((const struct watch *)obj)->from.console;

	(void)m;
	metric_put(out, c->dev.lost, METRIC_TEXT("sink", "reader"));
	metric_put(out, c->log.lost, METRIC_TEXT("sink", "log"));
}

/* ---- the process ---- */

/* A line of /proc/self/status, "VmRSS:     4608 kB". */
static uint64_t status_kib(const char *text, const char *key)
{
	const char *at = strstr(text, key);

	return at ? strtoull(at + strlen(key), NULL, 10) * KiB : WATCH_UNKNOWN;
}

static void look_at_process(struct watch *w)
{
	char text[4096];
	ssize_t n = w->status_fd < 0 ? -1 : sys_pread(w->status_fd, text, sizeof(text) - 1, 0);

	text[n < 0 ? 0 : n] = '\0';
	w->locked_bytes = status_kib(text, "\nVmLck:");
	w->resident_bytes = status_kib(text, "\nVmRSS:");
}

static void look_unlocked(void *ctx)
{
	struct watch *w = ctx;

	vcpus_look(w->from.cpus);
	look_at_process(w);
}

static void nothing(void *ctx)
{
	(void)ctx;
}

static void let_others(void *ctx)
{
	loop_unlocked(((struct watch *)ctx)->loop, nothing, NULL);
}

void watch_count_windows(struct watch *w)
{
	spapr_count_mapped(w->from.sp, let_others, w);
}

void watch_look(void *ctx)
{
	struct watch *w = ctx;

	loop_unlocked(w->loop, look_unlocked, w);
	watch_count_windows(w);
}

static void known_field(const struct metric *m, const void *obj, struct metric_out *out)
{
	if (metric_field(m, obj) != WATCH_UNKNOWN)
		field(m, obj, out);
}

static void cpu_seconds(const struct metric *m, const void *obj, struct metric_out *out)
{
	struct timespec t;

	(void)m;
	(void)obj;
	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) == 0)
		metric_put_ns(out, (uint64_t)t.tv_sec * 1000000000ULL + (uint64_t)t.tv_nsec,
			      METRIC_NO_LABEL);
}

static void start_time(const struct metric *m, const void *obj, struct metric_out *out)
{
	(void)m;
	metric_put_ns(out, ((const struct watch *)obj)->start_wall_ns, METRIC_NO_LABEL);
}

#define AT(f) offsetof(struct watch, f)

const struct metric watch_metrics[] = {
	{ "build_info", "1, with the version.", build_info },
	{ "vm_state", "1 for the state that the machine is in.", vm_state },
	{ "start_phase_seconds", "Time of a phase of the start.", phases },
	{ "boot_seconds", "From the start of the program to a mark.", marks },
	{ "guest_reboots_total", "Reboots in place.", field, AT(reboots) },
	{ "guest_panics_total", "Crashes of the guest.", field, AT(panics) },
	{ "guest_memory_bytes", "Guest RAM.", ram },
	{ "memory_locked_bytes", "Locked memory of the process.", known_field, AT(locked_bytes) },
	{ "events_total", "Events told.", told },
	{ "events_lost_total", "Events that reached no reader.", lost },
	{ "console_dropped_bytes_total", "Console output that a sink did not get.", dropped },
	{ "process_cpu_seconds_total", "CPU time.", cpu_seconds },
	{ "process_resident_memory_bytes", "Resident memory.", known_field, AT(resident_bytes) },
	{ "process_start_time_seconds", "When the program began, since the epoch.", start_time },
	{ 0 },
};
