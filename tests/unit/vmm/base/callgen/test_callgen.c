/* SPDX-License-Identifier: BSD-2-Clause */
/* The tables of this build as the build read them, a POWER machine's, and faulty ones. */
#include "vmm/base/callgen/callgen.h"
#include "vmm/kvm/uapi.h"
#include "vmm/machine/syscalls.h"
#include "devices/backend/net/slirp_calls.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/redirect.h>
#include <errno.h>
#include <linux/audit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

/* A vCPU's most frequent call: more than this is felt in each exit of a guest. */
#define FIRST_STEPS 7u

extern const struct call_program caretaker_program, unpack_program, api_program, api_keeper_program;

static struct source source;
static struct code code;

static void read_all(void)
{
	char *paths = strdup(CALL_OBJECTS), *rest = paths;

	cr_redirect_stderr();
	for (char *path = strsep(&rest, ":"); path; path = strsep(&rest, ":"))
		cr_assert(source_read(&source, path), "%s", path);
	free(paths);
	cr_assert(source_link(&source));
}

static void forget(void)
{
	source_free(&source);
}

TestSuite(callgen, .init = read_all, .fini = forget);

static const struct {
	const char *name;
	const struct call_program *made;
} programs[] = {
	{ "vcpu_program", &vcpu_program },
	{ "io_program", &io_program },
	{ "disk_program", &disk_program },
	{ "populate_program", &populate_program },
	{ "signals_program", &signals_program },
	{ "slirp_program", &slirp_program },
	{ "caretaker_program", &caretaker_program },
	{ "unpack_program", &unpack_program },
	{ "api_program", &api_program },
	{ "api_keeper_program", &api_keeper_program },
};

static const struct program *find(const char *name)
{
	for (const struct program *p = source.programs; p < source.programs + source.nprograms; p++)
		if (strcmp(p->name, name) == 0)
			return p;
	cr_fatal("no program %s", name);
	return NULL;
}

Test(callgen, each_program_does_what_its_tables_say)
{
	cr_assert(eq(sz, source.nprograms, ARRAY_LEN(programs)));
	for (size_t i = 0; i < ARRAY_LEN(programs); i++) {
		const struct call_program *made = programs[i].made;
		const struct program *p = find(programs[i].name);

		code.n = made->n;
		memcpy(code.insns, made->insns, made->n * sizeof(*made->insns));
		cr_expect(code_check(&code, &source, p), "%s", p->name);
		printf("%s: %zu instructions\n", p->name, code.n);
	}
}

Test(callgen, a_program_of_other_tables_is_found_out)
{
	for (const struct program *p = source.programs; p < source.programs + source.nprograms;
	     p++) {
		cr_assert(code_make(&code, &source, p));
		for (size_t i = 0; i < source.nprograms; i++)
			cr_expect(eq(int, code_check(&code, &source, &source.programs[i]),
				     &source.programs[i] == p),
				  "%s as %s", p->name, source.programs[i].name);
	}
}

/* As a kernel of another architecture would meet it. */
static uint32_t answer(struct seccomp_data data, unsigned int *steps)
{
	return code_walk(&code, &data, steps);
}

Test(callgen, a_guest_runs_after_few_instructions)
{
	struct seccomp_data run = { .nr = SYS_ioctl, .arch = source.arch, .args = { 5, KVM_RUN } };
	unsigned int steps;

	cr_assert(code_make(&code, &source, find("vcpu_program")));
	cr_expect(eq(u32, answer(run, &steps), SECCOMP_RET_ALLOW));
	cr_expect(le(uint, steps, FIRST_STEPS));
	printf("KVM_RUN: %u instructions\n", steps);
	run.arch ^= 1;
	cr_expect(eq(u32, answer(run, &steps), SECCOMP_RET_KILL_PROCESS));
}

/* A value with bits that the mask drops would never match: the call would not be allowed at all. */
Test(callgen, each_rule_has_its_reason_and_can_match)
{
	for (const struct rule_table *t = source.tables; t < source.tables + source.ntables; t++)
		for (const struct call_rule *r = t->rules; r < t->rules + t->n; r++) {
			cr_expect(r->has_why, "%s, call %d", t->name, r->nr);
			for (size_t k = 0; k < CALL_ARGS; k++)
				cr_expect(eq(u32, r->args[k].value & ~r->args[k].mask, 0),
					  "%s, call %d", t->name, r->nr);
		}
}

/* ---- tables of our own ---- */

static struct rule_table table = { .name = "table" };
static const struct program program = { "program", { &table } };

