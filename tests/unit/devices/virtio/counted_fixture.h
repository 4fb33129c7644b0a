/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_UNIT_DEVICES_VIRTIO_COUNTED_FIXTURE_H
#define TESTS_UNIT_DEVICES_VIRTIO_COUNTED_FIXTURE_H

/* A virtio device that does nothing but count what the transport calls: COUNTED is for its type. */

#include "tests/unit/devices/virtio/fixture.h"

#include <stdlib.h>

#define COUNTED_MAX_QUEUES 3u

static struct virtio_pci v;
static unsigned int starts, stops, drains, kicks[COUNTED_MAX_QUEUES];
static bool busy; /* something is in flight, until it is drained */
static int start_result;

static inline int counted_start(struct virtio_pci *d)
{
	if (d != &v)
		abort();
	starts++;
	return start_result;
}

static inline void counted_kick(struct virtio_pci *d, uint32_t q)
{
	if (d != &v || q >= COUNTED_MAX_QUEUES)
		abort();
	kicks[q]++;
}

static inline bool counted_stop(struct virtio_pci *d)
{
	(void)d;
	stops++;
	return !busy;
}

static inline void counted_drain(struct virtio_pci *d)
{
	(void)d;
	drains++;
	busy = false;
}

#define COUNTED                                                                                    \
	.start = counted_start, .kick = counted_kick, .stop = counted_stop, .drain = counted_drain

#endif
