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
	count("vcpu0", "exits_hcall", 100, 512);
	count("vcpu0", "steal_us", 0, 123456);
	count("vcpu1", "running", 0, 0);
	count("vcpu1", "exits_hcall", 0, 1000000);
	count("hcall", "H_RTAS", 5, 9);
	count("hcall", "H_LOGICAL_CI_LOAD", 0, 4);
	count("hcall", "H_PUT_TERM_CHAR", 5, 206);
	count("vmm", "process_cpu_us", 5000, 9000);
	count("vmm", "process_resident_memory_bytes", 4 << 20, 4 << 20);
	count("vmm", "events", 1, 12);
	count("vmm", "console_dropped_bytes_reader", 0, 2048);
	count("vmm", "console_dropped_bytes_log", 0, 1024);
	snprintf(now.phase, sizeof(now.phase), "ready");
	now.windows[now.nwindows++] = (struct sample_window){
		.liobn = "0x80000001",
		.start = "0x800000000000000",
		.served_by = "kernel",
		.size = 2ull << 30,
		.page_shift = 16,
		.mapped = { 32768, true },
		.calls = { [SAMPLE_INDIRECT] = { 1500, true }, [SAMPLE_FAILED] = { 2, true } },
	};
	before.windows[before.nwindows] = now.windows[0];
	before.windows[before.nwindows++].calls[SAMPLE_INDIRECT].n = 500;
}

TestSuite(top, .init = setup);

static bool drawn(const char *line)
{
	return strstr(d.text, line) != NULL;
}

Test(top, shows_what_happened_in_a_second)
{
	draw_table(&d, &before, &now);
	cr_assert(drawn("guest Running  up 01:02:03  reboots 0  RAM 2.0G  phase ready\n"), "%s",
		  d.text);
	cr_assert(drawn("VMM 4.0M  locked 0  CPU 0.4%  events 12 lost 0  console dropped 3.0K\n"),
		  "%s", d.text);
	cr_assert(
		drawn("vCPU    run  hcall   mmio  kicks  other    kvm  clock    irq   wake  steal\n"),
		"%s", d.text);
	cr_assert(
		drawn("0       yes    412      -      -      -      -      -      -      -  12.3%\n"),
		"%s", d.text);
	cr_assert(drawn("1        no   1.0M      -"), "%s", d.text);
	cr_assert(
		drawn("window     start              size  page mapped put/s ind/s stuff fail by\n"),
		"%s", d.text);
	cr_assert(drawn("0x80000001 0x800000000000000  2.0G 64.0K  32.7K     -  1000     -    0 "
			"kernel\n"),
		  "%s", d.text);
	cr_assert(not(drawn("process_")), "%s", d.text);
	cr_assert(drawn("hcall        H_PUT_TERM_CHAR 201  H_RTAS 4  H_LOGICAL_CI_LOAD 4\n"), "%s",
		  d.text);
}

Test(top, stays_within_the_screen)
{
	for (int i = 2; i < 60; i++) {
		char id[16];

		snprintf(id, sizeof(id), "vcpu%d", i);
		count(id, "running", 1, 1);
	}
	d.columns = 80;
	draw_table(&d, &before, &now);
	for (char *line = d.text; *line; line = strchr(line, '\n') + 1)
		cr_assert(strcspn(line, "\n") < 80, "a column is cut: %s", line);
	d.columns = 40;
	d.lines = 10;
	d.len = d.used = 0;
	draw_table(&d, &before, &now);
	cr_assert(eq(u32, d.used, 10));
	for (char *line = strtok(d.text, "\n"); line; line = strtok(NULL, "\n"))
		cr_assert(le(sz, strlen(line), 40));
}

Test(top, counts_that_come_again_take_no_column)
{
	before.n = now.n = 0;
	for (int i = 0; i < 40; i++)
		count("vcpu0", i % 2 ? "running" : "later_one", 1, 1);
	draw_table(&d, &before, &now);
	cr_assert(drawn("vCPU    run  hcall   mmio"), "%s", d.text);
	cr_assert(drawn("0       yes      -      -"), "%s", d.text);
	cr_assert(lt(sz, strlen(strstr(d.text, "vCPU")), 800), "%s", d.text);
}

Test(top, a_window_that_is_new_has_no_rate)
{
	before.nwindows = 0;
	draw_table(&d, &before, &now);
	cr_assert(drawn("0x80000001 0x800000000000000  2.0G"), "%s", d.text);
}

Test(top, a_guest_without_counts_has_a_head)
{
	now.n = before.n = 0;
	now.memory = 200ull << 30;
	draw_table(&d, &before, &now);
	cr_assert(drawn("  RAM 200G  phase"), "%s", d.text);
	cr_assert(not(drawn("vCPU")));
}

Test(top, a_count_that_fell_is_no_count)
{
	now.counts[1].value = 7;
	draw_table(&d, &before, &now);
	cr_assert(drawn("0       yes      0      -"), "%s", d.text);
}

Test(top, prints_json)
{
	struct jtext j = { 0 };

	draw_json(&j, &before, &now);
	jtext_bytes(&j, "", 1);
	cr_assert(eq(
		str, j.buf,
		"{\"interval_ms\":1000,\"state\":\"Running\",\"counters\":{\"vcpu0\":{\"running\":0,"
		"\"exits_hcall\":412,\"steal_us\":123456},\"vcpu1\":{\"running\":0,"
		"\"exits_hcall\":1000000},\"hcall\":{\"H_RTAS\":4,\"H_LOGICAL_CI_LOAD\":4,\"H_PUT_TERM_CHAR\":201},"
		"\"vmm\":{\"process_cpu_us\":4000,\"process_resident_memory_bytes\":0,\"events\":11,"
		"\"console_dropped_bytes_reader\":2048,\"console_dropped_bytes_log\":1024}}}"));
	jtext_free(&j);
}
