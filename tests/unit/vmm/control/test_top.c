/* SPDX-License-Identifier: BSD-2-Clause */
/* The picture of `spapr-vmm top`. */
#include "tests/unit/said.h"
#include "vmm/control/top_draw.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

static struct sample before, now;
static struct draw d = { .end = "\n" };

static void count(const char *id, const char *name, uint64_t first, uint64_t then)
{
	struct sample_count *c = &now.counts[now.n++];

	snprintf(c->id, sizeof(c->id), "%s", id);
	snprintf(c->name, sizeof(c->name), "%s", name);
	before.counts[before.n] = *c;
	before.counts[before.n++].value = first;
	c->value = then;
}

static void setup(void)
{
	before = now = (struct sample){ 0 };
	d.len = d.used = 0;
	now.at_ms = 1000;
	snprintf(now.state, sizeof(now.state), "Running");
	now.uptime_s = 3723;
	now.memory = 2ull << 30;
	count("vcpu0", "running", 1, 1);
	count("vcpu0", "exits", 100, 512);
	count("vcpu1", "running", 0, 0);
	count("vcpu1", "exits", 0, 1000000);
	count("hcall", "H_RTAS", 5, 9);
	count("hcall", "H_PUT_TERM_CHAR", 5, 206);
	now.windows[now.nwindows++] = (struct sample_window){
		"0x80000001", "0x800000000000000", "kernel", 2ull << 30, 16, 32768, true
	};
}

TestSuite(top, .init = setup);

static bool drawn(const char *line)
{
	return strstr(d.text, line) != NULL;
}

Test(top, shows_what_happened_in_a_second)
{
	draw_table(&d, &before, &now);
	cr_assert(drawn("guest Running  up 01:02:03  reboots 0  RAM 2.0G\n"), "%s", d.text);
	cr_assert(drawn("vCPU        running       exits\n"));
	cr_assert(drawn("0               yes         412\n"));
	cr_assert(drawn("1                no        1.0M\n"), "%s", d.text);
	cr_assert(drawn("0x80000001   0x800000000000000          2.0G  64.0K      32.7K  kernel\n"),
		  "%s", d.text);
	cr_assert(drawn("hcall        H_PUT_TERM_CHAR 201  H_RTAS 4\n"), "%s", d.text);
}

Test(top, stays_within_the_screen)
{
	for (int i = 2; i < 60; i++) {
		char id[16];

		snprintf(id, sizeof(id), "vcpu%d", i);
		count(id, "running", 1, 1);
	}
	d.columns = 40;
	d.lines = 10;
	draw_table(&d, &before, &now);
	cr_assert(eq(u32, d.used, 10));
	for (char *line = strtok(d.text, "\n"); line; line = strtok(NULL, "\n"))
		cr_assert(le(sz, strlen(line), 40));
}

/* A kernel counts for a vCPU what it likes: of its columns those are shown that have room. */
Test(top, a_vcpu_may_have_more_counts_than_a_line)
{
	now.n = before.n = 0;
	for (int i = 0; i < 40; i++) {
		char name[16];

		snprintf(name, sizeof(name), "count%d", i);
		count("vcpu0", name, 0, 1);
	}
	draw_table(&d, &before, &now);
	cr_assert(drawn(" count18"), "%s", d.text);
	cr_assert(not(drawn(" count39")));
}

Test(top, a_guest_without_counts_has_a_head)
{
	now.n = before.n = 0;
	now.memory = 200ull << 30;
	draw_table(&d, &before, &now);
	cr_assert(drawn("  RAM 200G\n"), "%s", d.text);
	cr_assert(not(drawn("vCPU")));
}

Test(top, a_count_that_fell_is_no_count)
{
	now.counts[1].value = 7;
	draw_table(&d, &before, &now);
	cr_assert(drawn("0               yes           0\n"), "%s", d.text);
}

Test(top, prints_json)
{
	struct jtext j = { 0 };

	draw_json(&j, &before, &now);
	jtext_bytes(&j, "", 1);
	cr_assert(eq(
		str, j.buf,
		"{\"interval_ms\":1000,\"state\":\"Running\",\"counters\":{\"vcpu0\":{\"running\":0,"
		"\"exits\":412},\"vcpu1\":{\"running\":0,\"exits\":1000000},\"hcall\":{\"H_RTAS\":4,"
		"\"H_PUT_TERM_CHAR\":201}}}"));
	jtext_free(&j);
}
