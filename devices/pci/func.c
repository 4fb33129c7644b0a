/* SPDX-License-Identifier: BSD-2-Clause */
#include "devices/pci/func.h"

#include "devices/pci/func_private.h"

#include <assert.h>
#include <linux/pci_regs.h>
#include <string.h>

#define COMMAND_WRITABLE                                                                           \
	(PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_PARITY |           \
	 PCI_COMMAND_SERR | PCI_COMMAND_INTX_DISABLE)

static bool has_host(const struct pci_func *f)
{
	return f->ops && f->ops->config_read;
}

void pci_func_init(struct pci_func *f, const struct pci_func_ops *ops, void *ctx, uint8_t devfn,
		   uint32_t config_size)
{
	assert(config_size == PCI_LEGACY_CONFIG_SIZE || config_size == PCI_CONFIG_SIZE);
	*f = (struct pci_func){ .ops = ops, .ctx = ctx, .devfn = devfn, .name = "pci" };
	f->config_size = config_size;
	f->cap_end = PCI_STD_HEADER_SIZEOF;
	if (!has_host(f))
		memset(f->emu, 0xff, sizeof(f->emu));
	pci_config_emulate(f, PCI_COMMAND, 2, has_host(f) ? 0 : 0xffff, COMMAND_WRITABLE);
	if (!has_host(f))
		pci_config_emulate(f, PCI_INTERRUPT_LINE, 1, 0xff, 0xff);
	for (int i = 0; i <= PCI_BAR_ROM; i++)
		pci_func_set_bar(f, i, PCI_BAR_NONE, false, 0);
}

static uint32_t all_ones(uint32_t size)
{
	return size >= 4 ? UINT32_MAX : (1U << 8 * size) - 1;
}

static uint16_t command(const struct pci_func *f)
{
	return (uint16_t)pci_config_get(f, PCI_COMMAND, 2);
}

static bool access_ok(const struct pci_func *f, uint32_t off, uint32_t size)
{
	return (size == 1 || size == 2 || size == 4) && off < f->config_size &&
	       (off & 3) + size <= 4;
}

/* NOLINTNEXTLINE(misc-no-recursion): two halves, twice at most */
static uint32_t host_read(struct pci_func *f, uint32_t off, uint32_t size)
{
	if (off % size == 0)
		return f->ops->config_read(f, off, size);
	return host_read(f, off, size / 2) | host_read(f, off + size / 2, size / 2) << 4 * size;
}

uint32_t pci_func_config_read(struct pci_func *f, uint32_t off, uint32_t size)
{
	uint32_t emu, ours;

	if (!access_ok(f, off, size))
		return all_ones(size);
	emu = pci_field_get(f->emu, off, size);
	ours = pci_field_get(f->config, off, size);
	if (!has_host(f) || emu == all_ones(size))
		return ours;
	return (ours & emu) | (host_read(f, off, size) & ~emu & all_ones(size));
}

static bool has_emulated_byte(uint32_t emu, uint32_t size)
{
	for (uint32_t i = 0; i < size; i++)
		if ((uint8_t)(emu >> 8 * i) == 0xff)
			return true;
	return false;
}

/* One write, unless some byte is wholly ours: then as few writes as leave such bytes alone. */
/* NOLINTNEXTLINE(misc-no-recursion): two halves, twice at most */
static void host_write(struct pci_func *f, uint32_t off, uint32_t size, uint32_t value)
{
	uint32_t emu = pci_field_get(f->emu, off, size), half = size / 2;

	if (emu == all_ones(size))
		return;
	if (size > 1 && (off % size != 0 || has_emulated_byte(emu, size))) {
		host_write(f, off, half, value & all_ones(half));
		host_write(f, off + half, half, value >> 8 * half);
		return;
	}
	if (emu)
		value = (value & ~emu) | (f->ops->config_read(f, off, size) & emu);
	f->ops->config_write(f, off, size, value);
}

/* What the owner hears of a change of the image is found by comparing it with before. */
struct snapshot {
	uint64_t irqs;
	uint16_t command;
};

/* Everything that decides which interrupts the device may raise. */
static uint64_t irq_bits(const struct pci_func *f)
{
	uint64_t msi = f->msi_cap ? pci_config_get(f, f->msi_cap + PCI_MSI_FLAGS, 2) : 0;
	uint64_t msix = f->msix_cap ? pci_config_get(f, f->msix_cap + PCI_MSIX_FLAGS, 2) : 0;

	return msi | msix << 16 | (uint64_t)pci_func_intx_disabled(f) << 32;
}

static struct snapshot snapshot(const struct pci_func *f)
{
	return (struct snapshot){ .irqs = irq_bits(f), .command = command(f) };
}

static void tell_command(struct pci_func *f, const struct snapshot *before)
{
	if (command(f) != before->command && f->ops && f->ops->command_changed)
		f->ops->command_changed(f, before->command, command(f));
}

static void tell_irqs(struct pci_func *f, const struct snapshot *before)
{
	if (irq_bits(f) != before->irqs && f->ops && f->ops->irqs_changed)
		f->ops->irqs_changed(f);
}

void pci_func_config_write(struct pci_func *f, uint32_t off, uint32_t size, uint32_t value)
{
	struct snapshot before = snapshot(f);
	uint32_t w;

	if (!access_ok(f, off, size))
		return;
	value &= all_ones(size);
	w = pci_field_get(f->wmask, off, size);
	pci_field_put(f->config, off, size,
		      (pci_field_get(f->config, off, size) & ~w) | (value & w));
	pci_bars_vanish(f);
	if (has_host(f) && f->ops->config_write)
		host_write(f, off, size, value);
	tell_command(f, &before);
	pci_bars_appear(f);
	tell_irqs(f, &before);
}

bool pci_func_msi_enabled(const struct pci_func *f, enum pci_msi_kind kind)
{
	if (kind == PCI_MSI && f->msi_cap)
		return pci_config_get(f, f->msi_cap + PCI_MSI_FLAGS, 2) & PCI_MSI_FLAGS_ENABLE;
	if (kind == PCI_MSIX && f->msix_cap)
		return pci_config_get(f, f->msix_cap + PCI_MSIX_FLAGS, 2) & PCI_MSIX_FLAGS_ENABLE;
	return false;
}

bool pci_func_bus_master(const struct pci_func *f)
{
	return command(f) & PCI_COMMAND_MASTER;
}

bool pci_func_intx_disabled(const struct pci_func *f)
{
	return command(f) & PCI_COMMAND_INTX_DISABLE;
}

uint8_t pci_func_pin(const struct pci_func *f)
{
	uint8_t pin = f->config[PCI_INTERRUPT_PIN];

	return pin <= 4 ? pin : 0;
}

void pci_func_reset_config(struct pci_func *f)
{
	struct snapshot before = snapshot(f);

	for (uint32_t i = 0; i < f->config_size; i++)
		f->config[i] &= (uint8_t)~f->wmask[i];
	pci_bars_vanish(f);
	tell_command(f, &before);
	tell_irqs(f, &before);
}

void pci_func_reset(struct pci_func *f)
{
	pci_func_reset_config(f);
	if (f->ops && f->ops->reset)
		f->ops->reset(f);
}
