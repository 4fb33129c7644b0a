/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/kvm/cpu.h"

#include "vmm/base/sys.h"

#include <errno.h>
#include <sys/mman.h>

int kvm_cpu_open(struct kvm_cpu *c, const struct kvm_vm *vm, uint32_t id)
{
	struct kvm_enable_cap papr = { .cap = KVM_CAP_PPC_PAPR };
	int r;

	*c = (struct kvm_cpu){ .fd = -1, .id = id, .run_size = vm->run_size };
	r = sys_ioctl(vm->fd, KVM_CREATE_VCPU, (void *)(uintptr_t)id);
	if (r < 0)
		return r;
	c->fd = r;
	r = sys_mmap((void **)&c->run, NULL, c->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, c->fd,
		     0);
	if (r == 0)
		r = sys_ioctl(c->fd, KVM_ENABLE_CAP, &papr);
	if (r < 0)
		kvm_cpu_close(c);
	return r;
}

void kvm_cpu_close(struct kvm_cpu *c)
{
	if (c->run)
		sys_munmap(c->run, c->run_size);
	if (c->fd >= 0)
		sys_close(c->fd);
	c->run = NULL;
	c->fd = -1;
}

int kvm_cpu_connect(const struct kvm_cpu *c, uint32_t cap, int dev_fd)
{
	struct kvm_enable_cap e = { .cap = cap, .args = { (uint64_t)dev_fd, c->id } };

	return sys_ioctl(c->fd, KVM_ENABLE_CAP, &e);
}

int kvm_cpu_run(const struct kvm_cpu *c)
{
	return sys_ioctl(c->fd, KVM_RUN, NULL);
}

int kvm_cpu_get(const struct kvm_cpu *c, uint64_t reg, void *value)
{
	struct kvm_one_reg one = { .id = reg, .addr = (uintptr_t)value };

	return sys_ioctl(c->fd, KVM_GET_ONE_REG, &one);
}

int kvm_cpu_set(const struct kvm_cpu *c, uint64_t reg, const void *value)
{
	struct kvm_one_reg one = { .id = reg, .addr = (uintptr_t)value };

	return sys_ioctl(c->fd, KVM_SET_ONE_REG, &one);
}

int kvm_cpu_get_regs(const struct kvm_cpu *c, struct kvm_regs *r)
{
	return sys_ioctl(c->fd, KVM_GET_REGS, r);
}

int kvm_cpu_set_regs(const struct kvm_cpu *c, const struct kvm_regs *r)
{
	return sys_ioctl(c->fd, KVM_SET_REGS, (void *)r);
}

int kvm_cpu_pvr(const struct kvm_cpu *c, uint32_t *pvr)
{
	struct kvm_sregs s;
	int r = sys_ioctl(c->fd, KVM_GET_SREGS, &s);

	if (r == 0)
		*pvr = s.pvr;
	return r;
}

int kvm_cpu_stats(const struct kvm_cpu *c)
{
	return sys_ioctl(c->fd, KVM_GET_STATS_FD, NULL);
}

int kvm_cpu_complete(const struct kvm_cpu *c)
{
	int r;

	/* A vector MMIO access may exit once for each of its parts: bounded by its 16 bytes. */
	for (int i = 0; i < 16; i++) {
		c->run->immediate_exit = 1;
		r = kvm_cpu_run(c);
		if (r < 0)
			break;
	}
	c->run->immediate_exit = 0;
	return r == -EINTR ? 0 : r;
}
