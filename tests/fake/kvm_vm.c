/* SPDX-License-Identifier: BSD-2-Clause */
/* /dev/kvm and the VM descriptor: Linux virt/kvm/kvm_main.c and arch/powerpc/kvm/{powerpc,book3s_hv}.c. */
#include "tests/fake/vfio_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct fake_vm *fake_the_vm;

void fake_vm_put(struct fake_vm *vm)
{
	if (--vm->refs > 0)
		return;
	if (fake_the_vm == vm)
		fake_the_vm = NULL;
	fake_vm_drop_irqfds(vm);
	free(vm);
}

/* ---- memory slots ---- */

static bool overlaps(const struct fake_slot *s, gpa_t gpa, uint64_t size)
{
	return gpa < s->gpa + s->size && s->gpa < gpa + size;
}

static int set_slot(struct fake_vm *vm, const struct kvm_userspace_memory_region *m, char *detail)
{
	uint64_t mask = fake_facts.page_size - 1;
	struct fake_slot *old = NULL;

	snprintf(detail, FAKE_DETAIL, "%u 0x%llx+0x%llx", m->slot,
		 (unsigned long long)m->guest_phys_addr, (unsigned long long)m->memory_size);
	if ((m->guest_phys_addr | m->memory_size | m->userspace_addr) & mask)
		return -EINVAL;
	if (m->flags & ~(uint32_t)KVM_MEM_LOG_DIRTY_PAGES || m->slot >= 32767)
		return -EINVAL;
	if (m->guest_phys_addr + m->memory_size < m->guest_phys_addr)
		return -EINVAL;
	for (size_t i = 0; i < vm->nslots; i++)
		if (vm->slots[i].id == m->slot)
			old = &vm->slots[i];
	if (m->memory_size == 0) {
		if (!old)
			return -EINVAL;
		*old = vm->slots[--vm->nslots];
		return 0;
	}
	if (old && (old->size != m->memory_size || old->hva != m->userspace_addr))
		return -EINVAL;
	for (size_t i = 0; i < vm->nslots; i++)
		if (&vm->slots[i] != old &&
		    overlaps(&vm->slots[i], m->guest_phys_addr, m->memory_size))
			return -EEXIST;
	if (!old && vm->nslots == FAKE_MAX_SLOTS)
		abort();
	*(old ? old : &vm->slots[vm->nslots++]) = (struct fake_slot){
		m->slot,
		m->guest_phys_addr,
		m->memory_size,
		m->userspace_addr,
	};
	return 0;
}

void *fake_vm_memory(struct fake_vm *vm, gpa_t gpa, uint64_t len)
{
	for (size_t i = 0; vm && i < vm->nslots; i++) {
		const struct fake_slot *s = &vm->slots[i];

		if (gpa >= s->gpa && gpa - s->gpa < s->size && len <= s->size - (gpa - s->gpa))
			return (void *)(uintptr_t)(s->hva + (gpa - s->gpa));
	}
	return NULL;
}

/* ---- MMU and CPU facts ---- */

/* vcpus_running of book3s_hv.c */
static bool any_in_run(const struct fake_vm *vm)
{
	for (const struct fake_cpu *c = vm->cpus; c; c = c->next)
		if (c->in_run)
			return true;
	return false;
}

static int configure_mmu(struct fake_vm *vm, const struct kvm_ppc_mmuv3_cfg *c, char *detail)
{
	bool radix = c->flags & KVM_PPC_MMUV3_RADIX;

	snprintf(detail, FAKE_DETAIL, "0x%llx 0x%llx", (unsigned long long)c->flags,
		 (unsigned long long)c->process_table);
	if (c->flags & ~(uint64_t)(KVM_PPC_MMUV3_RADIX | KVM_PPC_MMUV3_GTSE))
		return -EINVAL;
	if (radix != (c->process_table >> 63) || (c->process_table & 0x1f) > 24)
		return -EINVAL;
	if (radix && !fake_cap(KVM_CAP_PPC_MMU_RADIX))
		return -EINVAL;
	if (!radix && !fake_cap(KVM_CAP_PPC_MMU_HASH_V3))
		return -EINVAL;
	if (radix != vm->radix && any_in_run(vm))
		return -EBUSY;
	if (radix)
		vm->htab_order = 0; /* freed */
	vm->radix = radix;
	vm->gtse = c->flags & KVM_PPC_MMUV3_GTSE;
	vm->process_table = c->process_table;
	return 0;
}

/* kvmppc_allocate_hpt(): a VM that was radix becomes hash by it, unless it is a guest's guest. */
static int allocate_htab(struct fake_vm *vm, uint32_t *order, char *detail)
{
	snprintf(detail, FAKE_DETAIL, "%u", *order);
	if (!fake_cap(KVM_CAP_PPC_ALLOC_HTAB))
		return -ENOTTY;
	if (!fake_cap(KVM_CAP_PPC_MMU_HASH_V3) && fake_cap(KVM_CAP_PPC_MMU_RADIX))
		return -EOPNOTSUPP;
	if (*order < 18 || *order > 46)
		return -EINVAL;
	if (any_in_run(vm))
		return -EBUSY;
	vm->radix = false;
	vm->htab_order = *order;
	return 0;
}

/* Interrupts through descriptors: vfio_event.c. */
static int irqfd(struct fake_vm *vm, const struct kvm_irqfd *i, char *detail)
{
	snprintf(detail, FAKE_DETAIL, "0x%x %u", i->gsi, i->flags);
	if (!vm->irqchip)
		return -EAGAIN;
	return fake_vm_irqfd(vm, i);
}

