/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_UNIT_DEVICES_VIRTIO_SMALL_FIXTURE_H
#define TESTS_UNIT_DEVICES_VIRTIO_SMALL_FIXTURE_H

/* One virtio device in its world; the log is caught, and afterwards nothing is left open. */

#include "devices/models.h"
#include "tests/fake/sys.h"
#include "tests/unit/devices/virtio/fixture.h"
#include "tests/unit/said.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <linux/virtio_ring.h>

#define FAR 0x80000u     /* the second ring and its buffers */
#define FARTHER 0x90000u /* the third */

static struct world w;
static struct device *dev; /* the test makes it */

static inline void small_setup(void)
{
	fake_reset();
	said_catch(LOG_DEBUG);
	world_init(&w, 16);
}

static inline void small_teardown(void)
{
	if (dev)
		dev->model->destroy(dev);
	loop_close(&w.loop);
	cr_assert(eq(int, fake_open_fds(), 0));
}

#endif
