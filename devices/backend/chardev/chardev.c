/* SPDX-License-Identifier: BSD-2-Clause */
/* Opening and closing a stream: which back end its spec means. */
#include "devices/backend/chardev/private.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

static int none_open(struct chardev *cd, const char *path)
{
	(void)path;
	return chardev_attach(cd);
}

static const struct chardev_backend chardev_none = { .name = "none", .open = none_open };

static const struct chardev_backend *const backends[] = {
	&chardev_stdio, &chardev_pty, &chardev_file, &chardev_unix, &chardev_none,
};

static const struct chardev_backend *find(const char *spec, const char **path)
{
	for (size_t i = 0; i < ARRAY_LEN(backends); i++) {
		size_t n = strlen(backends[i]->name);
		bool takes_path = backends[i]->name[n - 1] == ':';

		if (strncmp(spec, backends[i]->name, n) != 0 || (!takes_path && spec[n]) ||
		    (takes_path && !spec[n]))
			continue;
		*path = spec + n;
		return backends[i];
	}
	return NULL;
}

int chardev_open(struct chardev *cd, const char *spec, struct loop *l,
		 const struct chardev_callbacks *cb)
{
	const char *path = NULL;
	int r;

	memset(cd, 0, offsetof(struct chardev, in));
	cd->ring.end = 0;
	cd->in_fd = cd->out_fd = -1;
	cd->spec = spec;
	cd->loop = l;
	cd->cb = *cb;
	cd->backend = find(spec, &path);
	if (!cd->backend) {
		log_error("\"%s\": unknown back end: use stdio, pty, file:PATH, unix:PATH or none",
			  spec);
		return -EINVAL;
	}
	cd->lossy = cd->backend->lossy;
	signal(SIGPIPE, SIG_IGN);
	r = cd->backend->open(cd, path);
	if (r < 0)
		chardev_close(cd);
	return r;
}

void chardev_close(struct chardev *cd)
{
	if (!cd->backend)
		return;
	chardev_detach(cd);
	readers_close(cd);
	loop_timer_cancel(cd->loop, &cd->resume);
	loop_timer_cancel(cd->loop, &cd->retry);
	if (cd->backend->close)
		cd->backend->close(cd);
	cd->backend = NULL;
}
