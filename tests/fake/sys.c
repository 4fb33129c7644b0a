/* SPDX-License-Identifier: BSD-2-Clause */
/* The seam's body for tests: a table of descriptors, most of them the real kernel's. */
#include "tests/fake/vfio_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

pthread_mutex_t fake_lock = PTHREAD_MUTEX_INITIALIZER;

#define MAX_FILES 16384

static struct fake_file *files[MAX_FILES]; /* by descriptor */
static int nfiles;
static uint64_t last_serial;

/* Paths that are ours. */
static const struct opener {
	const char *path;
	int (*open)(void);
} openers[] = {
	{ "/dev/kvm", fake_open_kvm },
	{ "/dev/vhost-net", fake_open_vhost },
	{ "/dev/vhost-vsock", fake_open_vhost_vsock },
};

static void lock(void)
{
	pthread_mutex_lock(&fake_lock);
}

static void unlock(void)
{
	pthread_mutex_unlock(&fake_lock);
}

static int add(int fd, const struct fake_ops *ops, void *obj, const char *name)
{
	struct fake_file *f;

	if (fd < 0)
		return fd;
	f = calloc(1, sizeof(*f));
	if (!f || fd >= MAX_FILES)
		abort();
	f->fd = fd;
	f->serial = ++last_serial;
	f->ops = ops;
	f->obj = obj;
	snprintf(f->name, sizeof(f->name), "%s", name);
	nfiles += !files[fd]; /* a file closed without us is still in its place, and counted */
	free(files[fd]);
	files[fd] = f;
	return fd;
}

int fake_file_new(const struct fake_ops *ops, void *obj, uint64_t size, const char *fmt, ...)
{
	char name[40];
	va_list ap;
	int fd;

	va_start(ap, fmt);
	vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	fd = real_memfd(name, 0);
	if (fd >= 0 && ftruncate(fd, (off_t)size) < 0)
		abort();
	return add(fd, ops, obj, name);
}

struct fake_file *fake_file_find(int fd)
{
	return fd >= 0 && fd < MAX_FILES ? files[fd] : NULL;
}

const char *fake_file_name(int fd)
{
	const struct fake_file *f = fake_file_find(fd);

	return f ? f->name : "unknown";
}

int fake_file_real(int fd, const char *name)
{
	lock();
	fd = add(fd, NULL, NULL, name);
	unlock();
	return fd;
}

void fake_reset(void)
{
	lock();
	if (nfiles != 0) {
		fprintf(stderr, "fake_reset: %d descriptors are still open\n", nfiles);
		abort();
	}
	fake_maps_reset();
	unlock();
	fake_calls_reset();
	fake_guests_reset();
	fake_vfio_reset();
	fake_host(FAKE_P9_64K);
	fake_keeps_rights = true;
	fake_landlock = 6;
}

int fake_open_fds(void)
{
	int n;

	lock();
	n = nfiles;
	unlock();
	return n;
}

/* A served file is a memfd with its bytes. */
static int open_served(const char *path)
{
	size_t len;
	const void *data = fake_served(path, &len);
	int fd;

	if (!data)
		return -ENOENT;
	fd = real_memfd("served", 0);
	if (fd < 0 || real_write(fd, data, len) != (ssize_t)len)
		abort();
	lseek(fd, 0, SEEK_SET);
	return add(fd, NULL, NULL, path);
}

static int open_ours(const char *path, int flags)
{
	int r = fake_vfio_open(path, flags);

	if (r != -ENXIO)
		return r;
	for (size_t i = 0; i < ARRAY_LEN(openers); i++)
		if (strcmp(openers[i].path, path) == 0)
			return openers[i].open();
	return open_served(path);
}

int sys_open(const char *path, int flags, unsigned int mode)
{
	int r = fake_enter("open %s", path);

	if (r == 0) {
		lock();
		r = open_ours(path, flags);
		unlock();
		/* Paths that the played host would have are not looked up on the real one. */
		if (r == -ENOENT && strcmp(path, "/dev/kvm") != 0 && !fake_vfio_owns(path) &&
		    strncmp(path, "/proc/device-tree/", 18) != 0 &&
		    strncmp(path, "/sys/kernel/mm/hugepages/", 25) != 0)
			r = fake_file_real(real_open(path, flags, mode), path);
	}
	fake_log(r, "open %s", path);
	return r;
}

int sys_close(int fd)
{
	struct fake_file *f;
	char name[40];
	int r;

	lock();
	f = fake_file_find(fd);
	snprintf(name, sizeof(name), "%s", fake_file_name(fd));
	if (f) {
		files[fd] = NULL;
		nfiles--;
		if (f->ops && f->ops->close)
			f->ops->close(f);
	}
	r = real_close(fd);
	unlock();
	free(f);
	fake_log(r, "close %s", name);
	return r;
}

int sys_ioctl(int fd, unsigned long req, void *arg)
{
	const struct fake_ops *ops;
	struct fake_file *f;
	char name[FAKE_DETAIL], detail[FAKE_DETAIL] = "";
	int r;

	lock();
	f = fake_file_find(fd);
	ops = f ? f->ops : NULL;
	snprintf(name, sizeof(name), "%s %s", fake_ioctl_name(req), fake_file_name(fd));
	if (ops && ops->describe)
		ops->describe(f, req, arg, name);
	unlock();
	r = fake_enter("%s", name);
	if (r != 0)
		;
	else if (!ops)
		r = real_ioctl(fd, req, arg);
	else if (!ops->ioctl)
		r = -ENOTTY;
	else if (ops->unlocked)
		r = ops->ioctl(f, req, arg, detail);
	else {
		lock();
		r = ops->ioctl(f, req, arg, detail);
		unlock();
	}
	fake_log(r, "%s%s%s", name, *detail ? " " : "", detail);
	return r;
}
