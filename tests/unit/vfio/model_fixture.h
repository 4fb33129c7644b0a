/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_UNIT_VFIO_MODEL_FIXTURE_H
#define TESTS_UNIT_VFIO_MODEL_FIXTURE_H

/* What test_model.c believes: two groups with their windows and each TCE; and whether it is so. */

#include "tests/unit/vfio/fixture.h"

#define GROUPS 2
#define MAX_PAGES 8192 /* of a window */

struct mwindow {
	bool live;
	uint32_t liobn, shift;
	uint64_t start, npages;
	uint64_t tces[MAX_PAGES];
};

static struct mgroup {
	struct vfio_pe pe;
	struct mwindow w[DDW_MAX_WINDOWS];
	bool plugged;
	bool drifted; /* a window could not be removed: the host has more than we know */
	bool held;    /* GROUP_DEL failed: KVM keeps the group open to the end */
} groups[GROUPS];

static uint64_t rng;
static unsigned int step, seed, nfailed;

static inline uint64_t rnd(uint64_t n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng % n;
}

#define OK(what)                                                                                   \
	do {                                                                                       \
		bool ok_ = what;                                                                   \
                                                                                                   \
		cr_assert(ok_, "seed %u step %u, %s: %s", seed, step, fake_failed_call(),          \
			  said_all());                                                             \
	} while (0)

/* ---- model and machine side by side ---- */

static inline int group_id(const struct mgroup *g)
{
	return VX_GROUP + (int)(g - groups);
}

static inline const char *bdf_of(const struct mgroup *g)
{
	return g == groups ? VX_BDF : "0005:01:00.0";
}

static inline struct mwindow *find(struct mgroup *g, uint32_t liobn)
{
	for (int i = 0; i < DDW_MAX_WINDOWS; i++)
		if (g->w[i].live && g->w[i].liobn == liobn)
			return &g->w[i];
	return NULL;
}

/* The model's windows become those that there are; what persists keeps its contents. */
static inline void take_windows(struct mgroup *g)
{
	static struct mwindow old[DDW_MAX_WINDOWS];
	const struct pe *dma = g->plugged ? &g->pe.phb->pe : NULL;

	memcpy(old, g->w, sizeof(old));
	for (int i = 0; i < DDW_MAX_WINDOWS; i++) {
		const struct dma_window *w;

		g->w[i].live = dma && dma->live[i];
		if (!g->w[i].live)
			continue;
		w = &dma->windows[i];
		OK(w->npages <= MAX_PAGES);
		g->w[i] = (struct mwindow){ .live = true,
					    .liobn = w->liobn,
					    .shift = w->page_shift,
					    .start = w->start,
					    .npages = w->npages };
		for (int k = 0; k < DDW_MAX_WINDOWS; k++)
			if (old[k].live && old[k].liobn == w->liobn)
				memcpy(g->w[i].tces, old[k].tces, sizeof(old[k].tces));
	}
}

static inline void forget_tces(struct mgroup *g)
{
	for (int i = 0; i < DDW_MAX_WINDOWS; i++)
		memset(g->w[i].tces, 0, sizeof(g->w[i].tces));
}

/* What the device reaches at this entry is what its TCE says. */
static inline void check_entry(const struct mgroup *g, const struct mwindow *w, uint64_t i)
{
	uint64_t tce = w->tces[i], ioba = w->start + (i << w->shift);
	uint8_t *to = tce & TCE_PERM ? (uint8_t *)vx.ram + (tce & ~TCE_PERM) : NULL;
	uint8_t *want_write = tce & TCE_WRITE ? to : NULL;

	OK(fake_dma(group_id(g), ioba, false) == to);
	OK(fake_dma(group_id(g), ioba, true) == want_write);
}

/* The host's entries for one of @w: all windows of limited addressing lie in a table of 4K pages.
 */
static inline uint64_t host_pages(const struct mgroup *g, const struct mwindow *w)
{
	return g->pe.frame ? 1ULL << (w->shift - 12) : 1;
}

static inline void check_all(void)
{
	uint64_t nlive = 0;
	bool drifted = false;

	for (struct mgroup *g = groups; g < groups + GROUPS; g++) {
		drifted |= g->drifted;
		for (int i = 0; i < DDW_MAX_WINDOWS && g->plugged; i++) {
			const struct mwindow *w = &g->w[i];
			const struct dma_window *real =
				w->live ? pe_dma_find(&g->pe.phb->pe, w->liobn) : NULL;

			if (!w->live)
				continue;
			OK(real && real->start == w->start && real->npages == w->npages);
			for (uint64_t k = 0; k < w->npages; k++) {
				OK(real->tces[k] == w->tces[k]);
				nlive += w->tces[k] & TCE_PERM ? host_pages(g, w) : 0;
				if (w->tces[k] & TCE_PERM || k % 64 == 0)
					check_entry(g, w, k);
			}
		}
	}
	OK(drifted || fake_live_tces() == nlive);
	OK(*fake_faults() == '\0');
}

#endif
