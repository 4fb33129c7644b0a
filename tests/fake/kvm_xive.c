/* SPDX-License-Identifier: BSD-2-Clause */
/* The XIVE device: arch/powerpc/kvm/book3s_xive_native.c. */
#include "tests/fake/kernel.h"

#include <errno.h>
#include <string.h>

#define TIMA_PAGES 4
#define PRIORITY_HOST 7 /* escalations are the host's */
#define FIELD(v, name) (((v) & KVM_XIVE_##name##_MASK) >> KVM_XIVE_##name##_SHIFT)

static int create(struct fake_dev *d)
{
	return fake_dev_irqchip(d, KVM_CAP_PPC_IRQ_XIVE);
}

static void reset(struct fake_dev *d)
{
	for (uint32_t i = 0; i < FAKE_MAX_LISN; i++) {
		struct fake_source *s = &d->sources[i];

		s->masked = true;
		s->pending = s->asserted = false;
		s->server = s->eisn = s->prio = 0;
	}
	memset(d->eqs, 0, sizeof(d->eqs));
}

static int control(struct fake_dev *d, const struct kvm_device_attr *a)
{
	switch (a->attr) {
	case KVM_DEV_XIVE_RESET:
		reset(d);
		return 0;
	case KVM_DEV_XIVE_EQ_SYNC:
		return 0;
	case KVM_DEV_XIVE_NR_SERVERS:
		return fake_set_nr_servers(d, a);
	}
	return -ENXIO;
}

static int set_source(struct fake_dev *d, const struct kvm_device_attr *a)
{
	struct fake_source *s = fake_source(d, a->attr);
	uint64_t v = *(const uint64_t *)(uintptr_t)a->addr;

	if (!s)
		return -E2BIG;
	*s = (struct fake_source){
		.exists = true,
		.masked = true,
		.level = v & KVM_XIVE_LEVEL_SENSITIVE,
		.asserted = v & KVM_XIVE_LEVEL_ASSERTED,
	};
	return 0;
}

/* A vCPU whose presenter is connected to this device, and that our table has room for. */
static struct fake_cpu *server_of(struct fake_dev *d, uint32_t server)
{
	struct fake_cpu *c = fake_vm_cpu(d->vm, server);

	return c && c->connected == d && server < FAKE_EQ_SERVERS ? c : NULL;
}

static int set_source_config(struct fake_dev *d, const struct kvm_device_attr *a)
{
	struct fake_source *s = fake_source(d, a->attr);
	uint64_t v = *(const uint64_t *)(uintptr_t)a->addr;
	uint32_t server = (uint32_t)FIELD(v, SOURCE_SERVER);
	uint8_t prio = (uint8_t)FIELD(v, SOURCE_PRIORITY);
	bool masked = v & KVM_XIVE_SOURCE_MASKED_MASK;

	if (!s || !s->exists)
		return -ENOENT;
	if (prio == PRIORITY_HOST)
		return -EINVAL;
	if (!masked) {
		if (!server_of(d, server))
			return -EINVAL;
		if (!d->eqs[server][prio].qshift)
			return -ENXIO; /* no queue to send it to */
	}
	s->masked = masked;
	s->server = server;
	s->prio = prio;
	s->eisn = (uint32_t)FIELD(v, SOURCE_EISN);
	return 0;
}

static int set_eq(struct fake_dev *d, const struct kvm_device_attr *a)
{
	const struct kvm_ppc_xive_eq *eq = (const void *)(uintptr_t)a->addr;
	uint32_t server = (uint32_t)FIELD(a->attr, EQ_SERVER);
	uint8_t prio = (uint8_t)FIELD(a->attr, EQ_PRIORITY);

	if (!server_of(d, server))
		return -ENOENT;
	if (prio == PRIORITY_HOST)
		return -EINVAL;
	if (!eq->qshift) {
		memset(&d->eqs[server][prio], 0, sizeof(*eq));
		return 0;
	}
	if (eq->flags != KVM_XIVE_EQ_ALWAYS_NOTIFY || eq->qshift != 16)
		return -EINVAL;
	if (eq->qaddr & 0xffff || fake_facts.page_size < 64 * KiB)
		return -EINVAL;
	if (!fake_vm_memory(d->vm, eq->qaddr, 1ULL << eq->qshift))
		return -EINVAL;
	for (size_t i = 0; i < sizeof(eq->pad); i++)
		if (eq->pad[i])
			return -EINVAL; /* stricter than Linux: may mean something one day */
	d->eqs[server][prio] = *eq;
	return 0;
}

static int set(struct fake_dev *d, const struct kvm_device_attr *a)
{
	const struct fake_source *s;

	if (a->group != KVM_DEV_XIVE_GRP_CTRL && a->group != KVM_DEV_XIVE_GRP_SOURCE_SYNC &&
	    !a->addr)
		return -EFAULT;
	switch (a->group) {
	case KVM_DEV_XIVE_GRP_CTRL:
		return control(d, a);
	case KVM_DEV_XIVE_GRP_SOURCE:
		return set_source(d, a);
	case KVM_DEV_XIVE_GRP_SOURCE_CONFIG:
		return set_source_config(d, a);
	case KVM_DEV_XIVE_GRP_EQ_CONFIG:
		return set_eq(d, a);
	case KVM_DEV_XIVE_GRP_SOURCE_SYNC:
		s = fake_source(d, a->attr);
		return s && s->exists ? 0 : -ENOENT;
	}
	return -ENXIO;
}

static int get(struct fake_dev *d, const struct kvm_device_attr *a)
{
	uint32_t server = (uint32_t)FIELD(a->attr, EQ_SERVER);
	uint8_t prio = (uint8_t)FIELD(a->attr, EQ_PRIORITY);

	if (a->group != KVM_DEV_XIVE_GRP_EQ_CONFIG)
		return -ENXIO;
	if (!server_of(d, server))
		return -ENOENT;
	if (prio == PRIORITY_HOST)
		return -EINVAL;
	memcpy((void *)(uintptr_t)a->addr, &d->eqs[server][prio], sizeof(d->eqs[server][prio]));
	return 0;
}

/* Offsets count host pages: four for the TIMA, of which hardware has 64K each, then the ESBs. */
static int may_mmap(struct fake_dev *d, size_t len, uint64_t offset)
{
	uint64_t first = offset / fake_facts.page_size, n = len / fake_facts.page_size;

	(void)d;
	if (first < TIMA_PAGES)
		return first + n > TIMA_PAGES ? -EINVAL : 0;
	return first - TIMA_PAGES + n > 2 * (uint64_t)FAKE_MAX_LISN ? -EINVAL : 0;
}

const struct fake_dev_type fake_xive = {
	.type = KVM_DEV_TYPE_XIVE,
	.name = "xive",
	.file_size = (TIMA_PAGES + 2 * (uint64_t)FAKE_MAX_LISN) * 64 * KiB,
	.create = create,
	.set = set,
	.get = get,
	.may_mmap = may_mmap,
};
