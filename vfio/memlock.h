/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VFIO_MEMLOCK_H
#define VFIO_MEMLOCK_H

/*
 * Locked memory that passthrough needs, computed before anything is touched: exactly what the kernel
 * will charge to this process while the guest uses what is offered to it. The kernel charges
 *   guest RAM, once however many containers register it;
 *   for each DMA window the host's table and as much for its copy for user space, each of their
 *   levels in full, and KVM's table with its list of pages.
 *
 * The table of limited addressing (window_frame() of window.c) is left out: it is large, and few
 * guests ask for it. Where the limit does not allow that table, the guest is refused and goes on.
 *
 * Source: pnv_pci_ioda2_get_table_size(), kvmppc_stt_pages(), mm_iommu_do_alloc() of Linux 6.12.
 */

#include "vmm/base/finding.h"
#include "vmm/base/types.h"

struct vfio_memlock_need {
	uint64_t ram;    /* bytes */
	uint64_t tables; /* bytes: host tables, their user-space copies, KVM's tables */
};

/*
 * For @ngroups PEs, each with a default window of @default_size bytes in 4 KiB pages, and with
 * @ddw a window over all of RAM (@ram bytes) in pages of @ddw_page bytes.
 */
struct vfio_memlock_need vfio_memlock_need(uint64_t ram, uint32_t ngroups, uint64_t default_size,
					   bool ddw, uint64_t ddw_page);

/* What the kernel charges for one host table of @npages TCEs. */
uint64_t vfio_memlock_table(uint64_t npages);

/* Levels of a table of @npages TCEs, of at most @max; each holds 2^(host page shift + 8) bytes. */
uint32_t vfio_memlock_levels(uint64_t npages, uint32_t max);

/* Does this process's limit allow @need? True with CAP_IPC_LOCK, too. @f: the answer, for @who. */
bool vfio_memlock_allows(const struct vfio_memlock_need *need, const char *who, struct finding *f);

/* The reason of a failure in @f, where the kernel has refused the memory. */
void vfio_memlock_refused(const struct vfio_memlock_need *need, const char *who, struct finding *f);

#endif
