/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Notifications. Each queue has an eventfd in the loop; KVM signals it for the guest's stores while
 * the device is LIVE and its BAR is mapped, and a trapped store does the same. The loop watches
 * edge-triggered, so that nobody has to read the eventfd.
 */
#define LOG_PREFIX "virtio"
#include "devices/virtio/pci_private.h"
#include "vmm/base/log.h"
#include "vmm/base/sys.h"

#include <errno.h>
#include <string.h>

static void kicked(void *ctx, uint32_t events)
{
	struct virtio_queue *q = ctx;
	struct virtio_pci *v = q->owner;

	(void)events;
	q->kicks++;
	if (virtio_pci_runs(v) && q->vq.enabled && !q->handed_over)
		v->type->kick(v, q->index);
}

int virtio_notify_init(struct virtio_pci *v, struct virtio_queue *q)
{
	int r = sys_eventfd();

	if (r < 0)
		return r;
	q->kick_fd = r;
	return loop_add(v->env->loop, q->kick_fd, EPOLLIN | EPOLLET, kicked, q);
}

/*
 * False: KVM keeps the ioeventfd, and would take stores from whatever is there next. Each change tries
 * again; meanwhile notifications at another place are trapped.
 */
static bool unroute(struct virtio_pci *v, struct virtio_queue *q)
{
	const struct device_env *env = v->env;
	int r = 0;

	if (q->kick_gpa != UINT64_MAX)
		r = env->ioeventfd(env->ctx, q->kick_gpa, q->kick_fd, false);
	if (r < 0 && r != -ENOENT) {
		if (!q->said)
			log_warn("%s: KVM keeps its ioeventfd at 0x%llx: %s: "
				 "what is mapped there next hears nothing",
				 q->name, (unsigned long long)q->kick_gpa, strerror(-r));
		q->said = true;
		return false;
	}
	q->kick_gpa = UINT64_MAX;
	return true;
}

void virtio_notify_close(struct virtio_pci *v, struct virtio_queue *q)
{
	if (q->kick_fd < 0)
		return;
	unroute(v, q);
	loop_del(v->env->loop, q->kick_fd);
	sys_close(q->kick_fd);
	q->kick_fd = -1;
}

static void route(struct virtio_pci *v, struct virtio_queue *q, gpa_t gpa)
{
	const struct device_env *env = v->env;
	int r;

	if (gpa == q->kick_gpa || !unroute(v, q) || gpa == UINT64_MAX)
		return;
	r = env->ioeventfd(env->ctx, gpa, q->kick_fd, true);
	if (r == 0)
		q->kick_gpa = gpa;
	else
		log_debug("%s: no ioeventfd: %s: notifications are trapped", q->name, strerror(-r));
}

void virtio_notify_route(struct virtio_pci *v)
{
	const struct device_env *env = v->env;
	gpa_t bar =
		v->state == VIRTIO_LIVE ? env->bar_gpa(env->ctx, &v->func, VIRTIO_BAR) : UINT64_MAX;

	for (uint32_t i = 0; i < v->nqueues; i++) {
		struct virtio_queue *q = &v->queues[i];
		bool on = bar != UINT64_MAX && q->vq.enabled;

		route(v, q,
		      on ? bar + VIRTIO_BAR_NOTIFY + (gpa_t)i * VIRTIO_NOTIFY_STRIDE : UINT64_MAX);
	}
}

void virtio_pci_kick_self(struct virtio_pci *v, uint32_t q)
{
	uint64_t one = 1;

	sys_write(v->queues[q].kick_fd, &one, sizeof(one));
}

void virtio_notify_kick_all(struct virtio_pci *v)
{
	for (uint32_t i = 0; i < v->nqueues; i++)
		if (v->state == VIRTIO_LIVE && v->queues[i].vq.enabled)
			virtio_pci_kick_self(v, i);
}
