/* SPDX-License-Identifier: BSD-2-Clause */
/* conf.[ch], toml.[ch] and suggest.[ch] with key tables of their own. */
#include "tests/unit/said.h"
#include "vmm/base/suggest.h"
#include "vmm/conf/conf_private.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum colour { RED, GREEN, BLUE };

struct lamp {
	bool on;
	uint64_t watts;
	uint64_t flux;
	enum colour colour;
	char *name;
	char *file;
	char **tags;
	size_t ntags;
};

struct house {
	struct lamp hall;
	struct lamp *lamps;
	size_t nlamps;
	struct lamp *porch; /* if there is one */
	size_t nporches;
};

static int no_spaces(struct conf_value *v)
{
	return strchr(v->text, ' ') ? conf_why(v, "a blank in \"%s\"", v->text) : 0;
}

static const char *const colours[] = { "red", "green", "blue", NULL };
static const struct conf_word words[] = { { "dark", 0 }, { "bright", UINT64_MAX }, { 0 } };

static const struct conf_key lamp_keys[] = {
	{ "on", CONF_BOOL, offsetof(struct lamp, on), .def = "true", .help = "shines" },
	{ "watts", CONF_UINT, offsetof(struct lamp, watts), .def = "7", .min = 1, .max = 100,
	  .help = "power" },
	{ "flux", CONF_SIZE, offsetof(struct lamp, flux), .def = "4KiB", .words = words,
	  .help = "light" },
	{ "colour", CONF_ENUM, offsetof(struct lamp, colour), .def = "green", .choices = colours,
	  .help = "of the light" },
	{ "name", CONF_STRING, offsetof(struct lamp, name), .check = no_spaces, .max_len = 9,
	  .help = "what it is called" },
	{ "file", CONF_PATH, offsetof(struct lamp, file), .help = "its manual" },
	{ "tags", CONF_LIST, offsetof(struct lamp, tags),
	  .count_offset = offsetof(struct lamp, ntags), .check = no_spaces, .help = "labels" },
	{ 0 },
};

static const struct conf_section sections[] = {
	{ "hall", lamp_keys, offsetof(struct house, hall), .help = "the first lamp" },
	{ "lamp", lamp_keys, offsetof(struct house, lamps), .array = true,
	  .count_offset = offsetof(struct house, nlamps), .size = sizeof(struct lamp),
	  .help = "more lamps" },
	{ "porch", lamp_keys, offsetof(struct house, porch), .optional = true,
	  .count_offset = offsetof(struct house, nporches), .size = sizeof(struct lamp),
	  .help = "a lamp outside" },
	{ 0 },
};

/* Read @text with overrides up to a NULL; what conf_report() says, its lines in said_all(). */
static int read_house(struct house *h, const char *text, const char *const *sets)
{
	struct conf c;
	int r;

	*h = (struct house){ 0 };
	said_catch(LOG_DEBUG);
	if (conf_open_text(&c, "/home/house.toml", text, strlen(text)) == 0) {
		for (; sets && *sets; sets++)
			conf_set(&c, *sets);
		conf_read(&c, sections, h);
	}
	r = conf_report(&c);
	conf_close(&c);
	log_set_sink(NULL);
	return r;
}

Test(conf, an_optional_section_is_there_or_is_not)
{
	static const char *const sets[] = { "porch.watts=9", NULL };
	struct house h;
	char *text = NULL;
	size_t len;
	FILE *f;

	cr_assert(eq(int, read_house(&h, "", NULL), 0), "%s", said_all());
	cr_assert(eq(sz, h.nporches, 0));
	conf_release(sections, &h);
	cr_assert(eq(int, read_house(&h, "[porch]\nname = \"a\"", sets), 0), "%s", said_all());
	cr_assert(eq(sz, h.nporches, 1));
	cr_assert(eq(str, h.porch->name, "a"));
	cr_assert(eq(u64, h.porch->watts, 9));
	cr_assert(eq(u64, h.porch->flux, 4096));
	f = open_memstream(&text, &len);
	conf_print(sections, &h, f);
	fclose(f);
	cr_assert(ne(ptr, strstr(text, "\n[porch]\non = true\nwatts = 9\n"), NULL), "%s", text);
	free(text);
	conf_release(sections, &h);
	cr_assert(eq(int, read_house(&h, "", sets), 0), "%s", said_all());
	cr_assert(eq(sz, h.nporches, 1));
	conf_release(sections, &h);
	cr_assert(eq(int, read_house(&h, "[[porch]]", NULL), -EINVAL));
	cr_assert(eq(sz, h.nporches, 0));
	conf_release(sections, &h);
	cr_assert(eq(int, read_house(&h, "porch = 3", NULL), -EINVAL));
	conf_release(sections, &h);
}

