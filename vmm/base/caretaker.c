/* SPDX-License-Identifier: BSD-2-Clause */
#define LOG_PREFIX "caretaker"
#include "vmm/base/caretaker.h"

#include "vmm/base/callfilter.h"
#include "vmm/base/confine.h"
#include "vmm/base/log.h"
#include "vmm/base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define THE_REST 0xff /* in place of a task's number */

/* A letter goes in parts: its task's number, where in it this part is, and the part. */
#define PART_HEAD 2u
#define PART_MAX (32 * KiB)
enum { PART_FIRST = 1, PART_LAST = 2 };

static struct {
	struct {
		caretaker_fn *fn; /* NULL: done, or one for letters */
		caretaker_letter_fn *letter;
		void *ctx;
	} tasks[CARETAKER_TASKS];
	uint32_t n;
	int fd; /* to the process; -1: there is none */
	pid_t pid;
} the = { .fd = -1 };

int caretaker_add(caretaker_fn *fn, void *ctx)
{
	if (the.n == CARETAKER_TASKS || the.fd >= 0)
		return -1;
	the.tasks[the.n].fn = fn;
	the.tasks[the.n].letter = NULL;
	the.tasks[the.n].ctx = ctx;
	return (int)the.n++;
}

int caretaker_add_letters(caretaker_letter_fn *fn, void *ctx)
{
	int n = caretaker_add(NULL, ctx);

	if (n >= 0)
		the.tasks[n].letter = fn;
	return n;
}

static void run(uint32_t n)
{
	caretaker_fn *fn = n < the.n ? the.tasks[n].fn : NULL;

	if (fn) {
		the.tasks[n].fn = NULL;
		fn(the.tasks[n].ctx);
	}
}

static void take_part(const uint8_t *msg, size_t len)
{
	if (msg[0] < the.n && the.tasks[msg[0]].letter)
		the.tasks[msg[0]].letter(the.tasks[msg[0]].ctx, (const char *)msg + PART_HEAD,
					 len - PART_HEAD, msg[1] & PART_FIRST, msg[1] & PART_LAST);
}

/* One byte a request, a task's number; the same byte when it is done. More bytes: part of a letter. */
static void serve(int fd)
{
	uint8_t msg[PART_HEAD + PART_MAX];
	bool rest = false;
	ssize_t len;

	while ((len = read(fd, msg, sizeof(msg))) > 0) {
		if (len >= (ssize_t)PART_HEAD) {
			take_part(msg, (size_t)len);
		} else if (msg[0] == THE_REST) {
			rest = true;
		} else {
			run(msg[0]);
			(void)!write(fd, msg, 1);
		}
	}
	for (uint32_t i = 0; rest && i < the.n; i++)
		run(i);
}

extern const struct call_program caretaker_program; /* caretaker_syscalls.c */

static void refused(int nr, const char *name)
{
	log_error("it asked for %s (system call %d), which it has no use for", name, nr);
}

/* A device's driver is root's to choose, and a socket's folder may be anybody's. */
static int give_up_rights(void)
{
	const struct call_filter filter = { .program = &caretaker_program };
	int r = sys_no_new_privs();

	if (r == 0)
		r = sys_keep_caps(1ull << CAP_DAC_OVERRIDE);
	if (r == 0)
		r = sys_close_process();
	return r < 0 ? r : call_filter_load(&filter, refused);
}

/* In the new process, which ends here. */
static void live(int fd, int log)
{
	int r = fcntl(log, F_DUPFD, CONFINE_WORDS + 1); /* it may be 2, which is to be closed */

	prctl(PR_SET_NAME, "spapr-caretaker", 0, 0, 0);
	if (r >= 0)
		r = confine_begin(fd, r);
	if (r == 0) {
		(void)!write(CONFINE_FD, "", 1); /* wait_for_it() */
		log_set_fd(CONFINE_WORDS);
		r = give_up_rights();
	}
	if (r == 0)
		serve(CONFINE_FD);
	_exit(r == 0 ? 0 : 1);
}

/* Until its descriptors are closed no device can be given back, and a guest may end at once. */
static void wait_for_it(void)
{
	uint8_t n;

	while (read(the.fd, &n, 1) < 0 && errno == EINTR)
		;
}

int caretaker_start(void)
{
	int fd[2];

	if (the.n == 0)
		return 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd) < 0) {
		log_error("its socket: %s", strerror(errno));
		return -errno;
	}
	the.pid = sys_fork();
	if (the.pid == 0) {
		close(fd[0]);
		live(fd[1], log_get_fd());
	}
	close(fd[1]);
	if (the.pid > 0) {
		the.fd = fd[0];
		wait_for_it();
		return 0;
	}
	close(fd[0]);
	if (the.pid == -ENOSYS) /* a test's kernel */
		return 0;
	log_error("its process: %s", strerror(-the.pid));
	return the.pid;
}

void caretaker_do(int n, caretaker_fn *fn, void *ctx)
{
	uint8_t number = (uint8_t)n;

	if (n >= 0)
		the.tasks[n].fn = NULL;
	if (n < 0 || the.fd < 0) {
		fn(ctx);
		return;
	}
	if (write(the.fd, &number, 1) != 1 || read(the.fd, &number, 1) != 1)
		log_warn("its process has ended: task %d is not done", n);
}

bool caretaker_send(int n, caretaker_letter_fn *fn, void *ctx, const char *buf, size_t len)
{
	uint8_t msg[PART_HEAD + PART_MAX];
	bool first = true;

	if (n < 0 || the.fd < 0) {
		fn(ctx, buf, len, true, true);
		return true;
	}
	msg[0] = (uint8_t)n;
	for (size_t at = 0, part; first || at < len; at += part, first = false) {
		part = len - at < PART_MAX ? len - at : PART_MAX;
		msg[1] = (uint8_t)((first ? PART_FIRST : 0) | (at + part == len ? PART_LAST : 0));
		memcpy(msg + PART_HEAD, buf + at, part);
		if (send(the.fd, msg, PART_HEAD + part, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
			return false;
	}
	return true;
}

void caretaker_do_rest_later(void)
{
	const uint8_t rest = THE_REST;

	if (the.fd >= 0)
		(void)!write(the.fd, &rest, 1);
}

void caretaker_stop(void)
{
	if (the.fd >= 0) {
		close(the.fd);
		while (waitpid(the.pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	the.fd = -1;
	the.n = 0;
}
