/* SPDX-License-Identifier: BSD-2-Clause */
#define LOG_PREFIX "sandbox"
#include "vmm/machine/sandbox.h"

#include "devices/backend/chardev/chardev.h"
#include "vmm/base/caretaker.h"
#include "vmm/base/event.h"
#include "vmm/base/landlock.h"
#include "vmm/base/log.h"
#include "vmm/base/sys.h"
#include "vmm/machine/sandbox_report.h"
#include "vmm/machine/signals.h"
#include "vmm/machine/syscalls.h"

#include <errno.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

/* ---- system calls ---- */

static const struct call_program *const programs[THREAD_KINDS] = {
	[THREAD_VCPU] = &vcpu_program,       [THREAD_IO] = &io_program,
	[THREAD_DISK] = &disk_program,       [THREAD_POPULATE] = &populate_program,
	[THREAD_SIGNALS] = &signals_program,
};

/* In a signal handler of the thread that asked, which ends the process afterwards. */
static void refused(int nr, const char *name)
{
	caretaker_do_rest_later();
	chardev_restore_terminal();
	event_emit(EVENT_VIOLATION, { .s = thread_name() }, { .s = name }, { (uint64_t)nr });
	log_error(
		"thread %s asked for %s (system call %d), which it has no use for: the program ends",
		thread_name(), name, nr);
}

/* ---- the other layers ---- */

static int find_user(struct sandbox *s, const char *name, enum blame *blame)
{
	struct passwd *pw = getpwnam(name);
	char *end;
	unsigned long number = strtoul(name, &end, 10);

	if (pw) {
		s->uid = pw->pw_uid;
		s->gid = pw->pw_gid;
	} else if (*name && !*end && number < UINT32_MAX) {
		s->uid = s->gid = (uint32_t)number;
	} else {
		log_error("user %s: there is none of this name: correct sandbox.user", name);
		*blame = BLAME_CONFIG;
		return -ENOENT;
	}
	s->user = name;
	return 0;
}

/* Tables of DMA windows that the guest makes are charged as locked memory. */
static void lift_memlock(struct sandbox *s)
{
	uint64_t caps, lock = 1ull << CAP_IPC_LOCK;

	if (sys_caps(&caps) == 0 && caps & lock && sys_unlimit_memlock() < 0)
		s->kept_caps = lock;
}

/* In the thread that gives up. Another user has no capabilities, but root may stay without them. */
static int enter(void *ctx, enum thread_kind kind)
{
	const struct call_filter filter = { .program = programs[kind] };
	struct sandbox *s = ctx;
	int r, no_user = 0;

	if (kind == THREAD_REPORT)
		return 0;
	if (s->mode == OPT_SANDBOX_LOG)
		return sandbox_report(filter.program);
	if (s->user)
		no_user = sys_set_user(s->uid, s->gid);
	r = sys_keep_caps(s->kept_caps);
	if (r == 0)
		r = landlock_close(LANDLOCK_OWN_SIGNALS,
				   kind == THREAD_IO ? LANDLOCK_NAMED_FILES : LANDLOCK_NO_FILES);
	if (kind == THREAD_IO) {
		s->no_user = no_user;
		s->landlock = r;
	}
	if (r >= 0)
		r = call_filter_load(&filter, refused);
	return r < 0 ? r : 0;
}

/* ---- in order ---- */

int sandbox_prepare(struct sandbox *s, const struct opt_sandbox *opt, enum blame *blame)
{
	int r = 0;

	*s = (struct sandbox){ .mode = opt->mode };
	if (s->mode == OPT_SANDBOX_OFF) {
		log_warn("off: whoever takes this process over has all of its rights");
		return 0;
	}
	if (opt->user && *opt->user)
		r = find_user(s, opt->user, blame);
	if (r == 0) {
		lift_memlock(s);
		thread_set_sandbox(enter, s);
	}
	return r;
}

static void tell(const struct sandbox *s)
{
	if (s->mode == OPT_SANDBOX_LOG) {
		log_warn("mode = \"log\": nothing is refused, calls that would be are named");
		return;
	}
	if (s->no_user < 0)
		log_warn("user %s: %s: it stays who it is", s->user, strerror(-s->no_user));
	if (s->landlock == 0)
		log_warn(
			"this kernel has no Landlock, or does not start it (\"lsm=landlock,...\"): "
			"files are closed by the filter of system calls alone");
	if (s->kept_caps)
		log_info("the limit on locked memory cannot be lifted: CAP_IPC_LOCK stays");
	log_debug("shut: Landlock %d, system calls filtered", s->landlock);
}

int sandbox_shut(struct sandbox *s)
{
	int r = 0;

	if (s->mode == OPT_SANDBOX_OFF)
		return 0;
	if (s->mode == OPT_SANDBOX_ON) {
		r = caretaker_start();
		if (r < 0) /* it has said why */
			return r;
		r = sys_close_process();
	}
	if (r == 0)
		r = signals_confine();
	if (r == 0)
		r = thread_enter(THREAD_IO, THREAD_NO_NUMBER);
	if (r < 0)
		log_error("%s: set sandbox.mode = \"off\" if this host cannot have it",
			  strerror(-r));
	else
		tell(s);
	return r;
}

void sandbox_close(struct sandbox *s)
{
	(void)s;
	thread_set_sandbox(NULL, NULL);
	caretaker_stop();
}
