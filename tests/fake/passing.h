/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_FAKE_PASSING_H
#define TESTS_FAKE_PASSING_H

/* A machine on the fake kernel that devices of the host are passed to: KVM, RAM, controller, and no device yet. */

#include "tests/fake/platform.h"
#include "vfio/pe.h"
#include "vmm/base/loop.h"
#include "vmm/base/sys.h"
#include "vmm/kvm/irqchip.h"
#include "vmm/kvm/tce.h"
#include "vmm/kvm/uapi.h"
#include "vmm/kvm/vm.h"

#include <sys/mman.h>

struct passing {
	struct kvm_vm vm;
	struct irqchip chip;
	struct spapr sp;
	struct gmem mem;
	void *ram;
	uint64_t ram_size;
	struct fake_platform plat;
	struct loop loop;
	struct vfio_env env;
	struct vfio_pe pe; /* for who needs one alone */
};

static inline int passing_open_ram(struct passing *p, uint64_t size)
{
	int r = sys_mmap(&p->ram, NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);

	p->ram_size = size;
	if (r == 0)
		r = gmem_add(&p->mem, 0, size, p->ram);
	if (r == 0)
		r = kvm_vm_add_slot(&p->vm, 0, size, p->ram);
	return r < 0 ? r : 0;
}

/* 0 or -errno of the step that failed. The fake kernel is one that can do all of it. */
static inline int passing_open(struct passing *p, enum intc_kind kind, uint64_t ram_size)
{
	struct spapr_platform plat;
	struct finding f;
	int r;

	fake_platform_init(&p->plat, 1);
	plat = fake_platform_ops(&p->plat);
	r = kvm_vm_open(&p->vm, &f);
	if (r < 0)
		finding_log(&f);
	if (r == 0)
		r = passing_open_ram(p, ram_size);
	p->sp.mode.intc = kind;
	p->sp.cfg = (struct spapr_config){
		.name = "test", .ncores = 1, .max_cores = 1, .threads = 1, .vsmt = 1
	};
	if (r == 0)
		r = spapr_init(&p->sp, &plat, &p->mem);
	if (r < 0)
		return r;
	intc_init(&p->sp.intc, &p->sp.mode, irqchip_ops(kind), &p->chip, 1);
	r = irqchip_open(&p->chip, &p->vm, &p->sp.intc);
	if (r == 0)
		r = loop_init(&p->loop, NULL);
	p->env = (struct vfio_env){
		.vm = &p->vm,
		.kvm_vfio_fd = kvm_vfio_open(&p->vm),
		.mem = &p->mem,
		.ram_page = sys_page_size(),
		.sp = &p->sp,
		.loop = &p->loop,
		.resample = kvm_vm_check(&p->vm, KVM_CAP_IRQFD_RESAMPLE),
	};
	return r == 0 && p->env.kvm_vfio_fd < 0 ? p->env.kvm_vfio_fd : r;
}

/* No PE is open any more. */
static inline void passing_close(struct passing *p)
{
	if (p->env.kvm_vfio_fd >= 0)
		sys_close(p->env.kvm_vfio_fd);
	loop_close(&p->loop);
	spapr_close(&p->sp);
	irqchip_close(&p->chip);
	kvm_vm_close(&p->vm);
	sys_munmap(p->ram, p->ram_size);
}

#endif
