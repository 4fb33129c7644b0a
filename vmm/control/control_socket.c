/* SPDX-License-Identifier: BSD-2-Clause */
/* A client's socket, which the process hands over once its change was answered by 101. */
#include "vmm/control/control_private.h"

#include "vmm/base/sys.h"

#include <sys/socket.h>

void control_grant(struct control *c, const struct wire_ask *ask)
{
	c->grants[c->next_grant++ % WIRE_ASKS] = (struct control_grant){ true, ask->id, ask->args };
}

/* The process may hand over anything that it has. */
static bool is_stream(int fd)
{
	int type = 0;
	socklen_t len = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_STREAM;
}

void control_take_socket(struct control *c, uint32_t id, int fd)
{
	bool taken = false;

	for (size_t i = 0; i < ARRAY_LEN(c->grants); i++) {
		struct control_grant *g = &c->grants[i];

		if (!g->used || g->id != id || !is_stream(fd))
			continue;
		g->used = false;
		taken = c->ops.attach(c->ops.ctx, fd, &g->args) == 0;
		break;
	}
	if (!taken)
		sys_close(fd);
}