Test(conf, an_empty_file_gives_the_defaults)
{
	struct house h;

	cr_assert(eq(int, read_house(&h, "", NULL), 0), "%s", said_all());
	cr_assert(h.hall.on);
	cr_assert(eq(u64, h.hall.watts, 7));
	cr_assert(eq(u64, h.hall.flux, 4096));
	cr_assert(eq(int, (int)h.hall.colour, GREEN));
	cr_assert(eq(ptr, h.hall.name, NULL));
	cr_assert(eq(sz, h.nlamps, 0));
	conf_release(sections, &h);
}

Test(conf, every_type_arrives_in_its_field)
{
	struct house h;
	int r = read_house(&h,
			   "[[lamp]]\non = false\nwatts = 60\nflux = \"2MiB\"\ncolour = \"blue\"\n"
			   "name = \"a\"\nfile = \"doc/x\"\ntags = [\"t\", \"u\"]\n[[lamp]]\n",
			   NULL);

	cr_assert(eq(int, r, 0), "%s", said_all());
	cr_assert(eq(sz, h.nlamps, 2));
	cr_assert(not(h.lamps[0].on));
	cr_assert(eq(u64, h.lamps[0].watts, 60));
	cr_assert(eq(u64, h.lamps[0].flux, 2 * MiB));
	cr_assert(eq(int, (int)h.lamps[0].colour, BLUE));
	cr_assert(eq(str, h.lamps[0].name, "a"));
	cr_assert(eq(str, h.lamps[0].file, "/home/doc/x"));
	cr_assert(eq(sz, h.lamps[0].ntags, 2));
	cr_assert(eq(str, h.lamps[0].tags[1], "u"));
	cr_assert(eq(u64, h.lamps[1].watts, 7));
	conf_release(sections, &h);
}

Test(conf, a_failed_value_leaves_its_field_zero_and_the_rest_filled)
{
	struct house h;
	int r = read_house(
		&h, "[hall]\nwatts = 101\nname = \"a b\"\non = false\ntags = [\"x y\", \"z\"]\n",
		NULL);

	cr_assert(eq(int, r, -EINVAL));
	cr_assert(eq(str, said_all(),
		     "/home/house.toml:2:9: hall.watts: out of range: 1 to 100\n"
		     "/home/house.toml:3:8: hall.name: a blank in \"a b\"\n"
		     "/home/house.toml:5:9: hall.tags.0: a blank in \"x y\"\n"));
	cr_assert(eq(u64, h.hall.watts, 0));
	cr_assert(eq(ptr, h.hall.name, NULL));
	cr_assert(not(h.hall.on));
	cr_assert(eq(str, h.hall.tags[1], "z"));
	conf_release(sections, &h);
}

Test(conf, a_word_stands_for_its_size)
{
	struct house h;

	cr_assert(eq(int, read_house(&h, "[hall]\nflux = \"bright\"\n", NULL), 0));
	cr_assert(eq(u64, h.hall.flux, UINT64_MAX));
	conf_release(sections, &h);
}

Test(conf, messages_come_in_the_order_of_the_file_then_of_the_command_line)
{
	static const char *const sets[] = { "hall.watts=0", "hall.colour=blu", NULL };
	struct house h;

	cr_assert(eq(int, read_house(&h, "[[lamp]]\nzzz = 1\n[hall]\nyyy = 1\n", sets), -EINVAL));
	cr_assert(eq(str, said_all(),
		     "/home/house.toml:2:1: lamp.0.zzz: unknown key\n"
		     "/home/house.toml:4:1: hall.yyy: unknown key\n"
		     "--set hall.watts=0: hall.watts: out of range: 1 to 100\n"
		     "--set hall.colour=blu: hall.colour: \"blu\" is none of red, green, blue, did "
		     "you mean \"blue\"?\n"));
	conf_release(sections, &h);
}

