/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_MACHINE_API_H
#define VMM_MACHINE_API_H

/*
 * What the control API (vmm/control/control.h) is told of the machine, and does to it. api.c: life and
 * states; api_change.c: changes; api_info.c, api_config.c, api_windows.c: answers.
 *
 * States of the guest, and what enters each:
 *	CREATED   a start with api.start = "paused"
 *	RUNNING   a start; vm.boot in CREATED; vm.resume in PAUSED or PAUSING
 *	PAUSING   vm.pause in RUNNING: a vCPU may be in the host's kernel for some time
 *	PAUSED    all vCPUs are parked. After PAUSE_NS without that: RUNNING again
 * In CREATED and from PAUSING on no vCPU enters the guest, while the loop goes on, and with it the
 * emulated devices; passed-through ones are not stopped.
 */

#include "vmm/control/control.h"
#include "vmm/control/metrics.h"
#include "vmm/machine/console.h"
#include "vmm/machine/emulated.h"
#include "vmm/machine/passthrough.h"
#include "vmm/machine/power_on.h"
#include "vmm/machine/stop.h"

struct service;
struct watch;

enum api_state { API_CREATED, API_RUNNING, API_PAUSING, API_PAUSED };

/* What is asked about. Borrowed. */
struct api_env {
	const struct options *opt;
	struct spapr *sp;
	struct vcpus *cpus;
	struct loop *loop;
	struct stop *stop;
	const struct tce_plan *tce;
	struct passthrough *pass;
	struct emulated *emu;
	struct power_on *boot;
	struct watch *watch;
	const struct service *service;
	struct console *console;
};

struct api {
	struct api_env from;
	struct control control;
	bool on; /* api.socket is set */
	enum api_state state;
	uint64_t start_ns; /* of machine_run() */
	uint64_t reboots;
	uint64_t pause_ns; /* PAUSING since */
	struct loop_timer look;
};

/* An empty one, which api_close() accepts. Copies @env. */
void api_init(struct api *a, const struct api_env *env);

/*
 * Two steps of a start, each of which does nothing without api.socket: before guest RAM is there, and
 * with the loop. 0, or -errno after one logged line, and whose fault it is in *@blame (BLAME_HOST at first).
 */
int api_start(struct api *a, enum blame *blame);
int api_attach(struct api *a);
void api_close(struct api *a);

/* machine_run() begins: under the lock, before vCPU 0 is started. */
void api_begin(struct api *a);

/* May vCPUs enter the guest, as far as the API is concerned? */
static inline bool api_lets_go(const struct api *a)
{
	return a->state == API_RUNNING;
}

/* The guest was reset in place. */
void api_rebooted(struct api *a);

/* No vCPU runs any more. */
void api_ended(struct api *a);

/* ---- to each other ---- */

/* Metrics for an answer, of which text is made without the machine lock: @put(a struct api_samples). */
struct api_samples {
	struct metric_samples samples;
	struct jtext *to;
};

void api_samples(const struct api *a, struct jtext *to, void (*put)(void *samples));

void api_get(void *ctx, enum verb_id id, const struct verb_args *args, struct jtext *to);
uint32_t api_change(void *ctx, enum verb_id id, const struct verb_args *args, const char **why);
int api_read_console(void *ctx, int fd, const struct verb_args *args);
void api_counters(const struct api *a, struct jtext *to);
void api_config(const struct options *opt, struct jtext *to);
void api_windows(const struct api *a, struct jtext *to);
const char *api_state_name(const struct api *a);
struct device *api_balloon(const struct api *a); /* NULL: the guest has none */

#endif
