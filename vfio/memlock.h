/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VFIO_MEMLOCK_H
#define VFIO_MEMLOCK_H

/* Locked memory that passthrough needs, computed before anything is touched. */

#include "vmm/base/types.h"

struct memlock_need {
	uint64_t ram;    /* bytes: guest RAM, counted once however many groups there are */
	uint64_t tables; /* bytes: host tables, their user-space copies, KVM's tables */
};

/* For @ngroups PEs, each with a default window of @default_size bytes in 4 KiB pages, and with
 * @ddw a window over all of RAM in pages of @ddw_page bytes. */
struct memlock_need memlock_need(uint64_t ram, uint32_t ngroups, uint64_t default_size, bool ddw,
				 uint64_t ddw_page);

/*
 * Does this process's limit allow it? True with CAP_IPC_LOCK, too. If not, logs the message of
 * spec.md for @who.
 */
bool memlock_allows(const struct memlock_need *need, const char *who);

#endif
