/* SPDX-License-Identifier: BSD-2-Clause */
/* The PCI functions of the tree, and their configuration. */
#include "guest.h"

#define CAPABILITIES 0x34

struct function functions[MAX_FUNCTIONS];
unsigned int nfunctions;

static void add(const char *phb, const char *path)
{
	struct function *f = &functions[nfunctions];

	if (nfunctions == MAX_FUNCTIONS)
		return;
	*f = (struct function){ .addr = fdt_cell(path, "reg", 0) & 0x00ffff00 };
	memcpy(f->phb, phb, strlen(phb) + 1);
	memcpy(f->path, path, strlen(path) + 1);
	f->hi = fdt_cell(phb, "reg", 0);
	f->lo = fdt_cell(phb, "reg", 1);
	f->max_msi = fdt_cell(path, "ibm,req#msi", 0);
	f->max_msix = fdt_cell(path, "ibm,req#msi-x", 0);
	f->liobn = fdt_cell(phb, "ibm,dma-window", 0);
	f->start = (uint64_t)fdt_cell(phb, "ibm,dma-window", 1) << 32 |
		   fdt_cell(phb, "ibm,dma-window", 2);
	f->size = (uint64_t)fdt_cell(phb, "ibm,dma-window", 3) << 32 |
		  fdt_cell(phb, "ibm,dma-window", 4);
	f->first = nfunctions == 0 || strcmp(functions[nfunctions - 1].phb, phb) != 0;
	nfunctions++;
}

void bus_scan(void)
{
	struct function f;
	const char *type;
	uint32_t len;

	for (unsigned int i = 0; fdt_child("/", i, f.phb, sizeof(f.phb)); i++) {
		type = fdt_prop(f.phb, "device_type", &len);
		if (!type || strcmp(type, "pci") != 0)
			continue;
		for (unsigned int k = 0; fdt_child(f.phb, k, f.path, sizeof(f.path)); k++)
			if (fdt_prop(f.path, "vendor-id", &len))
				add(f.phb, f.path);
	}
}

uint32_t bus_addr(const struct function *f, uint32_t reg)
{
	return f->addr | (reg & 0xff) | (reg >> 8) << 28;
}

uint32_t bus_read(const struct function *f, uint32_t reg, uint32_t size)
{
	if (RTAS("ibm,read-pci-config", 2, bus_addr(f, reg), f->hi, f->lo, size) != 0)
		return 0xffffffff;
	return rtas_ret(1);
}

void bus_write(const struct function *f, uint32_t reg, uint32_t size, uint32_t value)
{
	RTAS("ibm,write-pci-config", 1, bus_addr(f, reg), f->hi, f->lo, size, value);
}

uint32_t bus_cap(const struct function *f, uint32_t id)
{
	uint32_t at = bus_read(f, CAPABILITIES, 1) & ~3u;

	for (unsigned int n = 0; at >= 0x40 && n < 48; n++) {
		if (bus_read(f, at, 1) == id)
			return at;
		at = bus_read(f, at + 1, 1) & ~3u;
	}
	return 0;
}
