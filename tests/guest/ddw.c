/* SPDX-License-Identifier: BSD-2-Clause */
/* Dynamic DMA windows: the four calls with every kind of argument, and all orders of windows. */
#include "guest.h"

#define QUERY "ibm,query-pe-dma-window"
#define CREATE "ibm,create-pe-dma-window"
#define REMOVE "ibm,remove-pe-dma-window"
#define RESET "ibm,reset-pe-dma-window"

static int32_t remove(uint32_t liobn)
{
	return RTAS(REMOVE, 1, liobn);
}

static int32_t reset(const struct function *f)
{
	return RTAS(RESET, 1, f->addr, f->hi, f->lo);
}

static int32_t limit(const struct function *f, uint32_t how)
{
	return RTAS(RESET, 1, f->addr, f->hi, f->lo, how);
}

/* Cell 3 of ibm,ddw-extensions; cell 0 counts the others. */
static bool has_limited_addressing(const struct function *f)
{
	uint32_t len;
	const uint8_t *cells = fdt_prop(f->phb, "ibm,ddw-extensions", &len);

	return cells && len >= 16 && be32(cells) >= 3 && be32(cells + 12) == 1;
}

static int64_t get(uint32_t liobn, uint64_t ioba, uint64_t *tce)
{
	return hcall(H_GET_TCE, liobn, ioba, 0, 0, tce);
}

static int64_t put(uint32_t liobn, uint64_t ioba)
{
	return hcall(H_PUT_TCE, liobn, ioba, (uintptr_t)machine.scratch | 3, 0, NULL);
}

/* The default window is there and empty. */
static void default_is_new(const struct function *f, const char *when)
{
	uint64_t tce = 1;

	check(get(f->liobn, f->start, &tce), H_SUCCESS, "%s: the default window", when);
	check((int64_t)tce, 0, "%s: its first TCE", when);
	check(get(f->liobn, f->start + f->size - 4096, &tce), H_SUCCESS, "%s: its last page", when);
	check(get(f->liobn, f->start + f->size, &tce), H_PARAMETER, "%s: the page behind it", when);
}

static void queries(const struct function *f)
{
	struct query q;

	check(window_query(f, &q), 0, "query, 6 returns");
	check(q.windows, 1, "windows left");
	check(window_page_shift(&q) >= 12, 1, "a page size is offered");
	check(RTAS(QUERY, 5, f->addr, f->hi, f->lo), 0, "query, 5 returns");
	check(rtas_ret(3), q.page_mask, "its page mask");
	check(RTAS(QUERY, 5, f->addr | 0xf00000ff, f->hi, f->lo), 0,
	      "query with bits of a register");
	check(RTAS(QUERY, 4, f->addr, f->hi, f->lo), -3, "query, 4 returns");
	check(RTAS(QUERY, 7, f->addr, f->hi, f->lo), -3, "query, 7 returns");
	check(RTAS(QUERY, 5, f->addr, f->hi), -3, "query, 2 arguments");
	check(RTAS(QUERY, 5, f->addr, f->hi, f->lo, 0), -3, "query, 4 arguments");
	check(RTAS(QUERY, 5, 0xf800, f->hi, f->lo), -3, "query for a function that does not exist");
	check(RTAS(QUERY, 5, f->addr | 0x10000, f->hi, f->lo), -3, "query for another bus");
	check(RTAS(QUERY, 5, f->addr, f->hi, f->lo + 0x1000), -3, "query at a wrong BUID");
	check(RTAS(QUERY, 5, f->addr, 0, 0), -3, "query at BUID 0");
}

/* Return the status; a window that came is removed. */
static int32_t try(const struct function *f, uint32_t page_shift, uint32_t shift)
{
	struct window w;
	int32_t r = window_create(f, page_shift, shift, &w);

	if (r == 0 && remove(w.liobn) != 0)
		return NO_STATUS;
	return r;
}

static void page_shifts(const struct function *f, const struct query *q)
{
	static const uint32_t odd[] = { 127, 128, 0x80000000, 0xffffffff };

	for (uint32_t shift = 0; shift <= 64; shift++)
		if (window_page_is_offered(q, shift))
			check(try(f, shift, window_shift(q)), 0,
			      "create: page shift %u, as offered", (uint64_t)shift);
		else
			check(try(f, shift, 28), -3, "create: page shift %u", (uint64_t)shift);
	for (unsigned int i = 0; i < ARRAY_LEN(odd); i++)
		check(try(f, odd[i], 28), -3, "create: page shift %u", (uint64_t)odd[i]);
}

