/* SPDX-License-Identifier: BSD-2-Clause */
/* callgen FILE OBJECT...: C of the programs of these objects' tables. callgen --names FILE OBJECT: of names. */
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
	static struct source s;
	bool names = argc > 1 && strcmp(argv[1], "--names") == 0, good;
	int at = names ? 2 : 1;
	FILE *f;

	if (argc < at + 2) {
		fprintf(stderr, "usage: callgen [--names] OUT.c OBJECT...\n");
		return 2;
	}
	for (int i = at + 1; i < argc; i++)
		if (!source_read(&s, argv[i]))
			return 1;
	f = source_link(&s) ? fopen(argv[at], "w") : NULL;
	if (!f)
		return 1;
	good = names ? write_names(f, &s) : write_programs(f, &s);
	good = fclose(f) == 0 && good;
	if (!good)
		remove(argv[at]);
	source_free(&s);
	return good ? 0 : 1;
}
