/* SPDX-License-Identifier: BSD-2-Clause */
/* VFIO_DEVICE_SET_IRQS in the forms that are used here. */
#include "vfio/device.h"

#include "vmm/base/sys.h"

#include <errno.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <string.h>

static int set_irqs(struct vfio_device *d, uint32_t index, uint32_t flags, const int *fds,
		    uint32_t n)
{
	size_t data = flags & VFIO_IRQ_SET_DATA_EVENTFD ? n * sizeof(int32_t) : 0;
	struct vfio_irq_set *set = calloc(1, sizeof(*set) + data);
	int r;

	if (!set)
		return -ENOMEM;
	set->argsz = (uint32_t)(sizeof(*set) + data);
	set->flags = flags;
	set->index = index;
	set->count = n;
	if (data)
		memcpy(set->data, fds, data);
	r = sys_ioctl(d->fd, VFIO_DEVICE_SET_IRQS, set);
	free(set);
	/* A positive answer is the number of vectors that there would be: none of them is enabled. */
	return r > 0 ? -ENOSPC : r;
}

int vfio_device_set_irqs(struct vfio_device *d, uint32_t index, const int *fds, uint32_t n)
{
	uint32_t data = n ? VFIO_IRQ_SET_DATA_EVENTFD : VFIO_IRQ_SET_DATA_NONE;

	return set_irqs(d, index, data | VFIO_IRQ_SET_ACTION_TRIGGER, fds, n);
}

int vfio_device_unmask_intx(struct vfio_device *d)
{
	return set_irqs(d, VFIO_PCI_INTX_IRQ_INDEX,
			VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_UNMASK, NULL, 1);
}

int vfio_device_unmask_intx_on(struct vfio_device *d, int eventfd)
{
	return set_irqs(d, VFIO_PCI_INTX_IRQ_INDEX,
			VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_UNMASK, &eventfd, 1);
}
