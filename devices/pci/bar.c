/* SPDX-License-Identifier: BSD-2-Clause */
/* Base address registers: sizing is a matter of the write mask, decode of the command register. */
#include "devices/pci/func_private.h"

#include <assert.h>
#include <linux/pci_regs.h>

#define BAR_IO_MIN 4
#define BAR_IO_MAX (64 * KiB)
#define BAR_MEM_MIN 16
#define BAR_ROM_MIN (2 * KiB)

uint32_t pci_bar_reg(int bar)
{
	return bar == PCI_BAR_ROM ? PCI_ROM_ADDRESS : PCI_BASE_ADDRESS_0 + 4 * (uint32_t)bar;
}

static void check_size(int bar, enum pci_bar_kind kind, uint64_t size)
{
	assert(bar >= 0 && bar <= PCI_BAR_ROM);
	switch (kind) {
	case PCI_BAR_NONE:
		assert(size == 0);
		return;
	case PCI_BAR_IO:
		assert(bar != PCI_BAR_ROM && size >= BAR_IO_MIN && size <= BAR_IO_MAX);
		break;
	case PCI_BAR_MEM32:
		assert(size >= (bar == PCI_BAR_ROM ? BAR_ROM_MIN : BAR_MEM_MIN) && size <= 2 * GiB);
		break;
	case PCI_BAR_MEM64:
		assert(bar < PCI_NUM_BARS - 1 && size >= BAR_MEM_MIN);
		break;
	}
	assert(is_power_of_2(size));
}

static uint32_t flags(int bar, enum pci_bar_kind kind, bool prefetch)
{
	uint32_t v = prefetch ? PCI_BASE_ADDRESS_MEM_PREFETCH : 0;

	if (bar == PCI_BAR_ROM || kind == PCI_BAR_NONE)
		return 0;
	if (kind == PCI_BAR_IO)
		return PCI_BASE_ADDRESS_SPACE_IO;
	return v | (kind == PCI_BAR_MEM64 ? PCI_BASE_ADDRESS_MEM_TYPE_64 : 0);
}

void pci_func_set_bar(struct pci_func *f, int bar, enum pci_bar_kind kind, bool prefetch,
		      uint64_t size)
{
	uint32_t reg = pci_bar_reg(bar);
	uint64_t mask = size ? ~(size - 1) : 0;

	check_size(bar, kind, size);
	f->bars[bar] = (struct pci_bar){
		.kind = kind, .prefetch = prefetch, .size = size, .addr = PCI_BAR_OFF
	};
	if (bar == PCI_BAR_ROM && size)
		mask |= PCI_ROM_ADDRESS_ENABLE;
	pci_config_put(f, reg, 4, flags(bar, kind, prefetch));
	pci_config_emulate(f, reg, 4, UINT32_MAX, (uint32_t)mask);
	if (kind == PCI_BAR_MEM64) {
		f->bars[bar + 1] = (struct pci_bar){ .addr = PCI_BAR_OFF };
		pci_config_put(f, reg + 4, 4, 0);
		pci_config_emulate(f, reg + 4, 4, UINT32_MAX, (uint32_t)(mask >> 32));
	}
}

static uint64_t decoded(const struct pci_func *f, int bar)
{
	const struct pci_bar *b = &f->bars[bar];
	uint32_t reg = pci_bar_reg(bar), command = pci_config_get(f, PCI_COMMAND, 2);
	uint64_t value = pci_config_get(f, reg, 4);

	if (b->size == 0)
		return PCI_BAR_OFF;
	if (!(command & (b->kind == PCI_BAR_IO ? PCI_COMMAND_IO : PCI_COMMAND_MEMORY)))
		return PCI_BAR_OFF;
	if (bar == PCI_BAR_ROM && !(value & PCI_ROM_ADDRESS_ENABLE))
		return PCI_BAR_OFF;
	if (b->kind == PCI_BAR_MEM64)
		value |= (uint64_t)pci_config_get(f, reg + 4, 4) << 32;
	return value & ~(b->size - 1);
}

static void update(struct pci_func *f, bool only_off)
{
	for (int i = 0; i <= PCI_BAR_ROM; i++) {
		uint64_t addr = decoded(f, i);

		if (addr == f->bars[i].addr || (only_off && addr != PCI_BAR_OFF))
			continue;
		f->bars[i].addr = addr;
		if (f->ops && f->ops->bar_moved)
			f->ops->bar_moved(f, i);
	}
}

void pci_bars_vanish(struct pci_func *f)
{
	update(f, true);
}

void pci_bars_appear(struct pci_func *f)
{
	update(f, false);
}
