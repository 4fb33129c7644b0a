/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_UNIT_VMM_MACHINE_FIXTURE_H
#define TESTS_UNIT_VMM_MACHINE_FIXTURE_H

/*
 * A guest's configuration on a fake host: a folder of its own with a tiny kernel, options from a
 * TOML file and overrides as a user gives them, the log caught, and what must be left behind: nothing.
 */

#include "tests/fake/elf.h"
#include "tests/fake/guest.h"
#include "tests/fake/sys.h"
#include "tests/unit/said.h"
#include "vmm/kvm/caps.h"
#include "vmm/kvm/uapi.h"
#include "vmm/machine/machine.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_SETS 8

static struct {
	char dir[64], config[128];
	struct options opt;
	bool has_opt;
	int threads, fds;
} fx;

static inline int fx_entries(const char *dir)
{
	DIR *d = opendir(dir);
	int n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

/* The sanitizer's, where there is one: not 0 when something malloc'd is lost. */
int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

static inline bool fx_leaks(void)
{
	return __lsan_do_recoverable_leak_check && __lsan_do_recoverable_leak_check() != 0;
}

static inline const char *fx_path(const char *name)
{
	static char path[4][160];
	static unsigned int i;

	snprintf(path[++i & 3], sizeof(path[0]), "%s/%s", fx.dir, name);
	return path[i & 3];
}

/* POWER9 with 64K pages until fake_host() says else; the smallest memory. */
static inline void fx_setup(void)
{
	static const char toml[] = "[machine]\nmemory = \"128MiB\"\nhuge_pages = \"off\"\n"
				   "[boot]\nkernel = \"vmlinux\"\n"
				   "[console]\nbackend = \"none\"\n";

	fake_reset();
	strcpy(fx.dir, "/tmp/spapr-unit-XXXXXX");
	if (!mkdtemp(fx.dir))
		abort();
	snprintf(fx.config, sizeof(fx.config), "%s", fx_path("guest.toml"));
	file_write(fx.config, toml, sizeof(toml) - 1);
	elf_write(fx_path("vmlinux"), &elf_tiny);
	said_catch(LOG_DEBUG);
	fx.threads = fx_entries("/proc/self/task");
	fx.fds = fx_entries("/proc/self/fd");
}

static inline void fx_teardown(void)
{
	char command[128];

	if (fx.has_opt)
		options_free(&fx.opt);
	log_set_sink(NULL);
	snprintf(command, sizeof(command), "rm -r '%s'", fx.dir);
	if (system(command) != 0)
		abort();
}

/* A reason that KVM cannot be opened is said, as a start says it. */
static inline int fx_kvm_open(struct kvm_vm *vm)
{
	struct finding f;
	int r = kvm_vm_open(vm, &f);

	if (r < 0)
		finding_log(&f);
	return r;
}

static inline void fx_ignore(void *ctx, const struct finding *f)
{
	(void)ctx;
	(void)f;
}

/* What KVM of the fake host can do. */
static inline struct kvm_caps fx_caps(const struct kvm_vm *vm)
{
	struct kvm_caps caps;

	cr_assert(eq(int, kvm_caps_read(&caps, vm, fx_ignore, NULL), 0));
	return caps;
}

/* Options with @sets ("machine.vcpus=4 machine.irqchip=xics"), cut at blanks. */
static inline const struct options *fx_options(const char *sets)
{
	char *copy = strdup(sets), *argv[MAX_SETS];
	int n = 0;

	if (fx.has_opt)
		options_free(&fx.opt);
	for (char *s = strtok(copy, " "); s && n < MAX_SETS; s = strtok(NULL, " "))
		argv[n++] = s;
	cr_assert(eq(int, options_load(&fx.opt, fx.config, argv, n), 0), "%s", said_all());
	fx.has_opt = true;
	free(copy);
	said_forget();
	return &fx.opt;
}

static inline struct machine *fx_machine(const char *sets)
{
	struct machine *m;
	enum exit_status status = machine_create(&m, fx_options(sets));

	cr_assert(eq(int, (int)status, STATUS_OFF), "%s", said_all());
	return m;
}

/* A thread that was joined leaves /proc a moment later. */
static inline int fx_threads(void)
{
	for (int i = 0; i < 1000 && fx_entries("/proc/self/task") > fx.threads; i++)
		usleep(1000);
	return fx_entries("/proc/self/task");
}

/* No descriptor, no mapping, no thread. */
#define FX_NOTHING_OPEN()                                                                          \
	do {                                                                                       \
		cr_assert(eq(int, fake_open_fds(), 0), "descriptors: %s", said_all());             \
		cr_assert(eq(int, fake_mappings(), 0), "mappings: %s", said_all());                \
		cr_assert(eq(int, fx_threads(), fx.threads), "threads");                           \
		cr_assert(eq(int, fx_entries("/proc/self/fd"), fx.fds), "real descriptors");       \
	} while (0)

/* And no memory, where the sanitizer looks for it (slow). */
#define FX_NOTHING_LEFT()                                                                          \
	do {                                                                                       \
		FX_NOTHING_OPEN();                                                                 \
		cr_assert(not(fx_leaks()), "memory is lost");                                      \
	} while (0)

/* Run a guest of @sets to its end, and take it down. */
static inline enum exit_status fx_run(const char *sets)
{
	struct machine *m = fx_machine(sets);
	enum exit_status status = machine_run(m);

	machine_destroy(m);
	cr_assert(eq(str, chars(guest_failures()), ""));
	FX_NOTHING_LEFT();
	return status;
}

/* Each call into the kernel fails once in a start; there is no RAM, descriptor or thread left then. */
static inline void fx_each_call_fails(const char *sets)
{
	enum exit_status status;
	struct machine *m;
	unsigned int n = 0;

	fx_options(sets);
	do {
		said_forget();
		fake_fail_nth(++n, -ENOMEM);
		m = NULL;
		status = machine_create(&m, &fx.opt);
		if (status == STATUS_OFF)
			machine_destroy(m);
		FX_NOTHING_OPEN();
		cr_assert(status == STATUS_OFF || said_errors() >= 1, "call %u, %s: %s", n,
			  fake_failed_call(), said_all());
	} while (fake_has_failed());
	cr_assert(eq(int, (int)status, STATUS_OFF), "%s", said_all());
	FX_NOTHING_LEFT();
}

#endif
