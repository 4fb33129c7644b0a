/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_UNIT_DEVICES_VIRTIO_SMALL_H
#define TESTS_UNIT_DEVICES_VIRTIO_SMALL_H

/* One virtio device in its world; the log is caught, and afterwards nothing is left open. */

#include "devices/models.h"
#include "tests/fake/sys.h"
#include "tests/unit/devices/virtio/virtio.h"
#include "vmm/base/log.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <linux/virtio_ring.h>

#define FAR 0x80000u     /* the second ring and its buffers */
#define FARTHER 0x90000u /* the third */

static struct world w;
static struct device *dev; /* the test makes it */
static char logged[512];   /* the last line */
static int nlogged;

static inline void note_log(enum log_level level, const char *line)
{
	(void)level;
	nlogged++;
	snprintf(logged, sizeof(logged), "%s", line);
}

static inline void small_setup(void)
{
	fake_reset();
	log_set_sink(note_log);
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
