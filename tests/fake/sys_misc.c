/* SPDX-License-Identifier: BSD-2-Clause */
/* The seam's calls on names, and those on nothing. */
#include "tests/fake/kernel.h"

#include <errno.h>

int sys_find_entry(const char *dir, const char *prefix, char *name, size_t size)
{
	int r = fake_enter("find_entry %s", dir);

	if (r == 0) {
		pthread_mutex_lock(&fake_lock);
		r = fake_find_served(dir, prefix, name, size);
		pthread_mutex_unlock(&fake_lock);
		if (r == -ENXIO) /* not a folder of ours */
			r = real_find_entry(dir, prefix, name, size);
	}
	fake_log(r, "find_entry %s", dir);
	return r;
}

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

int sys_list(const char *dir, bool (*fn)(void *ctx, const char *name), void *ctx)
{
	PASS_PATH("list", dir, real_list(dir, fn, ctx));
}

int sys_readlink(const char *path, char *buf, size_t size)
{
	PASS_PATH("readlink", path, real_readlink(path, buf, size));
}

int sys_unlink(const char *path)
{
	PASS_PATH("unlink", path, real_unlink(path));
}

int sys_mkdir(const char *path, unsigned int mode)
{
	PASS_PATH("mkdir", path, real_mkdir(path, mode));
}

bool sys_memlock_limit(uint64_t *bytes)
{
	*bytes = fake_facts.memlock;
	return fake_facts.memlock != UINT64_MAX;
}

uint32_t sys_ncpus(void)
{
	return fake_facts.ncpus ? fake_facts.ncpus : 1;
}
