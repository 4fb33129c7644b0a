/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_BASE_GUEST_MAP_H
#define VMM_BASE_GUEST_MAP_H

/*
 * Mappings that become memory slots: RAM and BARs. KVM maps a large page in its partition-scoped table
 * where the guest's address and ours agree modulo that page. The guest sees RAM at 0 and a BAR at a
 * multiple of its size, so that the place of a mapping here is known before the guest gives it one.
 */

#include "vmm/base/types.h"

struct guest_map {
	uint64_t whole;    /* bytes of the RAM or BAR that this is all or a part of */
	uint64_t at, size; /* the part: whole host pages */
	int prot, flags;   /* as of mmap(); MAP_FIXED is added */
	int fd;            /* -1: none */
	uint64_t offset;   /* in @fd */
};

/* @out: where it is. 0 or -errno: then nothing is mapped. sys_munmap(@out, size) undoes it. */
int guest_map_open(void **out, const struct guest_map *m);

#endif
