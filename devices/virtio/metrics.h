/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICES_VIRTIO_METRICS_H
#define DEVICES_VIRTIO_METRICS_H

#include "devices/device.h"
#include "vmm/base/metric.h"

/* The devices, wherever their owner keeps them. */
struct virtio_devices {
	struct device *const *const *devs;
	const uint32_t *n;
};

/* About a struct virtio_devices: queues, disks, cards. */
extern const struct metric virtio_metrics[];

#endif
