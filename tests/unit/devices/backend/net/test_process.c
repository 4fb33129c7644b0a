/* SPDX-License-Identifier: BSD-2-Clause */
/* The user network's process, from outside: what it holds, what it costs, how it ends. */
#include "tests/unit/devices/backend/net/user_fixture.h"

#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>

TestSuite(net_process, .init = net_setup, .timeout = 100);

Test(net_process, its_process_has_nothing_of_ours_and_no_rights)
{
	char address[32];
	void *shared =
		mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int secret = open("/etc/hostname", O_RDONLY);
	pid_t pid;

	cr_assert(shared != MAP_FAILED);
	snprintf(address, sizeof(address), "%lx-", (unsigned long)shared);
	start(NULL, 0);
	pid = find_process();
	cr_expect(has_line(getpid(), "maps", address));
	cr_expect(has_line(pid, "status", "NoNewPrivs:\t1"));
	cr_expect(has_line(pid, "status", "CapEff:\t0000000000000000"));
	cr_expect(has_line(pid, "status", "CapPrm:\t0000000000000000"));
	if (geteuid() == 0) {
		cr_expect(has_line(pid, "status", "Uid:\t65534\t65534\t65534\t65534"));
		cr_expect(has_line(pid, "status", "Gid:\t65534\t65534\t65534\t65534"));
		cr_expect(has_line(pid, "status", "Groups:\t \n"));
		cr_expect(not(has_line(pid, "maps", address)));
		/* The name servers, /dev/null twice, the socket, the pipe. */
		cr_expect(eq(int, fds_of(pid), 5));
	}
	cr_expect(has_line(pid, "limits", "Max processes             0 "));
	cr_expect(has_line(pid, "limits", "Max core file size        0 "));
	cr_expect(has_line(pid, "limits", "Max file size             0 "));
	cr_expect(has_line(pid, "limits", "Max open files            1024                 1024 "));
	cr_expect(not(has_line(pid, "limits", "Max data size             unlimited")));
	cr_expect(has_line(pid, "status", "Seccomp:\t2"));
	cr_expect(ne(int, getsid(pid), getsid(0)));
	close(secret);
	munmap(shared, 1 << 20);
	net_teardown();
}

/* ---- what one guest may cost ---- */

#ifndef __SANITIZE_ADDRESS__ /* whose own memory counts, too */
static long status_kib(pid_t pid, const char *key)
{
	char path[64], line[128];
	long kib = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	cr_assert(f != NULL);
	while (fgets(line, sizeof(line), f))
		if (strncmp(line, key, strlen(key)) == 0)
			sscanf(line + strlen(key), "%ld", &kib);
	fclose(f);
	return kib;
}

/* More connections than there may be: the rest is refused, and once they have ended all is well. */
Test(net_process, a_flood_of_connections_is_bounded_and_passes)
{
	const uint16_t first = 2000, n = 1200, later = 9000;
	uint16_t port, refused = 0;
	struct frame_tcp t;
	int fd = listen_and_start(true, &port);
	pid_t pid = find_process();
	long before = status_kib(pid, "VmData:");

	for (uint16_t i = 0; i < n; i++) {
		send_segment(HOST, (uint16_t)(first + i), port, FRAME_SYN, 0);
		t = answer_to((uint16_t)(first + i));
		if (t.flags == (FRAME_SYN | FRAME_ACK))
			send_segment(HOST, t.dport, port, FRAME_ACK, t.seq + 1);
		else
			refused++;
	}
	cr_expect(gt(int, refused, n - 1024));
	cr_expect(lt(int, refused, n - 1000));
	cr_expect(le(int, fds_of(pid), 1024));
	cr_expect(lt(long, status_kib(pid, "VmData:") - before, 512 * 1024));
	for (uint16_t i = 0; i < n; i++)
		send_segment(HOST, (uint16_t)(first + i), port, FRAME_RST, 0);
	send_segment(HOST, later, port, FRAME_SYN, 0);
	cr_expect(eq(int, answer_to(later).flags, FRAME_SYN | FRAME_ACK));
	cr_expect(lt(int, fds_of(pid), 32));
	close(fd);
	net_teardown();
}
#endif

