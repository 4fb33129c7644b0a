/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_FUZZ_DRIVE_H
#define TESTS_FUZZ_DRIVE_H

/* What a guest's driver that means well does with a PCI function, so that the bad ideas come after. */

#include "devices/virtio/pci_private.h"
#include "sphapr/rtas.h"
#include "sphapr/spapr.h"

#include <linux/pci_regs.h>
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>

/* BARs at addresses of their own, decode and bus master on. */
static inline void drive_place(const struct phb *p, struct pci_func *f)
{
	pci_func_config_write(f, PCI_COMMAND, 2, 0);
	for (int bar = 0; bar < PCI_NUM_BARS; bar++) {
		const struct pci_bar *b = &f->bars[bar];
		enum phb_space space = b->kind == PCI_BAR_IO      ? PHB_IO
				       : b->kind == PCI_BAR_MEM32 ? PHB_MEM32
								  : PHB_MEM64;
		uint64_t addr = phb_range(p->index, space).bus;

		if (!b->size)
			continue;
		addr = ALIGN_UP(addr, b->size) +
		       (uint64_t)(PCI_NUM_BARS * f->devfn + bar) * b->size;
		pci_func_config_write(f, pci_bar_reg(bar), 4, (uint32_t)addr);
		if (b->kind == PCI_BAR_MEM64)
			pci_func_config_write(f, pci_bar_reg(bar) + 4, 4, (uint32_t)(addr >> 32));
	}
	pci_func_config_write(f, PCI_COMMAND, 2,
			      PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

/* @n vectors, enabled: MSI (@msi, where the function has it) or MSI-X. */
static inline void drive_vectors(struct spapr *sp, const struct phb *p, struct pci_func *f,
				 bool msi, uint32_t n)
{
	struct rtas_call c = { .nargs = 6,
			       .nret = 4,
			       .args = { (uint32_t)f->devfn << 8, (uint32_t)(p->buid >> 32),
					 (uint32_t)p->buid, f->max_msi && msi ? 3 : 4, n } };

	rtas_dispatch(sp, rtas_token("ibm,change-msi"), &c);
	if (f->vectors.kind == PCI_MSIX)
		pci_func_config_write(f, f->msix_cap + PCI_MSIX_FLAGS, 2, PCI_MSIX_FLAGS_ENABLE);
	else if (f->vectors.kind == PCI_MSI)
		pci_func_config_write(f, f->msi_cap + PCI_MSI_FLAGS, 2, PCI_MSI_FLAGS_ENABLE);
}

/* ---- virtio, by trapped loads and stores ---- */

static inline void drive_store(struct spapr *sp, gpa_t bar, uint32_t off, uint32_t size, uint64_t v)
{
	uint8_t data[8];

	le64_store(data, v);
	phb_mmio(sp, bar + off, data, size, true);
}

static inline uint32_t drive_load(struct spapr *sp, gpa_t bar, uint32_t off)
{
	uint8_t data[4] = { 0 };

	phb_mmio(sp, bar + off, data, 4, false);
	return le32_load(data);
}

/*
 * From reset to DRIVER_OK with all features that are offered; @nqueues queues of 16 descriptors, whose
 * areas are 4 KiB each from bus address @rings on; all vectors unmasked.
 */
static inline void drive_virtio(struct spapr *sp, gpa_t bar, uint32_t nqueues, uint64_t rings)
{
	drive_store(sp, bar, VIRTIO_PCI_COMMON_STATUS, 1, 0);
	drive_store(sp, bar, VIRTIO_PCI_COMMON_STATUS, 1, 3);
	for (uint32_t i = 0; i < 2; i++) {
		drive_store(sp, bar, VIRTIO_PCI_COMMON_DFSELECT, 4, i);
		drive_store(sp, bar, VIRTIO_PCI_COMMON_GFSELECT, 4, i);
		drive_store(sp, bar, VIRTIO_PCI_COMMON_GF, 4,
			    drive_load(sp, bar, VIRTIO_PCI_COMMON_DF));
	}
	drive_store(sp, bar, VIRTIO_PCI_COMMON_STATUS, 1, 11);
	drive_store(sp, bar, VIRTIO_PCI_COMMON_MSIX, 2, 0);
	for (uint32_t q = 0; q < nqueues; q++, rings += 3 * 4 * KiB) {
		drive_store(sp, bar, VIRTIO_PCI_COMMON_Q_SELECT, 2, q);
		drive_store(sp, bar, VIRTIO_PCI_COMMON_Q_SIZE, 2, 16);
		drive_store(sp, bar, VIRTIO_PCI_COMMON_Q_MSIX, 2, q + 1);
		drive_store(sp, bar, VIRTIO_PCI_COMMON_Q_DESCLO, 8, rings);
		drive_store(sp, bar, VIRTIO_PCI_COMMON_Q_AVAILLO, 8, rings + 4 * KiB);
		drive_store(sp, bar, VIRTIO_PCI_COMMON_Q_USEDLO, 8, rings + 8 * KiB);
		drive_store(sp, bar, VIRTIO_PCI_COMMON_Q_ENABLE, 2, 1);
		drive_store(sp, bar, VIRTIO_BAR_MSIX + 16 * q + 12, 4, 0);
	}
	drive_store(sp, bar, VIRTIO_PCI_COMMON_STATUS, 1, 15);
}

#endif
