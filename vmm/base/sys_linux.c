/* SPDX-License-Identifier: BSD-2-Clause */
/* The seam on Linux: one system call a function. */
#include "vmm/base/sys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/mempolicy.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define NODES 1024 /* more than a kernel is built for */

static int result(int r)
{
	return r < 0 ? -errno : r;
}

int sys_open(const char *path, int flags, unsigned int mode)
{
	return result(open(path, flags | O_CLOEXEC, mode));
}

int sys_openat(int dir_fd, const char *name, int flags, unsigned int mode)
{
	return result(openat(dir_fd, name, flags | O_CLOEXEC, mode));
}

int sys_dup_onto(int fd, int onto)
{
	return result(dup3(fd, onto, O_CLOEXEC));
}

int sys_close(int fd)
{
	return result(close(fd));
}

int sys_ioctl(int fd, unsigned long req, void *arg)
{
	return result(ioctl(fd, req, arg));
}

ssize_t sys_read(int fd, void *buf, size_t len)
{
	ssize_t r = read(fd, buf, len);

	return r < 0 ? -errno : r;
}

ssize_t sys_write(int fd, const void *buf, size_t len)
{
	ssize_t r = write(fd, buf, len);

	return r < 0 ? -errno : r;
}

ssize_t sys_pread(int fd, void *buf, size_t len, uint64_t offset)
{
	ssize_t r = pread(fd, buf, len, (off_t)offset);

	return r < 0 ? -errno : r;
}

ssize_t sys_pwrite(int fd, const void *buf, size_t len, uint64_t offset)
{
	ssize_t r = pwrite(fd, buf, len, (off_t)offset);

	return r < 0 ? -errno : r;
}

int sys_file_size(int fd, uint64_t *size)
{
	struct stat st;
	off_t end;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	end = lseek(fd, 0, SEEK_END); /* st_size of a block device is 0 */
	if (end < 0)
		return -errno;
	lseek(fd, 0, SEEK_SET);
	*size = (uint64_t)end;
	return 0;
}

int sys_memfd(const char *name, unsigned int flags)
{
	return result(memfd_create(name, flags | MFD_CLOEXEC));
}

int sys_mmap(void **out, void *addr, size_t len, int prot, int flags, int fd, uint64_t offset)
{
	void *p = mmap(addr, len, prot, flags, fd, (off_t)offset);

	if (p == MAP_FAILED)
		return -errno;
	*out = p;
	return 0;
}

int sys_munmap(void *addr, size_t len)
{
	return result(munmap(addr, len));
}

int sys_madvise(void *addr, size_t len, int advice)
{
	return result(madvise(addr, len, advice));
}

int sys_mbind(void *addr, size_t len, uint32_t node)
{
	unsigned long nodes[NODES / (8 * sizeof(unsigned long))] = { 0 };
	const unsigned int bits = 8 * sizeof(*nodes);

	if (node >= NODES)
		return -EINVAL;
	nodes[node / bits] = 1UL << node % bits;
	return result((int)syscall(SYS_mbind, addr, len, MPOL_BIND, nodes, NODES + 1UL, 0));
}

int sys_eventfd(void)
{
	return result(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
}

int sys_epoll_create(void)
{
	return result(epoll_create1(EPOLL_CLOEXEC));
}

int sys_epoll_ctl(int epfd, int op, int fd, struct epoll_event *ev)
{
	return result(epoll_ctl(epfd, op, fd, ev));
}

int sys_epoll_wait(int epfd, struct epoll_event *ev, int max, int timeout_ms)
{
	return result(epoll_wait(epfd, ev, max, timeout_ms));
}

int sys_timerfd(void)
{
	return result(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
}

int sys_timerfd_set(int fd, uint64_t ns)
{
	struct itimerspec its = {
		.it_value = { .tv_sec = (time_t)(ns / 1000000000),
			      .tv_nsec = (long)(ns % 1000000000) },
	};

	return result(timerfd_settime(fd, 0, &its, NULL));
}

int sys_list(const char *dir, bool (*fn)(void *ctx, const char *name), void *ctx)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	if (!d)
		return -errno;
	while ((e = readdir(d)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 &&
		    !fn(ctx, e->d_name))
			break;
	closedir(d);
	return 0;
}

int sys_readlink(const char *path, char *buf, size_t size)
{
	ssize_t n = readlink(path, buf, size);

	if (n < 0)
		return -errno;
	if ((size_t)n >= size)
		return -ENAMETOOLONG;
	buf[n] = '\0';
	return (int)n;
}

int sys_unlink(const char *path)
{
	return result(unlink(path));
}

int sys_renameat(int dir_fd, const char *from, const char *to)
{
	return result(renameat(dir_fd, from, dir_fd, to));
}

int sys_mkdir(const char *path, unsigned int mode)
{
	return result(mkdir(path, mode));
}

int sys_share(const char *path, uint32_t gid, unsigned int mode)
{
	if (chown(path, (uid_t)-1, gid) < 0 || chmod(path, mode) < 0)
		return -errno;
	return 0;
}

static uint64_t clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

uint64_t sys_now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

uint64_t sys_wall_ns(void)
{
	return clock_ns(CLOCK_REALTIME);
}

int sys_random(void *buf, size_t len)
{
	ssize_t r = getrandom(buf, len, 0);

	if (r < 0)
		return -errno;
	return (size_t)r == len ? 0 : -EIO;
}

size_t sys_page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}