/* Larger than offered is refused by name; QEMU would try, and end. */
static void window_shifts(const struct function *f, const struct query *q)
{
	static const uint32_t odd[] = { 127, 128, 0x80000000, 0xffffffff };
	uint32_t page = window_page_shift(q);

	for (uint32_t shift = 0; shift < page; shift++)
		check(try(f, page, shift), -3, "create: window shift %u, less than a page",
		      (uint64_t)shift);
	check(try(f, page, page), 0, "create: a window of one page");
	check(try(f, page, window_shift(q)), 0, "create: a window of RAM's size");
	if (machine.careful)
		return;
	check(try(f, page, 64), -3, "create: window shift 64");
	check(try(f, page, 62), -3, "create: window shift 62, behind it");
	for (uint32_t shift = 63; shift > page; shift--) {
		if (1ull << (shift - page) <= q->largest)
			continue;
		check(try(f, page, shift), -3, "create: window shift %u, more than offered",
		      (uint64_t)shift);
	}
	for (unsigned int i = 0; i < ARRAY_LEN(odd); i++)
		check(try(f, page, odd[i]), -3, "create: window shift %u", (uint64_t)odd[i]);
}

static void no_pe(const struct function *f, const struct query *q)
{
	uint32_t page = window_page_shift(q), shift = window_shift(q);

	check(RTAS(CREATE, 4, 0xf800, f->hi, f->lo, page, shift), -3,
	      "create for a function that does not exist");
	check(RTAS(CREATE, 4, f->addr, f->hi, f->lo + 0x1000, page, shift), -3,
	      "create at a wrong BUID");
	check(RTAS(CREATE, 3, f->addr, f->hi, f->lo, page, shift), -3, "create, 3 returns");
	check(RTAS(CREATE, 5, f->addr, f->hi, f->lo, page, shift), -3, "create, 5 returns");
	check(RTAS(CREATE, 4, f->addr, f->hi, f->lo, page), -3, "create, 4 arguments");
	check(RTAS(RESET, 1, 0xf800, f->hi, f->lo), -3, "reset for a function that does not exist");
	check(RTAS(RESET, 1, f->addr, f->hi + 1, f->lo), -3, "reset at a wrong BUID");
	check(RTAS(RESET, 1, f->addr, f->hi), -3, "reset, 2 arguments");
	check(RTAS(RESET, 1, f->addr, f->hi, f->lo, 1, 0), -3, "reset, 5 arguments");
	check(RTAS(RESET, 2, f->addr, f->hi, f->lo, 1), -3, "reset, 2 returns");
}

/* What Linux does for a device of 33 to 63 address bits, and what it does not. */
static void limited_addressing(const struct function *f, const struct query *q)
{
	uint32_t page = window_page_shift(q), shift = window_shift(q);
	struct window w, second;
	struct query now;

	if (!has_limited_addressing(f)) {
		check(limit(f, 1), -3, "limited addressing, which is not announced");
		return;
	}
	check(limit(f, 2), -3, "limited addressing: 2");
	check(limit(f, 0xffffffff), -3, "limited addressing: -1");
	check(put(f->liobn, f->start), H_SUCCESS, "TCE in the default window");
	check(limit(f, 1), -1, "limited addressing while a page is mapped");
	check(reset(f), 0, "reset");
	check(limit(f, 1), 0, "limited addressing");
	default_is_new(f, "limited addressing");
	window_query(f, &now);
	check(now.windows, 1, "limited addressing: windows left");
	check(now.page_mask == q->page_mask && now.largest == q->largest, 1,
	      "limited addressing: what is offered is what it was");
	check(window_create(f, page, shift, &w), 0, "limited addressing: a window");
	check(w.start >= 1ull << 32 && w.start < 1ull << 40, 1, "it is low, and above 4 GiB");
	check(window_create(f, page, shift, &second), -3, "limited addressing: another");
	check(put(w.liobn, w.start), H_SUCCESS, "TCE in it");
	check(put(w.liobn, w.start + ((w.npages - 1) << page)), H_SUCCESS, "TCE at its end");
	check(put(w.liobn, w.start + (w.npages << page)), H_PARAMETER, "TCE behind it");
	check(put(w.liobn, f->start), H_PARAMETER, "its LIOBN at the default's place");
	check(put(f->liobn, w.start), H_PARAMETER, "the default's LIOBN at its place");
	check(put(f->liobn, f->start), H_SUCCESS, "TCE in the default window beside it");
	check(limit(f, 0), 0, "no more limited addressing");
	default_is_new(f, "no more limited addressing");
	check(window_create(f, page, shift, &w), 0, "a window as before");
	check(w.start >= 1ull << 40, 1, "it is high");
	check(reset(f), 0, "reset");
}

static void removals(const struct function *f)
{
	const uint32_t wrong[] = {
		0, 1, 0x80000000 + 0x7f00, 0xffffffff, f->liobn + 1, f->liobn + 2, f->lo
	};

	for (unsigned int i = 0; i < ARRAY_LEN(wrong); i++)
		check(remove(wrong[i]), -3, "remove: LIOBN 0x%x, of no window", (uint64_t)wrong[i]);
	check(RTAS(REMOVE, 1, f->liobn + 1, 0), -3, "remove, 2 arguments");
	check(RTAS(REMOVE, 2, f->liobn + 1), -3, "remove, 2 returns");
}

