/* SPDX-License-Identifier: BSD-2-Clause */
/* The program of some tables: our own head, then libseccomp's. */
#include "vmm/base/callgen/callgen.h"

#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OPTIMIZE_TREE 2u /* of the kinds of SCMP_FLTATR_CTL_OPTIMIZE */
#define FIRST_RULES 8u

/* ---- the head ---- */

/* Jumps of BPF are relative, so what stands behind the head does not notice. */
static void put(struct code *c, struct sock_filter insn)
{
	c->insns[c->n++] = insn;
}

static void put_load(struct code *c, size_t offset)
{
	put(c, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

static void put_return(struct code *c, uint32_t what)
{
	put(c, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, what));
}

/* Go on behind the next @n instructions unless it is @value. */
static void put_unless(struct code *c, uint32_t value, uint8_t n)
{
	put(c, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, n));
}

static void put_arch(struct code *c, uint32_t arch)
{
	put_load(c, offsetof(struct seccomp_data, arch));
	put(c, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, arch, 1, 0));
	put_return(c, SECCOMP_RET_KILL_PROCESS);
}

/*
 * Each piece from here on begins with the load of the call's number, libseccomp's as well: who still
 * has it goes on behind that.
 */
#define BEHIND_LOAD 1u

static uint8_t length_of(const struct call_rule *r)
{
	uint8_t n = 1;

	for (const struct call_arg *a = r->args; a < r->args + CALL_ARGS && a->mask; a++)
		n += a->mask == INT_BITS ? 2 : 3;
	return n;
}

static void put_rule(struct code *c, const struct call_rule *r)
{
	uint8_t left = length_of(r);

	for (const struct call_arg *a = r->args; a < r->args + CALL_ARGS && a->mask; a++) {
		put_load(c, offsetof(struct seccomp_data, args[0]) +
				    (size_t)8 * a->at); /* lower half */
		left--;
		if (a->mask != INT_BITS) {
			put(c, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, a->mask));
			left--;
		}
		put_unless(c, a->value, --left);
	}
	put_return(c, SECCOMP_RET_ALLOW);
}

/* A guest waits for these. libseccomp asks for an ioctl's requests one after the other. */
static bool put_first(struct code *c, const struct program *p)
{
	const struct call_rule *first[FIRST_RULES];
	uint8_t n = 0, length = 0;

	for (size_t t = 0; p->tables[t]; t++)
		for (const struct call_rule *r = p->tables[t]->rules;
		     r < p->tables[t]->rules + p->tables[t]->n; r++) {
			if (!r->first)
				continue;
			if (n == FIRST_RULES || r->answer != CALL_ALLOW ||
			    (n && r->nr != first[0]->nr))
				return false;
			first[n++] = r;
			length += length_of(r);
		}
	if (n == 0)
		return true;
	put_load(c, offsetof(struct seccomp_data, nr));
	put_unless(c, (uint32_t)first[0]->nr, length + BEHIND_LOAD);
	for (uint8_t i = 0; i < n; i++)
		put_rule(c, first[i]);
	return true;
}

/*
 * POWER has a second way to each socket call, socketcall(). libseccomp opens it together with the
 * first, and drops the conditions on arguments there, which lie in memory. The C library takes the
 * first. What libseccomp has behind the head for the second is never reached. ipc() is the same for
 * System V's calls.
 */
static void put_second_ways(struct code *c, uint32_t arch)
{
	int socketcall = seccomp_syscall_resolve_name_arch(arch, "socketcall");
	int ipc = seccomp_syscall_resolve_name_arch(arch, "ipc");

	if (socketcall < 0 || ipc < 0) /* there are none */
		return;
	put_load(c, offsetof(struct seccomp_data, nr));
	put(c, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)socketcall, 1, 0));
	put_unless(c, (uint32_t)ipc, 1 + BEHIND_LOAD);
	put_return(c, SECCOMP_RET_TRAP);
}

static bool put_head(struct code *c, uint32_t arch, const struct program *p)
{
	bool good;

	put_arch(c, arch);
	good = put_first(c, p);
	if (!good)
		fprintf(stderr,
			"callgen: %s: .first is for at most %u rules of one call that allow it\n",
			p->name, FIRST_RULES);
	put_second_ways(c, arch);
	return good;
}

