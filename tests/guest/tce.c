/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The four TCE calls at the edges of a window, of RAM and of a list. What fails must have changed
 * nothing: a pattern that was there before is read back by H_GET_TCE.
 */
#include "guest.h"

#define BULK_MAX 512
#define HUGE (1ull << 40)

static uint64_t list_at; /* BULK_MAX entries, big-endian; 4K-aligned */

static uint64_t page_of(const struct window *w)
{
	return 1ull << w->page_shift;
}

static uint64_t ioba(const struct window *w, uint64_t index)
{
	return w->start + (index << w->page_shift);
}

/* RAM that nobody uses, a multiple of the page; one page in, so that no list is in it. */
static uint64_t ram(const struct window *w)
{
	return machine.ram_size - page_of(w);
}

static int64_t put(const struct window *w, uint64_t at, uint64_t tce)
{
	return hcall(H_PUT_TCE, w->liobn, at, tce, 0, NULL);
}

static int64_t indirect(const struct window *w, uint64_t at, uint64_t list, uint64_t n)
{
	return hcall(H_PUT_TCE_INDIRECT, w->liobn, at, list, n, NULL);
}

static int64_t stuff(const struct window *w, uint64_t at, uint64_t tce, uint64_t n)
{
	return hcall(H_STUFF_TCE, w->liobn, at, tce, n, NULL);
}

/* The TCE; all ones when there is none. */
static uint64_t get(const struct window *w, uint64_t index)
{
	uint64_t tce;

	return hcall(H_GET_TCE, w->liobn, ioba(w, index), 0, 0, &tce) == H_SUCCESS ? tce : ~0ull;
}

static void list_set(uint64_t i, uint64_t tce)
{
	uint8_t *p = (uint8_t *)(uintptr_t)list_at + 8 * i;

	be32_put(p, (uint32_t)(tce >> 32));
	be32_put(p + 4, (uint32_t)tce);
}

static void list_fill(uint64_t tce)
{
	for (uint64_t i = 0; i < BULK_MAX; i++)
		list_set(i, tce);
}

/* The first and the last few entries have a value that tells of any change. */
static void mark(const struct window *w, uint64_t tce)
{
	for (uint64_t i = 0; i < 4; i++) {
		put(w, ioba(w, i), tce);
		put(w, ioba(w, w->npages - 1 - i), tce);
	}
}

static void unchanged(const struct window *w, uint64_t tce, const char *after)
{
	uint64_t wrong = 0;

	for (uint64_t i = 0; i < 4; i++)
		wrong += (get(w, i) != tce) + (get(w, w->npages - 1 - i) != tce);
	check((int64_t)wrong, 0, "entries that changed after %s", after);
}

static void one(const struct window *w)
{
	uint64_t end = ioba(w, w->npages), page = page_of(w), keep = ram(w) | 3;
	const uint64_t places[] = { end,
				    end + page,
				    end - 1,
				    w->start + 1,
				    w->start + page / 2,
				    ~0ull,
				    ~0ull << w->page_shift,
				    w->start - page };
	const uint64_t bad[] = {
		machine.ram_size | 3, machine.ram_size | 1, HUGE | 2,        0x200080000003, ~0ull,
		0x7ffffffffffff003,   (ram(w) + 0x10) | 3,  (ram(w) + 4) | 1
	};

	for (uint64_t perm = 0; perm < 4; perm++) {
		check(put(w, ioba(w, 5), ram(w) | perm), H_SUCCESS, "put: permissions %u", perm);
		check(get(w, 5) == (ram(w) | perm), 1, "get: the same");
	}
	check(put(w, ioba(w, 5), HUGE), H_SUCCESS,
	      "put: no permission, an address that is not RAM");
	check(put(w, ioba(w, 5), 0), H_SUCCESS, "put: 0");
	mark(w, keep);
	unchanged(w, keep, "nothing");
	for (unsigned int i = 0; i < ARRAY_LEN(places); i++) {
		check(put(w, places[i], ram(w) | 1), H_PARAMETER, "put: wrong place %u",
		      (uint64_t)i);
		check(hcall(H_GET_TCE, w->liobn, places[i], 0, 0, NULL), H_PARAMETER,
		      "get: wrong place %u", (uint64_t)i);
	}
	for (unsigned int i = 0; i < ARRAY_LEN(bad); i++)
		check(put(w, ioba(w, 1), bad[i]), H_PARAMETER, "put: page %u, which is not RAM",
		      (uint64_t)i);
	unchanged(w, keep, "single TCEs that are wrong");
}

