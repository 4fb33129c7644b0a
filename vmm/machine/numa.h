/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_MACHINE_NUMA_H
#define VMM_MACHINE_NUMA_H

/*
 * Where things are on the host: each vCPU's thread on the CPUs of machine.cpus, and RAM, in equal shares
 * or those of machine.numa_memory, on the nodes of machine.numa, each of which is a node of the guest, too.
 */

#include "vmm/base/finding.h"
#include "vmm/machine/ram.h"

/*
 * Where the RAM of each node ends; NULL where there are no nodes. @page: behind RAM. 0 and *@ends, the
 * caller's to free; -ENOMEM; -EINVAL RAM cannot be shared so. Both are logged.
 */
int numa_share(const struct opt_machine *opt, uint64_t page, uint64_t **ends);

/* RAM, of which nothing was touched yet, comes from its nodes. 0; or -errno, logged. */
int numa_bind_ram(const struct opt_machine *opt, const struct ram *ram, const uint64_t *ends);

/* Threads that are there run on their CPUs only. 0; or -errno, logged. */
int numa_pin_cpus(const struct opt_machine *opt, struct vcpus *cpus);

/*
 * For `check`: is what element @i of machine.numa, or of machine.cpus, names there for this process? 0;
 * -errno, and why in @f.
 */
int numa_try_node(const struct opt_machine *opt, size_t i, struct finding *f);
int numa_try_cpus(const struct opt_machine *opt, size_t i, struct finding *f);

#endif
