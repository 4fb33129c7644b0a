/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Does a program do what its tables say? The tables are read once more, by the simplest code that
 * could be right, and compared with what the program returns: for each rule what it allows, each bit
 * of a condition turned over, and all numbers of calls.
 */
#include "vmm/base/callgen/callgen.h"

#include <seccomp.h>
#include <stdio.h>
#include <string.h>

#define CALLS 1024 /* more than any architecture has */

/* ---- the program ---- */

static uint32_t load(const struct seccomp_data *data, uint32_t offset)
{
	uint32_t value = 0;

	if (offset <= sizeof(*data) - sizeof(value))
		memcpy(&value, (const char *)data + offset, sizeof(value));
	return value;
}

static bool holds(const struct sock_filter *i, uint32_t a)
{
	switch (BPF_OP(i->code)) {
	case BPF_JEQ:
		return a == i->k;
	case BPF_JGT:
		return a > i->k;
	case BPF_JGE:
		return a >= i->k;
	default: /* BPF_JSET */
		return a & i->k;
	}
}

/* The instructions that libseccomp and we write. Of others: no answer, which is none that is wanted. */
uint32_t code_walk(const struct code *c, const struct seccomp_data *data, unsigned int *steps)
{
	uint32_t a = 0;

	*steps = 0;
	for (size_t at = 0; at < c->n; at++) {
		const struct sock_filter *i = &c->insns[at];

		++*steps;
		if (i->code == (BPF_LD | BPF_W | BPF_ABS))
			a = load(data, i->k);
		else if (i->code == (BPF_ALU | BPF_AND | BPF_K))
			a &= i->k;
		else if (i->code == (BPF_JMP | BPF_JA))
			at += i->k;
		else if (BPF_CLASS(i->code) == BPF_JMP)
			at += holds(i, a) ? i->jt : i->jf;
		else
			return i->code == (BPF_RET | BPF_K) ? i->k : UINT32_MAX;
	}
	return UINT32_MAX;
}

/* ---- the tables ---- */

static bool matches(const struct call_rule *r, const struct seccomp_data *data)
{
	if (r->nr != data->nr)
		return false;
	for (size_t i = 0; i < CALL_ARGS && r->args[i].mask; i++)
		if (((uint32_t)data->args[r->args[i].at] & r->args[i].mask) != r->args[i].value)
			return false;
	return true;
}

static bool is_second_way(const struct source *s, int nr)
{
	return nr == seccomp_syscall_resolve_name_arch(s->arch, "socketcall") ||
	       nr == seccomp_syscall_resolve_name_arch(s->arch, "ipc");
}

static uint32_t wanted(const struct source *s, const struct program *p,
		       const struct seccomp_data *data)
{
	if (data->arch != s->arch)
		return SECCOMP_RET_KILL_PROCESS;
	for (size_t t = 0; p->tables[t] && !is_second_way(s, data->nr); t++)
		for (size_t i = 0; i < p->tables[t]->n; i++) {
			const struct call_rule *r = &p->tables[t]->rules[i];

			if (r->answer != CALL_SERVE && matches(r, data))
				return r->answer == CALL_ALLOW
					       ? SECCOMP_RET_ALLOW
					       : SECCOMP_RET_ERRNO | (uint16_t)r->error;
		}
	return SECCOMP_RET_TRAP;
}

/* ---- both ---- */

struct check {
	const struct code *code;
	const struct source *source;
	const struct program *program;
};

static bool same(const struct check *c, const struct seccomp_data *data)
{
	unsigned int steps;
	uint32_t is = code_walk(c->code, data, &steps);
	uint32_t should = wanted(c->source, c->program, data);

	if (is != should)
		fprintf(stderr,
			"callgen: %s: call %d of 0x%x (0x%llx, 0x%llx, 0x%llx, 0x%llx): 0x%x, not 0x%x\n",
			c->program->name, data->nr, data->arch, (unsigned long long)data->args[0],
			(unsigned long long)data->args[1], (unsigned long long)data->args[2],
			(unsigned long long)data->args[3], is, should);
	return is == should;
}

struct seccomp_data call_of(const struct call_rule *r, uint32_t arch, uint64_t rest)
{
	struct seccomp_data data = { .nr = r->nr, .arch = arch };

	for (size_t i = 0; i < ARRAY_LEN(data.args); i++)
		data.args[i] = rest;
	for (const struct call_arg *a = r->args; a < r->args + CALL_ARGS && a->mask; a++)
		data.args[a->at] = (rest & ~(uint64_t)a->mask) | a->value;
	return data;
}

/* What the rule is for, and all that is one bit beside it, of this architecture and of another. */
static bool check_rule(const struct check *c, const struct call_rule *r, uint64_t rest)
{
	struct seccomp_data data = call_of(r, c->source->arch, rest), other = data;
	bool good = same(c, &data);

	other.arch ^= 1;
	good = good && same(c, &other);
	for (const struct call_arg *a = r->args; a < r->args + CALL_ARGS && a->mask; a++)
		for (uint32_t bit = 0; bit < 64 && good; bit++) {
			other = data;
			other.args[a->at] ^= BIT(bit);
			good = same(c, &other);
		}
	return good;
}

bool code_check(const struct code *code, const struct source *s, const struct program *p)
{
	static const uint64_t rests[] = { 0, UINT64_MAX, 0x5555555555555555 };
	const struct check c = { code, s, p };
	bool good = true;

	for (size_t k = 0; k < ARRAY_LEN(rests); k++) {
		for (size_t t = 0; p->tables[t]; t++)
			for (size_t i = 0; i < p->tables[t]->n && good; i++)
				good = check_rule(&c, &p->tables[t]->rules[i], rests[k]);
		for (int nr = 0; nr < CALLS && good; nr++) {
			const struct call_rule any = { .nr = (int16_t)nr };
			struct seccomp_data data = call_of(&any, s->arch, rests[k]);

			good = same(&c, &data);
		}
	}
	return good;
}
