/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_FAKE_DMA_H
#define TESTS_FAKE_DMA_H

/*
 * A host's DMA windows as a test likes them: as strict as dma_backend_ops allows (a call that our
 * side must never make aborts), with the host's tables to look at, and with calls that fail when
 * the test says so.
 *
 * A failed map leaves what VFIO leaves: the first part of the range empty, the rest as it was. A
 * failed unmap has emptied a part, too.
 *
 *	struct fake_dma d;
 *	fake_dma_init(&d, &mem);
 *	d.fail_in = 3;                            the third call from now on fails, once
 *	pe_dma_init(&pe, &fake_dma_ops, &d, &d.caps, 0, true);
 */

#include "sphapr/ddw.h"

#define FAKE_DMA_SECOND (1ULL << 59)

struct fake_dma_slot {
	struct dma_window *w;   /* NULL: no window here */
	struct dma_window copy; /* what it was when opened: nobody may change it */
	uint64_t *hw;           /* what the device reaches: guest address | permission, or 0 */
};

struct fake_dma_call {
	char op; /* o c m u f */
	uint32_t liobn;
	ioba_t ioba;
	gpa_t gpa;
	uint64_t size, perm;
	bool unlocked; /* the machine lock was not held */
};

struct fake_dma {
	/* The test sets. */
	const struct gmem *mem;
	/* 4K, 64K, 2M; two windows, at 0 (1 MiB) and FAKE_DMA_SECOND; limited addressing */
	struct dma_caps caps;
	ioba_t slot_start[DDW_MAX_WINDOWS]; /* what open dictates */
	unsigned int fail_in;               /* the n-th call from now on fails; 0 = none */
	unsigned int fail_for;              /* so many in a row; 0 counts as 1 */
	int fail_with;                      /* 0: -EIO */
	const bool *unlocked;               /* of a struct fake_platform, or NULL */

	/* Our side did. */
	struct fake_dma_slot slots[DDW_MAX_WINDOWS];
	uint64_t frame; /* bytes; 0: none */
	unsigned int ncalls, nfailed;
	unsigned int nmade,
		nmade_unlocked; /* windows whose table was made, and those without the lock */
	struct fake_dma_call calls[64]; /* calls[n % 64] */
};

extern const struct dma_backend_ops fake_dma_ops; /* ctx is a struct fake_dma */

void fake_dma_init(struct fake_dma *d, const struct gmem *mem);

/* The most recent call, or NULL. */
const struct fake_dma_call *fake_dma_last(const struct fake_dma *d);

/* What the device of @w reaches at entry @index. */
uint64_t fake_dma_hw(const struct fake_dma *d, const struct dma_window *w, uint64_t index);

/* Open windows, and pages mapped in all of them. */
unsigned int fake_dma_windows(const struct fake_dma *d);
uint64_t fake_dma_mapped(const struct fake_dma *d);

/*
 * Does the host have for each entry of @w exactly what its TCE says? With @superset a TCE may also
 * name what the host does not have, or has otherwise: what two failures in a row may leave.
 */
bool fake_dma_agrees(const struct fake_dma *d, const struct dma_window *w, bool superset);

#endif
