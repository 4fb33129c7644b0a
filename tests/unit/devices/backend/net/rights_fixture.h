/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_UNIT_DEVICES_BACKEND_NET_RIGHTS_FIXTURE_H
#define TESTS_UNIT_DEVICES_BACKEND_NET_RIGHTS_FIXTURE_H

/*
 * The rights that the user network's process gave up, each as an attempt to use it. For the unit
 * test, and for a program that tries the same on a POWER host (tests/lab/confined.c).
 */

#include "vmm/base/confine.h"
#include "devices/backend/net/slirp_calls.h"
#include "vmm/base/types.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- a process that is confined, and tries something ---- */

#define DATA (256 * MiB)
#define FDS 64u

static pid_t parent;
static struct confine_words words; /* what it said, if it ended by a refused call */

static void must(bool good)
{
	if (!good)
		abort();
}

/* Return its exit status; 128 + n: ended by signal n. 100: what it tried was not hindered. */
static int confined(long (*attempt)(void))
{
	const struct confine_limits limits = { { &slirp_program, slirp_served, CALL_REFUSE },
					       DATA,
					       FDS };
	int fd[2], pipe_fd[2], status;
	struct confined done;
	pid_t pid;

	must(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fd) == 0);
	must(pipe2(pipe_fd, O_NONBLOCK) == 0);
	parent = getpid();
	pid = fork();
	if (pid == 0) {
		if (confine_begin(fd[1], pipe_fd[1]) < 0 || slirp_keep_name_servers() < 0 ||
		    confine_end(parent, &limits, &done) < 0)
			_exit(99);
		syscall(SYS_exit_group, (int)attempt()); /* a sanitizer's _exit() does more */
	}
	close(fd[1]);
	close(pipe_fd[1]);
	must(waitpid(pid, &status, 0) == pid);
	words = (struct confine_words){ 0 };
	while (read(pipe_fd[0], &words, sizeof(words)) == sizeof(words))
		;
	close(fd[0]);
	close(pipe_fd[0]);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* ---- what ends it ---- */

static struct sockaddr_in loopback(void)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

static void try_exec(void)
{
	char *argv[] = { "/bin/true", NULL };

	execv(argv[0], argv);
}

static void try_exec_descriptor(void)
{
	char *argv[] = { "true", NULL };

	syscall(SYS_execveat, AT_FDCWD, "/bin/true", argv, NULL, 0);
}

static void try_fork(void)
{
	syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, 0);
}

static void try_clone3(void)
{
	syscall(SYS_clone3, NULL, 0);
}

static void try_kill_parent(void)
{
	kill(parent, SIGKILL);
}

static void try_kill_all(void)
{
	kill(-1, SIGKILL);
}

static void try_kill_thread_of_parent(void)
{
	syscall(SYS_tgkill, parent, parent, SIGABRT);
}

static void try_other_signal_to_itself(void)
{
	syscall(SYS_tgkill, getpid(), gettid(), SIGSTOP);
}

static void try_pidfd(void)
{
	syscall(SYS_pidfd_open, parent, 0);
}

static void try_ptrace(void)
{
	ptrace(PTRACE_ATTACH, parent, NULL, NULL);
}

static void try_memory_of_parent(void)
{
	char byte;
	struct iovec to = { &byte, 1 }, from = { &byte, 1 };

	process_vm_readv(parent, &to, 1, &from, 1, 0);
}

static void try_openat2(void)
{
	syscall(SYS_openat2, AT_FDCWD, "/etc/passwd", NULL, 0);
}

static void try_mkdir(void)
{
	syscall(SYS_mkdirat, AT_FDCWD, "/tmp/net-confine", 0700);
}

static void try_unlink(void)
{
	syscall(SYS_unlinkat, AT_FDCWD, "/tmp/net-confine", 0);
}

static void try_link(void)
{
	syscall(SYS_symlinkat, "/etc/passwd", AT_FDCWD, "/tmp/net-confine");
}

static void try_chmod(void)
{
	syscall(SYS_fchmodat, AT_FDCWD, "/tmp", 0777);
}

static void try_list(void)
{
	char buffer[512];

	syscall(SYS_getdents64, 0, buffer, sizeof(buffer));
}

static void try_chroot(void)
{
	(void)!chroot("/");
}

static void try_mount(void)
{
	mount("none", "/tmp", "tmpfs", 0, NULL);
}

static void try_namespace(void)
{
	unshare(CLONE_NEWUSER);
}

