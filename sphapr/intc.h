/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPHAPR_INTC_H
#define SPHAPR_INTC_H

/*
 * The interrupt controller as PAPR shows it: sources named by a LISN, presented to servers (vCPUs).
 * Two kinds: XICS, whose hypercalls and RTAS calls KVM serves itself, and XIVE exploitation, whose
 * H_INT_* calls come to hcall_xive.c. Both keep their real state in a backend (a KVM device; a
 * recording one in tests): here live which sources exist, which are level, and which lines are up.
 */

#include "sphapr/mode.h"
#include "vmm/base/types.h"

/* One number space; XIVE's IPIs start at 0, so devices start well above any vCPU count. */
enum {
	LISN_IPI = 0x0, /* one per vCPU, handed out by the guest itself (XIVE) */
	LISN_IPI_END = 0x1000,
	LISN_EPOW = 0x1000,
	LISN_VIO = 0x1100, /* by slot of /vdevice */
	LISN_PCI_LSI = 0x1200,
	LISN_PCI_MSI = 0x1300,
	LISN_END = 0x2000,
};

#define XIVE_ESB_PAGE_SHIFT 16 /* two such pages a source: trigger, management */
#define XIVE_PRIORITY_MAX 6    /* 7 belongs to the host's escalations */
#define XIVE_MASKED 0xff       /* "priority" of a masked source */

struct xive_queue {
	uint64_t flags; /* bit 0: always notify */
	gpa_t addr;
	uint32_t shift; /* log2 of bytes; 0 = no queue */
	uint32_t toggle, index;
};

/* 0 or -errno each. The XIVE half is NULL for an XICS backend. */
struct intc_ops {
	int (*claim)(void *ctx, uint32_t lisn, bool level);
	int (*set_line)(void *ctx, uint32_t lisn, bool up); /* edge sources: up is a pulse */
	int (*is_enabled)(void *ctx, uint32_t lisn);        /* > 0 when the guest unmasked it */
	int (*reset)(void *ctx); /* all masked, no queues; vCPUs stopped */

	int (*source_config)(void *ctx, uint32_t lisn, uint32_t server, uint8_t prio, bool masked,
			     uint32_t eisn);
	int (*source_sync)(void *ctx, uint32_t lisn);
	int (*queue_set)(void *ctx, uint32_t server, uint8_t prio, const struct xive_queue *q);
	int (*queue_get)(void *ctx, uint32_t server, uint8_t prio, struct xive_queue *q);
	int (*esb_load)(void *ctx, uint32_t lisn, uint32_t offset, uint64_t *value);
	int (*esb_store)(void *ctx, uint32_t lisn, uint32_t offset, uint64_t value);
};

/* Tells the owner of a level source that the guest has finished with an interrupt. */
typedef void intc_eoi_fn(void *ctx, uint32_t lisn);

struct intc_source {
	bool claimed, level, asserted;
	bool taken;       /* LISN_PCI_LSI and up: given by intc_alloc_lsi() or intc_alloc_block() */
	intc_eoi_fn *eoi; /* NULL: nobody asks */
	void *eoi_ctx;
	uint8_t prio; /* XIVE: what the guest set; XIVE_MASKED initially */
	uint32_t server, eisn;
};

struct intc {
	const struct spapr_mode *mode; /* borrowed: which kind this is */
	const struct intc_ops *ops;
	void *ctx;
	uint32_t nservers; /* server numbers are below this */
	struct intc_source src[LISN_END];
};

/*
 * @ic must be zeroed: clearing its table here would touch memory that most guests never use.
 * @mode: borrowed, of the struct spapr that @ic is part of
 * @nservers: server numbers are below this
 */
void intc_init(struct intc *ic, const struct spapr_mode *mode, const struct intc_ops *ops,
	       void *ctx, uint32_t nservers);

/* Bring a source into being. 0; -EINVAL out of range; -EBUSY claimed; or the backend's errno. */
int intc_claim(struct intc *ic, uint32_t lisn, bool level);

/*
 * Takes a level source for an INTx pin, the first free one of LISN_PCI_LSI to LISN_PCI_MSI. Returns
 * its LISN; -ENOSPC none is free; or the backend's errno. intc_free_lsi() frees the source with its
 * line down and without an owner to hear of an EOI; it stays claimed, as blocks do, and is given
 * again.
 */
int intc_alloc_lsi(struct intc *ic);
void intc_free_lsi(struct intc *ic, uint32_t lisn);

/**
 * intc_alloc_block - contiguous edge sources for message interrupts, LISN_PCI_MSI to LISN_END
 * @n:     how many, not 0
 * @align: a power of two that the first LISN is a multiple of
 * Return the first LISN; -ENOSPC no such room; or the backend's errno, and nothing is taken.
 * A backend cannot give a source back, so freed ones stay claimed and are used again.
 */
int intc_alloc_block(struct intc *ic, uint32_t n, uint32_t align);
void intc_free_block(struct intc *ic, uint32_t first, uint32_t n);

/* How many sources the largest free block has; @naturally: a power of two, aligned to itself. */
uint32_t intc_largest_block(const struct intc *ic, bool naturally);

/*
 * The backend is a new one: every claimed source comes into being there, masked. A line that is up is
 * raised, unless its owner waits for an EOI, which the owner is told of. 0 or the backend's errno.
 */
int intc_claim_again(struct intc *ic);

/* Edge: @up pulses, !@up does nothing. Level: the line's state, remembered over an EOI. */
void intc_set_line(struct intc *ic, uint32_t lisn, bool up);

/* @fn hears of the guest's EOI, where that passes through us (XIVE), before the line is looked at. */
void intc_set_eoi(struct intc *ic, uint32_t lisn, intc_eoi_fn *fn, void *ctx);

/* Does the guest's EOI of a level source pass through us? Under in-kernel XICS it does not. */
bool intc_sees_eoi(const struct intc *ic);

/* Can the guest receive this source's interrupts at the moment? */
bool intc_is_enabled(const struct intc *ic, uint32_t lisn);

/*
 * System reset, or H_INT_RESET: every source masked, every line down, every queue gone. The owner of
 * a line that was up is told of an EOI. For a system reset vCPUs must be stopped.
 */
int intc_reset(struct intc *ic);

#endif
