/* SPDX-License-Identifier: BSD-2-Clause */
/* The seam's calls on disk images: the real kernel's, logged, and made to fail where asked for. */
#define sys_uring_init real_uring_init
#define sys_preadv real_preadv
#define sys_pwritev real_pwritev
#define sys_fdatasync real_fdatasync
#define sys_fallocate real_fallocate
#define sys_lock_file real_lock_file
#define sys_file_facts real_file_facts
#include "vmm/base/sys_linux_file.c"
#undef sys_uring_init
#undef sys_preadv
#undef sys_pwritev
#undef sys_fdatasync
#undef sys_fallocate
#undef sys_lock_file
#undef sys_file_facts

#include "tests/fake/kernel.h"

int sys_uring_init(struct io_uring *u, unsigned int entries, unsigned int flags);
ssize_t sys_preadv(int fd, const struct iovec *iov, int n, uint64_t offset);
ssize_t sys_pwritev(int fd, const struct iovec *iov, int n, uint64_t offset);
int sys_fdatasync(int fd);
int sys_fallocate(int fd, int mode, uint64_t offset, uint64_t len);
int sys_lock_file(int fd, bool exclusive);
int sys_file_facts(int fd, struct file_facts *facts);

#define PASS(type, what, call)                                                                     \
	do {                                                                                       \
		type r_ = fake_enter(what);                                                        \
                                                                                                   \
		if (r_ == 0)                                                                       \
			r_ = call;                                                                 \
		fake_log((long)r_, what);                                                          \
		return r_;                                                                         \
	} while (0)

int sys_uring_init(struct io_uring *u, unsigned int entries, unsigned int flags)
{
	PASS(int, "uring_init", real_uring_init(u, entries, flags));
}

ssize_t sys_preadv(int fd, const struct iovec *iov, int n, uint64_t offset)
{
	PASS(ssize_t, "preadv", real_preadv(fd, iov, n, offset));
}

ssize_t sys_pwritev(int fd, const struct iovec *iov, int n, uint64_t offset)
{
	PASS(ssize_t, "pwritev", real_pwritev(fd, iov, n, offset));
}

int sys_fdatasync(int fd)
{
	PASS(int, "fdatasync", real_fdatasync(fd));
}

int sys_fallocate(int fd, int mode, uint64_t offset, uint64_t len)
{
	PASS(int, "fallocate", real_fallocate(fd, mode, offset, len));
}

int sys_lock_file(int fd, bool exclusive)
{
	PASS(int, "lock_file", real_lock_file(fd, exclusive));
}

int sys_file_facts(int fd, struct file_facts *facts)
{
	PASS(int, "file_facts", real_file_facts(fd, facts));
}