static void try_limit(void)
{
	const struct rlimit more = { 1 << 20, 1 << 20 };

	syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, &more, NULL);
}

static void try_user(void)
{
	(void)!setuid(0);
}

static void try_capabilities(void)
{
	syscall(SYS_capset, NULL, NULL);
}

static void try_dumpable(void)
{
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static void try_unix(void)
{
	socket(AF_UNIX, SOCK_STREAM, 0);
}

static void try_netlink(void)
{
	socket(AF_NETLINK, SOCK_RAW, 0);
}

static void try_packet(void)
{
	socket(AF_PACKET, SOCK_RAW, 0);
}

static void try_raw(void)
{
	socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
}

static void try_sctp(void)
{
	socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP);
}

static void try_socketpair(void)
{
	int fd[2];

	socketpair(AF_UNIX, SOCK_STREAM, 0, fd);
}

static void try_bind(void)
{
	struct sockaddr_in a = loopback();

	bind(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&a, sizeof(a));
}

static void try_listen(void)
{
	listen(socket(AF_INET, SOCK_STREAM, 0), 1);
}

static void try_descriptors(void)
{
	struct msghdr m = { 0 };

	recvmsg(CONFINE_FD, &m, 0);
}

static void try_pass_descriptors(void)
{
	struct msghdr m = { 0 };

	sendmsg(CONFINE_FD, &m, 0);
}

static void try_socket_program(void)
{
	struct sock_fprog program = { 0 };

	setsockopt(socket(AF_INET, SOCK_DGRAM, 0), SOL_SOCKET, SO_ATTACH_FILTER, &program,
		   sizeof(program));
}

static void try_other_option(void)
{
	int n;
	socklen_t size = sizeof(n);

	getsockopt(CONFINE_FD, SOL_SOCKET, SO_PEERCRED, &n, &size);
}

static void try_other_ioctl(void)
{
	int n = 0;

	ioctl(CONFINE_FD, SIOCGIFCONF, &n);
}

static void try_owner(void)
{
	fcntl(CONFINE_FD, F_SETOWN, parent);
}

