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
#include "tests/fake/platform.h"
#include "tests/fake/vfio.h"
#include "vfio/pci.h"
#include "vmm/base/log.h"
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

static struct {
	struct kvm_vm vm;
	struct irqchip chip;
	struct spapr sp;
	struct gmem mem;
	void *ram;
	struct fake_platform plat;
	struct loop loop;
	struct vfio_env env;
	struct vfio_pe pe;
	char log[16384]; /* all lines, each with a newline */
	int errors, lines;
} vx;

static inline void vx_sink(enum log_level level, const char *line)
{
	size_t n = strlen(vx.log);

	if (n < sizeof(vx.log) - 1100)
		snprintf(vx.log + n, sizeof(vx.log) - n, "%s\n", line);
	vx.errors += level == LOG_ERROR;
	vx.lines++;
}

static inline bool vx_said(const char *text)
{
	return strstr(vx.log, text) != NULL;
}

static inline void vx_hush(void)
{
	vx.log[0] = '\0';
	vx.errors = vx.lines = 0;
}

static inline void vx_setup(void)
{
	fake_reset();
	log_set_sink(vx_sink);
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

/* The machine without its devices. @kind of interrupt controller. */
static inline void vx_open(enum intc_kind kind)
{
	struct spapr_platform plat;

	fake_platform_init(&vx.plat, 1);
	plat = fake_platform_ops(&vx.plat);
	cr_assert(eq(int, kvm_vm_open(&vx.vm), 0), "%s", vx.log);
	vx.ram = vx_mmap(VX_RAM, 0);
	cr_assert(eq(int, gmem_add(&vx.mem, 0, VX_RAM, vx.ram), 0));
	cr_assert(ge(int, kvm_vm_add_slot(&vx.vm, 0, VX_RAM, vx.ram), 0));
	vx.sp.mode.intc = kind;
	vx.sp.cfg = (struct spapr_config){ .name = "test", .ncores = 1, .max_cores = 1,
					   .threads = 1, .vsmt = 1 };
	cr_assert(eq(int, spapr_init(&vx.sp, &plat, &vx.mem), 0));
	intc_init(&vx.sp.intc, &vx.sp.mode, irqchip_ops(kind), &vx.chip, 1);
	cr_assert(eq(int, irqchip_open(&vx.chip, &vx.vm, &vx.sp.intc), 0));
	cr_assert(eq(int, loop_init(&vx.loop, NULL), 0));
	vx.env = (struct vfio_env){
		.vm = &vx.vm,
		.kvm_vfio_fd = kvm_vfio_open(&vx.vm),
		.mem = &vx.mem,
		.ram_page = sys_page_size(),
		.sp = &vx.sp,
		.loop = &vx.loop,
		.resample = kvm_vm_check(&vx.vm, KVM_CAP_IRQFD_RESAMPLE),
	};
	cr_assert(ge(int, vx.env.kvm_vfio_fd, 0));
	vx.pe.group.fd = vx.pe.container.fd = -1;
	vx.pe.phb = &vx.sp.phbs[0];
	phb_init(vx.pe.phb, 0);
	vx.sp.nphbs = 1;
	vx_hush();
}

static inline void vx_close_pe(void)
{
	pe_stop_functions(&vx.pe);
	pe_close(&vx.pe);
}

static inline void vx_close(void)
{
	vx_close_pe();
	if (vx.env.kvm_vfio_fd >= 0)
		sys_close(vx.env.kvm_vfio_fd);
	loop_close(&vx.loop);
	spapr_close(&vx.sp);
	irqchip_close(&vx.chip);
	kvm_vm_close(&vx.vm);
	sys_munmap(vx.ram, VX_RAM);
	memset(&vx.sp, 0, sizeof(vx.sp));
	vx.mem.nbanks = 0;
}

/* Container, group, RAM, windows: 0 or the errno of the step that failed. */
static inline int vx_open_pe(bool ddw)
{
	int r = pe_open(&vx.pe, &vx.env, &vx.sp.phbs[0], VX_GROUP, VX_BDF);

	if (r == 0)
		r = pe_register(&vx.pe);
	return r == 0 ? pe_start(&vx.pe, ddw) : r;
}

/* One function of the host, bound to vfio-pci, in the guest at device 0. */
static inline struct vfio_pci *vx_function(struct fake_hostdev *d)
{
	cr_assert(eq(int, vx_open_pe(true), 0), "%s", vx.log);
	cr_assert(eq(int, pe_add_func(&vx.pe, d->bdf, 0), 0), "%s", vx.log);
	return vx.pe.funcs[0];
}

#define VX_NOTHING_LEFT()                                                                          \
	do {                                                                                       \
		cr_assert(eq(int, fake_open_fds(), 0), "descriptors: %s", vx.log);                 \
		cr_assert(eq(int, fake_mappings(), 0), "mappings: %s", vx.log);                    \
		cr_assert(eq(str, (char *)(uintptr_t)fake_vfio_left(), ""), "%s", vx.log);         \
		cr_assert(eq(str, (char *)(uintptr_t)fake_faults(), ""), "%s", vx.log);            \
	} while (0)

#endif
