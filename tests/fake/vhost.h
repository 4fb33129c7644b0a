/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_FAKE_VHOST_H
#define TESTS_FAKE_VHOST_H

/* /dev/vhost-net and -vsock: what the kernel was told, in the order that Linux insists on. */

#include "tests/fake/sys.h"

struct fake_vhost_queue {
	uint32_t size;
	bool has_addr;
	int kick, call; /* -1: none */
	int backend;    /* -1: at rest */
};

/* Is /dev/vhost-net there? At first it is not. */
void fake_set_vhost(bool present);

/* Queue 0 or 1 of the one that is open; NULL: none is. */
const struct fake_vhost_queue *fake_vhost_queue(uint32_t index);
uint64_t fake_vhost_features(void);
uint64_t fake_vhost_memory(void); /* bytes of RAM that it may touch */

/* The same for a vsock, on a host where another guest has this CID already (0: none has). */
void fake_set_vhost_vsock(bool present, uint64_t cid_of_another);
const struct fake_vhost_queue *fake_vhost_vsock_queue(uint32_t index);
uint64_t fake_vhost_vsock_cid(void);
bool fake_vhost_vsock_runs(void);

#endif
