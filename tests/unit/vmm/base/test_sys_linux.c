/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sys_linux*.c: the seam's own bodies, on the real kernel, where no other test gets to them: the fake
 * plays the calls on files of the host, and what a thread gives up it only logs.
 */
#define sys_memlock_limit real_memlock_limit
#define sys_raise_nofile real_raise_nofile
#define sys_ncpus real_ncpus
#include "vmm/base/sys_linux_limit.c"
#undef sys_memlock_limit
#undef sys_raise_nofile
#undef sys_ncpus

#include "tests/fake/kernel.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static char dir[64], path[80];

static void setup(void)
{
	strcpy(dir, "/tmp/spapr-unit-XXXXXX");
	cr_assert(mkdtemp(dir) != NULL);
	snprintf(path, sizeof(path), "%s/one", dir);
}

static void teardown(void)
{
	unlink(path);
	rmdir(path);
	rmdir(dir);
}

TestSuite(sys_linux, .init = setup, .fini = teardown, .timeout = 20);

/* ---- files ---- */

static bool count(void *ctx, const char *name)
{
	cr_expect(name[0] != '.');
	++*(int *)ctx;
	return true;
}

static bool enough(void *ctx, const char *name)
{
	(void)name;
	++*(int *)ctx;
	return false;
}

Test(sys_linux, a_folder_is_listed_until_the_caller_has_enough)
{
	int n = 0, first = 0;

	cr_expect(eq(int, real_list(dir, count, &n), 0));
	cr_expect(eq(int, n, 0), "neither itself nor its parent");
	cr_expect(eq(int, real_mkdir(path, 0700), 0));
	cr_expect(eq(int, real_list(dir, count, &n), 0));
	cr_expect(eq(int, n, 1));
	cr_expect(eq(int, real_list("/proc/self", enough, &first), 0));
	cr_expect(eq(int, first, 1));
	cr_expect(eq(int, real_list("/nonexistent", count, &n), -ENOENT));
}

Test(sys_linux, a_link_that_does_not_fit_is_not_cut)
{
	char target[8];

	cr_assert(eq(int, symlink("1234567", path), 0));
	cr_expect(eq(int, real_readlink(path, target, sizeof(target)), 7));
	cr_expect(eq(str, target, "1234567"));
	cr_expect(eq(int, real_readlink(path, target, 7), -ENAMETOOLONG));
	cr_expect(eq(int, real_readlink("/nonexistent", target, sizeof(target)), -ENOENT));
}

Test(sys_linux, what_the_kernel_refuses_is_its_errno)
{
	uint64_t size;
	void *p;

	cr_expect(eq(int, real_mkdir(dir, 0700), -EEXIST));
	cr_expect(eq(int, real_unlink(path), -ENOENT));
	cr_expect(eq(int, real_file_size(-1, &size), -EBADF));
	cr_expect(eq(int, real_mmap(&p, NULL, 0, 0, 0, -1, 0), -EBADF));
}

/* One's own group may be given, and any of a file's modes. */
Test(sys_linux, a_file_is_shared_with_a_group)
{
	struct stat st;

	close(open(path, O_CREAT | O_WRONLY, 0600));
	cr_assert(eq(int, real_share(path, getgid(), 0640), 0));
	cr_assert(eq(int, stat(path, &st), 0));
	cr_expect(eq(uint, st.st_mode & 07777, 0640));
	cr_expect(eq(uint, st.st_gid, getgid()));
	cr_expect(eq(int, real_share("/nonexistent", getgid(), 0640), -ENOENT));
}

/* A kernel without NUMA has no such call; one with it has node 0. */
Test(sys_linux, memory_is_bound_to_a_node_that_there_is)
{
	void *p;
	int r;

	cr_assert(eq(int,
		     real_mmap(&p, NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			       -1, 0),
		     0));
	r = real_mbind(p, 4096, 0);
	cr_expect(r == 0 || r == -ENOSYS || r == -EPERM, "%d", r);
	cr_expect(lt(int, real_mbind(p, 4096, 1000), 0));
	cr_expect(eq(int, real_mbind(p, 4096, UINT32_MAX), -EINVAL));
}

