/* SPDX-License-Identifier: BSD-2-Clause */
/* docgen man1|man5|bash|zsh|schema DATE: the document on standard output. */
#include "packaging/docgen/docgen.h"

#include <string.h>

static const struct {
	const char *name;
	void (*make)(FILE *out, const char *date);
} documents[] = {
	{ "man1", make_man1 }, { "man5", make_man5 },     { "bash", make_bash },
	{ "zsh", make_zsh },   { "schema", make_schema },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc == 3 && i < ARRAY_LEN(documents); i++) {
		if (strcmp(argv[1], documents[i].name) != 0)
			continue;
		documents[i].make(stdout, argv[2]);
		return fflush(stdout) != 0 || ferror(stdout);
	}
	fprintf(stderr, "usage: docgen man1|man5|bash|zsh|schema DATE\n");
	return 2;
}
