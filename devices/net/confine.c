/* SPDX-License-Identifier: BSD-2-Clause */
#include "devices/net/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NOBODY 65534u

/*
 * The VMM's handlers speak for the VMM. Requests to end are for it alone, though they reach the
 * whole process group or unit: the guest may need its network until it has shut down, and the VMM's
 * end is seen on the socket.
 */
static void drop_handlers(void)
{
	static const int ours[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1, SIGUSR2 };
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		signal(ours[i], SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int drop_fds(int fd)
{
	int null;

	if (fd < CONFINE_FD || dup2(fd, CONFINE_FD) < 0) /* 0 to 2 are open, by the shell's word */
		return fd < CONFINE_FD ? -EBADF : -errno;
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0)
		return -errno;
	for (int i = 0; i < CONFINE_FD; i++)
		if (dup2(null, i) < 0)
			return -errno;
	return close_range(CONFINE_FD + 1, ~0u, 0) < 0 ? -errno : 0;
}

/* A mapping keeps its file open and its memory shared, whatever became of the descriptor. */
static int drop_shared_memory(void)
{
	FILE *f = fopen("/proc/self/maps", "re");
	unsigned long start, end;
	char line[512], perms[5];
	int r = 0;

	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%lx-%lx %4s", &start, &end, perms) == 3 && perms[3] == 's' &&
		    munmap((void *)start, end - start) < 0)
			r = -errno;
	fclose(f);
	return r;
}

int confine_begin(int fd)
{
	int r;

	drop_handlers();
	r = drop_shared_memory();
	if (r == 0)
		r = drop_fds(fd);
	setsid(); /* fails only for the leader of a group, which a new process is not */
	return r;
}

static int drop_user(void)
{
	if (geteuid() != 0)
		return 0;
	if (setgroups(0, NULL) == 0 && setresgid(NOBODY, NOBODY, NOBODY) == 0 &&
	    setresuid(NOBODY, NOBODY, NOBODY) == 0)
		return 0;
	/* A user namespace that knows no other user, or root without the right to change. */
	return errno == EINVAL || errno == EPERM ? 0 : -errno;
}

static int drop_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	return syscall(SYS_capset, &header, none) < 0 ? -errno : 0;
}

static int limit(int what)
{
	const struct rlimit zero = { 0, 0 };

	return setrlimit((unsigned int)what, &zero) < 0 ? -errno : 0;
}

int confine_end(pid_t parent)
{
	int r = drop_user();

	if (r == 0)
		r = drop_capabilities();
	if (r == 0)
		r = limit(RLIMIT_NPROC);
	if (r == 0)
		r = limit(RLIMIT_CORE);
	if (r == 0)
		r = limit(RLIMIT_MEMLOCK);
	if (r < 0)
		return r;
	/* After the change of user, which forgets the signal. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return -errno;
	/* Here a Landlock domain (read /etc/resolv.conf) and a system-call filter will go. */
	return getppid() == parent ? 0 : -ESRCH;
}
