/* SPDX-License-Identifier: BSD-2-Clause */
/* A vCPU's descriptor. Its ioctls wait for each other, and so for KVM_RUN. */
#include "tests/fake/kernel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct fake_cpu *fake_vm_cpu(struct fake_vm *vm, uint32_t id)
{
	struct fake_cpu *c = vm ? vm->cpus : NULL;

	while (c && c->id != id)
		c = c->next;
	return c;
}

/* kvmppc_xive_native_connect_vcpu() and kvmppc_xics_connect_vcpu(). */
static int connect_cpu(struct fake_cpu *c, const struct kvm_enable_cap *e, uint32_t type)
{
	bool xive = type == KVM_DEV_TYPE_XIVE;
	struct fake_dev *d;

	if (!fake_file_find((int)e->args[0]))
		return -EBADF;
	d = fake_dev_of((int)e->args[0]);
	if (xive && !fake_cap(KVM_CAP_PPC_IRQ_XIVE))
		return -ENXIO;
	if (!d || d->type->type != type || d->vm != c->vm)
		return -EPERM;
	if (c->connected)
		return -EBUSY;
	if (e->args[1] != c->id || c->id >= d->nr_servers)
		return -EINVAL;
	if (c->has_run && !c->had_presenter)
		return -EINVAL; /* stricter than Linux, where the guest would be without a presenter */
	c->connected = d;
	c->had_presenter = true;
	d->connected = true;
	return 0;
}

static int enable_cap(struct fake_cpu *c, const struct kvm_enable_cap *e, char *detail)
{
	int r = -EINVAL;

	snprintf(detail, FAKE_DETAIL, "%u", e->cap);
	if (e->flags)
		return r;
	pthread_mutex_lock(&fake_lock);
	switch (e->cap) {
	case KVM_CAP_PPC_PAPR:
		c->papr = true;
		r = 0;
		break;
	case KVM_CAP_IRQ_XICS:
		r = connect_cpu(c, e, KVM_DEV_TYPE_XICS);
		break;
	case KVM_CAP_PPC_IRQ_XIVE:
		r = connect_cpu(c, e, KVM_DEV_TYPE_XIVE);
		break;
	}
	pthread_mutex_unlock(&fake_lock);
	return r;
}

#define MSR_ME 0x1000ULL
#define MSR_HV (1ULL << 60)

static int set_regs(struct fake_cpu *c, const struct kvm_regs *r)
{
	bool elsewhere = r->pc != c->regs.pc;

	c->regs = *r;
	c->regs.msr = (r->msr | MSR_ME) & ~MSR_HV;
	if (elsewhere)
		fake_run_restart(c);
	return 0;
}

static int busy_ioctl(struct fake_cpu *c, unsigned long req, void *arg, char *detail)
{
	const struct kvm_one_reg *one = arg;

	switch (req) {
	case KVM_RUN:
		return arg ? -EINVAL : fake_cpu_run(c);
	case KVM_ENABLE_CAP:
		return enable_cap(c, arg, detail);
	case KVM_GET_REGS:
		*(struct kvm_regs *)arg = c->regs;
		return 0;
	case KVM_SET_REGS:
		snprintf(detail, FAKE_DETAIL, "pc 0x%llx",
			 (unsigned long long)((const struct kvm_regs *)arg)->pc);
		return set_regs(c, arg);
	case KVM_GET_SREGS:
		memset(arg, 0, sizeof(struct kvm_sregs));
		((struct kvm_sregs *)arg)->pvr = fake_facts.pvr;
		return 0;
	case KVM_SET_SREGS:
		return ((const struct kvm_sregs *)arg)->pvr == fake_facts.pvr ? 0 : -EINVAL;
	case KVM_GET_ONE_REG:
	case KVM_SET_ONE_REG:
		snprintf(detail, FAKE_DETAIL, "0x%llx", (unsigned long long)one->id);
		return req == KVM_GET_ONE_REG ? fake_reg_get(c, one) : fake_reg_set(c, one);
	case KVM_GET_MP_STATE:
	case KVM_SET_MP_STATE:
		return -EINVAL;
	case KVM_GET_FPU:
	case KVM_SET_FPU:
		return -EOPNOTSUPP;
	}
	return -ENOTTY;
}

static int cpu_ioctl(struct fake_file *f, unsigned long req, void *arg, char *detail)
{
	struct fake_cpu *c = f->obj;
	int r;

	pthread_mutex_lock(&c->busy);
	r = busy_ioctl(c, req, arg, detail);
	pthread_mutex_unlock(&c->busy);
	return r;
}

static int cpu_may_mmap(struct fake_file *f, size_t len, uint64_t offset)
{
	(void)f;
	return offset || len > 2 * fake_facts.page_size ? -EINVAL : 0;
}

static void cpu_close(struct fake_file *f)
{
	struct fake_cpu *c = f->obj, **p = &c->vm->cpus;

	while (*p != c)
		p = &(*p)->next;
	*p = c->next;
	/* The number stays taken as long as the VM lives, as in Linux; nobody creates it again. */
	fake_run_free(c);
	real_munmap(c->run, 2 * fake_facts.page_size);
	pthread_mutex_destroy(&c->busy);
	fake_vm_put(c->vm);
	free(c);
}

static const struct fake_ops cpu_ops = {
	.ioctl = cpu_ioctl,
	.may_mmap = cpu_may_mmap,
	.close = cpu_close,
	.unlocked = true,
};

int fake_vm_create_cpu(struct fake_vm *vm, uint32_t id)
{
	struct fake_cpu *c;
	int fd;

	if (id >= (uint32_t)fake_cap(KVM_CAP_MAX_VCPU_ID) || id >= FAKE_NR_CPUS * vm->smt)
		return -EINVAL;
	if (vm->ncpus >= (uint32_t)fake_cap(KVM_CAP_MAX_VCPUS))
		return -EINVAL;
	if (fake_vm_cpu(vm, id))
		return -EEXIST;
	c = calloc(1, sizeof(*c));
	if (!c)
		abort();
	c->vm = vm;
	c->id = id;
	fd = fake_file_new(&cpu_ops, c, 2 * fake_facts.page_size, "vcpu %u", id);
	if (fd < 0 || real_mmap((void **)&c->run, NULL, 2 * fake_facts.page_size,
				PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) < 0)
		abort();
	pthread_mutex_init(&c->busy, NULL);
	fake_run_new(c);
	c->next = vm->cpus;
	vm->cpus = c;
	vm->ncpus++;
	vm->refs++;
	return fd;
}
