/* SPDX-License-Identifier: BSD-2-Clause */
/* What a thread gives up. System calls by number: the C library would do it for all threads. */
#include "vmm/base/sys.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static int result(long r)
{
	return r < 0 ? -errno : (int)r;
}

int sys_fork(void)
{
	return result(fork());
}

int sys_no_new_privs(void)
{
	return result(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

int sys_seccomp(const struct sock_filter *insns, uint16_t n, bool listen)
{
	const struct sock_fprog prog = { .len = n, .filter = (struct sock_filter *)insns };

	return result(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			      listen ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0, &prog));
}

int sys_landlock_version(void)
{
	return result(
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION));
}

/* An older kernel takes the longer struct, as what it does not know is zero. */
int sys_landlock_create(const struct landlock_ruleset_all *handled)
{
	return result(syscall(SYS_landlock_create_ruleset, handled, sizeof(*handled), 0));
}

int sys_landlock_restrict(int ruleset_fd)
{
	return result(syscall(SYS_landlock_restrict_self, ruleset_fd, 0));
}

int sys_landlock_keep(int ruleset_fd, int dir_fd, uint64_t files)
{
	const struct landlock_path_beneath_attr rule = { files, dir_fd };

	return result(
		syscall(SYS_landlock_add_rule, ruleset_fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0));
}

int sys_set_user(uint32_t uid, uint32_t gid)
{
	int r = result(syscall(SYS_setgroups, 0, NULL));

	if (r == 0)
		r = result(syscall(SYS_setresgid, gid, gid, gid));
	return r < 0 ? r : result(syscall(SYS_setresuid, uid, uid, uid));
}

int sys_caps(uint64_t *caps)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };
	int r;

	r = result(syscall(SYS_capget, &header, data));
	*caps = data[0].effective | (uint64_t)data[1].effective << 32;
	return r;
}

int sys_keep_caps(uint64_t keep)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	uint64_t have;
	int r = sys_caps(&have);

	keep &= have;
	for (uint32_t i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		uint32_t bits = (uint32_t)(keep >> 32 * i);

		data[i] = (struct __user_cap_data_struct){ .effective = bits, .permitted = bits };
	}
	return r < 0 ? r : result(syscall(SYS_capset, &header, data));
}

int sys_unlimit_memlock(void)
{
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };

	return result(setrlimit(RLIMIT_MEMLOCK, &all));
}

int sys_close_process(void)
{
	const struct rlimit none = { 0, 0 };
	struct rlimit files = { 0 };
	int r = result(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));

	if (r == 0)
		r = result(setrlimit(RLIMIT_CORE, &none));
	if (r == 0)
		r = result(getrlimit(RLIMIT_NOFILE, &files));
	files.rlim_max = files.rlim_cur;
	return r < 0 ? r : result(setrlimit(RLIMIT_NOFILE, &files));
}
