/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/control/notify.h"

#include "vmm/base/sys.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* "/..." is a file, "@..." a name of Linux's own, whose first byte is NUL and which has no last one. */
static int connect_to(const char *name)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t len = strlen(name);
	int fd;

	if ((name[0] != '/' && name[0] != '@') || len >= sizeof(to.sun_path))
		return -1;
	memcpy(to.sun_path, name, len);
	if (name[0] == '@')
		to.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	len += offsetof(struct sockaddr_un, sun_path) + (name[0] == '/');
	if (connect(fd, (const struct sockaddr *)&to, (socklen_t)len) == 0)
		return fd;
	sys_close(fd);
	return -1;
}

/* Of this process, unless it is said to be of another. */
static uint64_t watchdog_ns(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");

	if (!usec || (pid && strtoul(pid, NULL, 10) != (unsigned long)getpid()))
		return 0;
	return strtoull(usec, NULL, 10) * 1000;
}

void notify_open(struct notify *n)
{
	const char *name = getenv("NOTIFY_SOCKET");

	*n = (struct notify){ .fd = -1 };
	if (!name)
		return;
	n->fd = connect_to(name);
	if (n->fd >= 0)
		n->watchdog_ns = watchdog_ns();
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

void notify_close(struct notify *n)
{
	if (n->fd >= 0)
		sys_close(n->fd);
	*n = (struct notify){ .fd = -1 };
}

bool notify_say(const struct notify *n, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	if (n->fd < 0)
		return true;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return send(n->fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0 || errno != EAGAIN;
}
