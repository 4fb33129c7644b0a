/* SPDX-License-Identifier: BSD-2-Clause */
/* What the loop watches of a stream's descriptors and its readers', and the end of that. */
#include "devices/backend/chardev/private.h"

#include "vmm/base/sys.h"

uint32_t reader_wants(const struct chardev_reader *r)
{
	const struct chardev *cd = r->cd;
	uint32_t events = 0;

	if (r->in_open && (reader_may_type(r) ? cd->in_len < sizeof(cd->in)
					      : r->read_only || !reader_is_leaving(cd->writer)))
		events = EPOLLIN;
	if (reader_has_output(r))
		events |= EPOLLOUT;
	/* Edge-triggered, its hangup is told once. */
	return !events && r->out_open ? EPOLLET : events;
}

static void readers_poll(struct chardev *cd)
{
	for (size_t i = 0; i < CHARDEV_READERS; i++)
		if (cd->readers[i].cd)
			loop_mod(cd->loop, cd->readers[i].fd, reader_wants(&cd->readers[i]));
}

void chardev_poll(struct chardev *cd)
{
	uint32_t in = 0, out = 0;

	if (cd->in_open && !cd->in_held && cd->in_len < sizeof(cd->in))
		in = EPOLLIN;
	if (cd->out_open && chardev_used(cd))
		out = EPOLLOUT;
	if (cd->in_fd != cd->out_fd) {
		if (cd->in_fd >= 0)
			loop_mod(cd->loop, cd->in_fd, in);
		if (cd->out_fd >= 0 && cd->out_io != CHARDEV_DIRECT)
			loop_mod(cd->loop, cd->out_fd, out);
	} else if (cd->in_fd >= 0) {
		/* The peer sends no more, but reads on: edge-triggered, its hangup is told once. */
		if (!cd->in_open && cd->out_open && !out)
			in = EPOLLET;
		loop_mod(cd->loop, cd->in_fd, in | out);
	}
	readers_poll(cd);
}

void chardev_detach(struct chardev *cd)
{
	if (cd->out_fd >= 0 && cd->out_fd != cd->in_fd) {
		loop_del(cd->loop, cd->out_fd);
		if (cd->out_owned)
			sys_close(cd->out_fd);
	}
	if (cd->in_fd >= 0) {
		loop_del(cd->loop, cd->in_fd);
		if (cd->in_owned)
			sys_close(cd->in_fd);
	}
	cd->in_fd = cd->out_fd = -1;
	cd->in_open = cd->out_open = false;
	cd->tail = cd->head;
}