/* ---- when somebody else has taken the process over ---- */

#ifdef __x86_64__
/* The process makes call @nr next. While it waits in a call, the instruction stands before rip. */
static void make_it_call(pid_t pid, long nr)
{
	struct user_regs_struct regs;

	if (ptrace(PTRACE_ATTACH, pid, NULL, NULL) < 0)
		cr_skip("nobody may trace here");
	cr_assert(eq(int, waitpid(pid, NULL, 0), pid));
	cr_assert(eq(long, ptrace(PTRACE_GETREGS, pid, NULL, &regs), 0));
	regs.orig_rax = (unsigned long long)-1;
	regs.rax = (unsigned long long)nr;
	regs.rip -= 2;
	cr_assert(eq(long, ptrace(PTRACE_SETREGS, pid, NULL, &regs), 0));
	cr_assert(eq(long, ptrace(PTRACE_DETACH, pid, NULL, NULL), 0));
}

Test(net_process, a_call_that_it_may_not_make_ends_it_and_is_named)
{
	start(NULL, 0);
	make_it_call(find_process(), SYS_execve);
	while (!ndown)
		cr_assert(gt(int, loop_run_once(&loop, WAIT_MS), 0));
	cr_expect(eq(int, ndown, 1));
	cr_expect(eq(int, said_lines(), 1));
	cr_expect(eq(str, said_last(),
		     "net0: the user network's process was ended: it asked for execve (system call "
		     "59), which it has no use for: the guest's link is down"));
	net_teardown();
}
#endif

static void write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		cr_skip("needs a user namespace");
	close(fd);
}

/* Root of a user namespace that knows nobody else: said, and confined all the same. */
Test(net_process, says_that_there_is_no_other_user)
{
	pid_t pid;

	if (geteuid() != 0 || unshare(CLONE_NEWUSER) < 0)
		cr_skip("needs root, and a user namespace");
	write_to("/proc/self/setgroups", "deny");
	write_to("/proc/self/uid_map", "0 0 1");
	write_to("/proc/self/gid_map", "0 0 1");
	start(NULL, 0);
	cr_expect(eq(int, said_lines(), 1));
	cr_expect(strstr(said_last(), "net0: the user network's process stays user 0") ==
		  said_last());
	pid = find_process();
	cr_expect(has_line(pid, "status", "Uid:\t0\t0"));
	cr_expect(has_line(pid, "status", "CapPrm:\t0000000000000000"));
	cr_expect(has_line(pid, "status", "Seccomp:\t2"));
	net_teardown();
}

/* A signal that ends the VMM gracefully must not end the guest's network first. */
Test(net_process, its_process_leaves_requests_to_end_to_us)
{
	struct frame f;
	uint32_t address;
	pid_t pid;

	start(NULL, 0);
	pid = find_process();
	kill(pid, SIGTERM);
	kill(pid, SIGINT);
	kill(pid, SIGHUP);
	frame_dhcp_discover(&f);
	send_frame(&f);
	next_wanted(&f);
	cr_assert(frame_is_dhcp_offer(&f, &address));
	net_teardown();
}

Test(net_process, its_death_takes_the_link_down_and_nothing_else)
{
	struct frame f;
	struct iovec iov = { f.data, sizeof(f.data) };

	start(NULL, 0);
	net_backend_want(backend, 0); /* noticed even when nobody wants frames */
	kill(find_process(), SIGSEGV);
	while (!ndown)
		cr_assert(gt(int, loop_run_once(&loop, WAIT_MS), 0));
	cr_expect(eq(int, ndown, 1));
	cr_expect(eq(int, said_lines(), 1));
	cr_expect(eq(str, said_last(),
		     "net0: the user network's process was ended by signal 11: the guest's link is "
		     "down"));
	frame_dhcp_discover(&f);
	cr_expect(eq(long, net_backend_send(backend, &iov, 1), -EPIPE));
	cr_expect(eq(long, net_backend_receive(backend, &iov, 1), -EAGAIN));
	net_backend_want(backend, NET_READABLE | NET_WRITABLE);
	cr_expect(eq(int, loop_run_once(&loop, 0), 0));
	net_teardown();
}
