/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts of a function: drivers/vfio/pci/vfio_pci_intrs.c. One kind at a time is enabled; INTx
 * is masked by the kernel when it fires.
 */
#include "tests/fake/vfio_impl.h"

#include <errno.h>
#include <string.h>

#define DATA_TYPES VFIO_IRQ_SET_DATA_TYPE_MASK
#define ACTIONS VFIO_IRQ_SET_ACTION_TYPE_MASK

static uint32_t count_of(const struct fake_hostdev *d, uint32_t index)
{
	switch (index) {
	case VFIO_PCI_INTX_IRQ_INDEX:
		return d->nintx;
	case VFIO_PCI_MSI_IRQ_INDEX:
		return d->nmsi;
	case VFIO_PCI_MSIX_IRQ_INDEX:
		return d->nmsix;
	case VFIO_PCI_ERR_IRQ_INDEX:
		return d->config_size == 4096;
	default:
		return 1; /* REQ */
	}
}

int fake_irqs_info(const struct fake_hostdev *d, struct vfio_irq_info *info)
{
	if (info->argsz < sizeof(*info) || info->index >= VFIO_PCI_NUM_IRQS)
		return -EINVAL;
	if (info->index == VFIO_PCI_ERR_IRQ_INDEX && d->config_size != 4096)
		return -EINVAL;
	info->count = count_of(d, info->index);
	info->flags = VFIO_IRQ_INFO_EVENTFD;
	if (info->index == VFIO_PCI_INTX_IRQ_INDEX)
		info->flags |= VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED;
	else if (info->index <= VFIO_PCI_MSIX_IRQ_INDEX)
		info->flags |= VFIO_IRQ_INFO_NORESIZE;
	return 0;
}

void fake_irqs_off(struct fake_hostdev *d)
{
	for (uint32_t i = 0; i < d->nvectors; i++)
		fake_event_put(&d->vectors[i]);
	fake_event_put(&d->unmask);
	d->nvectors = 0;
	d->irqs = -1;
	d->masked = false;
}

static void fire_intx(struct fake_hostdev *d)
{
	if (d->irqs != VFIO_PCI_INTX_IRQ_INDEX || !d->line || d->masked)
		return;
	d->masked = true;
	fake_event_signal(&d->vectors[0]);
}

void fake_intx_unmask(struct fake_hostdev *d)
{
	d->masked = false;
	fire_intx(d);
}

static int fd_of(const struct vfio_irq_set *set, uint32_t i)
{
	int32_t fd;

	memcpy(&fd, set->data + i * sizeof(fd), sizeof(fd));
	return fd;
}

static int set_signals(struct fake_hostdev *d, const struct vfio_irq_set *set)
{
	int r = 0;

	for (uint32_t i = 0; i < set->count && r == 0; i++) {
		struct fake_event *e = &d->vectors[set->start + i];

		fake_event_put(e);
		if (fd_of(set, i) >= 0)
			r = fake_event_get(e, fd_of(set, i));
	}
	return r;
}

static int intx_unmask(struct fake_hostdev *d, const struct vfio_irq_set *set)
{
	if (d->irqs != VFIO_PCI_INTX_IRQ_INDEX || set->start != 0 || set->count != 1)
		return -EINVAL;
	if (set->flags & VFIO_IRQ_SET_DATA_NONE) {
		fake_intx_unmask(d);
	} else if (set->flags & VFIO_IRQ_SET_DATA_EVENTFD) {
		fake_event_put(&d->unmask);
		if (fd_of(set, 0) >= 0)
			return fake_event_get(&d->unmask, fd_of(set, 0));
	}
	return 0;
}

static int trigger(struct fake_hostdev *d, const struct vfio_irq_set *set)
{
	bool intx = set->index == VFIO_PCI_INTX_IRQ_INDEX;
	int r;

	if (d->irqs == (int)set->index && set->count == 0 && set->flags & VFIO_IRQ_SET_DATA_NONE) {
		fake_irqs_off(d);
		return 0;
	}
	if (d->irqs != -1 && d->irqs != (int)set->index)
		return -EINVAL; /* one kind at a time */
	if (intx && (set->start != 0 || set->count != 1))
		return -EINVAL;
	if (!(set->flags & VFIO_IRQ_SET_DATA_EVENTFD))
		return d->irqs == (int)set->index ? 0 : -EINVAL;
	if (set->start + set->count > FAKE_MAX_VECTORS)
		return -ENOSPC;
	if (d->irqs == -1) {
		if (!intx && fake_vfio.msi_vectors &&
		    set->start + set->count > fake_vfio.msi_vectors)
			return (int)fake_vfio.msi_vectors; /* so many there are: no error */
		d->irqs = (int)set->index;
		d->nvectors = set->start + set->count;
	}
	if (set->start + set->count > d->nvectors)
		return -EINVAL;
	r = set_signals(d, set);
	if (r < 0)
		fake_irqs_off(d);
	else if (intx)
		fire_intx(d);
	return r;
}

