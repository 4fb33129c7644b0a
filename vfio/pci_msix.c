/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A trapped MSI-X table: the device's own is the host kernel's, which never masks a vector. So a
 * masked vector is one whose eventfd is not connected to KVM. What the device sends meanwhile stays
 * in the eventfd, which is the pending bit: KVM looks there when the eventfd is connected again. Only
 * a guest that reads pending bits makes us move them into our table.
 */
#include "vfio/pci.h"

#include "vmm/base/log.h"
#include "vmm/base/sys.h"

#include <linux/pci_regs.h>
#include <string.h>

static bool is_armed(const struct vfio_pci *v, uint32_t vector)
{
	return v->armed == PCI_MSIX && vector < v->nfds;
}

static void mask_changed(void *ctx, uint32_t vector, bool masked)
{
	struct vfio_pci *v = ctx;
	const uint64_t one = 1;
	int r;

	if (!is_armed(v, vector))
		return;
	if (!masked && pci_msix_take_pending(&v->msix, vector))
		sys_write(v->fds[vector], &one, sizeof(one));
	r = vfio_vector_route(v, vector, !masked);
	if (r < 0)
		log_guest("vfio %s: MSI-X vector %u cannot be %smasked: %s", v->dev.bdf, vector,
			  masked ? "" : "un", strerror(-r));
}

int vfio_msix_init(struct vfio_pci *v)
{
	return pci_msix_init(&v->msix, v->func.max_msix, mask_changed, v);
}

bool vfio_msix_masked(const struct vfio_pci *v, uint32_t vector)
{
	return v->msix_trapped && pci_msix_masked(&v->msix, vector);
}

void vfio_msix_control(struct vfio_pci *v)
{
	uint32_t at = v->func.msix_cap + PCI_MSIX_FLAGS;

	if (v->msix_trapped)
		pci_msix_set_function_mask(&v->msix, pci_config_get(&v->func, at, 2) &
							     PCI_MSIX_FLAGS_MASKALL);
}

static bool inside(const struct vfio_pci *v, uint64_t off, uint64_t start, uint32_t len)
{
	return v->msix_trapped && off >= start && off - start < len;
}

bool vfio_in_msix_table(const struct vfio_pci *v, int bar, uint64_t off)
{
	return bar == v->msix_bar && inside(v, off, v->msix_offset, pci_msix_table_size(&v->msix));
}

bool vfio_in_msix_pba(const struct vfio_pci *v, int bar, uint64_t off)
{
	return bar == v->pba_bar && inside(v, off, v->pba_offset, pci_msix_pba_size(&v->msix));
}

uint64_t vfio_msix_pba_read(struct vfio_pci *v, uint64_t off, uint32_t size)
{
	uint32_t end = (uint32_t)(off + size) * 8;
	uint64_t count;

	for (uint32_t i = (uint32_t)off * 8; i < end && is_armed(v, i); i++)
		if (vfio_msix_masked(v, i) && sys_read(v->fds[i], &count, sizeof(count)) > 0)
			pci_msix_fire(&v->msix, i);
	return pci_msix_pba_read(&v->msix, off, size);
}
