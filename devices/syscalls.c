/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls that devices and their back ends make while a guest runs. */
#include "vmm/base/callrules.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/if_tun.h>
#include <linux/vhost.h>
#include <asm/termbits.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* Under the machine lock: of the I/O thread, and of a vCPU whose guest rings a doorbell. */
CALL_RULES(device_syscalls) = {
	/* Descriptors of the loop */
	{ CALL(read), WHY("an eventfd or a timer is taken; console input") },
	{ CALL(epoll_ctl), WHY("a descriptor joins the loop, leaves it, or is watched for more") },
	{ CALL(timerfd_settime), WHY("the next timer") },
	{ CALL(eventfd2), WHY("a queue's doorbell, a vector's way to KVM") },
	{ CALL(close), WHY("the same, given up by a reset") },

	/* Consoles */
	{ CALL(poll), WHY("may the guest's output be written without waiting?") },
	{ CALL(ppoll), SELDOM("the same, by another C library") },
#ifdef SYS_send /* POWER's C library may use either */
	{ CALL(send), WHY("output to who is connected; frames to the user network") },
	{ CALL(recv), WHY("input of who is connected; frames of the user network") },
	{ CALL(sendto), SELDOM("send, by another C library") },
	{ CALL(recvfrom), SELDOM("recv, by another C library") },
#else
	{ CALL(sendto), WHY("output to who is connected; frames to the user network") },
	{ CALL(recvfrom), WHY("input of who is connected; frames of the user network") },
#endif

	/* Networks */
	{ CALL(readv), WHY("a frame of a tap") },
	{ CALL(sendmsg), WHY("a frame in pieces for the user network") },
	{ CALL(recvmsg), WHY("and from there; what the control API's process asks") },
	{ CALL_IOCTL(TUNSETOFFLOAD), WHY("the guest's driver said what it takes") },

	/* vhost: the kernel serves the rings */
	{ CALL_IOCTL(VHOST_SET_FEATURES), WHY("the driver is ready") },
	{ CALL_IOCTL(VHOST_SET_VRING_NUM), WHY("a ring is handed over") },
	{ CALL_IOCTL(VHOST_SET_VRING_BASE), WHY("the same") },
	{ CALL_IOCTL(VHOST_SET_VRING_ADDR), WHY("a ring is handed over") },
	{ CALL_IOCTL(VHOST_SET_VRING_KICK), WHY("the same") },
	{ CALL_IOCTL(VHOST_SET_VRING_CALL), WHY("the same, and its interrupt") },
	{ CALL_IOCTL(VHOST_NET_SET_BACKEND), WHY("the tap begins or ends to carry frames") },
	{ CALL_IOCTL(VHOST_VSOCK_SET_RUNNING), WHY("the same for vsock") },

	/* Disks */
	{ CALL(io_uring_enter), WHY("requests of the guest's rings") },
	{ CALL(fstat), SELDOM("has the disk grown? By another C library") },
	{ CALL(newfstatat), .args = { { 3, AT_EMPTY_PATH, AT_EMPTY_PATH } },
	  WHY("has the disk grown?") },
	{ CALL(lseek), SELDOM("and for a device, whose size is where its end is") },
#ifdef SYS__llseek
	{ CALL(_llseek), WHY("the same, as POWER's C library does it") },
#endif

	/* Memory and randomness */
	{ CALL(madvise), WHY("the balloon gives pages back") },
	{ CALL(getrandom), WHY("virtio-rng, H_RANDOM") },
};

/* Of the I/O thread alone: what comes from the host, and the end. */
CALL_RULES(device_io_syscalls) = {
	{ CALL(epoll_pwait), SELDOM("the loop waits, by another C library") },
#ifdef SYS_epoll_wait
	{ CALL(epoll_wait), WHY("the loop waits") },
#endif
	{ CALL(accept4),
	  WHY("somebody connects to the console's socket; the guest tells that it is ready") },
	{ CALL(getsockopt), .args = { { 1, INT_BITS, SOL_SOCKET }, { 2, INT_BITS, SO_TYPE } },
	  WHY("is it a stream that the control API's process has handed over for the console?") },
	{ CALL(openat),
	  .args = { { 2, INT_BITS & ~(O_NOFOLLOW | O_NONBLOCK | O_NOCTTY),
		      O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC } },
	  WHY("a log whose file was moved away is opened by its name") },
	{ CALL(dup3), WHY("in the place of the old one, which other threads write to") },
	{ CALL(renameat), WHY("a log of the console that has grown to its size") },
	{ CALL_IOCTL(TCGETS), WHY("the terminal comes back from the background") },
	{ CALL_IOCTL(TIOCGPGRP), WHY("is this job in the foreground?") },
	{ CALL(getpgrp), WHY("the same") },
	{ CALL(getpgid), SELDOM("the same, by another C library") },
	{ CALL(pidfd_send_signal), WHY("the user network's process shall end") },
	{ CALL(wait4), WHY("it has") },
};

/* Of a disk's worker (backend/block/pool.c). */
CALL_RULES(disk_syscalls) = {
	{ CALL(preadv), WHY("a read of the guest") },
	{ CALL(pwritev), WHY("a write") },
	{ CALL(pread64), SELDOM("a part of one, where a file ends in it") },
	{ CALL(pwrite64), SELDOM("zeroes, where the file system cannot make them") },
	{ CALL(fdatasync), WHY("a flush") },
	{ CALL(fallocate), WHY("discard, write zeroes") },
	{ CALL_IOCTL(BLKDISCARD), WHY("discard on a device") },
};
