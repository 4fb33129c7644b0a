/* SPDX-License-Identifier: BSD-2-Clause */
#include "devices/pci/msix.h"

#include <assert.h>
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>

int pci_msix_init(struct pci_msix *m, uint32_t n, pci_msix_mask_fn *mask_changed, void *ctx)
{
	assert(n >= 1 && n <= PCI_MSIX_MAX);
	*m = (struct pci_msix){ .n = n, .mask_changed = mask_changed, .ctx = ctx };
	m->table = calloc(n, PCI_MSIX_ENTRY);
	m->pending = calloc(pci_msix_pba_size(m) / 8, 8);
	if (!m->table || !m->pending) {
		pci_msix_close(m);
		return -ENOMEM;
	}
	pci_msix_reset(m);
	return 0;
}

void pci_msix_close(struct pci_msix *m)
{
	free(m->table);
	free(m->pending);
	*m = (struct pci_msix){ 0 };
}

static uint8_t *control(const struct pci_msix *m, uint32_t vector)
{
	return &m->table[vector * PCI_MSIX_ENTRY + PCI_MSIX_ENTRY_VECTOR_CTRL];
}

static bool entry_masked(const struct pci_msix *m, uint32_t vector)
{
	return *control(m, vector) & PCI_MSIX_ENTRY_CTRL_MASKBIT;
}

static void tell(const struct pci_msix *m, uint32_t vector)
{
	if (m->mask_changed)
		m->mask_changed(m->ctx, vector, pci_msix_masked(m, vector));
}

uint64_t pci_msix_table_read(const struct pci_msix *m, uint64_t off, uint32_t size)
{
	uint32_t len = pci_msix_table_size(m);
	uint64_t v = 0;

	assert(size >= 1 && size <= 8);
	for (uint32_t i = 0; i < size && off < len && i < len - off; i++)
		v |= (uint64_t)m->table[off + i] << 8 * i;
	return v;
}

/* The bits of this byte that exist. */
static uint8_t writable(uint64_t off)
{
	switch (off % PCI_MSIX_ENTRY) {
	case PCI_MSIX_ENTRY_LOWER_ADDR:
		return 0xfc;
	case PCI_MSIX_ENTRY_VECTOR_CTRL:
		return PCI_MSIX_ENTRY_CTRL_MASKBIT;
	case PCI_MSIX_ENTRY_VECTOR_CTRL + 1:
	case PCI_MSIX_ENTRY_VECTOR_CTRL + 2:
	case PCI_MSIX_ENTRY_VECTOR_CTRL + 3:
		return 0;
	default:
		return 0xff;
	}
}

void pci_msix_table_write(struct pci_msix *m, uint64_t off, uint32_t size, uint64_t value)
{
	uint32_t len = pci_msix_table_size(m);

	assert(size >= 1 && size <= 8);
	for (uint32_t i = 0; i < size && off < len && i < len - off; i++) {
		uint32_t vector = (uint32_t)((off + i) / PCI_MSIX_ENTRY);
		bool before = pci_msix_masked(m, vector);

		m->table[off + i] = (uint8_t)(value >> 8 * i) & writable(off + i);
		if (pci_msix_masked(m, vector) != before)
			tell(m, vector);
	}
}

uint64_t pci_msix_pba_read(const struct pci_msix *m, uint64_t off, uint32_t size)
{
	uint32_t len = pci_msix_pba_size(m);
	uint64_t v = 0;

	assert(size >= 1 && size <= 8);
	for (uint32_t i = 0; i < size && off < len && i < len - off; i++)
		v |= (m->pending[(off + i) / 8] >> 8 * ((off + i) % 8) & 0xff) << 8 * i;
	return v;
}

void pci_msix_set_function_mask(struct pci_msix *m, bool masked)
{
	if (m->masked_all == masked)
		return;
	m->masked_all = masked;
	for (uint32_t i = 0; i < m->n; i++)
		if (!entry_masked(m, i))
			tell(m, i);
}

bool pci_msix_masked(const struct pci_msix *m, uint32_t vector)
{
	return vector >= m->n || m->masked_all || entry_masked(m, vector);
}

bool pci_msix_fire(struct pci_msix *m, uint32_t vector)
{
	if (!pci_msix_masked(m, vector))
		return true;
	if (vector < m->n)
		m->pending[vector / 64] |= BIT(vector % 64);
	return false;
}

bool pci_msix_take_pending(struct pci_msix *m, uint32_t vector)
{
	uint64_t bit = BIT(vector % 64);

	if (vector >= m->n || !(m->pending[vector / 64] & bit))
		return false;
	m->pending[vector / 64] &= ~bit;
	return true;
}

static void le32_put(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

void pci_msix_set_messages(struct pci_msix *m, uint64_t addr, uint32_t data, uint32_t count)
{
	for (uint32_t i = 0; i < count && i < m->n; i++) {
		uint8_t *e = &m->table[(size_t)i * PCI_MSIX_ENTRY];

		le32_put(e + PCI_MSIX_ENTRY_LOWER_ADDR, (uint32_t)addr & ~3U);
		le32_put(e + PCI_MSIX_ENTRY_UPPER_ADDR, (uint32_t)(addr >> 32));
		le32_put(e + PCI_MSIX_ENTRY_DATA, data + i);
	}
}

void pci_msix_reset(struct pci_msix *m)
{
	memset(m->table, 0, pci_msix_table_size(m));
	memset(m->pending, 0, pci_msix_pba_size(m));
	m->masked_all = false;
	for (uint32_t i = 0; i < m->n; i++)
		*control(m, i) = PCI_MSIX_ENTRY_CTRL_MASKBIT;
}
