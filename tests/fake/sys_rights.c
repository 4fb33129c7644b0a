/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The seam's rights that are given up. A test on a made-up kernel (fake_reset()) only sees them
 * logged, as that test has to go on; a test on the real kernel gives them up.
 */
#include "tests/fake/vfio_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

bool fake_keeps_rights;
int fake_landlock;

#define GIVE_UP(real, ...)                                                                         \
	do {                                                                                       \
		int r_;                                                                            \
                                                                                                   \
		if (!fake_keeps_rights)                                                            \
			return real;                                                               \
		r_ = fake_enter(__VA_ARGS__);                                                      \
		fake_log(r_, __VA_ARGS__);                                                         \
		return r_;                                                                         \
	} while (0)

/* A made-up kernel lives in this process alone. */
int sys_fork(void)
{
	int r;

	if (!fake_keeps_rights)
		return real_fork();
	r = fake_enter("fork");
	if (r == 0)
		r = -ENOSYS;
	fake_log(r, "fork");
	return r;
}

int sys_no_new_privs(void)
{
	GIVE_UP(real_no_new_privs(), "no_new_privs");
}

/* Nothing is filtered: whoever listens hears the end at once. */
static int hears_nothing(void)
{
	int ends[2], r = fake_enter("seccomp listen");

	if (r == 0 && pipe2(ends, O_CLOEXEC) == 0) {
		close(ends[1]);
		r = fake_file_real(ends[0], "seccomp listener");
	}
	fake_log(r, "seccomp listen");
	return r;
}

int sys_seccomp(const struct sock_filter *insns, uint16_t n, bool listen)
{
	if (fake_keeps_rights && listen)
		return hears_nothing();
	GIVE_UP(real_seccomp(insns, n, listen), "seccomp");
}

int sys_landlock_version(void)
{
	return fake_keeps_rights ? fake_landlock : real_landlock_version();
}

int sys_landlock_create(const struct landlock_ruleset_all *handled)
{
	int r;

	if (!fake_keeps_rights)
		return real_landlock_create(handled);
	r = fake_enter("landlock_create");
	if (r == 0)
		r = fake_file_real(real_eventfd(), "landlock ruleset");
	fake_log(r, "landlock_create");
	return r;
}

int sys_landlock_restrict(int ruleset_fd)
{
	GIVE_UP(real_landlock_restrict(ruleset_fd), "landlock_restrict");
}

int sys_landlock_keep(int ruleset_fd, int dir_fd, uint64_t files)
{
	GIVE_UP(real_landlock_keep(ruleset_fd, dir_fd, files), "landlock_keep 0x%llx",
		(unsigned long long)files);
}

int sys_set_user(uint32_t uid, uint32_t gid)
{
	GIVE_UP(real_set_user(uid, gid), "set_user %u %u", uid, gid);
}

int sys_caps(uint64_t *caps)
{
	if (!fake_keeps_rights)
		return real_caps(caps);
	*caps = fake_facts.memlock == UINT64_MAX ? UINT64_MAX >> 23 : 0;
	return 0;
}

int sys_keep_caps(uint64_t keep)
{
	GIVE_UP(real_keep_caps(keep), "keep_caps 0x%llx", (unsigned long long)keep);
}

int sys_unlimit_memlock(void)
{
	GIVE_UP(real_unlimit_memlock(), "unlimit_memlock");
}

int sys_close_process(void)
{
	GIVE_UP(real_close_process(), "close_process");
}
