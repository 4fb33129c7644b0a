/* SPDX-License-Identifier: BSD-2-Clause */
/* The seam's calls on descriptors, and those that make plain ones. */
#include "tests/fake/vfio_impl.h"

#define PASS(type, what, fd, call)                                                                 \
	do {                                                                                       \
		type r_;                                                                           \
		char name_[40];                                                                    \
                                                                                                   \
		pthread_mutex_lock(&fake_lock);                                                    \
		snprintf(name_, sizeof(name_), "%s", fake_file_name(fd));                          \
		pthread_mutex_unlock(&fake_lock);                                                  \
		r_ = fake_enter(what " %s", name_);                                                \
		if (r_ == 0)                                                                       \
			r_ = call;                                                                 \
		fake_log((long)r_, what " %s", name_);                                             \
		return r_;                                                                         \
	} while (0)

/* The file's own function, if it has one, else the real kernel's. */
#define OWN(fd, fn, real, ...)                                                                     \
	do {                                                                                       \
		struct fake_file *f_;                                                              \
		ssize_t n_;                                                                        \
                                                                                                   \
		pthread_mutex_lock(&fake_lock);                                                    \
		f_ = fake_file_find(fd);                                                           \
		if (!f_ || !f_->ops || !f_->ops->fn) {                                             \
			pthread_mutex_unlock(&fake_lock);                                          \
			return real(fd, __VA_ARGS__);                                              \
		}                                                                                  \
		n_ = f_->ops->fn(f_, __VA_ARGS__);                                                 \
		pthread_mutex_unlock(&fake_lock);                                                  \
		return n_;                                                                         \
	} while (0)

static ssize_t file_read(int fd, void *buf, size_t len)
{
	OWN(fd, read, real_read, buf, len);
}

static ssize_t file_write(int fd, const void *buf, size_t len)
{
	OWN(fd, write, real_write, buf, len);
}

static ssize_t file_pread(int fd, void *buf, size_t len, uint64_t offset)
{
	OWN(fd, pread, real_pread, buf, len, offset);
}

static ssize_t file_pwrite(int fd, const void *buf, size_t len, uint64_t offset)
{
	OWN(fd, pwrite, real_pwrite, buf, len, offset);
}

ssize_t sys_read(int fd, void *buf, size_t len)
{
	PASS(ssize_t, "read", fd, file_read(fd, buf, len));
}

ssize_t sys_write(int fd, const void *buf, size_t len)
{
	PASS(ssize_t, "write", fd, file_write(fd, buf, len));
}

ssize_t sys_pread(int fd, void *buf, size_t len, uint64_t offset)
{
	PASS(ssize_t, "pread", fd, file_pread(fd, buf, len, offset));
}

ssize_t sys_pwrite(int fd, const void *buf, size_t len, uint64_t offset)
{
	PASS(ssize_t, "pwrite", fd, file_pwrite(fd, buf, len, offset));
}

int sys_file_size(int fd, uint64_t *size)
{
	PASS(int, "file_size", fd, real_file_size(fd, size));
}

int sys_epoll_ctl(int epfd, int op, int fd, struct epoll_event *ev)
{
	PASS(int, "epoll_ctl", fd, real_epoll_ctl(epfd, op, fd, ev));
}

int sys_epoll_wait(int epfd, struct epoll_event *ev, int max, int timeout_ms)
{
	PASS(int, "epoll_wait", epfd, real_epoll_wait(epfd, ev, max, timeout_ms));
}

int sys_timerfd_set(int fd, uint64_t ns)
{
	PASS(int, "timerfd_set", fd, real_timerfd_set(fd, ns));
}

#define OPEN(what, call)                                                                           \
	do {                                                                                       \
		int r_ = fake_enter(what);                                                         \
                                                                                                   \
		if (r_ == 0)                                                                       \
			r_ = fake_file_real(call, what);                                           \
		fake_log(r_, what);                                                                \
		return r_;                                                                         \
	} while (0)

int sys_memfd(const char *name, unsigned int flags)
{
	OPEN("memfd", real_memfd(name, flags));
}

int sys_eventfd(void)
{
	OPEN("eventfd", real_eventfd());
}

int sys_epoll_create(void)
{
	OPEN("epoll_create", real_epoll_create());
}

int sys_timerfd(void)
{
	OPEN("timerfd", real_timerfd());
}
