/* SPDX-License-Identifier: BSD-2-Clause */
/* The XICS device: arch/powerpc/kvm/book3s_xics.c, and book3s_xive.c where it is built on XIVE. */
#include "tests/fake/kernel.h"

#include <errno.h>

#define FIRST_IRQ 16
#define MASKED 0xff

static int create(struct fake_dev *d)
{
	return fake_dev_irqchip(d, KVM_CAP_IRQ_XICS);
}

static int set_source(struct fake_dev *d, uint64_t irq, uint64_t v)
{
	struct fake_source *s = irq < FIRST_IRQ ? NULL : fake_source(d, irq);
	uint32_t server = (uint32_t)v;
	uint8_t prio = (uint8_t)(v >> KVM_XICS_PRIORITY_SHIFT);

	if (!s)
		return -ENOENT;
	if (prio != MASKED && !(v & KVM_XICS_MASKED) && !fake_vm_cpu(d->vm, server))
		return -EINVAL;
	*s = (struct fake_source){
		.exists = true,
		.level = v & KVM_XICS_LEVEL_SENSITIVE,
		.masked = v & KVM_XICS_MASKED || prio == MASKED,
		.pending = v & KVM_XICS_PENDING,
		.server = server,
		.prio = prio,
	};
	return 0;
}

static int set(struct fake_dev *d, const struct kvm_device_attr *a)
{
	if (a->group == KVM_DEV_XICS_GRP_SOURCES) {
		if (!a->addr)
			return -EFAULT;
		return set_source(d, a->attr, *(const uint64_t *)(uintptr_t)a->addr);
	}
	if (a->group == KVM_DEV_XICS_GRP_CTRL && a->attr == KVM_DEV_XICS_NR_SERVERS &&
	    fake_facts.xics_on_xive)
		return fake_set_nr_servers(d, a);
	return -ENXIO;
}

static int get(struct fake_dev *d, const struct kvm_device_attr *a)
{
	const struct fake_source *s = fake_source(d, a->attr);

	if (a->group != KVM_DEV_XICS_GRP_SOURCES)
		return -ENXIO;
	if (!s || !s->exists)
		return -ENOENT;
	*(uint64_t *)(uintptr_t)a->addr = s->server | (uint64_t)s->prio << KVM_XICS_PRIORITY_SHIFT |
					  (s->level ? KVM_XICS_LEVEL_SENSITIVE : 0) |
					  (s->masked ? KVM_XICS_MASKED : 0) |
					  (s->pending || s->asserted ? KVM_XICS_PENDING : 0);
	return 0;
}

const struct fake_dev_type fake_xics = {
	.type = KVM_DEV_TYPE_XICS,
	.name = "xics",
	.create = create,
	.set = set,
	.get = get,
};
