/* SPDX-License-Identifier: BSD-2-Clause */
/* toml_ascii.c: where strings and comments begin and end, and the place of what is outside. */
#include "vmm/conf/toml_ascii.h"

#include "vmm/base/types.h"
#include "vmm/conf/toml.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <string.h>

struct text {
	char text[64];
	unsigned int line, column; /* 0: it is fine */
};

/* U+00A7 is "\xc2\xa7". */
ParameterizedTestParameters(toml_ascii, the_first_character_out_of_place_is_found)
{
	static struct text cases[] = {
		{ "", 0, 0 },
		{ "\xef\xbb\xbfx = 1", 0, 0 },
		{ "\xef\xbb\xb7x = 1", 1, 1 },
		{ "# \xc2\xa7\n", 0, 0 },
		{ "# \xc2\xa7\n\xc2\xa7", 2, 1 },
		{ "x\xc2\xa7 = 1", 1, 2 },
		{ "x = \xcc\xaa", 1, 5 },
		{ "x = \"\xc2\xa7\"", 0, 0 },
		{ "x = '\xc2\xa7'", 0, 0 },
		{ "x = \"\xc2\xa7\xc2\xa7\" \xc2\xa7", 1, 10 },
		{ "x = '\\' \xc2\xa7", 1, 9 },
		{ "x = \"\\\"\xc2\xa7\"", 0, 0 },
		{ "x = \"\\\\\" \xc2\xa7", 1, 10 },
		{ "x = \"\" \xc2\xa7", 1, 8 },
		{ "x = \"#\" \xc2\xa7", 1, 9 },
		{ "x = \"'\" \xc2\xa7", 1, 9 },
		{ "x = \"cut\n\xc2\xa7 = 1", 2, 1 },
		{ "x = \"cut\\\n\xc2\xa7 = 1", 2, 1 },
		{ "x = \"\"\"\n\xc2\xa7\n\"\"\"", 0, 0 },
		{ "x = '''\n\xc2\xa7\\\n\xc2\xa7\n'''", 0, 0 },
		{ "x = \"\"\"a\" \"\" \xc2\xa7\"\"\"", 0, 0 },
		{ "x = \"\"\"a\"\"\"\"\" \xc2\xa7", 1, 15 },
		{ "x = '''a''''' # '''\n\xc2\xa7", 2, 1 },
		{ "x = \"\"\"\\\"\"\"\xc2\xa7\"\"\" \xc2\xa7", 1, 17 },
		{ "x = \"\"\"\\\\\"\"\" \xc2\xa7", 1, 14 },
		{ "x = \"\"\"\\\n \n\xc2\xa7\"\"\"", 3, 1 },
		{ "x = \"\"\"\\ \xc2\xa7\"\"\"", 1, 10 },
		{ "x = \"\"\"\\\xc2\xa7\"\"\"", 1, 9 },
		{ "x = \"\"\"\\\r\n  a\xc2\xa7\"\"\"", 0, 0 },
		{ "x = \"\"\"\\\n\"\"\" \xc2\xa7", 2, 5 },
		{ "x = \"\"\"\xc2\xa7", 0, 0 },
		{ "x = \"\"\"\\", 0, 0 },
		{ "x = \"\\", 0, 0 },
		/* A quote within a number opens nothing: toml++ reads on to a blank. */
		{ "[t]\nx =+\"\xc8\xa4", 2, 6 },
		{ "x = =\"\xc2\xa7\"", 1, 7 },
		{ "x = 1[\"\xc2\xa7", 1, 8 },
		{ "x = [1, a=\"\xc2\xa7\"]", 1, 12 },
		{ "x = [\n1'\xc2\xa7']", 2, 3 },
		{ "x = 1 \"\xc2\xa7\"", 0, 0 },
		{ "x = {a=1,b=\"\xc2\xa7\"}", 0, 0 },
		{ "a.\"\xc2\xa7\" = 1", 0, 0 },
		{ "[a.'\xc2\xa7']", 0, 0 },
		{ "x = [[1],[\"\xc2\xa7\"],{a=\"\xc2\xa7\"}]", 0, 0 },
		{ "x = [\n'\xc2\xa7',\n'\xc2\xa7'\n]\n'\xc2\xa7' = 1", 0, 0 },
	};

	return cr_make_param_array(struct text, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct text *p, toml_ascii, the_first_character_out_of_place_is_found)
{
	unsigned int line = 0, column = 0;
	bool fine = toml_ascii_check(p->text, strlen(p->text), &line, &column);

	cr_assert(eq(int, fine, !p->line), "%s", p->text);
	cr_assert(eq(uint, line, p->line), "%s", p->text);
	cr_assert(eq(uint, column, p->column), "%s", p->text);
}

/* Whatever the text, it is a message or a tree: nothing that toml++ 3.3.0 leaves undefined. */
Test(toml_ascii, the_parser_asks)
{
	static const char text[] = "a = 1\nb\xc2\xa7 = 2\n";
	struct toml_node *root;
	struct toml_error err;

	cr_assert(eq(int, toml_parse(&root, text, sizeof(text) - 1, &err), -EINVAL));
	cr_assert(eq(uint, err.line, 2));
	cr_assert(eq(uint, err.column, 2));
	cr_assert(ne(ptr, strstr(err.text, "not ASCII"), NULL), "%s", err.text);
}
