/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/base/file.h"

#include "vmm/base/sys.h"

#include <errno.h>
#include <fcntl.h>

int file_read(const char *path, void *buf, size_t size, size_t *len)
{
	int fd = sys_open(path, O_RDONLY, 0);
	ssize_t n = 0;

	*len = 0;
	if (fd < 0)
		return fd;
	while (*len < size) {
		n = sys_read(fd, (uint8_t *)buf + *len, size - *len);
		if (n > 0)
			*len += (size_t)n;
		else if (n != -EINTR)
			break;
	}
	sys_close(fd);
	return n < 0 ? (int)n : 0;
}

int file_read_text(const char *path, char *buf, size_t size)
{
	size_t len;
	int r = file_read(path, buf, size - 1, &len);

	buf[len] = '\0';
	return r;
}

int file_write_all(int fd, const void *buf, size_t len)
{
	const uint8_t *p = buf;

	while (len > 0) {
		ssize_t n = sys_write(fd, p, len);

		if (n < 0 && n != -EINTR)
			return (int)n;
		if (n > 0) {
			p += n;
			len -= (size_t)n;
		}
	}
	return 0;
}
