/* SPDX-License-Identifier: BSD-2-Clause */
#define LOG_PREFIX "nvram"
#include "vmm/machine/nvram_file.h"

#include "vmm/base/log.h"
#include "vmm/base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

void nvram_file_init(struct nvram_file *f)
{
	*f = (struct nvram_file){ .fd = -1 };
}

void nvram_file_close(struct nvram_file *f)
{
	if (f->fd >= 0)
		sys_close(f->fd);
	f->fd = -1;
}

static int write_all(const struct nvram_file *f, const uint8_t *p, uint64_t offset, size_t len)
{
	while (len > 0) {
		ssize_t n = sys_pwrite(f->fd, p, len, offset);

		if (n == -EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? (int)n : -EIO;
		p += n;
		offset += (size_t)n;
		len -= (size_t)n;
	}
	return 0;
}

/* 1: there is something to read, 0: it is empty. */
static int judge_size(int fd)
{
	uint64_t size;
	int r = sys_file_size(fd, &size);

	if (r < 0 || size == 0)
		return r < 0 ? r : 0;
	return size == NVRAM_SIZE ? 1 : -EFBIG;
}

/* What the file has; one that an older program made has no place for firmware's settings yet. */
static int fill(const struct nvram_file *f, struct nvram *nv)
{
	struct nvram_range made;
	int r = judge_size(f->fd);
	ssize_t n;

	if (r <= 0)
		return r < 0 ? r : write_all(f, nv->bytes, 0, NVRAM_SIZE);
	n = sys_pread(f->fd, nv->bytes, NVRAM_SIZE, 0);
	if (n != NVRAM_SIZE)
		return n < 0 ? (int)n : -EIO;
	return nvram_complete(nv, &made)
		       ? write_all(f, nv->bytes + made.offset, made.offset, made.len)
		       : 0;
}

static int told(const char *path, int r)
{
	if (r == -EAGAIN)
		log_error("%s: another program uses it: give each guest its own", path);
	else if (r == -EFBIG)
		log_error("%s: has not %llu bytes: correct nvram.path, or remove the file", path,
			  (unsigned long long)NVRAM_SIZE);
	else if (r < 0)
		log_error("%s: %s: correct nvram.path", path, strerror(-r));
	return r < 0 ? r : 0;
}

int nvram_file_open(struct nvram_file *f, const char *path, struct nvram *nv)
{
	int r = sys_open(path, O_RDWR | O_CREAT | O_NONBLOCK, 0600);

	*f = (struct nvram_file){ .fd = r < 0 ? -1 : r, .path = path };
	if (r >= 0)
		r = sys_lock_file(f->fd, true);
	if (r >= 0)
		r = fill(f, nv);
	return told(path, r);
}

/* Could a file be made in @path's folder? One without a name is, and is gone at once. */
static int try_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir = strndup(path, slash > path ? (size_t)(slash - path) : 1);
	int fd = dir ? sys_open(dir, O_TMPFILE | O_WRONLY, 0600) : -ENOMEM;

	free(dir);
	if (fd >= 0)
		sys_close(fd);
	return fd == -EOPNOTSUPP ? 0 : fd; /* a file system that has none without a name */
}

int nvram_file_try(const char *path)
{
	int fd = sys_open(path, O_RDWR | O_NONBLOCK, 0), r;

	if (fd < 0)
		return told(path, fd == -ENOENT ? try_folder(path) : fd);
	r = sys_lock_file(fd, true);
	if (r >= 0)
		r = judge_size(fd);
	sys_close(fd);
	return told(path, r);
}

void nvram_file_store(struct nvram_file *f, const struct nvram *nv, uint32_t offset, uint32_t len)
{
	int r = f->fd < 0 || f->failed ? 0 : write_all(f, nv->bytes + offset, offset, len);

	if (r < 0) {
		f->failed = true;
		log_error("%s: %s: what the guest stores from now on ends with it", f->path,
			  strerror(-r));
	}
}