/* vfio_pci_set_ctx_trigger_single() */
static int set_news(struct fake_hostdev *d, const struct vfio_irq_set *set)
{
	struct fake_event *e = set->index == VFIO_PCI_REQ_IRQ_INDEX ? &d->request : &d->error;

	if (set->start != 0 || set->count > 1)
		return -EINVAL;
	if (set->flags & VFIO_IRQ_SET_DATA_NONE) {
		if (!e->fd)
			return -EINVAL;
		if (set->count)
			fake_event_signal(e);
		else
			fake_event_put(e);
		return 0;
	}
	if (!(set->flags & VFIO_IRQ_SET_DATA_EVENTFD) || set->count == 0)
		return -EINVAL;
	fake_event_put(e);
	return fd_of(set, 0) >= 0 ? fake_event_get(e, fd_of(set, 0)) : 0;
}

void fake_news_off(struct fake_hostdev *d)
{
	fake_event_put(&d->request);
	fake_event_put(&d->error);
}

/* vfio_set_irqs_validate_and_prepare() */
static int validate(const struct fake_hostdev *d, const struct vfio_irq_set *set)
{
	uint32_t n, size;

	if (set->argsz < sizeof(*set) || set->index >= VFIO_PCI_NUM_IRQS ||
	    set->count >= UINT32_MAX - set->start || set->flags & ~(uint32_t)(DATA_TYPES | ACTIONS))
		return -EINVAL;
	n = count_of(d, set->index);
	if (set->start >= n || set->start + set->count > n)
		return -EINVAL;
	switch (set->flags & DATA_TYPES) {
	case VFIO_IRQ_SET_DATA_NONE:
		size = 0;
		break;
	case VFIO_IRQ_SET_DATA_BOOL:
		size = 1;
		break;
	case VFIO_IRQ_SET_DATA_EVENTFD:
		size = sizeof(int32_t);
		break;
	default:
		return -EINVAL;
	}
	return set->argsz - sizeof(*set) < (size_t)set->count * size ? -EINVAL : 0;
}

int fake_irqs_set(struct fake_hostdev *d, const struct vfio_irq_set *set, char *detail)
{
	uint32_t action = set->flags & ACTIONS;
	int r;

	snprintf(detail, FAKE_DETAIL, "%u 0x%x %u+%u", set->index, set->flags, set->start,
		 set->count);
	r = validate(d, set);
	if (r < 0)
		return r;
	if (action == VFIO_IRQ_SET_ACTION_TRIGGER)
		return set->index <= VFIO_PCI_MSIX_IRQ_INDEX ? trigger(d, set) : set_news(d, set);
	if (set->index != VFIO_PCI_INTX_IRQ_INDEX)
		return -ENOTTY;
	if (action == VFIO_IRQ_SET_ACTION_UNMASK)
		return intx_unmask(d, set);
	if (d->irqs != VFIO_PCI_INTX_IRQ_INDEX)
		return -EINVAL;
	d->masked = true;
	return 0;
}

/* ---- the device, as the test moves it ---- */

bool fake_send_msi(struct fake_hostdev *d, uint32_t vector)
{
	bool on;

	pthread_mutex_lock(&fake_lock);
	on = d->irqs >= VFIO_PCI_MSI_IRQ_INDEX && vector < d->nvectors && d->vectors[vector].fd;
	if (on)
		fake_event_signal(&d->vectors[vector]);
	pthread_mutex_unlock(&fake_lock);
	return on;
}

void fake_set_intx(struct fake_hostdev *d, bool up)
{
	pthread_mutex_lock(&fake_lock);
	d->line = up;
	fire_intx(d);
	pthread_mutex_unlock(&fake_lock);
}

static bool signal_news(const struct fake_event *e)
{
	bool heard;

	pthread_mutex_lock(&fake_lock);
	heard = e->fd;
	fake_event_signal(e);
	pthread_mutex_unlock(&fake_lock);
	return heard;
}

bool fake_request_device(struct fake_hostdev *d)
{
	d->wanted = true;
	return signal_news(&d->request);
}

bool fake_device_error(struct fake_hostdev *d)
{
	return signal_news(&d->error);
}
