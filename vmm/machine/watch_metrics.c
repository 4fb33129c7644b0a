/* SPDX-License-Identifier: BSD-2-Clause */
/* Metrics of the machine as a whole, and of this process. */
#include "vmm/base/sys.h"
#include "vmm/machine/console.h"
#include "vmm/machine/ram.h"
#include "vmm/machine/stop.h"
#include "vmm/machine/watch.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static void field(const struct metric *m, const void *obj, struct metric_out *out)
{
	metric_put(out, metric_field(m, obj), "%s", "");
}

static void build_info(const struct metric *m, const void *obj, struct metric_out *out)
{
	(void)m;
	(void)obj;
	metric_put(out, 1, "version=\"%s\"", SPAPR_VERSION);
}

static void vm_state(const struct metric *m, const void *obj, struct metric_out *out)
{
	const struct watch *w = obj;
	bool ended = w->from.stop->why != STOP_NONE;

	(void)m;
	metric_put(out, 1, "state=\"%s\"",
		   ended                                  ? "Shutdown"
		   : w->marks_ns[WATCH_FIRST_INSTRUCTION] ? "Running"
							  : "Created");
}

static void phases(const struct metric *m, const void *obj, struct metric_out *out)
{
	const struct watch *w = obj;

	(void)m;
	for (uint32_t i = 0; i < w->nphases; i++)
		metric_put_ns(out, w->phases[i].ns, "phase=\"%s\"", w->phases[i].name);
}

static void marks(const struct metric *m, const void *obj, struct metric_out *out)
{
	static const char *const names[WATCH_MARKS] = { "first_instruction", "first_console",
							"ready" };
	const struct watch *w = obj;

	(void)m;
	for (uint32_t i = 0; i < WATCH_MARKS; i++)
		if (w->marks_ns[i])
			metric_put_ns(out, w->marks_ns[i], "mark=\"%s\"", names[i]);
}

static void ram(const struct metric *m, const void *obj, struct metric_out *out)
{
	(void)m;
	metric_put(out, ((const struct watch *)obj)->from.ram->size, "%s", "");
}

static void told(const struct metric *m, const void *obj, struct metric_out *out)
{
	const struct events *e = ((const struct watch *)obj)->events;

	(void)m;
	if (e)
		metric_put(out, events_told(e), "%s", "");
}

static void lost(const struct metric *m, const void *obj, struct metric_out *out)
{
	const struct events *e = ((const struct watch *)obj)->events;

	(void)m;
	if (e)
		metric_put(out, events_lost(e), "%s", "");
}

static void dropped(const struct metric *m, const void *obj, struct metric_out *out)
{
	const struct console *c = ((const struct watch *)obj)->from.console;

	(void)m;
	metric_put(out, c->dev.lost, "sink=\"reader\"");
	metric_put(out, c->log.lost, "sink=\"log\"");
}

/* ---- the process ---- */

/* A line of /proc/self/status, "VmRSS:     4608 kB". */
static void status_kib(const void *obj, struct metric_out *out, const char *key)
{
	char text[4096];
	const char *at;
	ssize_t n = sys_pread(((const struct watch *)obj)->status_fd, text, sizeof(text) - 1, 0);

	if (n <= 0)
		return;
	text[n] = '\0';
	at = strstr(text, key);
	if (at)
		metric_put(out, strtoull(at + strlen(key), NULL, 10) * KiB, "%s", "");
}

static void locked(const struct metric *m, const void *obj, struct metric_out *out)
{
	(void)m;
	status_kib(obj, out, "\nVmLck:");
}

static void resident(const struct metric *m, const void *obj, struct metric_out *out)
{
	(void)m;
	status_kib(obj, out, "\nVmRSS:");
}

static void cpu_seconds(const struct metric *m, const void *obj, struct metric_out *out)
{
	struct timespec t;

	(void)m;
	(void)obj;
	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) == 0)
		metric_put_ns(out, (uint64_t)t.tv_sec * 1000000000ULL + (uint64_t)t.tv_nsec, "%s",
			      "");
}

static void start_time(const struct metric *m, const void *obj, struct metric_out *out)
{
	(void)m;
	metric_put_ns(out, ((const struct watch *)obj)->start_wall_ns, "%s", "");
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
	{ "memory_locked_bytes", "Locked memory of the process.", locked },
	{ "events_total", "Events told.", told },
	{ "events_lost_total", "Events that reached no reader.", lost },
	{ "console_dropped_bytes_total", "Console output that a sink did not get.", dropped },
	{ "process_cpu_seconds_total", "CPU time.", cpu_seconds },
	{ "process_resident_memory_bytes", "Resident memory.", resident },
	{ "process_start_time_seconds", "When the program began, since the epoch.", start_time },
	{ 0 },
};