static void try_code(void)
{
	mmap(NULL, 65536, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void try_memory_into_code(void)
{
	void *p = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	mprotect(p, 65536, PROT_READ | PROT_EXEC);
}

static void try_map_file(void)
{
	mmap(NULL, 65536, PROT_READ, MAP_PRIVATE, 0, 0);
}

static void try_shared(void)
{
	mmap(NULL, 65536, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

static void try_memory_file(void)
{
	memfd_create("x", 0);
}

static void try_io_uring(void)
{
	syscall(SYS_io_uring_setup, 1, NULL);
}

static void try_bpf(void)
{
	syscall(SYS_bpf, 0, NULL, 0);
}

static void try_perf(void)
{
	syscall(SYS_perf_event_open, NULL, 0, 0, 0, 0);
}

static void try_keys(void)
{
	syscall(SYS_add_key, NULL, NULL, NULL, 0, 0);
}

static void try_page_faults(void)
{
	syscall(SYS_userfaultfd, 0);
}

static void try_handler(void)
{
	signal(SIGSYS, SIG_IGN);
}

static void try_clock(void)
{
	const struct timespec now = { 0 };

	clock_settime(CLOCK_REALTIME, &now);
}

#ifdef SYS_socketcall
static void try_second_way(void)
{
	const unsigned long args[] = { AF_UNIX, SOCK_STREAM, 0 };

	syscall(SYS_socketcall, 1, args);
}
#endif

static const struct {
	void (*attempt)(void);
	const char *call;
} rights[] = {
	{ try_exec, "execve" },
	{ try_exec_descriptor, "execveat" },
	{ try_fork, "clone" },
	{ try_clone3, "clone3" },
	{ try_kill_parent, "kill" },
	{ try_kill_all, "kill" },
	{ try_kill_thread_of_parent, "tgkill" },
	{ try_other_signal_to_itself, "tgkill" },
	{ try_pidfd, "pidfd_open" },
	{ try_ptrace, "ptrace" },
	{ try_memory_of_parent, "process_vm_readv" },
	{ try_openat2, "openat2" },
	{ try_mkdir, "mkdirat" },
	{ try_unlink, "unlinkat" },
	{ try_link, "symlinkat" },
	{ try_chmod, "fchmodat" },
	{ try_list, "getdents64" },
	{ try_chroot, "chroot" },
	{ try_mount, "mount" },
	{ try_namespace, "unshare" },
	{ try_limit, "prlimit64" },
	{ try_user, "setuid" },
	{ try_capabilities, "capset" },
	{ try_dumpable, "prctl" },
	{ try_unix, "socket" },
	{ try_netlink, "socket" },
	{ try_packet, "socket" },
	{ try_raw, "socket" },
	{ try_sctp, "socket" },
	{ try_socketpair, "socketpair" },
	{ try_bind, "bind" },
	{ try_listen, "listen" },
	{ try_descriptors, "recvmsg" },
	{ try_pass_descriptors, "sendmsg" },
	{ try_socket_program, "setsockopt" },
	{ try_other_option, "getsockopt" },
	{ try_other_ioctl, "ioctl" },
	{ try_owner, "fcntl" },
	{ try_code, "mmap" },
	{ try_memory_into_code, "mprotect" },
	{ try_map_file, "mmap" },
	{ try_shared, "mmap" },
	{ try_memory_file, "memfd_create" },
	{ try_io_uring, "io_uring_setup" },
	{ try_bpf, "bpf" },
	{ try_perf, "perf_event_open" },
	{ try_keys, "add_key" },
	{ try_page_faults, "userfaultfd" },
	{ try_handler, "rt_sigaction" },
	{ try_clock, "clock_settime" },
#ifdef SYS_socketcall
	{ try_second_way, "socketcall" },
#endif
};

/* ---- what fails, or goes on, and it lives: 0 ---- */

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition))                                                                  \
			return __LINE__ % 90 + 1;                                                  \
	} while (0)

static long open_anything(void)
{
	struct stat first, other;

	CHECK(syscall(SYS_fstat, 0, &first) == 0);
	CHECK(syscall(SYS_fstat, open("/etc/passwd", O_RDONLY), &other) == 0);
	CHECK(first.st_ino == other.st_ino && first.st_dev == other.st_dev);
	CHECK(syscall(SYS_fstat, open("/etc/shadow", O_RDWR | O_CREAT, 0600), &other) == 0);
	CHECK(first.st_ino == other.st_ino && first.st_dev == other.st_dev);
	return 0;
}

static long read_twice(void)
{
	char line[2][64] = { "", "" };

	for (int i = 0; i < 2; i++) {
		FILE *f = fopen("/etc/resolv.conf", "r");

		CHECK(f != NULL);
		CHECK(fgets(line[i], sizeof(line[i]), f) != NULL);
		CHECK(fclose(f) == 0);
	}
	CHECK(strcmp(line[0], line[1]) == 0 && *line[0]);
	return 0;
}

static long number_of_interface(void)
{
	CHECK(if_nametoindex("lo") > 0);
	CHECK(socket(AF_UNIX, SOCK_DGRAM, 0) < 0 && errno == EPERM);
	return 0;
}

static long raw_ping(void)
{
	CHECK(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) < 0 && errno == EPERM);
	CHECK(socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6) < 0 && errno == EPERM);
	return 0;
}

static long take_descriptors(void)
{
	int fd, n = CONFINE_WORDS + 1;

	while ((fd = socket(AF_INET, SOCK_DGRAM, 0)) >= 0)
		n++;
	CHECK(errno == EMFILE && n == FDS);
	return 0;
}

static long take_memory(void)
{
	size_t n = 0;

	while (mmap(NULL, MiB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
	       MAP_FAILED)
		n++;
	CHECK(errno == ENOMEM && n <= DATA / MiB);
	CHECK(n >= DATA / MiB - 2);
	return 0;
}

static inline long run_out_of_memory(void)
{
	abort();
}

static long write_file(void)
{
	return write(0, "x", 1) < 0 ? 0 : 100;
}

static const struct {
	long (*attempt)(void);
	const char *name;
} peaceful[] = {
	{ open_anything, "open_anything" },
	{ read_twice, "read_twice" },
	{ number_of_interface, "number_of_interface" },
	{ raw_ping, "raw_ping" },
	{ take_descriptors, "take_descriptors" },
	{ take_memory, "take_memory" },
	{ write_file, "write_file" },
};

static size_t current;

static long attempt_current(void)
{
	rights[current].attempt();
	return 100;
}

/* Does the attempt number @i end its process, and name the call? */
static bool is_refused(size_t i)
{
	current = i;
	return confined(attempt_current) == 1 && strcmp(words.name, rights[i].call) == 0;
}

#endif
