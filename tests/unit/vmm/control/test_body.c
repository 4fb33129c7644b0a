/* SPDX-License-Identifier: BSD-2-Clause */
/* body.c with the real jansson: what a hostile client may send with a verb. */
#include "tests/unit/said.h"
#include "vmm/control/body.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static struct http_lib lib;
static struct verb_args args;
static struct body_fault fault;

static void setup(void)
{
	char why[300];

	if (http_lib_load(&lib, why, sizeof(why)) < 0)
		cr_skip_test("libmicrohttpd and jansson are not installed");
}

TestSuite(body, .init = setup, .timeout = 10);

static bool read_text(const char *verb, const char *text, size_t len)
{
	args = (struct verb_args){ 0 };
	fault = (struct body_fault){ 0 };
	return body_read(&lib, verb_find(verb), text, len, &args, &fault);
}

Test(body, takes_each_kind_of_field)
{
	static const char many[] =
		"{\"desired_balloon\":9223372036854775807,\"desired_ram\":0,\"desired_vcpus\":3}";

	cr_assert(read_text("vm.resize", many, sizeof(many) - 1));
	cr_assert(eq(u32, args.given, 7));
	cr_assert(eq(u64, args.value[0], INT64_MAX));
	cr_assert(eq(u64, args.value[1], 3));
	cr_assert(read_text("vm.attach", "{\"steal\":true,\"read_only\":false}", 32));
	cr_assert(eq(u32, args.given, 3));
	cr_assert(eq(u64, args.value[0], 0));
	cr_assert(eq(u64, args.value[1], 1));
	cr_assert(read_text("vmm.log-level", "{\"level\":\"warn\"}", 16));
	cr_assert(eq(u64, args.value[0], LOG_WARN));
	cr_assert(read_text("vm.attach", " \r\n\t", 4));
	cr_assert(eq(u32, args.given, 0));
	cr_assert(read_text("vm.create", "no JSON", 7), "it is refused with another status");
}

Test(body, says_what_is_wrong)
{
	static const struct {
		const char *verb, *text, *why, *code;
	} table[] = {
		{ "vm.resize", "[]", "vm.resize: the body is no object", "bad-json" },
		{ "vm.resize", "{",
		  "vm.resize: the body is no JSON: line 1, column 1: ", "bad-json" },
		{ "vm.resize", "{}}", "the body is no JSON", "bad-json" },
		{ "vm.resize", "{\"desired_ram\":1,\"desired_ram\":1}", "duplicate", "bad-json" },
		{ "vm.resize", "{\"desired_ram\":-1}", "desired_ram: take an integer from 0 on",
		  "bad-value" },
		{ "vm.resize", "{\"desired_ram\":1.5}", "desired_ram: take an integer from 0 on",
		  "bad-value" },
		{ "vm.resize", "{\"desired_ram\":9223372036854775808}", "integer", "bad-json" },
		{ "vm.resize", "{\"desired_ram\":null}", "take an integer from 0 on", "bad-value" },
		{ "vm.resize", "{\"size\":1}", "vm.resize: size: no such field", "unknown-field" },
		{ "vm.pause", "{\"force\":1}", "the verb takes no field: leave it out",
		  "unknown-field" },
		{ "vm.attach", "{\"steal\":1}", "steal: take true or false", "bad-value" },
		{ "vmm.log-level", "{\"level\":1}", "level: take error, warn, info or debug",
		  "bad-value" },
		{ "vmm.log-level", "{\"level\":\"loud\"}", "level: take error, warn, info or debug",
		  "bad-value" },
		{ "vmm.log-level", "{}", "level: the body must have it", "missing-field" },
		{ "vmm.log-level", "", "level: the body must have it", "missing-field" },
	};

	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		cr_assert(not(read_text(table[i].verb, table[i].text, strlen(table[i].text))), "%s",
			  table[i].text);
		cr_assert(strstr(fault.why, table[i].why) != NULL, "%s: %s", table[i].text,
			  fault.why);
		cr_assert(eq(str, chars(fault.code), chars(table[i].code)), "%s", table[i].text);
	}
}

/* Depth, length, bytes that are no text: an error, and never more than the room for it. */
Test(body, bears_any_bytes)
{
	static char text[BODY_MAX];

	memset(text, '[', sizeof(text));
	cr_assert(not(read_text("vm.resize", text, sizeof(text))));
	memset(text, 'a', sizeof(text));
	memcpy(text, "{\"", 2);
	memcpy(text + sizeof(text) - 4, "\":1}", 4);
	cr_assert(not(read_text("vm.resize", text, sizeof(text))));
	cr_assert(eq(str, chars(fault.code), chars("unknown-field")));
	cr_assert(lt(sz, strlen(fault.why), sizeof(fault.why) - 1),
		  "the name is cut, the remedy is not");
	memset(text, ' ', sizeof(text));
	cr_assert(read_text("vm.resize", text, sizeof(text)));
	text[100] = '\0';
	cr_assert(not(read_text("vm.resize", text, 101)));
	cr_assert(not(read_text("vm.resize", "\xff\xfe", 2)));
	cr_assert(not(read_text("vm.resize", "{\"a\\u0000b\":1}", 14)));
}

static bool read_query(const char *verb, const char *name, const char *value)
{
	args = (struct verb_args){ 0 };
	return body_read_query(verb_find(verb), name, value, &args, &fault);
}

Test(body, a_query_has_numbers_of_a_get)
{
	static const char *const wrong[] = {
		"", "-1", "+1", " 1", "1x", "0x10", "18446744073709551616", NULL
	};

	cr_assert(read_query("vm.events", "since", "18446744073709551615"));
	cr_assert(eq(u64, args.value[0], UINT64_MAX));
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		cr_assert(not(read_query("vm.events", "since", wrong[i])), "%zu", i);
		cr_assert(eq(str, fault.why, "vm.events: since: take an integer from 0 on"));
	}
	cr_assert(not(read_query("vm.events", "until", "1")));
	cr_assert(eq(str, chars(fault.code), chars("unknown-field")));
	cr_assert(not(read_query("vm.info", "since", "1")));
	cr_assert(not(read_query("vm.resize", "desired_ram", "1")), "of a PUT the body counts");
}
