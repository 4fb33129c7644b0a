/* SPDX-License-Identifier: BSD-2-Clause */
/* The root's own properties, /chosen, /hypervisor, memory, and small platform facilities. */
#include "sphapr/cas.h"
#include "sphapr/fdt_tree.h"
#include "sphapr/spapr.h"

#include <stdio.h>

void fdt_root_props(const struct spapr *sp, struct fdtb *b)
{
	static const char compatible[] = "spapr-vmm,pseries\0qemu,pseries";

	fdtb_str(b, "device_type", "chrp");
	fdtb_str(b, "model", "spapr-vmm pseries");
	/* Ours first; then the name by which software knows a paravirtual pseries. */
	fdtb_bytes(b, "compatible", compatible, sizeof(compatible));
	fdtb_u32(b, "#address-cells", 2);
	fdtb_u32(b, "#size-cells", 2);
	fdtb_str(b, "ibm,partition-name", sp->cfg.name);
	fdtb_u32(b, "ibm,partition-no", 1);
	if (sp->mode.intc == INTC_XIVE) /* priorities from 7 on are the hypervisor's */
		FDTB_CELLS(b, "ibm,plat-res-int-priorities", XIVE_PRIORITY_MAX + 1,
			   0xff - XIVE_PRIORITY_MAX - 1);
}

/*
 * ibm,architecture-vec-5: a guest that is started without firmware gets all that there is; where firmware
 * runs, what the guest chose, and nothing before.
 */
static void vec5(const struct spapr *sp, const struct spapr_boot *boot, struct fdtb *b)
{
	static const char name[] = "ibm,architecture-vec-5";
	uint8_t v[OV5_BYTES] = { 0 }, support[CAS_SUPPORT_BYTES];

	if (boot->offer)
		fdtb_bytes(b, "ibm,arch-vec-5-platform-support", support,
			   cas_support(boot->offer, support));
	if (!boot->offer)
		cas_vec5_unasked(&sp->mode, v);
	if (!boot->offer || boot->chosen)
		fdtb_bytes(b, name, boot->chosen ? boot->chosen->vec5 : v, sizeof(v));
	else
		fdtb_bytes(b, name, v, 2); /* one byte, which says nothing */
}

void fdt_chosen(const struct spapr *sp, const struct spapr_boot *boot, struct fdtb *b)
{
	char console[48];

	fdtb_begin(b, "chosen");
	if (boot->bootargs)
		fdtb_str(b, "bootargs", boot->bootargs);
	if (boot->boot_list)
		fdtb_str(b, "qemu,boot-list", boot->boot_list);
	if (boot->initrd_end > boot->initrd_start) {
		fdtb_u64(b, "linux,initrd-start", boot->initrd_start);
		fdtb_u64(b, "linux,initrd-end", boot->initrd_end);
	}
	if (boot->kernel_end > boot->kernel_start) { /* SLOF's names */
		FDTB_CELLS(b, "qemu,boot-kernel", (uint32_t)(boot->kernel_start >> 32),
			   (uint32_t)boot->kernel_start,
			   (uint32_t)((boot->kernel_end - boot->kernel_start) >> 32),
			   (uint32_t)(boot->kernel_end - boot->kernel_start));
		if (boot->kernel_le)
			fdtb_empty(b, "qemu,boot-kernel-le");
	}
	snprintf(console, sizeof(console), "/vdevice/vty@%x", SPAPR_VTY_UNIT);
	fdtb_str(b, "stdout-path", console);
	fdtb_str(b, "linux,stdout-path", console); /* kernels before 5.x read this one */
	fdtb_u32(b, "linux,pci-probe-only", 0);    /* nobody placed BARs: the guest may */
	fdtb_bytes(b, "rng-seed", boot->rng_seed, sizeof(boot->rng_seed));
	vec5(sp, boot, b);
	fdtb_end(b);

	fdtb_begin(b, "hypervisor");
	fdtb_str(b, "compatible", "linux,kvm");
	fdtb_end(b);
}

/* The node of the byte at @gpa, and how many bytes from there on are on that node, too. */
static uint32_t node_at(const struct spapr *sp, gpa_t gpa, uint64_t *left)
{
	uint32_t node = 0;

	while (node + 1 < sp->cfg.nnodes && gpa >= sp->cfg.node_end[node])
		node++;
	*left = node + 1 < sp->cfg.nnodes ? sp->cfg.node_end[node] - gpa : UINT64_MAX;
	return node;
}

static void memory(struct fdtb *b, gpa_t base, uint64_t size, uint32_t node)
{
	fdtb_begin_at(b, "memory", base);
	fdtb_str(b, "device_type", "memory");
	FDTB_CELLS(b, "reg", (uint32_t)(base >> 32), (uint32_t)base, (uint32_t)(size >> 32),
		   (uint32_t)size);
	FDTB_CELLS(b, "ibm,associativity", 4, 0, 0, 0, node);
	fdtb_end(b);
}

/* The first node's size is how far Linux trusts real mode to reach. */
void fdt_memory(const struct spapr *sp, struct fdtb *b)
{
	for (int i = 0; i < sp->mem->nbanks; i++) {
		gpa_t base = sp->mem->banks[i].base;
		uint64_t size = sp->mem->banks[i].size;

		while (size) {
			uint64_t n;
			uint32_t node = node_at(sp, base, &n);

			n = n < size ? n : size;
			n = base || n < sp->cfg.rma_size ? n : sp->cfg.rma_size;
			memory(b, base, n, node);
			base += n;
			size -= n;
		}
	}
}

void fdt_facilities(const struct spapr *sp, struct fdtb *b)
{
	(void)sp;
	fdtb_begin(b, "ibm,platform-facilities");
	fdtb_str(b, "device_type", "ibm,platform-facilities");
	fdtb_begin(b, "ibm,random-v1"); /* H_RANDOM */
	fdtb_str(b, "compatible", "ibm,random");
	fdtb_end(b);
	fdtb_end(b);
}
