/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vsock - carry standard input to the other end of an AF_VSOCK connection, and what comes from
 * there to standard output
 *
 * For hosts and guests where nothing but busybox is installed. Ends when both directions have.
 */
#define _GNU_SOURCE
#include "tests/lab/tools/tool.h"

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/vm_sockets.h>

#define TRIES 600 /* of 100 ms: the other end may not listen yet */

static int open_socket(void)
{
	int fd = socket(AF_VSOCK, SOCK_STREAM, 0);

	if (fd < 0)
		die("socket");
	return fd;
}

static int listen_on(unsigned int port)
{
	struct sockaddr_vm a = { .svm_family = AF_VSOCK,
				 .svm_cid = VMADDR_CID_ANY,
				 .svm_port = port };
	int fd = open_socket(), c;

	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(fd, 1) < 0)
		die("listen");
	c = accept(fd, NULL, NULL);
	if (c < 0)
		die("accept");
	close(fd);
	return c;
}

static int connect_to(unsigned int cid, unsigned int port)
{
	struct sockaddr_vm a = { .svm_family = AF_VSOCK, .svm_cid = cid, .svm_port = port };

	for (int i = 0; i < TRIES; i++) {
		int fd = open_socket();

		if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
			return fd;
		close(fd);
		usleep(100000);
	}
	die("connect");
	return -1;
}

/* Until @from ends. */
static void carry(int from, int to)
{
	static char buf[65536];
	ssize_t n, m;

	while ((n = read(from, buf, sizeof(buf))) > 0) {
		for (ssize_t done = 0; done < n; done += m) {
			m = write(to, buf + done, (size_t)(n - done));
			if (m < 0)
				die("write");
		}
	}
	if (n < 0)
		die("read");
}

int main(int argc, char **argv)
{
	int fd, status = 1;
	pid_t sender;

	if (argc == 3 && strcmp(argv[1], "listen") == 0) {
		fd = listen_on((unsigned int)atoi(argv[2]));
	} else if (argc == 4 && strcmp(argv[1], "connect") == 0) {
		fd = connect_to((unsigned int)atoi(argv[2]), (unsigned int)atoi(argv[3]));
	} else {
		fprintf(stderr, "usage: vsock listen PORT\n       vsock connect CID PORT\n");
		return 2;
	}
	/* Both directions at once: neither end may wait for the other to read first. */
	sender = fork();
	if (sender < 0)
		die("fork");
	if (sender == 0) {
		carry(0, fd);
		shutdown(fd, SHUT_WR);
		_exit(0);
	}
	carry(fd, 1);
	waitpid(sender, &status, 0);
	return status != 0;
}
