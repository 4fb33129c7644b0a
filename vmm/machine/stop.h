/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_MACHINE_STOP_H
#define VMM_MACHINE_STOP_H

/*
 * What ends a guest, and why it ended: the one door for all who want that, guest, user and host. A
 * stop that is requested is final for the vCPUs; one that is asked for gives the guest time to shut
 * down.
 */

#include "sphapr/spapr.h"
#include "vmm/base/loop.h"
#include "vmm/kvm/vcpus.h"

#include <stdatomic.h>

struct stop {
	enum stop_reason why; /* machine lock */
	char text[320];       /* of a crash */
	const char *by;       /* who wanted it, where that was not the guest: a literal */

	/* Borrowed, set before start. */
	struct spapr *sp;
	struct vcpus *cpus;
	struct loop *loop;

	struct loop_timer off_timer; /* how long an asked guest may take to power off */
	atomic_uint asks;            /* stop_ask_off() calls */
	bool host_asks;              /* the first of them came by stop_host_asks_off() */
	unsigned int asks_seen;
};

/* @s is zeroed. All three are borrowed; none of them need be open yet. */
void stop_init(struct stop *s, struct spapr *sp, struct vcpus *cpus, struct loop *loop);

/*
 * No guest instruction after this call, on any vCPU; the loop returns. Under the lock, on any
 * thread. The first reason counts. @text: of a crash, or NULL.
 */
void stop_request(struct stop *s, enum stop_reason why, const char *text);

/* The same for who is not the guest, to power it off: @by is a literal, for who watches. */
void stop_off(struct stop *s, const char *by);

/* The guest has been rebooted, and goes on: there is no reason any more. */
void stop_forget(struct stop *s);

/*
 * The user wants the guest to end (SIGTERM, SIGINT). The first call asks the guest by an EPOW
 * event and gives it some seconds, the second pulls the plug (and soon the program ends, whatever
 * that waits for: vmm/machine/signals.h). Any thread, without the lock; async-signal-safe.
 */
void stop_ask_off(struct stop *s);

/*
 * The same, asked by the host again and again: only the first time counts, and none after a signal.
 */
void stop_host_asks_off(struct stop *s);

/* Does what stop_ask_off() asked for. The loop was woken; on the I/O thread, under the lock. */
void stop_woken(struct stop *s);

#endif
