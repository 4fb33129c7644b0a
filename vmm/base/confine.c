/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/base/confine.h"

#include "vmm/base/landlock.h"

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

/* 0 to 2 are open, by the shell's word, so both lie above. */
static int drop_fds(int fd, int words)
{
	int null;

	if (fd < CONFINE_FD || words < CONFINE_FD)
		return -EBADF;
	fd = fcntl(fd, F_DUPFD, CONFINE_WORDS + 1); /* out of the other's way */
	if (fd < 0 || dup2(words, CONFINE_WORDS) < 0 || dup2(fd, CONFINE_FD) < 0)
		return -errno;
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0)
		return -errno;
	for (int i = 0; i < CONFINE_FD; i++)
		if (dup2(null, i) < 0)
			return -errno;
	return close_range(CONFINE_WORDS + 1, ~0u, 0) < 0 ? -errno : 0;
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

int confine_begin(int fd, int words)
{
	int r;

	drop_handlers();
	r = drop_shared_memory();
	if (r == 0)
		r = drop_fds(fd, words);
	setsid(); /* fails only for the leader of a group, which a new process is not */
	return r;
}

/* 1: there is no other user for us. */
static int drop_user(void)
{
	if (geteuid() != 0)
		return 0;
	if (setgroups(0, NULL) == 0 && setresgid(NOBODY, NOBODY, NOBODY) == 0 &&
	    setresuid(NOBODY, NOBODY, NOBODY) == 0)
		return 0;
	/* A user namespace that knows no other user, or root without the right to change. */
	return errno == EINVAL || errno == EPERM ? 1 : -errno;
}

static int drop_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	return syscall(SYS_capset, &header, none) < 0 ? -errno : 0;
}

/* What the fork brought along is in use already: the VMM's own memory, without guest RAM. */
static rlim_t data_in_use(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	unsigned long pages = 0;

	if (f && fscanf(f, "%*u %*u %*u %*u %*u %lu", &pages) != 1)
		pages = 0;
	if (f)
		fclose(f);
	return (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE);
}

static int drop_resources(const struct confine_limits *l)
{
	const struct {
		int what;
		rlim_t most;
	} limits[] = {
		{ RLIMIT_NPROC, 0 },       { RLIMIT_CORE, 0 },
		{ RLIMIT_MEMLOCK, 0 },     { RLIMIT_FSIZE, 0 },
		{ RLIMIT_NOFILE, l->fds }, { RLIMIT_DATA, data_in_use() + l->data },
	};

	for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
		const struct rlimit both = { limits[i].most, limits[i].most };

		if (limits[i].what == RLIMIT_NPROC && l->forks)
			continue;
		if (setrlimit((unsigned int)limits[i].what, &both) < 0)
			return -errno;
	}
	return 0;
}

/* After the change of user, which forgets the signal and the rest. */
static int bind_to_parent(pid_t parent)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return -errno;
	return getppid() == parent ? 0 : -ESRCH;
}

void confine_last_words(int nr, const char *name)
{
	struct confine_words words = { .nr = nr };

	snprintf(words.name, sizeof(words.name), "%s", name);
	(void)!write(CONFINE_WORDS, &words, sizeof(words));
}

int confine_end(pid_t parent, const struct confine_limits *limits, struct confined *done)
{
	int r = drop_user();

	*done = (struct confined){ 0 };
	if (r >= 0) {
		done->same_user = r;
		r = drop_capabilities();
	}
	if (r == 0)
		r = drop_resources(limits);
	if (r == 0)
		r = bind_to_parent(parent);
	if (r == 0)
		r = landlock_close(LANDLOCK_NO_SIGNALS, LANDLOCK_NO_FILES);
	if (r < 0)
		return r;
	done->landlock = r;
	return call_filter_load(&limits->calls, confine_last_words);
}