Test(conf, set_replaces_appends_and_creates)
{
	static const char *const sets[] = {
		"hall.watts=9",    "lamp.0.name=old", "lamp.0.name=new",
		"lamp.1.on=false", "lamp.1.tags.0=a", "lamp.1.tags.1=b",
		"hall.name=12",    "hall.flux=8K",    NULL,
	};
	struct house h;

	cr_assert(eq(int, read_house(&h, "[hall]\nwatts = 8\n[[lamp]]\nname = \"x\"\n", sets), 0),
		  "%s", said_all());
	cr_assert(eq(u64, h.hall.watts, 9));
	cr_assert(eq(u64, h.hall.flux, 8192));
	cr_assert(eq(str, h.hall.name, "12"));
	cr_assert(eq(str, h.lamps[0].name, "new"));
	cr_assert(eq(sz, h.nlamps, 2));
	cr_assert(not(h.lamps[1].on));
	cr_assert(eq(str, h.lamps[1].tags[1], "b"));
	conf_release(sections, &h);
}

Test(conf, set_takes_whole_arrays_and_tables)
{
	static const char *const sets[] = { "lamp=[{watts = 3}, {}]", "hall={on = false}", NULL };
	struct house h;

	cr_assert(eq(int, read_house(&h, "[hall]\nwatts = 8\n", sets), 0), "%s", said_all());
	cr_assert(eq(sz, h.nlamps, 2));
	cr_assert(eq(u64, h.lamps[0].watts, 3));
	cr_assert(eq(u64, h.hall.watts, 7));
	conf_release(sections, &h);
}

Test(conf, set_values_keep_quotes_and_line_ends_to_themselves)
{
	static const char *const sets[] = { "hall.name=\"q\\tq\"", "lamp.0.name=1\nw=\"2",
					    "lamp.1.name=a\"\\b", "lamp.2.name=", NULL };
	struct house h;

	cr_assert(eq(int, read_house(&h, "", sets), 0), "%s", said_all());
	cr_assert(eq(str, h.hall.name, "q\tq"));
	cr_assert(eq(str, h.lamps[0].name, "1\nw=\"2"));
	cr_assert(eq(str, h.lamps[1].name, "a\"\\b"));
	cr_assert(eq(str, h.lamps[2].name, ""));
	conf_release(sections, &h);
}

struct bad_set {
	char set[40];
	char message[120];
};

