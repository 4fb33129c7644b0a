/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * docs/PAPR.md against the rows: each table of the page, from a line "<!-- table: NAME -->" to
 * "<!-- end -->", is what is printed here. A change that is meant is taken over by tests/golden/update.
 */
#include "sphapr/rtas.h"
#include "sphapr/rtas_sysparm.h"
#include "tests/fake/pci.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE SPAPR_SOURCE_DIR "/docs/PAPR.md"
#define MAX_ROWS 256

/* What a machine can be like, each a bit: what is offered depends on one of these, or on nothing. */
enum { XIVE, RADIX, HWRNG, RPT, PHB, DDW, EEH, NBITS };

static const char *const words[NBITS][2] = {
	[XIVE] = { "with XICS", "with XIVE" },
	[RADIX] = { "to hash guests", "to radix guests" },
	[HWRNG] = { "where KVM has no random numbers", "where KVM has random numbers" },
	[RPT] = { "where KVM does not serve it", "where KVM serves it" },
	[PHB] = { "without a PHB", "with a PHB" },
	[DDW] = { "without dynamic windows", "with a PE that has dynamic windows" },
	[EEH] = { "without error recovery", "with a PE that has error recovery" },
};

static struct fake_machine *machines[1 << NBITS]; /* NULL: what cannot be */

static bool has(unsigned int like, int bit)
{
	return like >> bit & 1;
}

static void setup(void)
{
	for (unsigned int like = 0; like < 1 << NBITS; like++) {
		struct fake_machine *m;
		struct phb *p;

		if (!has(like, PHB) && (has(like, DDW) || has(like, EEH)))
			continue;
		m = machines[like] =
			fake_machine_new(has(like, XIVE) ? INTC_XIVE : INTC_XICS, 1, 1);
		m->sp.mode.radix = has(like, RADIX);
		m->sp.cfg.hwrng = has(like, HWRNG);
		m->sp.cfg.rpt_invalidate = has(like, RPT);
		p = has(like, PHB) ? fake_machine_add_phb(m) : NULL;
		if (p)
			p->pe.ddw = has(like, DDW);
		if (has(like, EEH))
			pe_eeh_init(&p->pe, &fake_eeh_ops, NULL);
	}
}

static void teardown(void)
{
	for (unsigned int like = 0; like < 1 << NBITS; like++)
		fake_machine_free(machines[like]);
}

TestSuite(papr, .init = setup, .fini = teardown);

/* To whom a row is offered, in words. */
static const char *to_whom(bool (*offered)(const struct spapr *sp))
{
	bool is[NBITS][2], always = true;

	memset(is, true, sizeof(is));
	for (unsigned int like = 0; like < 1 << NBITS; like++) {
		bool there = machines[like] && (!offered || offered(&machines[like]->sp));

		for (int bit = 0; machines[like] && bit < NBITS; bit++)
			for (int value = 0; value < 2; value++)
				is[bit][value] &= there == (has(like, bit) == value);
		always &= there || !machines[like];
	}
	for (int bit = 0; bit < NBITS; bit++)
		for (int value = 0; value < 2; value++)
			if (is[bit][value])
				return words[bit][value];
	cr_assert(always, "this test has no words for what a row depends on");
	return "always";
}

static const struct hcall_desc *hcalls[MAX_ROWS];
static size_t nhcalls;

static int by_number(const void *left, const void *right)
{
	uint32_t l = (*(const struct hcall_desc *const *)left)->nr;
	uint32_t r = (*(const struct hcall_desc *const *)right)->nr;

	return l < r ? -1 : l > r;
}

/* The rows that any machine offers. */
static void collect(void)
{
	for (unsigned int like = 0; like < 1 << NBITS; like++) {
		const struct hcall_desc *d;

		for (size_t i = 0; machines[like] && (d = hcall_row(&machines[like]->sp, i)); i++) {
			size_t k = 0;

			while (k < nhcalls && hcalls[k] != d)
				k++;
			cr_assert(lt(sz, k, MAX_ROWS));
			hcalls[k] = d;
			nhcalls += k == nhcalls;
		}
	}
	qsort(hcalls, nhcalls, sizeof(hcalls[0]), by_number);
}

static const char *server_of(const struct hcall_desc *d)
{
	bool all = d->fn == hcall_in_kernel;

	switch (d->server) {
	case HCALL_USER:
		return "VMM";
	case HCALL_KERNEL:
		return all ? "KVM" : "KVM, else the VMM";
	case HCALL_KERNEL_ASK:
		return all ? "KVM, asked to" : "KVM, asked to; else the VMM";
	case HCALL_KERNEL_PUT:
		return "KVM where that is safe, else the VMM";
	case HCALL_KERNEL_BULK:
		return "VMM; KVM with `tce = \"kernel\"`";
	}
	abort();
}

