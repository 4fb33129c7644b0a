/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Queues that the kernel serves (vhost): the kernel reads the notifications and signals call_fd to
 * interrupt. While the vector is open KVM turns that into the interrupt (pci_irq.c); else the loop
 * reads call_fd, and the interrupt waits as a pending bit like any other.
 */
#include "devices/virtio/pci_private.h"
#include "vmm/base/sys.h"

#include <errno.h>

static void called(void *ctx, uint32_t events)
{
	struct virtio_queue *q = ctx;
	uint64_t n;

	(void)events;
	if (sys_read(q->call_fd, &n, sizeof(n)) == sizeof(n))
		virtio_irq_queue(q->owner, q);
}

int virtio_pci_hand_over(struct virtio_pci *v, uint32_t index, int *kick_fd, int *call_fd)
{
	struct virtio_queue *q = &v->queues[index];
	int r = sys_eventfd();

	if (r < 0)
		return r;
	q->call_fd = r;
	r = loop_add(v->env->loop, q->call_fd, EPOLLIN, called, q);
	if (r < 0) {
		sys_close(q->call_fd);
		q->call_fd = -1;
		return r;
	}
	loop_mod(v->env->loop, q->kick_fd, 0);
	q->handed_over = true;
	virtio_irq_route(v, q);
	*kick_fd = q->kick_fd;
	*call_fd = q->call_fd;
	return 0;
}

void virtio_pci_take_back(struct virtio_pci *v, uint32_t index)
{
	struct virtio_queue *q = &v->queues[index];

	if (!q->handed_over)
		return;
	q->handed_over = false;
	virtio_irq_route(v, q);
	loop_del(v->env->loop, q->call_fd);
	sys_close(q->call_fd);
	q->call_fd = -1;
	loop_mod(v->env->loop, q->kick_fd, EPOLLIN | EPOLLET);
}
