/* SPDX-License-Identifier: BSD-2-Clause */
#include "devices/net/slirp.h"

#include "devices/net/confine.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

static void say(int fd, const struct slirp_hello *hello)
{
	(void)!send(fd, hello, sizeof(*hello), MSG_NOSIGNAL);
}

/* _exit, since what the VMM registered for its own end is not ours to run. */
void slirp_process(const struct net_user_conf *conf, int fd, pid_t parent)
{
	struct slirp_hello hello = { 0 };
	struct slirp_stack *stack;

	prctl(PR_SET_NAME, "spapr-net", 0, 0, 0);
	hello.error = confine_begin(fd);
	if (hello.error == 0) {
		fd = CONFINE_FD;
		hello.error = slirp_start(&stack, conf, fd, hello.text, sizeof(hello.text));
	}
	if (hello.error == 0)
		hello.error = confine_end(parent);
	if (hello.error < 0 && !*hello.text)
		snprintf(hello.text, sizeof(hello.text),
			 "the user network's process cannot be confined: %s: this needs /proc and "
			 "Linux 5.9",
			 strerror(-hello.error));
	say(fd, &hello);
	if (hello.error < 0)
		_exit(1);
	_exit(slirp_serve(stack) < 0 ? 1 : 0);
}
