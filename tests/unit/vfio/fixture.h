/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_UNIT_VFIO_FIXTURE_H
#define TESTS_UNIT_VFIO_FIXTURE_H

/*
 * What passed-through functions stand on, on a fake host: guest RAM that can be registered, a VM
 * with an interrupt controller, the PAPR core, the I/O loop. The log is caught; afterwards nothing
 * may be left, and the kernel may have had no reason to complain.
 */

#include "sphapr/hcall.h"
#include "sphapr/rtas.h"
#include "sphapr/spapr.h"
#include "tests/fake/passing.h"
#include "tests/fake/vfio.h"
#include "tests/unit/said.h"
#include "vfio/pci.h"
#include "vmm/kvm/irqchip.h"
#include "vmm/kvm/tce.h"
#include "vmm/kvm/uapi.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define VX_BDF "0004:01:00.0"
#define VX_GROUP 26
#define VX_RAM (32 * MiB)

static struct passing vx;

static inline void vx_setup(void)
{
	fake_reset();
	said_catch(LOG_DEBUG);
}

/* Memory as guest RAM is: aligned, through the seam. */
static inline void *vx_mmap(uint64_t size, int flags)
{
	void *p;

	cr_assert(eq(int,
		     sys_mmap(&p, NULL, size, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0),
		     0));
	return p;
}

/* Result @r of a call that filled in @f: the reason of a failure is said, as a start says it. */
static inline int vx_logged(int r, const struct finding *f)
{
	if (r != 0)
		finding_log(f);
	return r;
}

static inline int vx_container_open(struct vfio_container *c)
{
	struct finding f;

	return vx_logged(vfio_container_open(c, &f), &f);
}

static inline int vx_container_start(struct vfio_container *c, const char *who)
{
	struct finding f;

	return vx_logged(vfio_container_start(c, who, &f), &f);
}

static inline int vx_group_open(struct vfio_group *g, struct vfio_container *c, int id,
				const char *who)
{
	struct finding f;

	return vx_logged(vfio_group_open(g, c, id, who, &f), &f);
}

/* The machine without its devices. @kind of interrupt controller. */
static inline void vx_open(enum intc_kind kind)
{
	cr_assert(eq(int, passing_open(&vx, kind, VX_RAM), 0), "%s", said_all());
	vx.pe.phb = spapr_add_phb(&vx.sp);
	said_forget();
}

static inline void vx_close_pe(void)
{
	vfio_pe_stop_functions(&vx.pe);
	vfio_pe_close(&vx.pe);
}

static inline void vx_close(void)
{
	vx_close_pe();
	passing_close(&vx);
	memset(&vx.sp, 0, sizeof(vx.sp));
	vx.mem.nbanks = 0;
}

/* Container, group, RAM, windows: 0 or the errno of the step that failed. */
static inline int vx_open_pe(bool ddw)
{
	int r;

	vfio_pe_init(&vx.pe, &vx.env, vx.pe.phb, VX_GROUP);
	r = vfio_pe_open(&vx.pe, VX_BDF);
	if (r == 0)
		r = vfio_pe_register(&vx.pe);
	return r == 0 ? vfio_pe_start(&vx.pe, ddw) : r;
}

/* One function of the host, bound to vfio-pci, in the guest at device 0. */
static inline struct vfio_pci *vx_function(struct fake_hostdev *d)
{
	cr_assert(eq(int, vx_open_pe(true), 0), "%s", said_all());
	cr_assert(eq(int, vfio_pe_add_func(&vx.pe, d->bdf, 0, VFIO_RESET_AUTO), 0), "%s",
		  said_all());
	return vx.pe.funcs[0];
}

#define VX_NOTHING_LEFT()                                                                          \
	do {                                                                                       \
		cr_assert(eq(int, fake_open_fds(), 0), "descriptors: %s", said_all());             \
		cr_assert(eq(int, fake_mappings(), 0), "mappings: %s", said_all());                \
		cr_assert(eq(str, chars(fake_vfio_left()), ""), "%s", said_all());                 \
		cr_assert(eq(str, chars(fake_faults()), ""), "%s", said_all());                    \
	} while (0)

#endif
