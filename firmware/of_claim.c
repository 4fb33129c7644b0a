/* SPDX-License-Identifier: BSD-2-Clause */
#include "firmware/of_claim.h"

#include <string.h>

void of_claims_init(struct of_claims *c, uint64_t end)
{
	c->n = 0;
	c->end = end < 4 * GiB ? end : 4 * GiB;
}

/* The gap below taken[@i], or behind all of them. */
static struct of_range gap(const struct of_claims *c, uint32_t i)
{
	return (struct of_range){ i ? c->taken[i - 1].end : OF_CLAIM_FIRST,
				  i < c->n ? c->taken[i].start : c->end };
}

static void remove_at(struct of_claims *c, uint32_t i)
{
	memmove(&c->taken[i], &c->taken[i + 1], (c->n - i - 1) * sizeof(c->taken[0]));
	c->n--;
}

static void insert_at(struct of_claims *c, uint32_t i, struct of_range r)
{
	memmove(&c->taken[i + 1], &c->taken[i], (c->n - i) * sizeof(c->taken[0]));
	c->taken[i] = r;
	c->n++;
}

/* @r lies in the gap below taken[@i]. */
static bool take(struct of_claims *c, uint32_t i, struct of_range r)
{
	bool below = i > 0 && c->taken[i - 1].end == r.start;
	bool above = i < c->n && c->taken[i].start == r.end;

	if (below && above) {
		c->taken[i - 1].end = c->taken[i].end;
		remove_at(c, i);
	} else if (below) {
		c->taken[i - 1].end = r.end;
	} else if (above) {
		c->taken[i].start = r.start;
	} else if (c->n == OF_CLAIMS_MAX) {
		return false;
	} else {
		insert_at(c, i, r);
	}
	return true;
}

uint32_t of_claim(struct of_claims *c, uint32_t virt, uint32_t size, uint32_t align)
{
	uint64_t step = 1ULL << log2_ceil(align);

	for (uint32_t i = 0; size > 0 && i <= c->n; i++) {
		struct of_range g = gap(c, i);
		uint64_t at = align ? ALIGN_UP(g.start, step) : virt;

		if (at < g.start || at + size > g.end)
			continue;
		return take(c, i, (struct of_range){ at, at + size }) ? (uint32_t)at : OF_ERROR;
	}
	return OF_ERROR;
}

bool of_claim_holds(const struct of_claims *c, uint32_t start, uint32_t size)
{
	for (uint32_t i = 0; i < c->n; i++)
		if (c->taken[i].start <= start && (uint64_t)start + size <= c->taken[i].end)
			return true;
	return false;
}

void of_release(struct of_claims *c, uint32_t virt, uint32_t size)
{
	struct of_range r = { virt, (uint64_t)virt + size };

	for (uint32_t i = 0; size > 0 && i < c->n;) {
		struct of_range *t = &c->taken[i];
		bool head = t->start<r.start, tail = t->end> r.end; /* these stay */

		if (t->end <= r.start || t->start >= r.end) {
			i++;
		} else if (head && tail) {
			if (c->n < OF_CLAIMS_MAX) {
				insert_at(c, i + 1, (struct of_range){ r.end, t->end });
				c->taken[i].end = r.start;
			}
			return;
		} else if (head) {
			t->end = r.start;
			i++;
		} else if (tail) {
			t->start = r.end;
			return;
		} else {
			remove_at(c, i);
		}
	}
}

static uint32_t smallest(const struct of_range *r, uint32_t n)
{
	uint32_t at = 0;

	for (uint32_t i = 1; i < n; i++)
		if (r[i].end - r[i].start < r[at].end - r[at].start)
			at = i;
	return at;
}

uint32_t of_available(const struct of_claims *c, struct of_range *out)
{
	struct of_range all[OF_CLAIMS_MAX + 1];
	uint32_t n = 0;

	for (uint32_t i = 0; i <= c->n; i++) {
		all[n] = gap(c, i);
		n += all[n].start < all[n].end;
	}
	for (; n > OF_AVAILABLE_MAX; n--) {
		uint32_t at = smallest(all, n);

		memmove(&all[at], &all[at + 1], (n - at - 1) * sizeof(all[0]));
	}
	memcpy(out, all, n * sizeof(all[0]));
	return n;
}
