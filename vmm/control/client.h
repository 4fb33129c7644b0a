/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_CONTROL_CLIENT_H
#define VMM_CONTROL_CLIENT_H

/* A client of the control API: one request after the other, for `spapr-vmm ctl` and `spapr-vmm top`. */

#include "vmm/control/jtext.h"
#include "vmm/control/verbs.h"

struct client_reply {
	uint32_t status;
	char *body; /* owned, with a NUL behind it */
	size_t len;
};

/* A descriptor for client_ask(), or -errno of connect(). */
int client_connect(const char *path);

/**
 * client_ask - one request
 * @body: of a PUT, or the query of a GET (since=1); NULL: none
 * Return 0 and *@reply, whatever its status (101: @fd carries what the verb says from here on); or -errno: -EPROTO it is no answer.
 */
int client_ask(int fd, const struct verb *v, const char *body, struct client_reply *reply);
void client_reply_free(struct client_reply *reply);

#endif