/* ---- libseccomp's ---- */

/* libseccomp takes a call by the number that it has where libseccomp runs. */
static int number_here(uint32_t arch, int nr)
{
	char *name = seccomp_syscall_resolve_num_arch(arch, nr);
	int here = name ? seccomp_syscall_resolve_name(name) : __NR_SCMP_ERROR;

	free(name);
	return here;
}

/* Two tables may have the same rule. */
static int add(scmp_filter_ctx ctx, uint32_t arch, const struct call_rule *r)
{
	struct scmp_arg_cmp cmp[CALL_ARGS];
	int here = number_here(arch, r->nr), e;
	unsigned int n = 0;

	if (here == __NR_SCMP_ERROR)
		return -ENOSYS;
	for (const struct call_arg *a = r->args; a < r->args + CALL_ARGS && a->mask; a++) {
		if (a->value & ~a->mask) /* it would never match */
			return -EDOM;
		cmp[n++] = (struct scmp_arg_cmp){ a->at, SCMP_CMP_MASKED_EQ, a->mask, a->value };
	}
	e = seccomp_rule_add_array(
		ctx, r->answer == CALL_ALLOW ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO((uint16_t)r->error),
		here, n, cmp);
	return e == -EEXIST ? 0 : e;
}

static bool add_table(scmp_filter_ctx ctx, uint32_t arch, const struct rule_table *t)
{
	for (size_t i = 0; i < t->n; i++) {
		int e = !t->rules[i].has_why               ? -EINVAL
			: t->rules[i].answer == CALL_SERVE ? 0
							   : add(ctx, arch, &t->rules[i]);

		if (e < 0) {
			fprintf(stderr, "callgen: %s: row %zu, call %d: %s\n", t->name, i,
				t->rules[i].nr,
				e == -EINVAL   ? "no reason: write WHY(\"...\")"
				: e == -ENOSYS ? "libseccomp does not know this call"
				: e == -EDOM   ? "a value with bits that its mask drops"
					       : strerror(-e));
			return false;
		}
	}
	return true;
}

/* Calls of another instruction set, whose numbers mean something else, end the process. */
static scmp_filter_ctx begin(uint32_t arch)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_TRAP);

	if (arch != seccomp_arch_native() && (seccomp_arch_add(ctx, arch) < 0 ||
					      seccomp_arch_remove(ctx, seccomp_arch_native()) < 0))
		return NULL;
	if (seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) < 0 ||
	    seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, OPTIMIZE_TREE) < 0)
		return NULL;
	return ctx;
}

static bool is_load(const struct sock_filter *i, size_t offset)
{
	return i->code == (BPF_LD | BPF_W | BPF_ABS) && i->k == offset;
}

/* Append it from its load of the number on: before that it looks at the architecture once more. */
static bool export(scmp_filter_ctx ctx, struct code *c)
{
	static struct sock_filter insns[BPF_MAXINSNS];
	FILE *f = tmpfile();
	size_t n = 0, at = 0;

	if (f && seccomp_export_bpf(ctx, fileno(f)) == 0 && fseek(f, 0, SEEK_SET) == 0)
		n = fread(insns, sizeof(*insns), ARRAY_LEN(insns), f);
	if (f)
		fclose(f);
	while (at < n && !is_load(&insns[at], offsetof(struct seccomp_data, nr)))
		at++;
	if (at == n || c->n + n > CALL_PROGRAM_MAX)
		return false;
	memcpy(c->insns + c->n, insns + at, (n - at) * sizeof(*insns));
	c->n += n - at;
	return true;
}

bool code_make(struct code *c, const struct source *s, const struct program *p)
{
	scmp_filter_ctx ctx = begin(s->arch);
	bool good = ctx;

	c->n = 0;
	for (size_t t = 0; good && p->tables[t]; t++)
		good = add_table(ctx, s->arch, p->tables[t]);
	good = good && put_head(c, s->arch, p);
	if (good && !export(ctx, c)) {
		fprintf(stderr,
			"callgen: %s: libseccomp's program is not as expected, or too long\n",
			p->name);
		good = false;
	}
	if (ctx)
		seccomp_release(ctx);
	return good;
}
