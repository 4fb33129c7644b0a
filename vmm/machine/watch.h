/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_MACHINE_WATCH_H
#define VMM_MACHINE_WATCH_H

/*
 * How a machine is watched from outside: its events, its metrics, the timeline of its start. What is
 * not configured is neither opened nor allocated.
 *
 * Called on the I/O thread; from watch_loop() on under the machine lock.
 */

#include "devices/virtio/metrics.h"
#include "vmm/control/events.h"
#include "vmm/control/metrics.h"
#include "vmm/control/timeline.h"
#include "vmm/machine/options.h"

#define WATCH_MAX_PHASES 40u
#define WATCH_UNKNOWN UINT64_MAX

/* Moments of a start. */
enum watch_mark { WATCH_FIRST_INSTRUCTION, WATCH_FIRST_CONSOLE, WATCH_READY, WATCH_MARKS };

struct watch_phase {
	const char *name; /* a literal */
	uint64_t from_ns, ns;
};

struct console;
struct emulated;
struct passthrough;
struct ram;
struct spapr;
struct stop;
struct vcpus;

/* What is watched. Borrowed, and filled in by and by. */
struct watch_env {
	const struct options *opt;
	struct vcpus *cpus;
	struct spapr *sp;
	const struct passthrough *pass;
	const struct emulated *emu;
	const struct console *console;
	const struct ram *ram;
	const struct stop *stop;
};

struct watch {
	struct watch_env from;
	struct events *events; /* NULL: nobody wants them */
	struct metrics metrics;
	struct timeline *timeline; /* NULL: nobody wants it */
	struct loop *loop;         /* borrowed; NULL: there is none yet */
	bool timeline_due;         /* the guest is ready: to be written in the loop's next turn */
	struct virtio_devices devices;

	uint64_t start_ns, start_wall_ns; /* the program began */
	struct watch_phase phases[WATCH_MAX_PHASES];
	uint32_t nphases;
	uint64_t marks_ns[WATCH_MARKS]; /* 0: not yet */
	uint64_t reboots, panics;
	int status_fd;                         /* /proc/self/status; -1 */
	uint64_t locked_bytes, resident_bytes; /* when watch_look() read them, or WATCH_UNKNOWN */
};

/* The program begins. Opens nothing. Copies @env. */
void watch_init(struct watch *w, const struct watch_env *env);

/* Events and timeline begin, as the options say. 0, or -errno, logged. */
int watch_open(struct watch *w);

/* There is a loop now, borrowed until watch_close(). 0, or -errno, logged. */
int watch_loop(struct watch *w, struct loop *loop);

/* All parts are there: metrics begin. After watch_loop(), before the sandbox is shut. 0, or -errno, logged. */
int watch_parts(struct watch *w);

/* A phase of the start has ended. */
void watch_phase(struct watch *w, const char *name, uint64_t from_ns, uint64_t now_ns);

/* vCPU 0 is about to run for the first time. */
void watch_started(struct watch *w);

/* The loop was woken: events may wait to be written. */
void watch_woken(struct watch *w);

/* Somebody has moved files away. */
void watch_rotate(struct watch *w);

/* The guest has been rebooted, which began at @from_ns. */
void watch_rebooted(struct watch *w, uint64_t from_ns);

/* The guest has ended, and all parts are there yet: the last state of the metrics. */
void watch_ended(struct watch *w);

/* The guest crashed; @text says why, or is empty. */
void watch_crashed(struct watch *w, const char *text);

/* The program ends with @status. Tolerates a half-open one. */
void watch_close(struct watch *w, int status);

/* watch_metrics.c: about a struct watch */
extern const struct metric watch_metrics[];

/*
 * Looks, without the machine lock or in pieces, at what takes long: what samples and answers tell then. @ctx:
 * the watch.
 */
void watch_look(void *ctx);

/* Of this the mapped pages of DMA windows. */
void watch_count_windows(struct watch *w);

#endif
