/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICES_MODELS_H
#define DEVICES_MODELS_H

/* One line for each device model, whose definition stands at the end of its device's file. */

#include "devices/device.h"

extern const struct device_model virtio_blk;     /* virtio/blk.c */
extern const struct device_model virtio_net;     /* virtio/net.c */
extern const struct device_model virtio_rng;     /* virtio/rng.c */
extern const struct device_model virtio_console; /* virtio/console.c */
extern const struct device_model virtio_balloon; /* virtio/balloon.c */
extern const struct device_model virtio_vsock;   /* virtio/vsock.c */

#endif
