/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_FAKE_VHOST_H
#define TESTS_FAKE_VHOST_H

/* /dev/vhost-net: what it was told, and that it was told so in the order the kernel insists on. */

#include "tests/fake/sys.h"

struct fake_vhost_queue {
	uint32_t size;
	bool has_addr;
	int kick, call; /* -1: none */
	int backend;    /* -1: at rest */
};

/* Is there one? Not until this says so. */
void fake_set_vhost(bool present);

/* Queue 0 or 1 of the one that is open; NULL: none is. */
const struct fake_vhost_queue *fake_vhost_queue(uint32_t index);
uint64_t fake_vhost_features(void);
uint64_t fake_vhost_memory(void); /* bytes of RAM that it may touch */

#endif
