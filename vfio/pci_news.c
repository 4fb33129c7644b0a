/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the host's kernel tells the user of a device: that somebody wants it back (an unbind or a
 * removal, which waits until the device is closed, and asks again every ten seconds), and that it
 * met an error which the device did not mend by itself (AER).
 */
#include "vfio/pci.h"

#include "vmm/base/log.h"
#include "vmm/base/sys.h"

#include <linux/vfio.h>
#include <string.h>

static void requested(void *ctx, uint32_t events)
{
	struct vfio_pci *v = ctx;
	const struct vfio_env *env = v->pe->env;
	uint64_t count;

	(void)events;
	if (sys_read(v->request_fd, &count, sizeof(count)) != sizeof(count))
		return;
	if (log_may(&v->said_request))
		log_warn("vfio %s: the host wants the device back: "
			 "its unbind or removal waits for the end of this guest",
			 v->dev.bdf);
	if (env->wanted_back)
		env->wanted_back(env->ctx, v->dev.bdf);
}

static void failed(void *ctx, uint32_t events)
{
	struct vfio_pci *v = ctx;
	uint64_t count;

	(void)events;
	if (sys_read(v->error_fd, &count, sizeof(count)) == sizeof(count) &&
	    log_may(&v->said_error))
		log_warn("vfio %s: the host reports an error of the device that was not corrected "
			 "(AER): \"dmesg\" says more",
			 v->dev.bdf);
}

/* Not every device has such news; a function without them is passed through all the same. */
static void listen_to(struct vfio_pci *v, uint32_t index, loop_fd_fn *fn, int *fd)
{
	int r;

	if (*fd >= 0 || v->dev.irq_count[index] == 0)
		return;
	*fd = r = sys_eventfd();
	if (r >= 0)
		r = vfio_device_set_irqs(&v->dev, index, fd, 1);
	if (r >= 0)
		r = loop_add(v->pe->env->loop, *fd, EPOLLIN, fn, v);
	if (r >= 0)
		return;
	log_warn("vfio %s: no news of the device from the host: %s: errors are not said",
		 v->dev.bdf, strerror(-r));
	if (*fd >= 0)
		sys_close(*fd); /* the kernel drops its hold when the device is closed */
	*fd = -1;
}

static void end_listening(struct vfio_pci *v, uint32_t index, int *fd)
{
	if (*fd < 0)
		return;
	vfio_device_set_irqs(&v->dev, index, NULL, 0);
	loop_del(v->pe->env->loop, *fd);
	sys_close(*fd);
	*fd = -1;
}

void vfio_news_on(struct vfio_pci *v)
{
	listen_to(v, VFIO_PCI_REQ_IRQ_INDEX, requested, &v->request_fd);
	listen_to(v, VFIO_PCI_ERR_IRQ_INDEX, failed, &v->error_fd);
}

void vfio_news_off(struct vfio_pci *v)
{
	end_listening(v, VFIO_PCI_REQ_IRQ_INDEX, &v->request_fd);
	end_listening(v, VFIO_PCI_ERR_IRQ_INDEX, &v->error_fd);
}
