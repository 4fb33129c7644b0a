/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_MACHINE_STARTUP_H
#define VMM_MACHINE_STARTUP_H

/* The phases that build a machine, each with the status to exit with when it fails. */

#include "vmm/machine/machine_impl.h"

/* An empty machine that machine_destroy() accepts; NULL, logged, without memory. */
struct machine *startup_alloc(const struct options *opt);

/* All phases. STATUS_OFF, or the failing phase's status; its reason has been logged. */
enum exit_status startup_run(struct machine *m);

/* The phases up to the tree, which stays in m->boot. m->paper leaves out those that need KVM. */
enum exit_status startup_tree(struct machine *m);

#endif
