/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_MACHINE_HOST_H
#define VMM_MACHINE_HOST_H

/* What this host says of itself in /proc, /sys and /etc, and CPU facts from its device tree. */

#include "sphapr/cpu.h"
#include "vmm/machine/options.h"

/* A decimal number in a one-line file. 0 or -errno. */
int host_read_number(const char *path, uint64_t *value);

/* A group of users by its name, or by its number. False: there is none of this name. */
bool host_find_group(const char *name, uint32_t *gid);

/* Is this a POWER host (it has a device tree with PowerPC cpu nodes)? */
bool host_is_power(void);

/**
 * host_cpu_facts - the CPU that the guest will see
 * @pvr: of the host, from a vCPU's registers
 * The guest is of the generation that the host's own tree says (cpu-version), which for a partition
 * in a compatibility mode is older than @pvr, or of the one that @opt names.
 * Return 0; -ENOTSUP after one logged line when the generation is unknown or @opt asks for a newer
 * one than the host.
 */
int host_cpu_facts(struct cpu_facts *f, uint32_t pvr, enum opt_cpu opt);

#endif
