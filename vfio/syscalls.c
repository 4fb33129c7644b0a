/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls that this folder makes while a guest runs. */
#include "vmm/base/callrules.h"

#include <linux/vfio.h>
#include <sys/mman.h>

/* Under the machine lock, or where it was left. */
CALL_RULES(vfio_syscalls) = {
	/* Windows */
	{ CALL_IOCTL(VFIO_IOMMU_MAP_DMA), .first = true, WHY("H_PUT_TCE and its kin") },
	{ CALL_IOCTL(VFIO_IOMMU_UNMAP_DMA), .first = true, WHY("the same; a window is emptied") },
	{ CALL_IOCTL(VFIO_IOMMU_SPAPR_TCE_CREATE), WHY("ibm,create-pe-dma-window") },
	{ CALL_IOCTL(VFIO_IOMMU_SPAPR_TCE_REMOVE), WHY("ibm,remove-pe-dma-window") },
	{ CALL_IOCTL(VFIO_EEH_PE_OP), WHY("EEH calls") },

	{ CALL(prlimit64), .args = { { 0, INT_BITS, 0 }, { 2, INT_BITS, 0 } },
	  WHY("may another window's table be locked? The limit is only read") },
	{ CALL(capget), SELDOM("the same: or is there none?") },

	/* Functions */
	{ CALL(pread64), WHY("configuration space, registers that are trapped") },
	{ CALL(pwrite64), WHY("the same") },
	{ CALL_IOCTL(VFIO_DEVICE_SET_IRQS), WHY("INTx, MSI") },
	{ CALL_IOCTL(VFIO_DEVICE_RESET), WHY("ibm,set-slot-reset; a reboot") },
	{ CALL_IOCTL(VFIO_DEVICE_PCI_HOT_RESET),
	  WHY("the same, where it has no reset of its own") },
	{ CALL(mmap), .args = { CALL_NOT_CODE(2), { 3, MAP_TYPE, MAP_SHARED } },
	  WHY("a BAR is opened again after its device was reset") },
	{ CALL(munmap), WHY("and gone") },
};

/* Of the I/O thread alone: the end. */
CALL_RULES(vfio_io_syscalls) = {
	{ CALL_IOCTL(VFIO_IOMMU_SPAPR_UNREGISTER_MEMORY), WHY("the end: guest RAM is the host's") },
	{ CALL_IOCTL(VFIO_GROUP_UNSET_CONTAINER), WHY("the end") },
};
