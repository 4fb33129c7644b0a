/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two processors change the same device at once, as fast as they can: its window is made, filled and
 * removed, by whoever comes, its vectors change in number and are switched on and off, its
 * configuration is read and written, its BAR moves under loads and stores. Which call succeeds is
 * chance; none may get another status than these, and at the end the device is as it was.
 * "seconds=25" on the command line: for how long.
 */
#include "bench.h"

#define PAGE 4096ull
#define TICKS_A_SECOND 512000000ull
#define MEM64                                                                                      \
	0x210000000000ull /* of the first bridge: on the bus, and where the processors see it */
#define COMMAND 4
#define BAR0 0x10
#define CAP_MSIX 0x11
#define MSIX 4 /* function of ibm,change-msi */
#define NKINDS 9

enum { CREATE, REMOVE, RESET, QUERY, CHANGE, READ, WRITE };

static const char *const names[] = {
	[CREATE] = "ibm,create-pe-dma-window", [REMOVE] = "ibm,remove-pe-dma-window",
	[RESET] = "ibm,reset-pe-dma-window",   [QUERY] = "ibm,query-pe-dma-window",
	[CHANGE] = "ibm,change-msi",           [READ] = "ibm,read-pci-config",
	[WRITE] = "ibm,write-pci-config",
};

static const struct function *f;
static uint32_t tokens[ARRAY_LEN(names)], page_shift, shift, msix, ids;
static volatile uint32_t liobn; /* of a window that one of them made, and either may remove */
static volatile uint64_t start, by_second, done[2][NKINDS], strange[2];
static volatile bool over, away;

/* An RTAS call of processor @cpu, in a block of its own. */
static int32_t ask(unsigned int cpu, int what, uint32_t nargs, uint32_t nret, const uint32_t *args,
		   uint32_t *rets)
{
	return rtas_words_at(machine.scratch + SCRATCH_SIZE / 2 + cpu * PAGE, tokens[what], nargs,
			     nret, args, rets);
}

/* Refused for what the other one did, or to come again, is as good as done. */
static void came(unsigned int cpu, uint32_t kind, int32_t status)
{
	done[cpu][kind] += status == 0;
	strange[cpu] += status != 0 && status != -1 && status != -2 && status != -3 &&
			!(status >= 9900 && status <= 9905);
}

static void config_write(unsigned int cpu, uint32_t reg, uint32_t size, uint32_t value)
{
	const uint32_t args[] = { bus_addr(f, reg), f->hi, f->lo, size, value };

	came(cpu, 6, ask(cpu, WRITE, 5, 1, args, NULL));
}

static void window_made(unsigned int cpu)
{
	const uint32_t args[] = { f->addr, f->hi, f->lo, page_shift, shift };
	uint32_t rets[3];
	int32_t r = ask(cpu, CREATE, 5, 4, args, rets);

	came(cpu, 0, r);
	if (r == 0) {
		start = (uint64_t)rets[1] << 32 | rets[2];
		liobn = rets[0];
	}
}

static void window_filled(unsigned int cpu, uint64_t i)
{
	uint64_t page = (machine.ram_size - (1ull << page_shift)) | 3;

	done[cpu][1] += call(H_PUT_TCE, liobn, start + (i % 8 << page_shift), page, 0) == H_SUCCESS;
	call(H_PUT_TCE, f->liobn, f->start + i % 8 * PAGE, page, 0);
}

static void window_removed(unsigned int cpu)
{
	const uint32_t args[] = { liobn };

	came(cpu, 2, ask(cpu, REMOVE, 1, 1, args, NULL));
}

static void windows_reset(unsigned int cpu)
{
	const uint32_t args[] = { f->addr, f->hi, f->lo };

	came(cpu, 3, ask(cpu, RESET, 3, 1, args, NULL));
}

static void vectors_changed(unsigned int cpu, uint64_t i)
{
	const uint32_t args[] = { f->addr, f->hi, f->lo, MSIX, (uint32_t)(i / 3 % 5), (uint32_t)i };
	uint32_t rets[3];
	int32_t r;

	config_write(cpu, msix + 2, 2, i & 1 ? 0x8000 : 0);
	r = ask(cpu, CHANGE, 6, 4, args, rets);
	came(cpu, 4, r);
}

static void config_read(unsigned int cpu)
{
	const uint32_t args[] = { f->addr, f->hi, f->lo, 4 };
	uint32_t value = 0;
	int32_t r = ask(cpu, READ, 4, 2, args, &value);

	came(cpu, 5, r);
	strange[cpu] += r == 0 && value != ids;
}