Test(sys_linux, a_rule_needs_a_ruleset)
{
	cr_expect(lt(int, real_landlock_keep(-1, -1, LANDLOCK_ACCESS_FS_READ_FILE), 0));
}

/* ---- limits ---- */

Test(sys_linux, limits_are_the_kernels)
{
	const struct rlimit few = { 64, 128 };
	uint64_t bytes = 1;

	cr_expect(eq(int, setrlimit(RLIMIT_NOFILE, &few), 0));
	cr_expect(eq(u64, real_raise_nofile(), 128));
	cr_expect(ge(u32, real_ncpus(), 1));
	real_keep_caps(0);
	cr_expect(eq(int, setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){ 4096, 8192 }), 0));
	cr_expect(real_memlock_limit(&bytes));
	cr_expect(eq(u64, bytes, 4096));
}

/* ---- rights; a test is a process of its own ---- */

Test(sys_linux, privileges_are_not_gained_any_more)
{
	cr_expect(eq(int, real_no_new_privs(), 0));
	cr_expect(eq(int, prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1));
}

Test(sys_linux, capabilities_are_those_that_are_kept)
{
	uint64_t all, left = 1;

	cr_expect(eq(int, real_caps(&all), 0));
	cr_expect(eq(int, real_keep_caps(1ull << CAP_IPC_LOCK), 0));
	cr_expect(eq(int, real_caps(&left), 0));
	cr_expect(eq(u64, left, all & 1ull << CAP_IPC_LOCK));
	cr_expect(eq(int, real_keep_caps(0), 0));
	cr_expect(eq(int, real_caps(&left), 0));
	cr_expect(eq(u64, left, 0));
}

/* To who it is: another user could not write what a test leaves. */
Test(sys_linux, the_user_is_changed_with_the_right_to)
{
	cr_expect(eq(int, real_set_user(getuid(), getgid()), geteuid() == 0 ? 0 : -EPERM));
	real_keep_caps(0);
	cr_expect(eq(int, real_set_user(getuid(), getgid()), -EPERM));
}

Test(sys_linux, the_process_is_shut_to_debuggers)
{
	struct rlimit core, files;

	cr_expect(eq(int, real_close_process(), 0));
	cr_expect(eq(int, prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0));
	getrlimit(RLIMIT_CORE, &core);
	getrlimit(RLIMIT_NOFILE, &files);
	cr_expect(eq(u64, (uint64_t)core.rlim_max, 0));
	cr_expect(eq(u64, (uint64_t)files.rlim_max, (uint64_t)files.rlim_cur));
}

/* Root of a container may lack the right to. */
Test(sys_linux, locked_memory_is_unlimited_for_who_may)
{
	int r = real_unlimit_memlock();
	struct rlimit lim;

	getrlimit(RLIMIT_MEMLOCK, &lim);
	cr_expect(eq(int, r, lim.rlim_cur == RLIM_INFINITY ? 0 : -EPERM));
}

static const struct sock_filter getppid_fails[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EXDEV),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

Test(sys_linux, a_filter_holds)
{
	cr_expect(eq(int, real_no_new_privs(), 0));
	cr_expect(eq(int, real_seccomp(getppid_fails, ARRAY_LEN(getppid_fails), false), 0));
	cr_expect(eq(long, syscall(SYS_getppid), -1));
	cr_expect(eq(int, errno, EXDEV));
	cr_expect(eq(int, real_seccomp(NULL, 0, false), -EINVAL));
}

Test(sys_linux, landlock_takes_what_it_is_given)
{
	const struct landlock_ruleset_all no_folders = { .files = LANDLOCK_ACCESS_FS_MAKE_DIR };
	int fd;

	if (real_landlock_version() < 0)
		cr_skip("this kernel has no Landlock");
	fd = real_landlock_create(&no_folders);
	cr_assert(ge(int, fd, 0));
	cr_expect(eq(int, real_no_new_privs(), 0));
	cr_expect(eq(int, real_landlock_restrict(fd), 0));
	cr_expect(eq(int, real_mkdir(path, 0700), -EACCES));
	cr_expect(eq(int, real_landlock_restrict(-1), -EBADF));
	close(fd);
}
