/* SPDX-License-Identifier: BSD-2-Clause */
/* The seam's calls on names, and those on nothing. */
#include "tests/fake/vfio_impl.h"

#include <errno.h>

int sys_random(void *buf, size_t len)
{
	int r = fake_enter("random");

	if (r == 0)
		r = real_random(buf, len);
	fake_log(r, "random");
	return r;
}

uint64_t sys_now_ns(void)
{
	return real_now_ns();
}

uint64_t sys_wall_ns(void)
{
	return real_wall_ns();
}

#define PASS_PATH(what, path, call)                                                                \
	do {                                                                                       \
		int r_ = fake_enter(what " %s", path);                                             \
                                                                                                   \
		if (r_ == 0)                                                                       \
			r_ = call;                                                                 \
		fake_log(r_, what " %s", path);                                                    \
		return r_;                                                                         \
	} while (0)

/* @fn may come back to the seam, so the lock is not held. */
static int list(const char *dir, bool (*fn)(void *ctx, const char *name), void *ctx)
{
	int r = fake_sysfs_owns(dir) ? fake_sysfs_list(dir, fn, ctx)
				     : fake_list_served(dir, fn, ctx);

	return r == -ENXIO ? real_list(dir, fn, ctx) : r;
}

int sys_list(const char *dir, bool (*fn)(void *ctx, const char *name), void *ctx)
{
	PASS_PATH("list", dir, list(dir, fn, ctx));
}

int sys_readlink(const char *path, char *buf, size_t size)
{
	PASS_PATH("readlink", path,
		  fake_sysfs_owns(path) ? fake_sysfs_readlink(path, buf, size)
					: real_readlink(path, buf, size));
}

int sys_unlink(const char *path)
{
	PASS_PATH("unlink", path,
		  fake_files_own(path) ? fake_files_unlink(path) : real_unlink(path));
}

int sys_mkdir(const char *path, unsigned int mode)
{
	PASS_PATH("mkdir", path,
		  fake_files_own(path) ? fake_files_mkdir(path) : real_mkdir(path, mode));
}

int sys_openat(int dir_fd, const char *name, int flags, unsigned int mode)
{
	PASS_PATH("openat", name, fake_file_real(real_openat(dir_fd, name, flags, mode), name));
}

/* What was behind @onto is of the real kernel, too, and counts as the same file. */
int sys_dup_onto(int fd, int onto)
{
	PASS_PATH("dup", "onto", real_dup_onto(fd, onto));
}

int sys_renameat(int dir_fd, const char *from, const char *to)
{
	PASS_PATH("renameat", from, real_renameat(dir_fd, from, to));
}

bool sys_memlock_limit(uint64_t *bytes)
{
	*bytes = fake_facts.memlock;
	return fake_facts.memlock != UINT64_MAX;
}

uint64_t sys_raise_nofile(void)
{
	return 4096;
}

uint32_t sys_ncpus(void)
{
	return fake_facts.ncpus ? fake_facts.ncpus : 1;
}