static void liobns(const struct window *w)
{
	const uint64_t wrong[] = { 0,          1,     w->liobn + 0x33, w->liobn ^ 0x80000000,
				   0xffffffff, ~0ull, w->liobn | HUGE };

	for (unsigned int i = 0; i < ARRAY_LEN(wrong); i++) {
		check(hcall(H_PUT_TCE, wrong[i], w->start, ram(w) | 3, 0, NULL), H_PARAMETER,
		      "put: LIOBN %u of no window", (uint64_t)i);
		check(hcall(H_GET_TCE, wrong[i], w->start, 0, 0, NULL), H_PARAMETER, "get");
		check(hcall(H_PUT_TCE_INDIRECT, wrong[i], w->start, list_at, 1, NULL),
		      (int64_t)wrong[i] < 0 ? H_FUNCTION : H_PARAMETER, "indirect");
		check(hcall(H_STUFF_TCE, wrong[i], w->start, 0, 1, NULL), H_PARAMETER, "stuff");
	}
}

/*
 * Entries of all permissions; but Linux 6.12 counts one of none, in a list, as a mapping of guest
 * RAM that never ends, and the host warns when the VMM does.
 */
static uint64_t mixed(const struct window *w, uint64_t i)
{
	uint64_t perm = machine.bulk_in_kernel ? 1 + i % 3 : i & 3;

	return perm ? ram(w) | perm : 0;
}

static void lists(const struct window *w)
{
	uint64_t keep = ram(w) | 1, last = (machine.ram_size - 4096), wrong = 0;
	const uint64_t bad[] = { list_at + 8, list_at + 2048,   list_at + 4095,
				 list_at + 1, machine.ram_size, machine.ram_size + 4096,
				 HUGE,        ~0ull << 12,      0x200080000000 };

	list_fill(ram(w) | 3);
	mark(w, keep);
	for (unsigned int i = 0; i < ARRAY_LEN(bad); i++)
		check(indirect(w, w->start, bad[i], 2), H_PARAMETER,
		      "indirect: list %u, misaligned or outside RAM", (uint64_t)i);
	check(indirect(w, w->start, list_at, 513), H_PARAMETER, "indirect: 513");
	check(indirect(w, w->start, list_at, HUGE), H_PARAMETER, "indirect: 2^40");
	check(indirect(w, w->start, list_at, (1ull << 61) + 1), H_PARAMETER,
	      "indirect: 2^61 + 1, 8 bytes each");
	check(indirect(w, w->start, list_at, ~0ull), H_PARAMETER, "indirect: -1");
	check(indirect(w, w->start + 1, list_at, 2), H_PARAMETER, "indirect: misaligned place");
	check(indirect(w, ioba(w, w->npages), list_at, 1), H_PARAMETER,
	      "indirect: behind the window");
	list_set(1, machine.ram_size | 3);
	check(indirect(w, w->start, list_at, 3), H_PARAMETER, "indirect: the second is not RAM");
	list_set(1, ram(w) | 3);
	list_set(2, (ram(w) + 0x100) | 3);
	check(indirect(w, w->start, list_at, 3), H_PARAMETER, "indirect: the third is misaligned");
	unchanged(w, keep, "lists that are wrong");
	if (!machine.bulk_in_kernel) {
		list_set(2, ram(w) | 3);
		check(indirect(w, ioba(w, w->npages - 1), list_at, 2), H_PARAMETER,
		      "indirect: 2 at the last page");
		check(indirect(w, ioba(w, w->npages - 1), list_at, 512), H_PARAMETER,
		      "indirect: 512 at the last page");
		unchanged(w, keep, "lists beyond the end");
	}
	for (uint64_t i = 0; i < BULK_MAX; i++)
		list_set(i, mixed(w, i));
	wrong = w->npages < BULK_MAX ? w->npages : BULK_MAX;
	check(indirect(w, w->start, list_at, wrong), H_SUCCESS,
	      "indirect: as many as may be, of all permissions");
	for (uint64_t i = wrong, n = wrong = 0; n < i; n++)
		wrong += get(w, n) != mixed(w, n);
	check((int64_t)wrong, 0, "those that read back differently");
	check(indirect(w, ioba(w, w->npages - 1), list_at, 1), H_SUCCESS,
	      "indirect: 1 at the last page");
	check(indirect(w, w->start, last & ~4095ull, 0), H_SUCCESS, "indirect: none");
	memcpy((void *)(uintptr_t)last, (void *)(uintptr_t)list_at, 4096);
	check(indirect(w, w->start, last, 4), H_SUCCESS, "indirect: list at the end of RAM");
}

