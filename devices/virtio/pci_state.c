/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From reset to life and back (enum virtio_state), as the driver's status says.
 *
 *	RESET    -> LIVE      DRIVER_OK: the queues that are enabled run, as bus master
 *	LIVE     -> HALTED    bus mastering falls
 *	LIVE     -> STOPPING  status 0: nothing new is taken, what is in flight ends
 *	HALTED   -> STOPPING  likewise
 *	HALTED   -> LIVE      a notification, as bus master again, where firmware of others boots
 *	STOPPING -> RESET     nothing is in flight; at once where nothing was
 *
 * Linux takes a device from its driver at kexec by clearing bus mastering alone, and the next
 * kernel sets it again before it resets the device. Between the two the rings are in memory that is
 * somebody else's by now: so a device that was halted looks at nothing before the reset. SLOF clears
 * bus mastering whenever it closes a disk, and goes on with the same rings when it opens the disk again: so
 * on its machines a driver that notifies is believed. No kernel does before its reset.
 */
#include "devices/virtio/pci_private.h"
#include "vmm/base/event.h"
#include "vmm/base/log.h"

#include <assert.h>
#include <errno.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>
#include <string.h>

/* What a driver may write; NEEDS_RESET is ours. */
#define DRIVER_STATUS                                                                              \
	(VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER | VIRTIO_CONFIG_S_DRIVER_OK |        \
	 VIRTIO_CONFIG_S_FEATURES_OK | VIRTIO_CONFIG_S_FAILED)

static void forget_queue(struct virtio_pci *v, struct virtio_queue *q)
{
	virtio_pci_take_back(v, q->index);
	virtq_reset(&q->vq);
	q->vector = VIRTIO_NO_VECTOR;
	q->size_reg = v->type->queue_size;
	q->desc_reg = q->avail_reg = q->used_reg = 0;
}

/* The end of a reset: nothing is in flight. */
static void become_reset(struct virtio_pci *v)
{
	if (v->started)
		event_emit(EVENT_VIRTIO_RESET, { .s = v->id });
	v->state = VIRTIO_RESET;
	v->started = v->busy = false;
	for (uint32_t i = 0; i < v->nqueues; i++)
		forget_queue(v, &v->queues[i]);
	v->status = 0;
	v->features = 0;
	v->dma.translate = NULL;
	v->config_vector = VIRTIO_NO_VECTOR;
	v->queue_select = 0;
	v->device_feature_select = v->driver_feature_select = 0;
	virtio_irq_reset(v);
}

/* From LIVE to @state: notifications go nowhere, nothing new begins. */
static void stop(struct virtio_pci *v, enum virtio_state state)
{
	v->state = state;
	virtio_notify_route(v);
	v->busy = v->type->stop && !v->type->stop(v);
}

static const char taken_away[] = "bus mastering was taken away";

static void halt(struct virtio_pci *v)
{
	for (uint32_t i = 0; i < v->nqueues; i++)
		virtq_silence(&v->queues[i].vq, taken_away);
	stop(v, VIRTIO_HALTED);
	v->status |= VIRTIO_CONFIG_S_NEEDS_RESET; /* without an interrupt: that is a write, too */
}

static void begin_reset(struct virtio_pci *v)
{
	if (v->state == VIRTIO_STOPPING)
		return;
	if (v->state == VIRTIO_LIVE)
		stop(v, VIRTIO_STOPPING);
	v->state = VIRTIO_STOPPING;
	if (!v->busy)
		become_reset(v);
}

void virtio_pci_stopped(struct virtio_pci *v)
{
	if (v->state != VIRTIO_STOPPING && v->state != VIRTIO_HALTED)
		return;
	v->busy = false;
	if (v->state == VIRTIO_STOPPING)
		become_reset(v);
}

void virtio_pci_reset_now(struct virtio_pci *v)
{
	begin_reset(v);
	if (v->state == VIRTIO_STOPPING) {
		v->type->drain(v);
		virtio_pci_stopped(v);
	}
	assert(v->state == VIRTIO_RESET);
}

void virtio_pci_reset(struct virtio_pci *v)
{
	virtio_pci_reset_now(v);
	pci_msix_reset(&v->msix);
}

