/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_MACHINE_SERVICE_H
#define VMM_MACHINE_SERVICE_H

/*
 * The machine as a unit of a service manager: what it is doing, when it is ready, and that it lives.
 * Without a manager (vmm/control/notify.h) nobody is told, but for readiness, which is an event as well,
 * and what the control API is asked for.
 *
 *	starting   the phases of the start that may take long, and how long that may be
 *	ready      once, at the mark that [service] ready names
 *	alive      at a quarter of the watchdog's period, as long as each running vCPU answers a kick
 *	stopping   when the end is decided
 *
 * The watchdog guards this program, not the guest's software: a guest that is idle stays in KVM
 * rightly, and comes out when it is kicked.
 */

#include "vmm/base/loop.h"
#include "vmm/control/guest_notify.h"
#include "vmm/control/notify.h"
#include "vmm/kvm/vcpus.h"
#include "vmm/machine/console.h"
#include "vmm/machine/options.h"

struct service {
	struct notify notify;
	const struct options *opt; /* borrowed */
	struct vcpus *cpus;        /* borrowed */
	struct loop *loop;         /* borrowed */
	struct loop_timer watchdog, again;
	bool waits;                 /* for the mark, which may still come */
	bool is_ready;              /* it was reached, in this boot or one before */
	struct console_watch said;  /* the mark on the console */
	struct guest_notify *guest; /* what its own manager says; NULL: that is not the mark */
};

/* All are borrowed; none of them need be open yet. Before there are threads. */
void service_init(struct service *s, const struct options *opt, struct vcpus *cpus,
		  struct loop *loop);
void service_close(struct service *s);

/*
 * The guest's own word, where that is the mark; its device is open. 0 or -errno, logged. Undone by
 * service_unlisten(), before the loop is closed.
 */
int service_listen(struct service *s);
void service_unlisten(struct service *s); /* tolerates one that does not listen */

/* A phase of the start begins that may take long. */
void service_phase(const struct service *s, const char *name);

/* The first vCPU may run. Under the machine lock from here on. */
void service_started(struct service *s);

/* The console on which the mark may appear; before anything is said there. */
void service_watch(struct service *s, struct console *c);

/* The guest is being rebooted, with the loop at rest: a sign of life may take longer. Or it has been. */
void service_reboots(const struct service *s, bool begins);

/* A phase of the start has failed for this reason, an errno. */
void service_failed(const struct service *s, const char *phase, int error);

/* The loop has ended for good. */
void service_stopping(struct service *s);

#endif