static int ioeventfd(struct fake_vm *vm, const struct kvm_ioeventfd *i, char *detail)
{
	bool on = !(i->flags & KVM_IOEVENTFD_FLAG_DEASSIGN);

	snprintf(detail, FAKE_DETAIL, "0x%llx %u", (unsigned long long)i->addr, i->flags);
	if (i->flags & ~KVM_IOEVENTFD_FLAG_DEASSIGN || i->len != 0)
		return -EINVAL;
	if (!fake_file_find(i->fd))
		return -EBADF;
	for (size_t k = 0; k < ARRAY_LEN(vm->ioeventfds); k++) {
		bool same = vm->ioeventfds[k].fd == i->fd && vm->ioeventfds[k].gpa == i->addr;

		if (on && same)
			return -EEXIST;
		if (on ? vm->ioeventfds[k].fd : !same)
			continue;
		vm->ioeventfds[k].fd = on ? i->fd : 0;
		vm->ioeventfds[k].gpa = i->addr;
		return 0;
	}
	return on ? -ENOSPC : -ENOENT;
}

static int irq_line(struct fake_vm *vm, const struct kvm_irq_level *l, char *detail)
{
	snprintf(detail, FAKE_DETAIL, "0x%x %u", l->irq, l->level);
	return fake_irq_line(vm, l->irq, l->level);
}

static int vm_ioctl(struct fake_file *f, unsigned long req, void *arg, char *detail)
{
	struct fake_vm *vm = f->obj;

	switch (req) {
	case KVM_CHECK_EXTENSION:
		snprintf(detail, FAKE_DETAIL, "%u", (uint32_t)(uintptr_t)arg);
		return fake_cap((uint32_t)(uintptr_t)arg);
	case KVM_CREATE_VCPU:
		snprintf(detail, FAKE_DETAIL, "%u", (uint32_t)(uintptr_t)arg);
		return fake_vm_create_cpu(vm, (uint32_t)(uintptr_t)arg);
	case KVM_SET_USER_MEMORY_REGION:
		return set_slot(vm, arg, detail);
	case KVM_ENABLE_CAP:
		return fake_vm_enable_cap(vm, arg, detail);
	case KVM_PPC_RTAS_DEFINE_TOKEN:
		return fake_vm_define_token(vm, arg, detail);
	case KVM_PPC_CONFIGURE_V3_MMU:
		return configure_mmu(vm, arg, detail);
	case KVM_PPC_ALLOCATE_HTAB:
		return allocate_htab(vm, arg, detail);
	case KVM_IOEVENTFD:
		return ioeventfd(vm, arg, detail);
	case KVM_IRQFD:
		return irqfd(vm, arg, detail);
	case KVM_PPC_GET_RMMU_INFO:
		return fake_rmmu_info(arg);
	case KVM_PPC_GET_SMMU_INFO:
		return fake_smmu_info(arg);
	case KVM_PPC_GET_CPU_CHAR:
		return fake_cpu_char(arg);
	case KVM_CREATE_SPAPR_TCE_64:
		snprintf(detail, FAKE_DETAIL, "0x%llx",
			 (unsigned long long)((const struct kvm_create_spapr_tce_64 *)arg)->liobn);
		return fake_vm_create_table(vm, arg);
	case KVM_IRQ_LINE:
		return irq_line(vm, arg, detail);
	case KVM_CREATE_DEVICE:
		snprintf(detail, FAKE_DETAIL, "%u", ((const struct kvm_create_device *)arg)->type);
		return fake_vm_create_device(vm, arg);
	}
	return -ENOTTY;
}

static void vm_close(struct fake_file *f)
{
	fake_vm_put(f->obj);
}

static const struct fake_ops vm_ops = { .ioctl = vm_ioctl, .close = vm_close };

/* ---- /dev/kvm ---- */

static int create_vm(uintptr_t type)
{
	struct fake_vm *vm;

	if (type > 2 || (type <= 1 && !fake_facts.has_hv) || type == 2)
		return -EINVAL; /* PR is not loaded anywhere */
	vm = calloc(1, sizeof(*vm));
	if (!vm)
		abort();
	vm->refs = 1;
	vm->smt = 1;
	vm->radix = fake_cap(KVM_CAP_PPC_MMU_RADIX);
	fake_vm_default_hcalls(vm);
	fake_the_vm = vm;
	return fake_file_new(&vm_ops, vm, 0, "vm");
}

static int kvm_ioctl(struct fake_file *f, unsigned long req, void *arg, char *detail)
{
	(void)f;
	switch (req) {
	case KVM_GET_API_VERSION:
		return arg ? -EINVAL : fake_facts.api_version;
	case KVM_CREATE_VM:
		snprintf(detail, FAKE_DETAIL, "%u", (uint32_t)(uintptr_t)arg);
		return create_vm((uintptr_t)arg);
	case KVM_CHECK_EXTENSION:
		return fake_cap((uint32_t)(uintptr_t)arg);
	case KVM_GET_VCPU_MMAP_SIZE:
		return arg ? -EINVAL : (int)(2 * fake_facts.page_size);
	}
	return -ENOTTY;
}

static const struct fake_ops kvm_ops = { .ioctl = kvm_ioctl };

int fake_open_kvm(void)
{
	if (fake_facts.kvm_open < 0)
		return fake_facts.kvm_open;
	return fake_file_new(&kvm_ops, NULL, 0, "kvm");
}