/* What is there, or nothing: the handlers of start.S go on behind an access that failed. */
static void bar_moved(unsigned int cpu, uint64_t i)
{
	uint64_t at = MEM64 + i % 4 * 0x100000, v;

	config_write(cpu, COMMAND, 2, i & 4 ? 0 : 2);
	config_write(cpu, BAR0, 4, (uint32_t)at);
	config_write(cpu, BAR0 + 4, 4, (uint32_t)(at >> 32));
	config_write(cpu, COMMAND, 2, 2);
	for (unsigned int k = 0; k < 4; k++) {
		at = MEM64 + k * 0x100000;
		__asm__ volatile("lwz %0, 0(%1)" : "=r"(v) : "b"(at) : "memory");
		__asm__ volatile("stw %0, 0(%1)" : : "r"(0), "b"(at) : "memory");
	}
	done[cpu][7]++;
}

static void query(unsigned int cpu)
{
	const uint32_t args[] = { f->addr, f->hi, f->lo };
	uint32_t rets[5];

	came(cpu, 8, ask(cpu, QUERY, 3, 6, args, rets));
}

/* The two go through the same steps at paces of their own. */
static void step(unsigned int cpu, uint64_t i)
{
	switch (i * (cpu ? 3 : 1) % 11) {
	case 0:
	case 1:
		window_made(cpu);
		return;
	case 2:
	case 3:
		window_filled(cpu, i);
		return;
	case 4:
		window_removed(cpu);
		return;
	case 5:
		if (i % 7 == 0)
			windows_reset(cpu);
		return;
	case 6:
	case 7:
		vectors_changed(cpu, i);
		return;
	case 8:
		config_read(cpu);
		return;
	case 9:
		bar_moved(cpu, i);
		return;
	default:
		query(cpu);
	}
}

void churn_second(void)
{
	while (!over)
		step(1, by_second++);
	away = true;
	for (;;)
		call(H_CEDE, 0, 0, 0, 0);
}

static bool ready(void)
{
	struct query q;

	if (nfunctions == 0 || functions[0].max_msix == 0)
		return false;
	f = &functions[0];
	for (unsigned int i = 0; i < ARRAY_LEN(names); i++) {
		tokens[i] = rtas_token(names[i]);
		if (!tokens[i])
			return false;
	}
	if (window_query(f, &q) != 0)
		return false;
	page_shift = window_page_shift(&q);
	shift = window_shift(&q);
	msix = bus_cap(f, CAP_MSIX);
	ids = bus_read(f, 0, 4);
	return msix;
}

static void tell_counts(void)
{
	static const char *const kinds[NKINDS] = { "window made",    "entry put",  "removed",
						   "reset",          "change-msi", "config read",
						   "config written", "BAR moved",  "query" };

	for (unsigned int k = 0; k < NKINDS; k++) {
		say("churn: %s: %u and %u times\n", kinds[k], (uint64_t)done[0][k],
		    (uint64_t)done[1][k]);
		check(done[0][k] > 0 && done[1][k] > 0, 1, "%s: by both", kinds[k]);
	}
	check((int64_t)(strange[0] + strange[1]), 0, "statuses and values that nothing explains");
}

static void all_is_as_it_was(void)
{
	struct query q;
	uint64_t tce = 1;

	check(RTAS(names[RESET], 1, f->addr, f->hi, f->lo), 0, "the windows of power-on");
	check(window_query(f, &q), 0, "query");
	check(q.windows, 1, "windows left");
	check(hcall(H_GET_TCE, f->liobn, f->start, 0, 0, &tce), H_SUCCESS, "the default window");
	check((int64_t)tce, 0, "its first entry");
	check(RTAS(names[CHANGE], 4, f->addr, f->hi, f->lo, MSIX, 2, 1), 0, "two vectors");
	check(rtas_ret(1), 2, "so many");
	check(RTAS(names[CHANGE], 4, f->addr, f->hi, f->lo, MSIX, 0, 2), 0, "none");
	check(bus_read(f, 0, 4), ids, "ids");
}

void topic_churn(void)
{
	uint32_t other = find_second();
	uint64_t began, by_first = 0;

	if (!ready() || !other) {
		skip("there is no device with MSI-X and windows, or no second processor");
		return;
	}
	check(RTAS("start-cpu", 1, other, (uint32_t)(uintptr_t)second_entry, SECOND_CHURN), 0,
	      "start of a second processor");
	while (by_second == 0)
		;
	say("churn: begins\n");
	began = ticks();
	while (ticks() - began < machine.seconds * TICKS_A_SECOND)
		step(0, by_first++);
	over = true;
	while (!away)
		;
	say("churn: %u steps of the one, %u of the other\n", by_first, (uint64_t)by_second);
	tell_counts();
	all_is_as_it_was();
}
