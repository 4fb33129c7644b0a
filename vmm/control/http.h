/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_CONTROL_HTTP_H
#define VMM_CONTROL_HTTP_H

/*
 * The control API's server: requests in, questions to the program, answers out. One thread and one loop,
 * in the helper's process. What the program sends is taken for good; what clients send is not.
 */

#include "vmm/control/clients.h"
#include "vmm/control/wire.h"

/* The last answer to a GET, for who asks the same in a moment. */
struct http_last {
	const struct verb *verb; /* NULL: there is none */
	struct verb_args args;
	uint64_t at_ms;
	struct MHD_Response *response; /* owned */
};

struct http {
	struct http_lib lib;
	struct MHD_Daemon *daemon;
	int listen_fd, channel; /* borrowed; the channel leads to the program */
	uint32_t next_id;
	pid_t program; /* its id, for vmm.ping */
	const char *version;
	struct clients clients;
	bool switched; /* the library has to let go of a connection, in its next turn */
	struct http_last last;
	uint32_t changes; /* that were asked for, and that were answered */
};

/*
 * Starts to serve: lib, listen_fd, channel, program, version are set, the rest is zero. @first_id: ids of
 * questions count from here on. 0 or -errno.
 */
int http_start(struct http *h, uint32_t first_id);

/* Until the program has gone. */
void http_serve(struct http *h);

/* One turn of http_serve(): waits @ms at most, -1: as long as need be. False: the program has gone. */
bool http_turn(struct http *h, int ms);

#endif
