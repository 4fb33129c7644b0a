/* SPDX-License-Identifier: BSD-2-Clause */
#include "sphapr/tce_runs.h"

#include <errno.h>

static uint64_t entry_load(const uint64_t *e)
{
	return __atomic_load_n(e, __ATOMIC_RELAXED);
}

/* An entry that has the value is not written: a table that was never used stays unbacked. */
static void entry_store(uint64_t *e, uint64_t value)
{
	if (entry_load(e) != value)
		__atomic_store_n(e, value, __ATOMIC_RELAXED);
}

static bool is_mapped(uint64_t tce)
{
	return (tce & TCE_PERM) != 0;
}

/* The value as hardware takes it: a device that may write may read as well. */
static uint64_t hw_tce(uint64_t tce)
{
	return tce & TCE_WRITE ? tce | TCE_READ : tce;
}

static const struct gmem_bank *bank_of(const struct gmem *mem, gpa_t gpa)
{
	for (int i = 0; i < mem->nbanks; i++)
		if (gpa >= mem->banks[i].base && gpa - mem->banks[i].base < mem->banks[i].size)
			return &mem->banks[i];
	return NULL;
}

bool tce_list_is_ram(const struct dma_window *w, const struct gmem *mem, const uint64_t *tces,
		     uint64_t n)
{
	uint64_t page = 1ULL << w->page_shift;
	const struct gmem_bank *b = NULL; /* of the entry before: mostly of this one as well */

	for (uint64_t i = 0; i < n; i++) {
		gpa_t gpa = tces[i] & ~TCE_PERM;

		if (!is_mapped(tces[i]))
			continue;
		if (!b || gpa < b->base || gpa - b->base >= b->size)
			b = bank_of(mem, gpa);
		if (!b || !IS_ALIGNED(gpa, page) || page > b->size - (gpa - b->base))
			return false;
	}
	return true;
}

/* How many of @n entries the run has that begins with the first; at least 1. */
static uint64_t run_length(const struct dma_window *w, const struct gmem *mem, const uint64_t *tces,
			   uint64_t n)
{
	uint64_t first = hw_tce(tces[0]), len = 1, room;
	const struct gmem_bank *b;

	if (!is_mapped(first)) {
		while (len < n && !is_mapped(tces[len]))
			len++;
		return len;
	}
	b = bank_of(mem, first & ~TCE_PERM);
	room = b ? (b->size - ((first & ~TCE_PERM) - b->base)) >> w->page_shift : 1;
	while (len < n && len < room && hw_tce(tces[len]) == first + (len << w->page_shift))
		len++;
	return len;
}

static ioba_t ioba_of(const struct dma_window *w, uint64_t index)
{
	return w->start + (index << w->page_shift);
}

static int map_run(struct pe *pe, struct dma_window *w, const struct gmem *mem, uint64_t first,
		   uint64_t tce, uint64_t n)
{
	gpa_t gpa = tce & ~TCE_PERM;

	/* An old entry, not one of our list: KVM stores unchecked what is put to emulated devices. */
	if (!gmem_contains(mem, gpa, n << w->page_shift))
		return -EFAULT;
	return pe->dma->map(pe->dma_ctx, w, ioba_of(w, first), gpa, n << w->page_shift,
			    hw_tce(tce) & TCE_PERM);
}

/* Unmap @n entries in one call, less those at both ends that @had says were not mapped. */
static int unmap_run(struct pe *pe, struct dma_window *w, uint64_t first, const uint64_t *had,
		     uint64_t n)
{
	uint64_t skip = 0;

	while (n > 0 && !is_mapped(had[n - 1]))
		n--;
	if (n == 0)
		return 0;
	while (!is_mapped(had[skip]))
		skip++;
	return pe->dma->unmap(pe->dma_ctx, w, ioba_of(w, first + skip),
			      (n - skip) << w->page_shift);
}

/*
 * The host does not take a run of @old values back: warn, and let tces[] claim no less than what is
 * mapped.
 */
