/* SPDX-License-Identifier: BSD-2-Clause */
/* The capability list, the two interrupt capabilities, and the vectors that firmware assigns. */
#include "devices/pci/func.h"

#include <assert.h>
#include <errno.h>
#include <linux/pci_regs.h>

#define CAP_LIST_MAX 48 /* as many as fit: more steps than that are a loop */
#define MSI_LEN32 10
#define MSI_LEN64 14
#define MSIX_LEN 12u

/* Nothing listens there: a message is told by its vector, not by its address. */
#define MESSAGE_ADDRESS 0x40000000000ULL

uint8_t pci_func_find_cap(const struct pci_func *f, uint8_t id)
{
	uint8_t at = f->config[PCI_CAPABILITY_LIST] & 0xfc;

	if (!(pci_config_get(f, PCI_STATUS, 2) & PCI_STATUS_CAP_LIST))
		return 0;
	for (int i = 0; i < CAP_LIST_MAX && at >= PCI_STD_HEADER_SIZEOF; i++) {
		if (f->config[at + PCI_CAP_LIST_ID] == id)
			return at;
		at = f->config[at + PCI_CAP_LIST_NEXT] & 0xfc;
	}
	return 0;
}

uint8_t pci_func_add_cap(struct pci_func *f, uint8_t id, uint8_t len)
{
	uint8_t at = f->cap_end;
	uint32_t end = at + (uint32_t)ALIGN_UP(len, 4);

	/* The end is kept in 8 bits, so the last word of the 256 bytes stays free. */
	if (len < 2 || end >= PCI_LEGACY_CONFIG_SIZE)
		return 0;
	f->cap_end = (uint8_t)end;
	for (uint32_t i = at; i < end; i++) {
		f->config[i] = 0;
		pci_config_emulate(f, i, 1, 0xff, 0);
	}
	f->config[at + PCI_CAP_LIST_ID] = id;
	f->config[at + PCI_CAP_LIST_NEXT] = f->config[PCI_CAPABILITY_LIST];
	f->config[PCI_CAPABILITY_LIST] = at;
	f->config[PCI_STATUS] |= PCI_STATUS_CAP_LIST;
	return at;
}

static void emulate_run(struct pci_func *f, uint32_t off, uint32_t len, uint8_t writable)
{
	for (uint32_t i = off; i < off + len; i++) {
		f->config[i] = 0;
		pci_config_emulate(f, i, 1, 0xff, writable);
	}
}

int pci_func_set_msi(struct pci_func *f, uint8_t off, uint32_t n, bool addr64)
{
	uint32_t len = addr64 ? MSI_LEN64 : MSI_LEN32;
	uint32_t control = log2_ceil(n) << 1 | (addr64 ? PCI_MSI_FLAGS_64BIT : 0);

	assert(is_power_of_2(n) && n <= 32);
	if (!off)
		off = pci_func_add_cap(f, PCI_CAP_ID_MSI, (uint8_t)len);
	if (!off || off + len > PCI_LEGACY_CONFIG_SIZE)
		return -ENOSPC;
	emulate_run(f, off + PCI_MSI_ADDRESS_LO, len - PCI_MSI_ADDRESS_LO, 0xff);
	pci_config_emulate(f, off + PCI_MSI_ADDRESS_LO, 1, 0xff, 0xfc); /* a word's address */
	pci_config_put(f, off + PCI_MSI_FLAGS, 2, control);
	pci_config_emulate(f, off + PCI_MSI_FLAGS, 2, 0xffff,
			   PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE);
	f->msi_cap = off;
	f->max_msi = n;
	f->msi32 = !addr64;
	return 0;
}

int pci_func_set_msix(struct pci_func *f, uint8_t off, uint32_t n, int table_bar,
		      uint32_t table_off, int pba_bar, uint32_t pba_off)
{
	assert(n >= 1 && n <= 2048 && IS_ALIGNED(table_off, 8) && IS_ALIGNED(pba_off, 8));
	assert(table_bar >= 0 && table_bar < PCI_NUM_BARS && pba_bar >= 0 &&
	       pba_bar < PCI_NUM_BARS);
	if (!off)
		off = pci_func_add_cap(f, PCI_CAP_ID_MSIX, MSIX_LEN);
	if (!off || off + MSIX_LEN > PCI_LEGACY_CONFIG_SIZE)
		return -ENOSPC;
	emulate_run(f, off + PCI_MSIX_FLAGS, MSIX_LEN - PCI_MSIX_FLAGS, 0);
	pci_config_put(f, off + PCI_MSIX_FLAGS, 2, n - 1);
	pci_config_put(f, off + PCI_MSIX_TABLE, 4, table_off | (uint32_t)table_bar);
	pci_config_put(f, off + PCI_MSIX_PBA, 4, pba_off | (uint32_t)pba_bar);
	pci_config_emulate(f, off + PCI_MSIX_FLAGS, 2, 0xffff,
			   PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
	f->msix_cap = off;
	f->max_msix = n;
	return 0;
}

static void put_message(struct pci_func *f, uint32_t data)
{
	uint32_t data_off = f->msi32 ? PCI_MSI_DATA_32 : PCI_MSI_DATA_64;

	pci_config_put(f, f->msi_cap + PCI_MSI_ADDRESS_LO, 4, (uint32_t)MESSAGE_ADDRESS);
	if (!f->msi32)
		pci_config_put(f, f->msi_cap + PCI_MSI_ADDRESS_HI, 4,
			       (uint32_t)(MESSAGE_ADDRESS >> 32));
	pci_config_put(f, f->msi_cap + data_off, 2, data);
}

void pci_func_set_vectors(struct pci_func *f, struct pci_vectors v)
{
	if (v.count == 0)
		v = (struct pci_vectors){ 0 };
	f->vectors = v;
	if (v.kind == PCI_MSI && f->msi_cap)
		put_message(f, v.first);
	if (f->ops && f->ops->irqs_changed)
		f->ops->irqs_changed(f);
}
