/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Each case of tests/bad/table, by the product's own main(): on a fake host the program says what the
 * table says, to the letter, and ends with its status, and nothing is left behind.
 */
#include "tests/bad/table.h"
#include "tests/fake/vfio.h"
#include "tests/unit/vmm/machine/fixture.h"

#include <criterion/redirect.h>

#define MAX_WORDS 24

int spapr_vmm(int argc, char **argv); /* main() of vmm/main.c, under this name */

/* A process does so many cases, one after the other, as starting one takes longer than a case. */
#define AT_ONCE 16u

TestSuite(bad, .timeout = 60);

static void setup(void)
{
	fx_setup();
	bad_dir = fx.dir;
	cr_assert(eq(int, chdir(fx.dir), 0));
	said_catch(LOG_WARN);
}

/* What a case asks for and expects. */
struct attempt {
	FILE *conf;         /* guest.toml, if the case writes it */
	char command[1024]; /* the words of the command line */
	char *expected;     /* a newline behind each line */
	size_t expected_size;
	FILE *expects;
};

static FILE *conf_of(struct attempt *a, const char *mode)
{
	if (!a->conf)
		a->conf = fopen(fx.config, mode);
	return a->conf;
}

static void take(struct attempt *a, const struct bad_line *l)
{
	switch (l->kind) {
	case '|':
	case '+':
		fwrite(l->text, 1, l->len, conf_of(a, l->kind == '+' ? "a" : "w"));
		if (!l->open)
			fputc('\n', a->conf);
		break;
	case '$':
		snprintf(a->command, sizeof(a->command), "%s", l->text);
		break;
	case '@':
		if (strncmp(l->text, "file ", 5) == 0)
			bad_file(l->text + 5);
		else
			cr_assert(bad_host(l->text), "there is no such word");
		break;
	default:
		fprintf(a->expects, "%s\n", l->text);
	}
}

static void prepare(struct attempt *a, struct bad_case *c)
{
	struct bad_line l;

	*a = (struct attempt){ .command = "spapr-vmm --config guest.toml" };
	a->expects = open_memstream(&a->expected, &a->expected_size);
	while (bad_next(c, &l)) {
		take(a, &l);
		free(l.text);
	}
	fclose(a->expects);
	if (a->conf)
		fclose(a->conf);
}

static int run(struct attempt *a)
{
	char *argv[MAX_WORDS + 1] = { 0 };
	int argc = 0, status;

	for (char *w = strtok(a->command, " "); w && argc < MAX_WORDS; w = strtok(NULL, " "))
		argv[argc++] = w;
	status = spapr_vmm(argc, argv);
	fflush(stdout);
	return status;
}

/* What `check` prints of what is wrong, as the log has it of a start. */
static void add_fails(void)
{
	FILE *out = cr_get_redirected_stdout();
	char line[2048];

	while (fgets(line, sizeof(line), out))
		if (strncmp(line, "FAIL ", 5) == 0) {
			line[strcspn(line, "\n")] = '\0';
			said_sink(LOG_ERROR, line);
		}
}

ParameterizedTestParameters(bad, input_is_refused_as_the_table_says)
{
	unsigned int n = (bad_count() + AT_ONCE - 1) / AT_ONCE;
	unsigned int *firsts = cr_malloc(n * sizeof(*firsts));

	for (unsigned int i = 0; i < n; i++)
		firsts[i] = i * AT_ONCE;
	return cr_make_param_array(unsigned int, firsts, n, NULL);
}

static void check(unsigned int n)
{
	struct attempt a;
	struct bad_case c;
	unsigned int line;
	int status;

	setup();
	bad_find(n, &c);
	line = c.line;
	prepare(&a, &c);
	status = run(&a);
	add_fails();
	cr_expect(eq(str, said_all(), a.expected), "%s, tests/bad/table:%u", c.name, line);
	cr_expect(eq(int, status, c.status), "%s, tests/bad/table:%u", c.name, line);
	cr_expect(eq(int, fake_open_fds(), 0), "%s: descriptors", c.name);
	cr_expect(eq(int, fake_mappings(), 0), "%s: mappings", c.name);
	fake_vfio.eeh_held = false; /* as it was before */
	cr_expect(eq(str, chars(fake_vfio_left()), ""), "%s", c.name);
	cr_expect(eq(str, chars(fake_faults()), ""), "%s", c.name);
	free(a.expected);
	fx_teardown();
}

ParameterizedTest(unsigned int *first, bad, input_is_refused_as_the_table_says)
{
	cr_redirect_stdout();
	for (unsigned int n = *first; n < *first + AT_ONCE && n < bad_count(); n++)
		check(n);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

Test(bad, names_are_names_of_one_case_each)
{
	unsigned int n = bad_count();
	char(*names)[64] = calloc(n, sizeof(*names));
	struct bad_case c;

	for (unsigned int i = 0; i < n; i++) {
		bad_find(i, &c);
		memcpy(names[i], c.name, sizeof(c.name));
	}
	qsort(names, n, sizeof(*names), by_name);
	for (unsigned int i = 1; i < n; i++)
		cr_expect(strcmp(names[i - 1], names[i]) != 0, "%s", names[i]);
	free(names);
}