void virtio_pci_enable_queue(struct virtio_pci *v, struct virtio_queue *q)
{
	int r;

	if (q->vq.enabled || v->state != VIRTIO_RESET)
		return;
	if (!(v->status & VIRTIO_CONFIG_S_FEATURES_OK)) {
		log_guest("%s: enabled before the features are agreed on", q->name);
		return;
	}
	q->vq.size = q->size_reg;
	q->vq.desc = q->desc_reg;
	q->vq.avail = q->avail_reg;
	q->vq.used = q->used_reg;
	q->vq.event_idx = virtio_has(v, VIRTIO_RING_F_EVENT_IDX);
	q->vq.indirect = virtio_has(v, VIRTIO_RING_F_INDIRECT_DESC);
	q->vq.max_bytes = v->max_chain;
	q->vq.max_desc = v->max_desc;
	r = virtq_enable(&q->vq);
	if (r < 0) {
		virtq_reset(&q->vq);
		virtio_pci_broken(v, r == -EFAULT ? "a queue outside RAM"
						  : "the size or place of a queue");
	}
}

/* May the driver have what it asks for? Only then it reads FEATURES_OK back. */
static bool accept_features(struct virtio_pci *v)
{
	uint64_t must = v->offered & (BIT(VIRTIO_F_VERSION_1) | BIT(VIRTIO_F_ACCESS_PLATFORM));

	if (v->features & ~v->offered || must & ~v->features) {
		log_guest("%s: the driver accepts features 0x%llx of 0x%llx: refused", v->id,
			  (unsigned long long)v->features, (unsigned long long)v->offered);
		return false;
	}
	if (virtio_has(v, VIRTIO_F_ACCESS_PLATFORM))
		v->dma.translate = v->env->translate;
	return true;
}

static void start(struct virtio_pci *v)
{
	int r;

	v->started = true;
	r = v->type->start ? v->type->start(v) : 0;
	if (r < 0) {
		virtio_pci_broken(v, strerror(-r));
		return;
	}
	event_emit(EVENT_VIRTIO_ACTIVATED, { .s = v->id });
	virtio_notify_route(v);
	virtio_notify_kick_all(v);
}

void virtio_pci_resume(struct virtio_pci *v)
{
	if (v->state != VIRTIO_HALTED || v->busy || !v->env->reopens ||
	    !pci_func_bus_master(&v->func))
		return;
	for (uint32_t i = 0; i < v->nqueues; i++)
		if (v->queues[i].vq.broken == taken_away)
			v->queues[i].vq.broken = NULL;
	v->status &= (uint8_t)~VIRTIO_CONFIG_S_NEEDS_RESET;
	v->state = VIRTIO_LIVE;
	start(v);
}

/* A driver that sets bus mastering last is served from then on. */
static void go_live(struct virtio_pci *v)
{
	v->state = VIRTIO_LIVE;
	if (pci_func_bus_master(&v->func))
		start(v);
}

void virtio_pci_master_changed(struct virtio_pci *v, bool master)
{
	if (v->state != VIRTIO_LIVE)
		return;
	if (!master && v->started)
		halt(v);
	else if (master && !v->started)
		start(v);
}

void virtio_pci_set_status(struct virtio_pci *v, uint8_t status)
{
	uint8_t before = v->status;

	if (v->state == VIRTIO_STOPPING)
		return; /* the status becomes 0 when the requests are done */
	if (status == 0) {
		begin_reset(v);
		return;
	}
	/* Bits are only ever added; a reset takes them away. */
	v->status |= status & DRIVER_STATUS;
	if (v->status & ~before & VIRTIO_CONFIG_S_FEATURES_OK && !accept_features(v))
		v->status &= (uint8_t)~VIRTIO_CONFIG_S_FEATURES_OK;
	if (!(v->status & ~before & VIRTIO_CONFIG_S_DRIVER_OK))
		return;
	if (v->status & VIRTIO_CONFIG_S_FEATURES_OK)
		go_live(v);
	else
		virtio_pci_broken(v, "DRIVER_OK before FEATURES_OK");
}