ParameterizedTestParameters(conf, a_bad_set_is_named)
{
	static struct bad_set cases[] = {
		{ "hall", "write KEY=VALUE, with KEY as a dotted path (machine.memory=4GiB)" },
		{ "=1", "write KEY=VALUE, with KEY as a dotted path (machine.memory=4GiB)" },
		{ ".hall=1", "write KEY=VALUE, with KEY as a dotted path (machine.memory=4GiB)" },
		{ "hall.=1", "write KEY=VALUE, with KEY as a dotted path (machine.memory=4GiB)" },
		{ "hall..on=1",
		  "write KEY=VALUE, with KEY as a dotted path (machine.memory=4GiB)" },
		{ "lamp.1.on=true", "the next new index is 0" },
		{ "lamp.on=true", "\"on\" is no index: write lamp.0.on" },
		{ "lamp.9999999.on=true", "\"9999999\" is no index: write lamp.0.9999999" },
		{ "hall.name.x=1", "nothing can be below a string" },
		{ "hall.name=\xff", "the value is not valid UTF-8" },
		{ "hall.name.0=1", "nothing can be below a string" },
		{ "hall.on=yes", "hall.on: expected true or false, got a string" },
		{ "halls.on=true", "halls: unknown section, did you mean \"hall\"?" },
		{ "hall=3", "hall: expected one table: write [hall]" },
		{ "lamp=3", "lamp: there may be several: write lamp.0.KEY=VALUE" },
		{ "lamp.0=3", "lamp.0: expected a table, got an integer" },
		{ "hall.tags=x", "hall.tags: expected an array of strings, got a string" },
	};

	return cr_make_param_array(struct bad_set, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct bad_set *p, conf, a_bad_set_is_named)
{
	const char *const sets[] = { p->set, NULL };
	char expected[200];
	struct house h;

	snprintf(expected, sizeof(expected), "--set %s: %s\n", p->set, p->message);
	cr_assert(eq(int, read_house(&h, "lamp = []\n[hall]\nname = \"a\"\n", sets), -EINVAL));
	cr_assert(eq(str, said_all(), expected));
	conf_release(sections, &h);
}

struct size_case {
	char text[32];
	int result;
	uint64_t bytes;
};

ParameterizedTestParameters(conf, sizes)
{
	static struct size_case cases[] = {
		{ "0", 0, 0 },
		{ "17", 0, 17 },
		{ "3K", 0, 3 * KiB },
		{ "3KiB", 0, 3 * KiB },
		{ "2M", 0, 2 * MiB },
		{ "2GiB", 0, 2 * GiB },
		{ "007T", 0, 7 * TiB },
		{ "18446744073709551615", 0, UINT64_MAX },
		{ "18446744073709551616", -ERANGE, 0 },
		{ "16777215TiB", 0, 16777215 * TiB },
		{ "16777216TiB", -ERANGE, 0 },
		{ "99999999999999999999999K", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
		{ "K", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },
		{ "+1", -EINVAL, 0 },
		{ " 1", -EINVAL, 0 },
		{ "1 ", -EINVAL, 0 },
		{ "1 K", -EINVAL, 0 },
		{ "1.5G", -EINVAL, 0 },
		{ "0x10", -EINVAL, 0 },
		{ "1k", -EINVAL, 0 },
		{ "1KB", -EINVAL, 0 },
		{ "1Kib", -EINVAL, 0 },
		{ "1e3", -EINVAL, 0 },
	};

	return cr_make_param_array(struct size_case, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct size_case *p, conf, sizes)
{
	uint64_t bytes = 0;

	cr_assert(eq(int, conf_size_parse(p->text, &bytes), p->result), "%s", p->text);
	if (p->result == 0)
		cr_assert(eq(u64, bytes, p->bytes), "%s", p->text);
}

Test(conf, a_size_is_printed_with_the_largest_unit_that_divides_it)
{
	cr_assert(eq(str, conf_size_text(0).text, "0"));
	cr_assert(eq(str, conf_size_text(17).text, "17"));
	cr_assert(eq(str, conf_size_text(96 * KiB).text, "96KiB"));
	cr_assert(eq(str, conf_size_text(1536 * MiB).text, "1536MiB"));
	cr_assert(eq(str, conf_size_text(16 * TiB).text, "16TiB"));
	cr_assert(eq(str, conf_size_text(UINT64_MAX).text, "18446744073709551615"));
}

struct near {
	char word[16];
	char best[8]; /* "" for none */
};

ParameterizedTestParameters(conf, suggestions)
{
	static struct near cases[] = {
		{ "memroy", "memory" }, { "memry", "memory" }, { "Memory", "memory" },
		{ "mem", "memory" },    { "me", "" },          { "cpus", "vcpus" },
		{ "vcpu", "vcpus" },    { "weather", "" },     { "", "" },
		{ "mmu2", "mmu" },
	};

	return cr_make_param_array(struct near, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct near *p, conf, suggestions)
{
	struct suggest s = { .word = p->word };

	suggest_offer(&s, "vcpus");
	suggest_offer(&s, "memory");
	suggest_offer(&s, "mmu");
	cr_assert(eq(str, chars(s.best ? s.best : ""), p->best), "%s", p->word);
}

Test(conf, print_escapes_what_toml_would_not_take)
{
	static const char *const sets[] = { "hall.name=a\"\\\n\x7f\xc3\xa9", NULL };
	struct house h;
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	cr_assert(eq(int, read_house(&h, "", sets), 0), "%s", said_all());
	conf_print(sections, &h, f);
	fclose(f);
	cr_assert(eq(str, text,
		     "[hall]\non = true\nwatts = 7\nflux = \"4KiB\"\ncolour = \"green\"\n"
		     "name = \"a\\\"\\\\\\u000A\\u007F\xc3\xa9\"\ntags = []\n"));
	free(text);
	conf_release(sections, &h);
}

Test(conf, help_names_every_key_with_its_form_and_default)
{
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	conf_help(sections, f);
	fclose(f);
	cr_assert(ne(ptr, strstr(text, "[[lamp]]  more lamps\n"), NULL));
	cr_assert(ne(ptr, strstr(text, "watts               power: 1..100, default 7\n"), NULL));
	cr_assert(ne(ptr, strstr(text, "light: dark|bright|SIZE, default 4KiB\n"), NULL));
	cr_assert(ne(ptr, strstr(text, "of the light: red|green|blue, default green\n"), NULL));
	free(text);
}

Test(conf, a_file_that_cannot_be_read_is_one_message)
{
	static const struct {
		const char *path, *message;
	} cases[] = {
		{ "/nonexistent/x.toml", "/nonexistent/x.toml: No such file or directory\n" },
		{ "/", "/: Is a directory\n" },
		{ "/dev/zero", "/dev/zero: too long for a configuration: more than 64KiB\n" },
	};
	struct conf c;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		said_catch(LOG_DEBUG);
		cr_assert(lt(int, conf_open(&c, cases[i].path), 0));
		cr_assert(eq(int, conf_report(&c), -EINVAL));
		cr_assert(eq(str, said_all(), chars(cases[i].message)));
		conf_close(&c);
	}
	log_set_sink(NULL);
}

/* a.a.a...=1 with @dots dots */
static char *nested(size_t dots)
{
	char *text = malloc(2 * dots + 4);

	for (size_t i = 0; i < 2 * dots; i++)
		text[i] = i % 2 ? '.' : 'a';
	strcpy(text + 2 * dots, "a=1");
	return text;
}

Test(conf, keys_nested_to_the_limit_are_read_and_deeper_ones_refused)
{
	struct house h;
	char *text = nested(4096);

	cr_assert(eq(int, read_house(&h, text, NULL), -EINVAL));
	cr_assert(eq(str, said_all(), "/home/house.toml:1:1: a: unknown section\n"));
	conf_release(sections, &h);
	free(text);
	text = nested(4097);
	cr_assert(eq(int, read_house(&h, text, NULL), -EINVAL));
	cr_assert(eq(str, said_all(),
		     "/home/house.toml: more than 4096 dots: the keys nest too deep\n"));
	free(text);
}

/* toml++ 3.3.0 has undefined behaviour for these (its issue 190). */
Test(conf, letters_of_all_kinds_outside_strings_are_errors_of_the_file)
{
	static const char *const texts[] = { "\xcc\xaa", "x\xc2\xa7 = 1", "x = \xcc\xaa",
					     "x = \"\"\"\\\n\xc2\xa7\"\"\"", "\xef\xbb\xb7[x]" };
	struct house h;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		cr_assert(eq(int, read_house(&h, texts[i], NULL), -EINVAL), "%zu", i);
		cr_assert(ne(str, said_all(), ""));
	}
}

Test(toml, places_are_those_of_key_and_value)
{
	static const char text[] = "[a]\n  b = [1, \"x\"]\nc.d = { e = true }\nf = 2020-01-01\n";
	struct toml_node *root;
	struct toml_error err;
	const struct toml_node *a, *b, *e;

	cr_assert(eq(int, toml_parse(&root, text, sizeof(text) - 1, &err), 0));
	a = toml_child(root, "a");
	b = toml_child(a, "b");
	cr_assert(eq(u32, b->key_line, 2));
	cr_assert(eq(u32, b->key_column, 3));
	cr_assert(eq(u32, b->line, 2));
	cr_assert(eq(u32, b->column, 7));
	cr_assert(eq(sz, toml_length(b), 2));
	cr_assert(eq(u32, toml_element(b, 1)->column, 11));
	cr_assert(eq(str, toml_element(b, 1)->string, "x"));
	cr_assert(eq(ptr, toml_element(b, 2), NULL));
	e = toml_child(toml_child(toml_child(a, "c"), "d"), "e");
	cr_assert(eq(int, (int)e->type, TOML_BOOL));
	cr_assert(e->boolean);
	cr_assert(eq(int, (int)toml_child(a, "f")->type, TOML_DATE));
	toml_free(root);
}
