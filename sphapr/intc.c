/* SPDX-License-Identifier: BSD-2-Clause */
#include "sphapr/intc.h"

#include <errno.h>

void intc_init(struct intc *ic, const struct spapr_mode *mode, const struct intc_ops *ops,
	       void *ctx, uint32_t nservers)
{
	ic->mode = mode;
	ic->ops = ops;
	ic->ctx = ctx;
	ic->nservers = nservers;
}

int intc_claim(struct intc *ic, uint32_t lisn, bool level)
{
	int r;

	if (lisn >= LISN_END)
		return -EINVAL;
	if (ic->src[lisn].claimed)
		return -EBUSY;
	r = ic->ops->claim(ic->ctx, lisn, level);
	if (r < 0)
		return r;
	ic->src[lisn] =
		(struct intc_source){ .claimed = true, .level = level, .prio = XIVE_MASKED };
	return 0;
}

static int claim_again(struct intc *ic, uint32_t lisn)
{
	struct intc_source *s = &ic->src[lisn];
	int r = ic->ops->claim(ic->ctx, lisn, s->level);

	if (r < 0)
		return r;
	s->prio = XIVE_MASKED;
	s->server = s->eisn = 0;
	if (s->asserted && s->eoi) {
		s->asserted = false;
		s->eoi(s->eoi_ctx, lisn);
	} else if (s->asserted) {
		r = ic->ops->set_line(ic->ctx, lisn, true);
	}
	return r;
}

int intc_claim_again(struct intc *ic)
{
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < LISN_END; i++)
		if (ic->src[i].claimed)
			r = claim_again(ic, i);
	return r;
}

int intc_alloc_lsi(struct intc *ic)
{
	uint32_t lisn = LISN_PCI_LSI;
	int r;

	while (lisn < LISN_PCI_MSI && ic->src[lisn].taken)
		lisn++;
	if (lisn == LISN_PCI_MSI)
		return -ENOSPC;
	r = ic->src[lisn].claimed ? 0 : intc_claim(ic, lisn, true);
	if (r < 0)
		return r;
	ic->src[lisn].taken = true;
	return (int)lisn;
}

void intc_free_lsi(struct intc *ic, uint32_t lisn)
{
	intc_set_eoi(ic, lisn, NULL, NULL);
	if (ic->src[lisn].asserted)
		intc_set_line(ic, lisn, false);
	ic->src[lisn].taken = false;
}

/* How many sources from @first on are free, up to @n. */
static uint32_t free_run(const struct intc *ic, uint32_t first, uint32_t n)
{
	uint32_t i = 0;

	while (i < n && first + i < LISN_END && !ic->src[first + i].taken)
		i++;
	return i;
}

static uint32_t find_block(const struct intc *ic, uint32_t n, uint32_t align)
{
	uint32_t first = (uint32_t)ALIGN_UP(LISN_PCI_MSI, align), run;

	while (n <= LISN_END && first <= LISN_END - n) {
		run = free_run(ic, first, n);
		if (run == n)
			return first;
		first = (uint32_t)ALIGN_UP(first + run + 1, align);
	}
	return LISN_END;
}

int intc_alloc_block(struct intc *ic, uint32_t n, uint32_t align)
{
	uint32_t first = find_block(ic, n, align);
	int r = 0;

	if (first == LISN_END)
		return -ENOSPC;
	for (uint32_t i = first; r == 0 && i < first + n; i++)
		r = ic->src[i].claimed ? 0 : intc_claim(ic, i, false);
	if (r < 0)
		return r;
	for (uint32_t i = first; i < first + n; i++)
		ic->src[i].taken = true;
	return (int)first;
}

void intc_free_block(struct intc *ic, uint32_t first, uint32_t n)
{
	for (uint32_t i = first; i < first + n; i++)
		ic->src[i].taken = false;
}

uint32_t intc_largest_block(const struct intc *ic, bool naturally)
{
	uint32_t best = 0, n = LISN_END - LISN_PCI_MSI;

	if (naturally) {
		for (n = 1U << 31; n && find_block(ic, n, n) == LISN_END;)
			n >>= 1;
		return n;
	}
	for (uint32_t i = LISN_PCI_MSI, run; i < LISN_END; i += run + 1) {
		run = free_run(ic, i, n);
		best = run > best ? run : best;
	}
	return best;
}

void intc_set_line(struct intc *ic, uint32_t lisn, bool up)
{
	struct intc_source *s;

	if (lisn >= LISN_END || !ic->src[lisn].claimed)
		return;
	s = &ic->src[lisn];
	if (!s->level && !up)
		return;
	s->asserted = s->level && up;
	ic->ops->set_line(ic->ctx, lisn, up);
}

void intc_set_eoi(struct intc *ic, uint32_t lisn, intc_eoi_fn *fn, void *ctx)
{
	ic->src[lisn].eoi = fn;
	ic->src[lisn].eoi_ctx = ctx;
}

bool intc_sees_eoi(const struct intc *ic)
{
	return ic->mode->intc == INTC_XIVE;
}

bool intc_is_enabled(const struct intc *ic, uint32_t lisn)
{
	return lisn < LISN_END && ic->src[lisn].claimed && ic->ops->is_enabled(ic->ctx, lisn) > 0;
}

int intc_reset(struct intc *ic)
{
	int r;

	for (uint32_t i = 0; i < LISN_END; i++) {
		struct intc_source *s = &ic->src[i];

		if (s->asserted)
			ic->ops->set_line(ic->ctx, i, false);
		s->prio = XIVE_MASKED;
		s->server = 0;
		s->eisn = 0;
	}
	r = ic->ops->reset(ic->ctx);
	/* No EOI will come for lines that were up: an owner that wants its line up raises it again. */
	for (uint32_t i = 0; i < LISN_END; i++) {
		struct intc_source *s = &ic->src[i];
		bool was = s->asserted;

		s->asserted = false;
		if (was && s->eoi)
			s->eoi(s->eoi_ctx, i);
	}
	return r;
}
