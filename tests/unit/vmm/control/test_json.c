/* SPDX-License-Identifier: BSD-2-Clause */
/* JSON as it is written for clients, and as `top` reads it. */
#include "tests/unit/said.h"
#include "vmm/control/jread.h"
#include "vmm/control/jtext.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>

static struct jtext j;

static char *written(void)
{
	jtext_bytes(&j, "", 1);
	cr_assert(eq(int, jtext_finish(&j), 0));
	return j.buf;
}

Test(jtext, writes_each_kind)
{
	jtext_object(&j, NULL);
	jtext_string(&j, "s", "a\"b\\c\n");
	jtext_string(&j, "none", NULL);
	jtext_number(&j, "n", UINT64_MAX);
	jtext_address(&j, "a", 0x800000000000000);
	jtext_array(&j, "l");
	jtext_bool(&j, NULL, true);
	jtext_null(&j, NULL);
	jtext_object(&j, NULL);
	jtext_end(&j);
	jtext_end(&j);
	jtext_end(&j);
	cr_assert(eq(str, written(),
		     "{\"s\":\"a\\u0022b\\u005cc\\u000a\",\"none\":null,\"n\":18446744073709551615,"
		     "\"a\":\"0x800000000000000\",\"l\":[true,null,{}]}"));
	jtext_free(&j);
}

Test(jtext, is_ascii_whatever_the_text)
{
	jtext_string(&j, NULL, "\xc3\xa4\xf0\x9f\x98\x80\xff\xc0\x80\xed\xa0\x80\xe2\x82");
	cr_assert(eq(
		str, written(),
		"\"\\u00e4\\ud83d\\ude00\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\""));
	jtext_free(&j);
}

Test(jtext, keeps_that_there_was_no_room)
{
	cr_assert(jtext_room(&j, JTEXT_MAX) != NULL);
	jtext_filled(&j, JTEXT_MAX);
	cr_assert(eq(int, jtext_finish(&j), 0));
	jtext_number(&j, NULL, 1);
	cr_assert(eq(int, jtext_finish(&j), -EMSGSIZE));
	jtext_reset(&j);
	jtext_number(&j, NULL, 1);
	cr_assert(eq(str, written(), "1"));
	jtext_free(&j);
}

static char seen[1000];

static void see(void *ctx, const char *path, const char *text, size_t len)
{
	size_t n = strlen(seen);

	(void)ctx;
	snprintf(seen + n, sizeof(seen) - n, "%s=%.*s;", path, (int)len, text);
}

Test(jread, gives_each_value_with_its_path)
{
	cr_assert(jread(
		" { \"a\" : {\"b\":1, \"c\":\"x\\\"y\"}, \"l\":[true, {\"d\":null}, []], \"e\":{} }\n",
		see, NULL));
	cr_assert(eq(str, seen, "a.b=1;a.c=x\\\"y;l.0=true;l.1.d=null;"));
}

Test(jread, refuses_what_is_none)
{
	static const char *const wrong[] = { "",
					     "{",
					     "{\"a\"}",
					     "{\"a\":}",
					     "[1,]",
					     "[1 2]",
					     "\"a",
					     "{\"a\":1}x",
					     "{a:1}",
					     "\"\\",
					     "[[[[[[[[[[[[[[[[[[[[[[" };

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		cr_assert(not(jread(wrong[i], see, NULL)), "%s", wrong[i]);
}

Test(jread, refuses_a_path_without_room)
{
	char text[JREAD_PATH + 20];

	memset(text, 'a', sizeof(text));
	memcpy(text, "{\"", 2);
	strcpy(text + 2 + JREAD_PATH - 1, "\":1}");
	cr_assert(jread(text, see, NULL));
	memset(text, 'a', sizeof(text));
	memcpy(text, "{\"", 2);
	strcpy(text + 2 + JREAD_PATH, "\":1}");
	cr_assert(not(jread(text, see, NULL)));
}
