/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * notify CID PORT [any] - standard input as a message of sd_notify(3) over AF_VSOCK, as systemd sends
 * it since version 256: from one of root's ports, to its end, and then it waits to be hung up on. "any":
 * from whatever port there is, as a program without rights.
 */
#define _GNU_SOURCE
#include "tests/lab/tools/tool.h"

#include <sys/socket.h>
#include <unistd.h>

#include <linux/vm_sockets.h>

static void take_root_port(int fd)
{
	struct sockaddr_vm a = { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY };

	for (a.svm_port = 1023; a.svm_port > 0; a.svm_port--)
		if (bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
			return;
	die("bind");
}

int main(int argc, char **argv)
{
	struct sockaddr_vm a = { .svm_family = AF_VSOCK };
	char text[4096];
	ssize_t n;
	int fd;

	if (argc < 3) {
		fprintf(stderr, "usage: notify CID PORT [any]\n");
		return 2;
	}
	a.svm_cid = (unsigned int)atoi(argv[1]);
	a.svm_port = (unsigned int)atoi(argv[2]);
	fd = socket(AF_VSOCK, SOCK_STREAM, 0);
	if (fd < 0)
		die("socket");
	if (argc == 3)
		take_root_port(fd);
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		die("connect");
	while ((n = read(0, text, sizeof(text))) > 0)
		if (send(fd, text, (size_t)n, MSG_NOSIGNAL) != n)
			die("send");
	shutdown(fd, SHUT_WR);
	return recv(fd, text, 1, 0) != 0;
}
