/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Eventfds that the kernel was given, and KVM's irqfds: virt/kvm/eventfd.c. The kernel's hold on an
 * eventfd is a duplicate of its descriptor; who listens to which is known by its serial number.
 */
#include "tests/fake/vfio_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct fake_irqfd {
	struct fake_event event, resample;
	uint32_t gsi;
	struct fake_vm *vm;
	struct fake_irqfd *next;
};

static struct fake_irqfd *irqfds;

int fake_event_get(struct fake_event *e, int fd)
{
	const struct fake_file *f = fake_file_find(fd);

	*e = (struct fake_event){ 0 };
	if (!f)
		return -EBADF;
	if (f->ops || strcmp(f->name, "eventfd") != 0)
		return -EINVAL;
	e->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (e->fd < 0)
		abort();
	e->serial = f->serial;
	return 0;
}

void fake_event_put(struct fake_event *e)
{
	if (e->fd)
		close(e->fd);
	*e = (struct fake_event){ 0 };
}

static void signal_fd(int fd)
{
	static const uint64_t one = 1;

	(void)!write(fd, &one, sizeof(one));
}

static void inject(const struct fake_irqfd *i)
{
	fake_irq_line(i->vm, i->gsi, true);
	if (!i->resample.fd)
		fake_irq_line(i->vm, i->gsi, false);
}

/* KVM, if it listens, takes the count and pulls the line. */
void fake_event_signal(const struct fake_event *e)
{
	uint64_t n;

	if (!e->fd)
		return;
	signal_fd(e->fd);
	for (struct fake_irqfd *i = irqfds; i; i = i->next) {
		if (i->event.serial != e->serial)
			continue;
		(void)!read(e->fd, &n, sizeof(n));
		inject(i);
		return;
	}
}

/* ---- irqfds ---- */

static void drop(struct fake_irqfd **p)
{
	struct fake_irqfd *i = *p;

	*p = i->next;
	if (i->resample.fd)
		fake_irq_line(i->vm, i->gsi, false); /* irqfd_resampler_shutdown() */
	fake_event_put(&i->event);
	fake_event_put(&i->resample);
	free(i);
}

void fake_vm_drop_irqfds(struct fake_vm *vm)
{
	for (struct fake_irqfd **p = &irqfds; *p;)
		if ((*p)->vm == vm)
			drop(p);
		else
			p = &(*p)->next;
}

static int assign(struct fake_vm *vm, const struct kvm_irqfd *a, const struct fake_event *e)
{
	struct fake_irqfd *i;
	uint64_t missed;
	int r = 0;

	if (a->flags & KVM_IRQFD_FLAG_RESAMPLE && !fake_cap(KVM_CAP_IRQFD_RESAMPLE))
		return -EINVAL;
	for (i = irqfds; i; i = i->next)
		if (i->event.serial == e->serial)
			return -EBUSY;
	i = calloc(1, sizeof(*i));
	if (!i)
		abort();
	if (a->flags & KVM_IRQFD_FLAG_RESAMPLE)
		r = fake_event_get(&i->resample, (int)a->resamplefd);
	if (r < 0) {
		free(i);
		return r;
	}
	i->event = *e;
	i->gsi = a->gsi;
	i->vm = vm;
	i->next = irqfds;
	irqfds = i;
	if (read(e->fd, &missed, sizeof(missed)) > 0) /* what came before we listened */
		inject(i);
	return 0;
}

int fake_vm_irqfd(struct fake_vm *vm, const struct kvm_irqfd *a)
{
	struct fake_event e;
	int r;

	if (a->flags & ~(uint32_t)(KVM_IRQFD_FLAG_DEASSIGN | KVM_IRQFD_FLAG_RESAMPLE))
		return -EINVAL;
	r = fake_event_get(&e, (int)a->fd);
	if (r < 0)
		return r;
	if (!(a->flags & KVM_IRQFD_FLAG_DEASSIGN)) {
		r = assign(vm, a, &e);
		if (r < 0)
			fake_event_put(&e);
		return r;
	}
	for (struct fake_irqfd **p = &irqfds; *p;)
		if ((*p)->event.serial == e.serial && (*p)->gsi == a->gsi)
			drop(p);
		else
			p = &(*p)->next;
	fake_event_put(&e);
	return 0;
}

int fake_irqfds(void)
{
	int n = 0;

	pthread_mutex_lock(&fake_lock);
	for (const struct fake_irqfd *i = irqfds; i; i = i->next)
		n++;
	pthread_mutex_unlock(&fake_lock);
	return n;
}

/* The line goes down, who asked is told, and vfio-pci unmasks: the device may pull it again. */
static void resample(const struct fake_irqfd *i)
{
	fake_irq_line(i->vm, i->gsi, false);
	signal_fd(i->resample.fd);
	for (struct fake_hostdev *d = fake_hostdevs; d; d = d->next)
		if (d->unmask.serial == i->resample.serial)
			fake_intx_unmask(d);
}

void fake_guest_eoi(uint32_t gsi)
{
	pthread_mutex_lock(&fake_lock);
	for (const struct fake_irqfd *i = irqfds; i; i = i->next)
		if (i->gsi == gsi && i->resample.fd)
			resample(i);
	pthread_mutex_unlock(&fake_lock);
}
