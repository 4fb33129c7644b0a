/* SPDX-License-Identifier: BSD-2-Clause */
/* The configuration image and its masks, as bytes: no effects, and nobody is told. */
#include "devices/pci/func_private.h"

#include <assert.h>

uint32_t pci_field_get(const uint8_t *bytes, uint32_t off, uint32_t size)
{
	uint32_t v = 0;

	assert(size >= 1 && size <= 4 && off <= PCI_CONFIG_SIZE - size);
	for (uint32_t i = 0; i < size; i++)
		v |= (uint32_t)bytes[off + i] << 8 * i;
	return v;
}

void pci_field_put(uint8_t *bytes, uint32_t off, uint32_t size, uint32_t value)
{
	assert(size >= 1 && size <= 4 && off <= PCI_CONFIG_SIZE - size);
	for (uint32_t i = 0; i < size; i++)
		bytes[off + i] = (uint8_t)(value >> 8 * i);
}

uint32_t pci_config_get(const struct pci_func *f, uint32_t off, uint32_t size)
{
	return pci_field_get(f->config, off, size);
}

void pci_config_put(struct pci_func *f, uint32_t off, uint32_t size, uint32_t value)
{
	pci_field_put(f->config, off, size, value);
}

void pci_config_emulate(struct pci_func *f, uint32_t off, uint32_t size, uint32_t emu_bits,
			uint32_t writable_bits)
{
	pci_field_put(f->emu, off, size, emu_bits);
	pci_field_put(f->wmask, off, size, writable_bits);
}
