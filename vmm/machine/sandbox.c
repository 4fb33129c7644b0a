/* SPDX-License-Identifier: BSD-2-Clause */
#define LOG_PREFIX "sandbox"
#include "vmm/machine/sandbox.h"

#include "devices/backend/chardev/chardev.h"
#include "devices/syscalls.h"
#include "vfio/syscalls.h"
#include "vmm/base/caretaker.h"
#include "vmm/base/landlock.h"
#include "vmm/base/log.h"
#include "vmm/base/sys.h"
#include "vmm/base/syscalls.h"
#include "vmm/kvm/syscalls.h"
#include "vmm/machine/sandbox_report.h"
#include "vmm/machine/signals.h"

#include <errno.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

/* ---- system calls ---- */

static const struct call_rule reboot_rules[] = {
	{ CALL(pread64), WHY("a reboot reads kernel and initrd again") },
};

static const struct call_rule signal_rules[] = {
	{ CALL(rt_sigtimedwait), WHY("it waits for signals") },
	{ CALL(clock_nanosleep), WHY("so long the program may take to end in order") },
};

static const struct call_rule populate_rules[] = {
	{ CALL(madvise), WHY("guest RAM gets its pages") },
};

static const struct call_list reboot_syscalls = CALL_LIST(reboot_rules);
static const struct call_list signal_syscalls = CALL_LIST(signal_rules);
static const struct call_list populate_syscalls = CALL_LIST(populate_rules);

#define MAX_LISTS 9

/* The I/O thread and vCPUs share what is done under the machine lock, whoever holds it. */
static const struct call_list *const kinds[THREAD_KINDS][MAX_LISTS] = {
	[THREAD_VCPU] = { &vcpu_syscalls, &any_syscalls, &kvm_syscalls, &vfio_syscalls,
			  &device_syscalls },
	[THREAD_IO] = { &any_syscalls, &device_syscalls, &device_io_syscalls, &kvm_syscalls,
			&vfio_syscalls, &vfio_io_syscalls, &reboot_syscalls },
	[THREAD_DISK] = { &any_syscalls, &disk_syscalls },
	[THREAD_POPULATE] = { &any_syscalls, &populate_syscalls },
	[THREAD_SIGNALS] = { &any_syscalls, &signal_syscalls },
};

static int make_filter(struct sandbox *s, enum thread_kind kind, char *why, size_t size)
{
	struct call_list lists[MAX_LISTS] = { { 0 } };

	for (size_t i = 0; kinds[kind][i]; i++)
		lists[i] = *kinds[kind][i];
	return lists[0].rules
		       ? call_filter_new(&s->filters[kind], lists,
					 s->mode == OPT_SANDBOX_LOG ? CALL_REPORT : CALL_REFUSE,
					 why, size)
		       : 0;
}

static void free_filters(struct sandbox *s)
{
	for (int k = 0; k < THREAD_KINDS; k++) {
		call_filter_free(s->filters[k]);
		s->filters[k] = NULL;
	}
}

/* A host without libseccomp keeps the other layers. */
static int make_filters(struct sandbox *s)
{
	char why[320] = "";
	int r = 0;

	for (int k = 0; k < THREAD_KINDS && r == 0; k++)
		r = make_filter(s, (enum thread_kind)k, why, sizeof(why));
	if (r == 0)
		return 0;
	free_filters(s);
	if (r == -ENOMEM)
		return r;
	log_warn("system calls are not filtered: %s", why[0] ? why : strerror(-r));
	return 0;
}

/* In a signal handler of the thread that asked, which ends the process afterwards. */
static void refused(int nr, const char *name)
{
	if (!name) /* it comes again, with the name */
		return;
	caretaker_do_rest_later();
	chardev_restore_terminal();
	log_error(
		"thread %s asked for %s (system call %d), which it has no use for: the program ends",
		thread_name(), name, nr);
}

/* ---- the other layers ---- */

static int find_user(struct sandbox *s, const char *name)
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
	struct sandbox *s = ctx;
	int r, no_user = 0;

	if (kind == THREAD_REPORT)
		return 0;
	if (s->mode == OPT_SANDBOX_LOG)
		return s->filters[kind] ? sandbox_report(s->filters[kind]) : 0;
	if (s->user)
		no_user = sys_set_user(s->uid, s->gid);
	r = sys_keep_caps(s->kept_caps);
	if (r == 0)
		r = landlock_close(LANDLOCK_OWN_SIGNALS);
	if (kind == THREAD_IO) {
		s->no_user = no_user;
		s->landlock = r;
	}
	if (r >= 0 && s->filters[kind])
		r = call_filter_load(s->filters[kind], refused);
	return r < 0 ? r : 0;
}

/* ---- in order ---- */

int sandbox_prepare(struct sandbox *s, const struct opt_sandbox *opt)
{
	int r = 0;

	*s = (struct sandbox){ .mode = opt->mode };
	if (s->mode == OPT_SANDBOX_OFF) {
		log_warn("off: whoever takes this process over has all of its rights");
		return 0;
	}
	if (opt->user && *opt->user)
		r = find_user(s, opt->user);
	if (r == 0)
		r = make_filters(s);
	if (r == -ENOMEM)
		log_error("out of memory");
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
	log_debug("shut: Landlock %d, %s", s->landlock,
		  s->filters[THREAD_VCPU] ? "system calls filtered" : "system calls not filtered");
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
	(void)s; /* threads hold its filters for good */
	thread_set_sandbox(NULL, NULL);
	caretaker_stop();
}