/* A window beside the default, a third, and the same one removed twice. */
static void beside_the_default(const struct function *f, const struct query *q)
{
	uint32_t page = window_page_shift(q), shift = window_shift(q);
	struct window w, third;
	struct query now;
	uint64_t tce = 1;

	check(window_create(f, page, shift, &w), 0, "a window beside the default");
	check(w.liobn != f->liobn && w.start >= f->start + f->size, 1,
	      "it has a LIOBN and a place of its own");
	window_query(f, &now);
	check(now.windows, 0, "windows left beside both");
	check(window_create(f, page, shift, &third), -3, "a third window");
	check(put(w.liobn, w.start), H_SUCCESS, "TCE in the new window");
	check(put(f->liobn, f->start), H_SUCCESS, "TCE in the default window");
	check(remove(w.liobn), 0, "remove it");
	check(remove(w.liobn), -3, "remove it twice");
	check(put(w.liobn, w.start), H_PARAMETER, "TCE in a window that is gone");
	check(get(f->liobn, f->start, &tce), H_SUCCESS, "the default window is as it was");
	check((int64_t)(tce & 3), 3, "permissions of its TCE");
	check(window_create(f, page, shift, &w), 0, "the window once more");
	check(get(w.liobn, w.start, &tce), H_SUCCESS, "its first TCE");
	check((int64_t)tce, 0, "it is empty");
	check(reset(f), 0, "reset");
	check(get(w.liobn, w.start, &tce), H_PARAMETER, "the window after the reset");
	default_is_new(f, "after the reset");
}

/*
 * papr-ddw: no window left, so the default goes and a large one takes its place. A host that is a
 * guest itself makes one such window only, and not at the place of the default.
 */
static void instead_of_the_default(const struct function *f, const struct query *q)
{
	uint32_t page = window_page_shift(q), shift = window_shift(q);
	struct window w, second;
	struct query now;
	uint64_t tce;

	check(remove(f->liobn), 0, "remove the default window");
	check(remove(f->liobn), -3, "remove it twice");
	check(put(f->liobn, f->start), H_PARAMETER, "TCE in the default window, which is gone");
	window_query(f, &now);
	check(now.windows == 1 || now.windows == 2, 1, "a window is left, or two");
	check(window_create(f, page, shift, &w), 0, "a window instead of it");
	check(w.start == f->start || w.start >= 1ull << 32, 1, "it is clear of the 32-bit BARs");
	check(put(w.liobn, w.start), H_SUCCESS, "TCE in it");
	if (now.windows == 2) {
		check(window_create(f, page, shift, &second), 0, "a second one");
		check(remove(w.liobn), 0, "remove the first");
		w = second;
	} else {
		check(window_create(f, page, shift, &second), -3, "a second one, not offered");
	}
	check(get(f->liobn, f->start, &tce), H_PARAMETER, "the default window has not come back");
	check(remove(w.liobn), 0, "remove the last");
	default_is_new(f, "after the last window went");
	check(window_create(f, page, shift, &w), 0, "a window beside the default");
	check(remove(f->liobn), 0, "remove the default from beside it");
	check(put(w.liobn, w.start), H_SUCCESS, "TCE in the other");
	check(reset(f), 0, "reset, which brings the default back");
	default_is_new(f, "after that reset");
	check(remove(f->liobn), 0, "remove it with no other window there");
	check(reset(f), 0, "reset with no window there");
	default_is_new(f, "after that reset, too");
}

static void many(const struct function *f, const struct query *q)
{
	uint32_t wrong = 0;

	for (unsigned int i = 0; i < 20; i++)
		wrong += try(f, window_page_shift(q), window_shift(q)) != 0;
	check(wrong, 0, "of 20 windows made and removed, those that were not");
}

void topic_ddw(void)
{
	uint32_t len;
	bool any = false;

	for (unsigned int i = 0; i < nfunctions; i++) {
		const struct function *f = &functions[i];
		struct query q;

		if (!f->first || !fdt_prop(f->phb, "ibm,ddw-applicable", &len))
			continue;
		say("ddw: %s\n", f->path);
		any = true;
		queries(f);
		window_query(f, &q);
		page_shifts(f, &q);
		window_shifts(f, &q);
		no_pe(f, &q);
		removals(f);
		limited_addressing(f, &q);
		beside_the_default(f, &q);
		instead_of_the_default(f, &q);
		many(f, &q);
		window_query(f, &q);
		check(q.windows, 1, "windows left in the end");
	}
	if (!any)
		skip("the tree offers no windows");
}
