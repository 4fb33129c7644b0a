/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_MACHINE_NUMA_H
#define VMM_MACHINE_NUMA_H

/*
 * Where things are on the host: each vCPU's thread on the CPUs of machine.cpus, and RAM, in equal
 * shares, on the nodes of machine.numa, each of which is a node of the guest, too.
 */

#include "vmm/machine/ram.h"

/*
 * Bytes of each node but the last, which has the rest; 0 where there are no nodes. @page: behind RAM.
 * 0; -EINVAL RAM cannot be shared so, logged.
 */
int numa_share(const struct opt_machine *opt, uint64_t page, uint64_t *share);

/* RAM, of which nothing was touched yet, comes from its nodes. 0; or -errno, logged. */
int numa_bind_ram(const struct opt_machine *opt, const struct ram *ram, uint64_t share);

/* Threads that are there run on their CPUs only. 0; or -errno, logged. */
int numa_pin_cpus(const struct opt_machine *opt, struct vcpus *cpus);

#endif
