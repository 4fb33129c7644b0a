/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_UNIT_VFIO_CONTAINER_FIXTURE_H
#define TESTS_UNIT_VFIO_CONTAINER_FIXTURE_H

/* For tests of containers: one NVMe function, bound to vfio-pci, alone in its group. */
#include "tests/unit/vfio/fixture.h"

static struct vfio_container ct;
static struct vfio_group group;

static inline void setup(void)
{
	vx_setup();
	fake_hostdev_new(FAKE_NVME, VX_BDF, VX_GROUP, "vfio-pci");
}

/* A container with its group, v2, nothing registered. */
static inline void start(void)
{
	cr_assert(eq(int, vx_container_open(&ct), 0), "%s", said_all());
	cr_assert(eq(int, vx_group_open(&group, &ct, VX_GROUP, VX_BDF), 0), "%s", said_all());
	cr_assert(eq(int, vx_container_start(&ct, VX_BDF), 0), "%s", said_all());
}

static inline void stop(void)
{
	vfio_container_unregister_all(&ct);
	vfio_group_close(&group);
	vfio_container_close(&ct);
}

#endif
