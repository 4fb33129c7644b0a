/* SPDX-License-Identifier: BSD-2-Clause */
#include "devices/virtio/metrics.h"

#include "devices/virtio/pci.h"

#include <linux/virtio_ids.h>

/* All devices that there are have this transport. */
static const struct virtio_pci *device(const struct virtio_devices *d, uint32_t i)
{
	return container_of((*d->devs)[i]->func, struct virtio_pci, func);
}

/* A queue that the kernel serves moves unseen. */
static void of_queue(const struct metric *m, const void *obj, struct metric_out *out)
{
	const struct virtio_devices *d = obj;

	for (uint32_t i = 0; i < *d->n; i++) {
		const struct virtio_pci *v = device(d, i);

		for (uint32_t q = 0; q < v->nqueues; q++)
			if (!v->queues[q].handed_over)
				metric_put(out, metric_field(m, &v->queues[q]),
					   METRIC_TEXT("device", v->id), METRIC_NUMBER("queue", q));
	}
}

static void inflight(const struct metric *m, const void *obj, struct metric_out *out)
{
	const struct virtio_devices *d = obj;

	(void)m;
	for (uint32_t i = 0; i < *d->n; i++) {
		const struct virtio_pci *v = device(d, i);

		for (uint32_t q = 0; q < v->nqueues; q++)
			if (v->queues[q].vq.enabled && !v->queues[q].handed_over)
				metric_put(out, v->queues[q].vq.inflight,
					   METRIC_TEXT("device", v->id), METRIC_NUMBER("queue", q));
	}
}

static void of_type(const struct metric *m, const void *obj, struct metric_out *out, uint16_t type)
{
	const struct virtio_devices *d = obj;

	for (uint32_t i = 0; i < *d->n; i++) {
		const struct virtio_pci *v = device(d, i);

		if (v->type->id == type && !v->queues[0].handed_over)
			metric_put(out, metric_field(m, &v->traffic), METRIC_TEXT("device", v->id));
	}
}

static void of_disk(const struct metric *m, const void *obj, struct metric_out *out)
{
	of_type(m, obj, out, VIRTIO_ID_BLOCK);
}

static void of_card(const struct metric *m, const void *obj, struct metric_out *out)
{
	of_type(m, obj, out, VIRTIO_ID_NET);
}

#define AT_QUEUE(f) offsetof(struct virtio_queue, f)
#define AT(f) offsetof(struct virtio_traffic, f)

const struct metric virtio_metrics[] = {
	{ "virtio_requests_total", "Requests that a queue has done.", of_queue, AT_QUEUE(vq.done) },
	{ "virtio_kicks_total", "Notifications by the guest.", of_queue, AT_QUEUE(kicks) },
	{ "virtio_interrupts_total", "Interrupts to the guest.", of_queue, AT_QUEUE(interrupts) },
	{ "virtio_inflight", "Requests that are begun.", inflight },
	{ "disk_read_bytes_total", "Bytes read by the guest.", of_disk, AT(in_bytes) },
	{ "disk_reads_total", "Reads done.", of_disk, AT(in_ops) },
	{ "disk_written_bytes_total", "Bytes written by the guest.", of_disk, AT(out_bytes) },
	{ "disk_writes_total", "Writes done.", of_disk, AT(out_ops) },
	{ "disk_flushes_total", "Flushes done.", of_disk, AT(flushes) },
	{ "disk_errors_total", "Requests that failed.", of_disk, AT(errors) },
	{ "net_receive_bytes_total", "Bytes of frames to the guest.", of_card, AT(in_bytes) },
	{ "net_receive_packets_total", "Frames to the guest.", of_card, AT(in_ops) },
	{ "net_transmit_bytes_total", "Bytes of frames from the guest.", of_card, AT(out_bytes) },
	{ "net_transmit_packets_total", "Frames from the guest.", of_card, AT(out_ops) },
	{ 0 },
};