static void stuffed(const struct window *w)
{
	uint64_t keep = ram(w) | 2, most = w->npages < BULK_MAX ? w->npages : BULK_MAX, wrong = 0;
	static const uint64_t counts[] = { 513, HUGE, 1ull << 61, ~0ull };

	mark(w, keep);
	check(stuff(w, w->start, 0, 0), H_SUCCESS,
	      "stuff: none, as Linux does when it removes a window");
	for (uint64_t perm = 1; perm < 4; perm++)
		check(stuff(w, w->start, ram(w) | perm, 2), H_PARAMETER, "stuff: permissions %u",
		      perm);
	check(stuff(w, w->start + 1, 0, 2), H_PARAMETER, "stuff: misaligned place");
	check(stuff(w, ioba(w, w->npages), 0, 1), H_PARAMETER, "stuff: behind the window");
	check(stuff(w, ~0ull << w->page_shift, 0, 2), H_PARAMETER, "stuff: the last page there is");
	if (!machine.bulk_in_kernel) {
		check(stuff(w, ioba(w, w->npages - 1), 0, 2), H_PARAMETER,
		      "stuff: 2 at the last page");
		check(stuff(w, ioba(w, w->npages - 1), 0, 512), H_PARAMETER,
		      "stuff: 512 at the last page");
		for (unsigned int i = 0; i < ARRAY_LEN(counts); i++) {
			check(stuff(w, w->start, 0, counts[i]), H_P4, "stuff: count %x", counts[i]);
			check(stuff(w, ioba(w, w->npages - 1), 0, counts[i]), H_P4,
			      "stuff: count %x at the last page", counts[i]);
		}
	}
	unchanged(w, keep, "stuffing that is wrong");
	check(stuff(w, w->start, HUGE, most), H_SUCCESS,
	      "stuff: as many as may be, with an address");
	for (uint64_t i = 0; i < most; i++)
		wrong += (get(w, i) & 3) != 0;
	check((int64_t)wrong, 0, "those that are mapped still");
	check(stuff(w, ioba(w, w->npages - 1), 0, 1), H_SUCCESS, "stuff: 1 at the last page");
	for (uint64_t i = 0; i < 4; i++)
		put(w, ioba(w, w->npages - 1 - i), 0);
	check(stuff(w, w->start, 0, most), H_SUCCESS, "stuff: with 0");
}

static void all(const struct window *w)
{
	say("tce: LIOBN 0x%x: pages of %u KiB\n", (uint64_t)w->liobn, page_of(w) >> 10);
	one(w);
	liobns(w);
	lists(w);
	stuffed(w);
}

void topic_tce(void)
{
	bool any = false;

	list_at = (uintptr_t)machine.scratch + 0x10000;
	for (unsigned int i = 0; i < nfunctions; i++) {
		const struct function *f = &functions[i];
		struct window w = window_default(f);
		struct query q;

		if (!f->first || !f->liobn)
			continue;
		any = true;
		all(&w);
		if (window_query(f, &q) != 0 || q.windows == 0)
			continue;
		check(window_create(f, window_page_shift(&q), window_shift(&q), &w), 0,
		      "%s: a large window", f->path);
		all(&w);
		check(RTAS("ibm,remove-pe-dma-window", 1, w.liobn), 0, "%s: it is removed",
		      f->path);
	}
	if (!any)
		skip("the tree has no DMA window");
}
