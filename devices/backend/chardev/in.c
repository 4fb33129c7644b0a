/* SPDX-License-Identifier: BSD-2-Clause */
/* Input, whoever it came from, to the stream's owner. */
#include "devices/backend/chardev/private.h"

#include <assert.h>
#include <string.h>

void chardev_deliver(void *ctx)
{
	struct chardev *cd = ctx;
	size_t n;

	if (cd->refused || !cd->in_len)
		return;
	cd->refused = true; /* first, so that a chardev_resume() from inside counts */
	n = cd->cb.receive(cd->cb.ctx, cd->in, cd->in_len);
	assert(n <= cd->in_len);
	if (n == cd->in_len)
		cd->refused = false;
	cd->in_len -= n;
	memmove(cd->in, cd->in + n, cd->in_len);
	chardev_poll(cd);
}

void chardev_resume(struct chardev *cd)
{
	if (!cd->backend || !cd->refused)
		return;
	cd->refused = false;
	loop_timer_set(cd->loop, &cd->resume, 0, chardev_deliver, cd);
}
