/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * callgen FILE OBJECT...: C of the programs of these objects' tables. callgen --names FILE OBJECT: of
 * names. callgen --rules FILE OBJECT...: the tables as text, for tests/lab/tools/rules.c.
 */
#include "vmm/base/callgen/callgen.h"

#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMES 1024

static void write_code(FILE *f, const struct program *p, const struct code *c)
{
	fprintf(f, "\nstatic const struct sock_filter %s_insns[] = {\n", p->name);
	for (const struct sock_filter *i = c->insns; i < c->insns + c->n; i++)
		fprintf(f, "\t{ 0x%02x, %u, %u, 0x%x },\n", i->code, i->jt, i->jf, i->k);
	fprintf(f, "};\nconst struct call_program %s = { %s_insns, %zu };\n", p->name, p->name,
		c->n);
}

static bool write_programs(FILE *f, struct source *s)
{
	static struct code c;

	fprintf(f, "#include \"vmm/base/callfilter.h\"\n\n#include <linux/filter.h>\n");
	for (struct program *p = s->programs; p < s->programs + s->nprograms; p++) {
		if (!code_make(&c, s, p) || !code_check(&c, s, p))
			return false;
		write_code(f, p, &c);
	}
	return true;
}

static void write_rule(FILE *f, const struct source *s, const struct rule_table *t,
		       const struct call_rule *r)
{
	char *name = seccomp_syscall_resolve_num_arch(s->arch, r->nr);

	fprintf(f, "rule %s %s %d %s", t->name,
		r->answer != CALL_ALLOW ? "refused"
		: r->seldom             ? "seldom"
					: "used",
		r->nr, name);
	for (const struct call_arg *a = r->args; a < r->args + CALL_ARGS && a->mask; a++)
		fprintf(f, " %u,0x%x,0x%x", a->at, a->mask, a->value);
	fprintf(f, "\n");
	free(name);
}

static bool write_rules(FILE *f, struct source *s)
{
	for (const struct program *p = s->programs; p < s->programs + s->nprograms; p++) {
		fprintf(f, "program %s", p->name);
		for (size_t t = 0; p->tables[t]; t++)
			fprintf(f, " %s", p->tables[t]->name);
		fprintf(f, "\n");
	}
	for (const struct rule_table *t = s->tables; t < s->tables + s->ntables; t++)
		for (size_t i = 0; i < t->n; i++)
			write_rule(f, s, t, &t->rules[i]);
	return true;
}

static bool write_names(FILE *f, struct source *s)
{
	char *names[NAMES];
	int n = 0;

	for (int nr = 0; nr < NAMES; nr++) {
		names[nr] = seccomp_syscall_resolve_num_arch(s->arch, nr);
		if (names[nr])
			n = nr + 1;
	}
	fprintf(f, "#include \"vmm/base/callfilter.h\"\n\nconst int call_names_n = %d;\n", n);
	fprintf(f, "const char call_names[] =\n");
	for (int nr = 0; nr < n; nr++)
		fprintf(f, "\t\"%s\\0\"\n", names[nr] ? names[nr] : "");
	fprintf(f, "\t;\n");
	for (int nr = 0; nr < NAMES; nr++)
		free(names[nr]);
	return true;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *option;
		bool (*write)(FILE *f, struct source *s);
	} kinds[] = { { "--names", write_names }, { "--rules", write_rules } };
	bool (*write)(FILE *f, struct source *s) = write_programs;
	static struct source s;
	int at = 1;
	bool good;
	FILE *f;

	for (size_t i = 0; argc > 1 && i < ARRAY_LEN(kinds); i++)
		if (strcmp(argv[1], kinds[i].option) == 0) {
			write = kinds[i].write;
			at = 2;
		}
	if (argc < at + 2) {
		fprintf(stderr, "usage: callgen [--names|--rules] OUT OBJECT...\n");
		return 2;
	}
	for (int i = at + 1; i < argc; i++)
		if (!source_read(&s, argv[i]))
			return 1;
	f = source_link(&s) ? fopen(argv[at], "w") : NULL;
	if (!f)
		return 1;
	good = write(f, &s);
	good = fclose(f) == 0 && good;
	if (!good)
		remove(argv[at]);
	source_free(&s);
	return good ? 0 : 1;
}