static void hypercalls(FILE *out)
{
	fprintf(out,
		"| number | call | function set | served by | offered |\n|---|---|---|---|---|\n");
	for (size_t i = 0; i < nhcalls; i++)
		fprintf(out, "| 0x%x | `%s` | %s | %s | %s |\n", hcalls[i]->nr, hcalls[i]->name,
			hcalls[i]->hypertas ? hcalls[i]->hypertas : "", server_of(hcalls[i]),
			to_whom(hcalls[i]->offered));
}

static bool was_named(size_t before, const char *set)
{
	for (size_t i = 0; i < before; i++)
		if (hcalls[i]->hypertas && strcmp(hcalls[i]->hypertas, set) == 0)
			return true;
	return false;
}

static void function_sets(FILE *out)
{
	fprintf(out, "| function set | its calls here |\n|---|---|\n");
	for (size_t i = 0; i < nhcalls; i++) {
		const char *set = hcalls[i]->hypertas, *comma = "";

		if (!set || was_named(i, set))
			continue;
		fprintf(out, "| %s | ", set);
		for (size_t k = i; k < nhcalls; k++) {
			if (!hcalls[k]->hypertas || strcmp(hcalls[k]->hypertas, set) != 0)
				continue;
			fprintf(out, "%s`%s`", comma, hcalls[k]->name);
			comma = ", ";
		}
		fprintf(out, " |\n");
	}
}

static void range(FILE *out, unsigned int min, unsigned int max)
{
	fprintf(out, min == max ? "%u" : "%u or %u", min, max);
}

static void rtas_calls(FILE *out)
{
	const struct rtas_desc *d;

	fprintf(out,
		"| call | arguments | returns | served by | offered |\n|---|---|---|---|---|\n");
	for (size_t i = 0; (d = rtas_row(i)); i++) {
		fprintf(out, "| `%s` | ", d->name);
		range(out, d->nargs, d->nargs + d->nargs_opt);
		fprintf(out, " | ");
		range(out, d->nret_min, d->nret_max);
		fprintf(out, " | %s | %s |\n", d->fn == rtas_in_kernel ? "KVM" : "VMM",
			to_whom(d->offered));
	}
}

static void system_parameters(FILE *out)
{
	fprintf(out, "| parameter | is |\n|---|---|\n");
	for (const struct sysparm *p = sysparms; p->get; p++)
		fprintf(out, "| %u | %s |\n", p->token, p->name);
}

/* The page with its tables made anew. An unknown name ends the test. */
static void print_page(FILE *page, FILE *out)
{
	static const struct {
		const char *line;
		void (*print)(FILE *out);
	} tables[] = {
		{ "<!-- table: hypercalls -->\n", hypercalls },
		{ "<!-- table: function sets -->\n", function_sets },
		{ "<!-- table: RTAS calls -->\n", rtas_calls },
		{ "<!-- table: system parameters -->\n", system_parameters },
	};
	char line[1024];
	bool in_table = false;
	size_t n = 0;

	while (fgets(line, sizeof(line), page)) {
		if (strcmp(line, "<!-- end -->\n") == 0)
			in_table = false;
		if (!in_table)
			fputs(line, out);
		if (strncmp(line, "<!-- table:", 11) != 0)
			continue;
		cr_assert(lt(sz, n, ARRAY_LEN(tables)));
		cr_assert(eq(str, line, (char *)(uintptr_t)tables[n].line));
		tables[n++].print(out);
		in_table = true;
	}
	cr_assert(eq(sz, n, ARRAY_LEN(tables)), "a table is missing");
}

static char *read_page(void)
{
	FILE *f = fopen(PAGE, "r");
	char *text = calloc(1, 65536);

	cr_assert(f && text && fread(text, 1, 65535, f) > 0);
	fclose(f);
	return text;
}

Test(papr, the_page_has_the_tables_of_the_rows)
{
	char *is = read_page(), *should;
	FILE *page = fopen(PAGE, "r"), *out;
	size_t size;

	out = open_memstream(&should, &size);
	cr_assert(page && out);
	collect();
	print_page(page, out);
	fclose(page);
	fclose(out);
	if (getenv("SPAPR_GOLDEN_UPDATE")) {
		out = fopen(PAGE, "w");
		cr_assert(out && fputs(should, out) >= 0 && fclose(out) == 0);
	} else {
		cr_assert(strcmp(is, should) == 0,
			  "docs/PAPR.md is not what the rows say: tests/golden/update makes its "
			  "tables anew");
	}
	free(is);
	free(should);
}