static void lose_run(struct pe *pe, struct dma_window *w, uint64_t first, const uint64_t *old,
		     const uint64_t *tces, uint64_t n, int err)
{
	pe_warn(pe, w, "a mapping is lost, the host does not take it back", err);
	if (is_mapped(old[0])) {
		if (pe->dma->unmap(pe->dma_ctx, w, ioba_of(w, first), n << w->page_shift) != 0)
			return;
		for (uint64_t i = 0; i < n; i++)
			entry_store(&w->tces[first + i], 0);
		return;
	}
	for (uint64_t i = 0; i < n; i++)
		if (is_mapped(tces[i]))
			entry_store(&w->tces[first + i], tces[i]);
}

/* Undo: of the @n entries each is mapped as in @tces, as in @old, or not at all. */
static void restore(struct pe *pe, struct dma_window *w, const struct gmem *mem, uint64_t first,
		    const uint64_t *old, const uint64_t *tces, uint64_t n)
{
	for (uint64_t i = 0, len; i < n; i += len) {
		int r;

		len = run_length(w, mem, old + i, n - i);
		if (is_mapped(old[i]))
			r = map_run(pe, w, mem, first + i, old[i], len);
		else
			r = unmap_run(pe, w, first + i, tces + i, len);
		if (r != 0)
			lose_run(pe, w, first + i, old + i, tces + i, len, r);
	}
}

int tce_apply(struct pe *pe, struct dma_window *w, const struct gmem *mem, uint64_t first,
	      const uint64_t *tces, uint64_t n)
{
	uint64_t old[TCE_BULK_MAX];
	int r;

	for (uint64_t i = 0; i < n; i++)
		old[i] = entry_load(&w->tces[first + i]);
	for (uint64_t i = 0, len; pe->dma->map && i < n; i += len) {
		len = run_length(w, mem, tces + i, n - i);
		if (is_mapped(tces[i]))
			r = map_run(pe, w, mem, first + i, tces[i], len);
		else
			r = unmap_run(pe, w, first + i, old + i, len);
		if (r != 0) {
			restore(pe, w, mem, first, old, tces, i + len);
			return r < 0 ? r : -EIO;
		}
	}
	for (uint64_t i = 0; i < n; i++)
		entry_store(&w->tces[first + i], tces[i]);
	return 0;
}

bool tce_is_ram(const struct dma_window *w, const struct gmem *mem, uint64_t tce)
{
	uint64_t page = 1ULL << w->page_shift;
	gpa_t gpa = tce & ~TCE_PERM;

	return !is_mapped(tce) || (IS_ALIGNED(gpa, page) && gmem_contains(mem, gpa, page));
}

int tce_apply_one(struct pe *pe, struct dma_window *w, const struct gmem *mem, uint64_t index,
		  uint64_t tce)
{
	uint64_t page = 1ULL << w->page_shift, old = entry_load(&w->tces[index]);
	int r = 0;

	if (pe->dma->map && is_mapped(tce))
		r = pe->dma->map(pe->dma_ctx, w, ioba_of(w, index), tce & ~TCE_PERM, page,
				 hw_tce(tce) & TCE_PERM);
	else if (pe->dma->map && is_mapped(old))
		r = pe->dma->unmap(pe->dma_ctx, w, ioba_of(w, index), page);
	if (r != 0) {
		restore(pe, w, mem, index, &old, &tce, 1);
		return r < 0 ? r : -EIO;
	}
	entry_store(&w->tces[index], tce);
	return 0;
}

bool tce_window_is_empty(const struct dma_window *w)
{
	for (uint64_t i = 0; i < w->npages; i++)
		if (is_mapped(entry_load(&w->tces[i])))
			return false;
	return true;
}

/*
 * Unmaps all of the window, whatever tces[] says: more can be mapped where KVM's H_PUT_TCE has raced
 * with itself. One call does so, since the host flushes its caches once a call.
 */
int tce_clear_window(struct pe *pe, struct dma_window *w)
{
	int r = 0;

	if (pe->dma->unmap)
		r = pe->dma->unmap(pe->dma_ctx, w, w->start, w->npages << w->page_shift);
	if (r != 0)
		return r < 0 ? r : -EIO;
	for (uint64_t i = 0; i < w->npages; i++)
		entry_store(&w->tces[i], 0);
	return 0;
}