static bool makes(const struct call_rule *rules, size_t n, uint32_t arch)
{
	table.rules = rules;
	table.n = n;
	source.arch = arch;
	return code_make(&code, &source, &program) && code_check(&code, &source, &program);
}

enum { POWER_IOCTL = 54, POWER_SOCKETCALL = 102, POWER_IPC = 117, POWER_SOCKET = 326 };

static const struct call_rule on_power[] = {
	{ .nr = POWER_IOCTL, .args = { { 1, INT_BITS, 0x2000ae80 } }, .first = true, WHY("test") },
	{ .nr = POWER_SOCKET, .args = { { 0, INT_BITS, 2 }, { 1, 0xf, 1 } }, WHY("test") },
	{ .nr = 334, WHY("send") },
	{ .nr = 336, .answer = CALL_FAIL, .error = EPERM, WHY("recv") },
};

Test(callgen, on_power_no_socket_call_has_a_second_way)
{
	struct seccomp_data data = { .arch = AUDIT_ARCH_PPC64LE };
	unsigned int steps;

	cr_assert(makes(on_power, ARRAY_LEN(on_power), AUDIT_ARCH_PPC64LE));
	for (data.args[0] = 0; data.args[0] < 32; data.args[0]++) {
		data.nr = POWER_SOCKETCALL;
		cr_expect(eq(u32, answer(data, &steps), SECCOMP_RET_TRAP));
		data.nr = POWER_IPC;
		cr_expect(eq(u32, answer(data, &steps), SECCOMP_RET_TRAP));
	}
	cr_expect(eq(u32, answer(call_of(&on_power[1], AUDIT_ARCH_PPC64LE, 0), &steps),
		     SECCOMP_RET_ALLOW));
	cr_expect(eq(u32, answer(call_of(&on_power[0], AUDIT_ARCH_PPC64LE, 0), &steps),
		     SECCOMP_RET_ALLOW));
	cr_expect(le(uint, steps, FIRST_STEPS));
	cr_expect(eq(u32, answer(call_of(&on_power[0], AUDIT_ARCH_PPC64, 0), &steps),
		     SECCOMP_RET_KILL_PROCESS));
}

Test(callgen, the_first_rule_may_have_any_conditions)
{
	static const struct call_rule rules[] = {
		{ CALL(mmap), .first = true,
		  .args = { { 2, 4, 0 }, { 3, 0xff, 0x22 }, { 4, INT_BITS, 7 } }, WHY("test") },
		{ CALL(read), WHY("test") },
	};

	cr_expect(makes(rules, ARRAY_LEN(rules), source.arch));
}

Test(callgen, all_first_rules_are_of_one_call)
{
	static const struct call_rule rules[] = {
		{ CALL(ioctl), .first = true, .args = { { 1, INT_BITS, 1 } }, WHY("test") },
		{ CALL(ioctl), .first = true, .args = { { 1, 0xf0, 0x20 } }, WHY("test") },
		{ CALL(read), .first = true, WHY("test") },
	};

	cr_expect(makes(rules, 2, source.arch));
	cr_expect(not(makes(rules, 3, source.arch)));
}

Test(callgen, a_call_that_is_served_is_not_allowed)
{
	static const struct call_rule rules[] = {
		{ CALL(openat), .answer = CALL_SERVE, WHY("test") },
		{ CALL(read), WHY("test") },
	};
	unsigned int steps;

	cr_assert(makes(rules, ARRAY_LEN(rules), source.arch));
	cr_expect(eq(u32, answer(call_of(&rules[0], source.arch, 0), &steps), SECCOMP_RET_TRAP));
}

Test(callgen, a_rule_without_a_reason_is_not_built)
{
	static const struct call_rule rules[] = { { CALL(read) } };

	cr_expect(not(makes(rules, ARRAY_LEN(rules), source.arch)));
}

Test(callgen, a_rule_that_never_matches_is_not_built)
{
	static const struct call_rule rules[] = { { CALL(read), .args = { { 0, 0xf, 0x10 } },
						    WHY("test") } };

	cr_expect(not(makes(rules, ARRAY_LEN(rules), source.arch)));
}

Test(callgen, a_call_without_a_name_is_not_built)
{
	static const struct call_rule rules[] = { { .nr = 4095, WHY("test") } };

	cr_expect(not(makes(rules, ARRAY_LEN(rules), source.arch)));
}

Test(callgen, a_table_that_is_not_there_is_not_built)
{
	source.lists[0] = "any_syscalls, no_syscalls";
	cr_expect(not(source_link(&source)));
}

Test(callgen, a_file_without_tables_is_refused)
{
	cr_expect(not(source_read(&source, "/etc/passwd")));
	cr_expect(not(source_read(&source, "/nowhere")));
}
