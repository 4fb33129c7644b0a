/* SPDX-License-Identifier: BSD-2-Clause */
/* The life of a user network's process, from fork to exit. */
#include "devices/backend/net/slirp.h"

#include "vmm/base/confine.h"
#include "devices/backend/net/slirp_calls.h"

#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * Each connection of the guest takes a descriptor, and 256 KiB of libslirp's buffers (384 KiB where
 * pages have 64 KiB). The rest is for frames that wait. A guest that wants more gets no further
 * connections; one that makes libslirp hoard packets loses its network.
 */
#define CONNECTIONS 1024u
#define DATA (512 * MiB)

static void say(int fd, const struct slirp_hello *hello)
{
	(void)!send(fd, hello, sizeof(*hello), MSG_NOSIGNAL);
}

static int confine(pid_t parent, struct slirp_hello *hello)
{
	const struct confine_limits limits = { { &slirp_program, slirp_served, CALL_REFUSE },
					       DATA,
					       CONNECTIONS };
	int r = slirp_keep_name_servers();

	if (r == 0)
		r = confine_end(parent, &limits, &hello->confined);
	return r;
}

/* Ends by _exit(), since what the VMM registered for its own end is not ours to run. */
void slirp_process(const struct net_user_conf *conf, int fd, int words, pid_t parent)
{
	struct slirp_hello hello = { 0 };
	struct slirp_stack *stack = NULL;

	prctl(PR_SET_NAME, "spapr-net", 0, 0, 0);
	hello.error = confine_begin(fd, words);
	if (hello.error == 0) {
		fd = CONFINE_FD;
		hello.error = slirp_start(&stack, conf, fd, hello.text, sizeof(hello.text));
	}
	if (hello.error == 0)
		hello.error = confine(parent, &hello);
	if (hello.error < 0 && !*hello.text)
		snprintf(hello.text, sizeof(hello.text),
			 "the user network's process cannot be confined: %s: "
			 "this needs /proc, and Linux 5.9 or later with seccomp",
			 strerror(-hello.error));
	say(fd, &hello);
	if (hello.error < 0)
		_exit(1);
	_exit(slirp_serve(stack) < 0 ? 1 : 0);
}
