/* SPDX-License-Identifier: BSD-2-Clause */
/* All device models, in the order of the devices on the bus: add new ones at the end. */
#include "devices/models.h"

#include <assert.h>

const struct device_model *const device_models[] = {
	&virtio_blk,     /* [[disk]] */
	&virtio_net,     /* [[net]] */
	&virtio_rng,     /* [rng] */
	&virtio_console, /* [[virtio_console]] */
	&virtio_balloon, /* [balloon] */
	&virtio_vsock,   /* [vsock] */
	NULL,
};

static_assert(sizeof(device_models) / sizeof(device_models[0]) - 1 <= DEVICE_MODELS_MAX,
	      "raise DEVICE_MODELS_MAX");
