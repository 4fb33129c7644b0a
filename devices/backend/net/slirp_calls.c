/* SPDX-License-Identifier: BSD-2-Clause */
/* What libslirp and its loop need of the kernel once they serve, and not a call more. */
#include "vmm/base/callrules.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

/* socket()'s type without SOCK_CLOEXEC and SOCK_NONBLOCK. */
#define TYPE_BITS 0xfu
#define SOCKET(family, type, protocol)                                                             \
	CALL(socket), .args = { { 0, INT_BITS, family },                                           \
				{ 1, TYPE_BITS, type },                                            \
				{ 2, INT_BITS, protocol } }
#define OPTION(call, level, name)                                                                  \
	CALL(call), .args = { { 1, INT_BITS, level }, { 2, INT_BITS, name } }
#define FCNTL(command) CALL(fcntl), .args = { { 1, INT_BITS, command } }

/* Memory that is private and anonymous. */
#define MAP_KIND (MAP_TYPE | MAP_ANONYMOUS)

CALL_RULES(slirp_calls) = {
	/* The loop */
	{ CALL(poll), WHY("it waits for frames and for the host's sockets") },
	{ CALL(restart_syscall), SELDOM("a wait goes on after the process was stopped") },
	{ CALL(clock_gettime),
	  SELDOM("time, where the host's clock is not readable without a call") },
	{ CALL(exit_group), WHY("the VMM is gone, or a call was refused") },

	/* Frames, and what the guest's connections carry */
	{ CALL(recvfrom), WHY("a frame from the VMM; data from a host") },
	{ CALL(sendto), WHY("a frame for the VMM; data for a host") },
#ifdef SYS_recv
	{ CALL(recv), WHY("recvfrom without an address, where that is a call of its own") },
	{ CALL(send), WHY("and sendto") },
#endif
	{ CALL(recvmsg), .args = { { 2, INT_BITS, MSG_ERRQUEUE } },
	  WHY("what ICMP said of a datagram is told to the guest") },

	/* The guest's connections: TCP, UDP and ping, of the Internet only */
	{ SOCKET(AF_INET, SOCK_STREAM, 0), WHY("the guest connects") },
	{ SOCKET(AF_INET6, SOCK_STREAM, 0), WHY("the guest connects") },
	{ SOCKET(AF_INET, SOCK_DGRAM, 0), WHY("the guest sends a datagram") },
	{ SOCKET(AF_INET6, SOCK_DGRAM, 0), WHY("the guest sends a datagram") },
	{ SOCKET(AF_INET, SOCK_DGRAM, IPPROTO_ICMP), WHY("the guest pings") },
	{ SOCKET(AF_INET6, SOCK_DGRAM, IPPROTO_ICMPV6),
	  SELDOM("the guest pings, by a libslirp that can") },
	{ SOCKET(AF_INET, SOCK_RAW, IPPROTO_ICMP), .answer = CALL_FAIL, .error = EPERM,
	  WHY("libslirp tries this where the host lets nobody ping, and takes a no") },
	{ SOCKET(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6), .answer = CALL_FAIL, .error = EPERM,
	  WHY("the same") },
	/* Another mask, as libseccomp confuses rules of POWER's socketcall() that differ in family
	   alone. */
	{ CALL(socket), .args = { { 0, INT_BITS, AF_UNIX }, { 1, 0xff, SOCK_DGRAM } },
	  .answer = CALL_FAIL, .error = EPERM,
	  WHY("the C library would ask for an interface's number by this one, and has others") },
	{ CALL(connect), WHY("the guest connects") },
	{ CALL(accept), WHY("somebody connects to a forwarded port, bound and listening before") },
	{ CALL(shutdown), WHY("one side has no more to say") },
	{ CALL(close), WHY("a connection ends") },
	{ CALL(getsockname), SELDOM("libslirp asks for a forwarded port's number") },
	{ CALL(getpeername), WHY("has a connection come about?") },
	{ OPTION(getsockopt, SOL_SOCKET, SO_ERROR), WHY("why not?") },
	{ OPTION(setsockopt, SOL_SOCKET, SO_REUSEADDR), WHY("a port is free soon after its use") },
	{ OPTION(setsockopt, SOL_SOCKET, SO_OOBINLINE), WHY("urgent data stays in its place") },
	{ OPTION(setsockopt, IPPROTO_TCP, TCP_NODELAY), WHY("the guest's TCP has waited already") },
	{ OPTION(setsockopt, IPPROTO_IP, IP_TTL), WHY("traceroute works in the guest") },
	{ OPTION(setsockopt, IPPROTO_IPV6, IPV6_UNICAST_HOPS), WHY("the same") },
	{ OPTION(setsockopt, IPPROTO_IP, IP_RECVERR), WHY("ICMP's word on a datagram is kept") },
	{ OPTION(setsockopt, IPPROTO_IPV6, IPV6_RECVERR), WHY("the same") },
	{ CALL_IOCTL(FIONREAD), WHY("how long is a datagram?") },
	{ FCNTL(F_GETFL), WHY("a socket must not block: its flags") },
	{ FCNTL(F_SETFL), WHY("and with O_NONBLOCK") },
	{ FCNTL(F_GETFD), SELDOM("the same for FD_CLOEXEC, where the socket was made without") },
	{ FCNTL(F_SETFD), SELDOM("the same for FD_CLOEXEC, where the socket was made without") },

	/* Memory */
	{ CALL(brk), WHY("malloc") },
	{ CALL(mmap), .args = { CALL_NOT_CODE(2), { 3, MAP_KIND, MAP_PRIVATE | MAP_ANONYMOUS } },
	  WHY("malloc, for large buffers") },
	{ CALL(mremap), SELDOM("realloc, of large buffers") },
	{ CALL(munmap), WHY("free") },
	{ CALL(mprotect), .args = { CALL_NOT_CODE(2) },
	  SELDOM("malloc, where brk can grow no more") },
	{ CALL(madvise), .args = { { 2, INT_BITS, MADV_DONTNEED } }, SELDOM("free, the same") },

	/* The name servers */
	{ CALL(openat), .answer = CALL_SERVE,
	  WHY("libslirp opens /etc/resolv.conf: what it gets was opened at the start") },
	{ CALL(newfstatat), .args = { { 3, INT_BITS, 0 } }, .answer = CALL_FAIL, .error = 0,
	  WHY("libslirp asks whether the file has changed: "
	      "nothing has, since nothing is written") },
	{ CALL(newfstatat), .args = { { 3, INT_BITS, AT_EMPTY_PATH } }, .answer = CALL_FAIL,
	  .error = EACCES, WHY("stdio asks for a block's size, and has a default") },
	{ CALL(fstat), SELDOM("the same, by another C library") },
	{ CALL(read), WHY("the file's lines") },
	{ CALL(lseek), SELDOM("from its front") },
#ifdef SYS__llseek
	{ CALL(_llseek), WHY("the same, as POWER's C library does it") },
#endif
	{ FCNTL(F_DUPFD_CLOEXEC), WHY("a descriptor to close afterwards") },
	{ CALL_IOCTL(SIOCGIFINDEX), SELDOM("a line may say fe80::1%eth0: eth0's number") },
	{ CALL(rt_sigreturn), WHY("from the handler that answered openat") },

	/* The end */
	{ CALL(write), SELDOM("last words, of a call that was refused") },
	{ CALL(rt_sigprocmask), SELDOM("abort(), when memory has come to its end") },
	{ CALL(getpid), SELDOM("abort()") },
	{ CALL(gettid), SELDOM("abort()") },
	{ CALL(tgkill), .args = { { 0, INT_BITS, CALL_SELF }, { 2, INT_BITS, SIGABRT } },
	  SELDOM("abort()") },
};

CALL_PROGRAM(slirp_program, slirp_calls);
