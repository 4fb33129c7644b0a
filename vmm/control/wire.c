/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/control/wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* Room for one descriptor. */
union room {
	struct cmsghdr head;
	char bytes[CMSG_SPACE(sizeof(int))];
};

int wire_send_fd(int channel, const void *bytes, size_t len, int fd, int flags)
{
	union room room = { 0 };
	struct iovec iov = { (void *)bytes, len };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = &room,
			    .msg_controllen = sizeof(room) };

	room.head.cmsg_level = SOL_SOCKET;
	room.head.cmsg_type = SCM_RIGHTS;
	room.head.cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(&room.head), &fd, sizeof(fd));
	return sendmsg(channel, &m, flags | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

ssize_t wire_recv_fd(int channel, void *bytes, size_t len, int *fd, int flags)
{
	union room room = { 0 };
	struct iovec iov = { bytes, len };
	/* The kernel closes what has no room: padding would have some for a second one. */
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = &room,
			    .msg_controllen = CMSG_LEN(sizeof(int)) };
	ssize_t n = recvmsg(channel, &m, flags | MSG_CMSG_CLOEXEC);

	*fd = -1;
	if (n < 0)
		return -errno;
	if (m.msg_controllen >= CMSG_LEN(sizeof(int)) && room.head.cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(&room.head), sizeof(*fd));
	return n;
}
