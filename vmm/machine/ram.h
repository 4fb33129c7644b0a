/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_MACHINE_RAM_H
#define VMM_MACHINE_RAM_H

/*
 * Guest RAM: one private mapping, aligned as the guest sees it so that KVM can use large pages,
 * kept out of forks and core dumps. struct ram owns the mapping; gmem and the memory slot borrow it.
 */

#include "vmm/base/gmem.h"
#include "vmm/kvm/vcpus.h"
#include "vmm/machine/options.h"

struct ram {
	uint8_t *host; /* NULL: none */
	uint64_t size;
	uint64_t page; /* bytes of the backing pages */
	bool pinned;   /* devices reach it: its pages must stay what they are */
};

/* 0, or -errno after one logged line that says what to do. */
int ram_open(struct ram *ram, const struct opt_machine *opt);
void ram_close(struct ram *ram);

/*
 * All zero again, as after power-on: the memory is given back to the host; where that cannot be, because
 * it is pinned, the threads of @cpus clear it, which are paused, with the lock held.
 */
void ram_clear(struct ram *ram, struct vcpus *cpus);

/*
 * Give whole pages back to the host, [@host, @host + @len) within the mapping: all zero again.
 * 0; -EINVAL no whole pages of it; -EBUSY pinned; or -errno.
 */
int ram_discard(struct ram *ram, void *host, uint64_t len);

#endif
