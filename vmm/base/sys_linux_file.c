/* SPDX-License-Identifier: BSD-2-Clause */
/* The part of the seam that disk images are made of. */
#include "vmm/base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef STATX_DIOALIGN /* headers before Linux 6.1 */
#define STATX_DIOALIGN 0x2000U
#endif

/* What is entered into a ring later, and how a ring ends, is liburing's. */
int sys_uring_init(struct io_uring *u, unsigned int entries, unsigned int flags)
{
	return io_uring_queue_init(entries, u, flags);
}

ssize_t sys_preadv(int fd, const struct iovec *iov, int n, uint64_t offset)
{
	ssize_t r = preadv(fd, iov, n, (off_t)offset);

	return r < 0 ? -errno : r;
}

ssize_t sys_pwritev(int fd, const struct iovec *iov, int n, uint64_t offset)
{
	ssize_t r = pwritev(fd, iov, n, (off_t)offset);

	return r < 0 ? -errno : r;
}

int sys_fdatasync(int fd)
{
	return fdatasync(fd) < 0 ? -errno : 0;
}

int sys_fallocate(int fd, int mode, uint64_t offset, uint64_t len)
{
	return fallocate(fd, mode, (off_t)offset, (off_t)len) < 0 ? -errno : 0;
}

int sys_lock_file(int fd, bool exclusive)
{
	struct flock fl = { .l_type = exclusive ? F_WRLCK : F_RDLCK, .l_whence = SEEK_SET };

	return fcntl(fd, F_OFD_SETLK, &fl) < 0 ? -errno : 0;
}

int sys_file_facts(int fd, struct file_facts *facts)
{
	/* glibc 2.36 has no names for the last two: they stand behind stx_mnt_id. */
	union {
		struct statx sx;
		uint32_t words[64];
	} u = { 0 };
	const uint32_t *dio = u.words + 0x98 / 4;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_TYPE | STATX_DIOALIGN, &u.sx) < 0)
		return -errno;
	*facts = (struct file_facts){
		.is_file = S_ISREG(u.sx.stx_mode),
		.is_block_device = S_ISBLK(u.sx.stx_mode),
		.io_size = u.sx.stx_blksize,
	};
	if (u.sx.stx_mask & STATX_DIOALIGN) {
		facts->dio_mem_align = dio[0];
		facts->dio_offset_align = dio[1];
	}
	return 0;
}
