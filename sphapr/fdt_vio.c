/* SPDX-License-Identifier: BSD-2-Clause */
/* The interrupt controller, /event-sources and /vdevice with its terminal and NVRAM. */
#include "sphapr/fdt_tree.h"
#include "sphapr/layout.h"
#include "sphapr/spapr.h"

#define TIMA_PAGE 0x10000u
#define TIMA_OS 2u /* which 64K page of the TIMA shows which ring */
#define TIMA_USER 3u

static void xive(const struct spapr *sp, struct fdtb *b)
{
	gpa_t tima = layout[LAYOUT_XIVE_TIMA].base;
	gpa_t user = tima + (gpa_t)TIMA_USER * TIMA_PAGE, os = tima + (gpa_t)TIMA_OS * TIMA_PAGE;

	fdtb_begin_at(b, "interrupt-controller", user);
	fdtb_str(b, "device_type", "power-ivpe");
	fdtb_str(b, "compatible", "ibm,power-ivpe");
	FDTB_CELLS(b, "reg", (uint32_t)(user >> 32), (uint32_t)user, 0, TIMA_PAGE,
		   (uint32_t)(os >> 32), (uint32_t)os, 0, TIMA_PAGE);
	FDTB_CELLS(b, "ibm,xive-eq-sizes", 16);
	FDTB_CELLS(b, "ibm,xive-lisn-ranges", LISN_IPI, spapr_max_vcpus(sp));
	fdtb_u32(b, "#address-cells", 0);
}

static void xics(const struct spapr *sp, struct fdtb *b)
{
	fdtb_begin(b, "interrupt-controller");
	fdtb_str(b, "device_type", "PowerPC-External-Interrupt-Presentation");
	fdtb_str(b, "compatible", "IBM,ppc-xicp");
	FDTB_CELLS(b, "ibm,interrupt-server-ranges", 0, sp->intc.nservers);
	fdtb_u32(b, "#address-cells", 0);
}

void fdt_intc(const struct spapr *sp, struct fdtb *b)
{
	if (sp->mode.intc == INTC_XIVE)
		xive(sp, b);
	else
		xics(sp, b);
	fdtb_empty(b, "interrupt-controller");
	fdtb_u32(b, "#interrupt-cells", 2);
	fdtb_u32(b, "phandle", FDT_PHANDLE_INTC);
	fdtb_u32(b, "linux,phandle", FDT_PHANDLE_INTC);
	fdtb_end(b);
}

void fdt_events(const struct spapr *sp, struct fdtb *b)
{
	(void)sp;
	fdtb_begin(b, "event-sources");
	fdtb_empty(b, "interrupt-controller"); /* ends the search for a parent: see vdevice */
	fdtb_u32(b, "#interrupt-cells", 2);
	fdtb_u32(b, "#address-cells", 0);
	FDTB_CELLS(b, "interrupt-ranges", LISN_EPOW, 1);
	fdtb_begin(b, "epow-events");
	FDTB_CELLS(b, "interrupts", LISN_EPOW, 0);
	fdtb_end(b);
	fdtb_end(b);
}

static void vty(const struct vty *v, struct fdtb *b)
{
	fdtb_begin_at(b, "vty", v->unit);
	fdtb_str(b, "device_type", "serial");
	fdtb_str(b, "compatible", "hvterm1");
	fdtb_u32(b, "reg", v->unit);
	FDTB_CELLS(b, "interrupts", v->lisn, 0); /* edge */
	fdtb_end(b);
}

void fdt_vio(const struct spapr *sp, struct fdtb *b)
{
	fdtb_begin(b, "vdevice");
	fdtb_str(b, "device_type", "vdevice");
	fdtb_str(b, "compatible", "IBM,vdevice");
	fdtb_u32(b, "#address-cells", 1);
	fdtb_u32(b, "#size-cells", 0);
	/* LoPAR: such a bus may be its children's interrupt parent: numbers pass through. */
	fdtb_u32(b, "#interrupt-cells", 2);
	fdtb_empty(b, "interrupt-controller");
	vty(&sp->vty, b);
	fdtb_begin_at(b, "nvram", SPAPR_NVRAM_UNIT);
	fdtb_str(b, "device_type", "nvram");
	fdtb_str(b, "compatible", "qemu,spapr-nvram"); /* the name Linux and its tools know */
	fdtb_u32(b, "reg", SPAPR_NVRAM_UNIT);
	fdtb_u32(b, "#bytes", NVRAM_SIZE);
	fdtb_end(b);
	fdtb_end(b);
}
