/* SPDX-License-Identifier: BSD-2-Clause */
/* KVM devices by type, and what the two interrupt controllers have in common: sources and lines. */
#include "tests/fake/kernel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct fake_dev_type *const types[] = { &fake_xics, &fake_xive, &fake_vfio_dev };

static int dev_ioctl(struct fake_file *f, unsigned long req, void *arg, char *detail)
{
	const struct kvm_device_attr *a = arg;
	struct fake_dev *d = f->obj;

	if (req != KVM_SET_DEVICE_ATTR && req != KVM_GET_DEVICE_ATTR)
		return -ENOTTY;
	if (!d->type->describe)
		snprintf(detail, FAKE_DETAIL, "%u:0x%llx", a->group, (unsigned long long)a->attr);
	if (a->flags)
		return -EINVAL;
	return req == KVM_SET_DEVICE_ATTR ? d->type->set(d, a) : d->type->get(d, a);
}

static int dev_may_mmap(struct fake_file *f, size_t len, uint64_t offset)
{
	struct fake_dev *d = f->obj;

	return d->type->may_mmap ? d->type->may_mmap(d, len, offset) : -ENODEV;
}

static void dev_describe(struct fake_file *f, unsigned long req, const void *arg, char *text)
{
	struct fake_dev *d = f->obj;

	if (req == KVM_SET_DEVICE_ATTR && d->type->describe)
		d->type->describe(d, arg, text);
}

static void dev_close(struct fake_file *f)
{
	struct fake_dev *d = f->obj;

	/* A mapping holds the file: kvmppc_xive_native_release() does not run, there is no room for another. */
	if (fake_maps_of(d))
		return;
	for (struct fake_cpu *c = d->vm->cpus; c; c = c->next)
		if (c->connected == d && c->in_run)
			abort(); /* Linux would wait for the vCPU */

	if (d->type->release)
		d->type->release(d);
	if (d->vm->irqchip == d)
		d->vm->irqchip = NULL;
	for (struct fake_cpu *c = d->vm->cpus; c; c = c->next)
		if (c->connected == d)
			c->connected = NULL;
	fake_vm_put(d->vm);
	free(d->sources);
	free(d);
}

static const struct fake_ops dev_ops = {
	.ioctl = dev_ioctl,
	.may_mmap = dev_may_mmap,
	.close = dev_close,
	.describe = dev_describe,
};

struct fake_dev *fake_dev_of(int fd)
{
	struct fake_file *f = fake_file_find(fd);

	return f && f->ops == &dev_ops ? f->obj : NULL;
}

int fake_vm_create_device(struct fake_vm *vm, struct kvm_create_device *c)
{
	const struct fake_dev_type *type = NULL;
	struct fake_dev *d;
	int r;

	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (types[i]->type == c->type)
			type = types[i];
	if (c->flags & ~(uint32_t)KVM_CREATE_DEVICE_TEST)
		return -EINVAL;
	if (!type)
		return -ENODEV;
	if (c->flags & KVM_CREATE_DEVICE_TEST)
		return 0;
	d = calloc(1, sizeof(*d));
	if (!d)
		abort();
	d->vm = vm;
	d->type = type;
	d->nr_servers = FAKE_NR_CPUS;
	r = type->create(d);
	if (r < 0) {
		free(d->sources);
		free(d);
		return r;
	}
	vm->refs++;
	r = fake_file_new(&dev_ops, d, type->file_size, "%s", type->name);
	c->fd = (uint32_t)r;
	return r < 0 ? r : 0;
}

/* ---- attributes that both controllers have ---- */

int fake_set_nr_servers(struct fake_dev *d, const struct kvm_device_attr *a)
{
	uint32_t n = *(const uint32_t *)(uintptr_t)a->addr;

	if (n == 0 || n > 8 * FAKE_NR_CPUS)
		return -EINVAL;
	if (d->connected)
		return -EBUSY;
	d->nr_servers = n;
	return 0;
}

/* ---- sources ---- */

int fake_dev_irqchip(struct fake_dev *d, int cap)
{
	if (!fake_cap((uint32_t)cap))
		return -ENODEV;
	if (d->vm->irqchip)
		return -EEXIST;
	d->sources = calloc(FAKE_MAX_LISN, sizeof(*d->sources));
	if (!d->sources)
		abort();
	d->vm->irqchip = d;
	return 0;
}

struct fake_source *fake_source(struct fake_dev *d, uint64_t lisn)
{
	return lisn < FAKE_MAX_LISN ? &d->sources[lisn] : NULL;
}

int fake_irq_line(struct fake_vm *vm, uint32_t lisn, bool up)
{
	struct fake_source *s;

	if (!vm->irqchip)
		return -ENXIO;
	s = fake_source(vm->irqchip, lisn);
	if (!s || !s->exists)
		return -EINVAL;
	if (s->level)
		s->asserted = up;
	else
		s->pending |= up;
	for (struct fake_cpu *c = vm->cpus; c; c = c->next)
		fake_run_wake(c);
	return 0;
}

static const struct fake_source *the_source(uint32_t lisn)
{
	if (!fake_the_vm || !fake_the_vm->irqchip)
		return NULL;
	return fake_source(fake_the_vm->irqchip, lisn);
}

bool fake_has_source(uint32_t lisn)
{
	const struct fake_source *s;
	bool has;

	pthread_mutex_lock(&fake_lock);
	s = the_source(lisn);
	has = s && s->exists;
	pthread_mutex_unlock(&fake_lock);
	return has;
}

bool fake_source_is_pending(uint32_t lisn)
{
	const struct fake_source *s;
	bool is;

	pthread_mutex_lock(&fake_lock);
	s = the_source(lisn);
	is = s && (s->pending || s->asserted);
	pthread_mutex_unlock(&fake_lock);
	return is;
}

/* ---- the rest of what a test may ask of KVM ---- */

uint64_t fake_one_reg(uint32_t server, uint64_t id)
{
	struct fake_cpu *c;
	uint64_t v = 0;

	pthread_mutex_lock(&fake_lock);
	c = fake_vm_cpu(fake_the_vm, server);
	if (c)
		v = c->one_regs[id & 0xff][0];
	pthread_mutex_unlock(&fake_lock);
	return v;
}

uint64_t fake_process_table(void)
{
	return fake_the_vm ? fake_the_vm->process_table : 0;
}

uint32_t fake_htab_order(void)
{
	return fake_the_vm ? fake_the_vm->htab_order : 0;
}

void *fake_guest_memory(gpa_t gpa, uint64_t len)
{
	void *p;

	pthread_mutex_lock(&fake_lock);
	p = fake_vm_memory(fake_the_vm, gpa, len);
	pthread_mutex_unlock(&fake_lock);
	return p;
}

bool fake_hcall_is_enabled(uint32_t nr)
{
	return fake_the_vm && nr <= FAKE_MAX_HCALL && fake_the_vm->hcall_enabled[nr / 4];
}

uint32_t fake_rtas_token(const char *name)
{
	for (size_t i = 0; fake_the_vm && i < FAKE_MAX_TOKENS; i++)
		if (strcmp(fake_the_vm->tokens[i].name, name) == 0)
			return (uint32_t)fake_the_vm->tokens[i].token;
	return 0;
}
