/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICES_PCI_MSIX_H
#define DEVICES_PCI_MSIX_H

/*
 * An MSI-X table and its pending bits, for functions whose table is trapped: emulated ones, and
 * passed-through ones whose host table the guest must not see. The guest's firmware calls decide
 * where a vector leads, so of an entry only the mask bit has a meaning; address and data are kept
 * for the guest to read back.
 *
 * A vector is masked by its entry, or by the function mask of the capability. A message that meets
 * a mask is kept as a pending bit:
 *
 *	if (pci_msix_fire(m, i))                  the owner raises source f->vectors.first + i
 *	mask_changed(ctx, i, false)               and there: if (pci_msix_take_pending(m, i)) raise it
 *
 * Source: PCI Local Bus Specification 3.0 section 6.8.2.
 */

#include "vmm/base/types.h"

#define PCI_MSIX_MAX 2048u
#define PCI_MSIX_ENTRY 16u /* bytes: address, address high, data, control */

typedef void pci_msix_mask_fn(void *ctx, uint32_t vector, bool masked);

struct pci_msix {
	uint32_t n;
	uint8_t *table;                 /* n entries as the guest sees them */
	uint64_t *pending;              /* bit n of word n / 64 */
	bool masked_all;                /* function mask */
	pci_msix_mask_fn *mask_changed; /* NULL: nobody asks */
	void *ctx;
};

/* 0 or -ENOMEM. Every entry is masked. @n is 1 to PCI_MSIX_MAX; pci_msix_close() undoes it. */
int pci_msix_init(struct pci_msix *m, uint32_t n, pci_msix_mask_fn *mask_changed, void *ctx);
void pci_msix_close(struct pci_msix *m); /* tolerates a zeroed one */

/* Bytes that table and pending bits take in their BARs; both are multiples of 8. */
static inline uint32_t pci_msix_table_size(const struct pci_msix *m)
{
	return m->n * PCI_MSIX_ENTRY;
}

static inline uint32_t pci_msix_pba_size(const struct pci_msix *m)
{
	return (m->n + 63) / 64 * 8;
}

/*
 * Guest accesses: @off from the start of the table or of the pending bits, @size 1 to 8, aligned or
 * not. What lies behind the end reads as 0 and is not written. Pending bits are read-only.
 */
uint64_t pci_msix_table_read(const struct pci_msix *m, uint64_t off, uint32_t size);
void pci_msix_table_write(struct pci_msix *m, uint64_t off, uint32_t size, uint64_t value);
uint64_t pci_msix_pba_read(const struct pci_msix *m, uint64_t off, uint32_t size);

/* The capability's function mask. Calls mask_changed for each vector that it opens or closes. */
void pci_msix_set_function_mask(struct pci_msix *m, bool masked);

/* Is it masked, by its entry or by the function mask? A vector that does not exist is. */
bool pci_msix_masked(const struct pci_msix *m, uint32_t vector);

/* May the message go out now? If not, it becomes pending. */
bool pci_msix_fire(struct pci_msix *m, uint32_t vector);

/* Was a message pending? It no longer is. */
bool pci_msix_take_pending(struct pci_msix *m, uint32_t vector);

/* Enter what firmware chose: entry i has message @data + i. Masks stay. */
void pci_msix_set_messages(struct pci_msix *m, uint64_t addr, uint32_t data, uint32_t count);

/* As after pci_msix_init(); calls nobody. */
void pci_msix_reset(struct pci_msix *m);

#endif
