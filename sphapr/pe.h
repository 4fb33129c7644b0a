/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPHAPR_PE_H
#define SPHAPR_PE_H

/*
 * A PE, PAPR's partitionable endpoint: the unit in which a host isolates devices. A PHB of ours is
 * one PE (phb.h). A PE has DMA windows, whose states and calls are in ddw.h, and error recovery (EEH),
 * which is here; either may be missing. Both are made real by a backend: vfio/ for devices of the
 * host, tables in memory for emulated ones, which have no EEH.
 *
 * States of error recovery, and the call that enters each:
 *   running    at first; pe_eeh_reset() with EEH_RESET_OFF, or one that fails; pe_eeh_recover()
 *   resetting  phb_reset_pe(): eeh_held, and eeh_busy until the host has answered
 *   held       pe_eeh_reset() with a hot or a fundamental reset: eeh_held alone
 * Whether a running PE is stopped by an error is the host's to say: read_state(). A call in which
 * the host sleeps sets eeh_busy in any state, and others that act on the PE are refused or put off.
 *
 * Files: pe.c error recovery, pe_log.c what is said about a PE's windows, ddw*.c its windows,
 * tce*.c what is in them.
 * Source: LoPAR 2.8 "Enhanced I/O Error Handling (EEH) Option Functions".
 */

#include "sphapr/platform.h"
#include "sphapr/window.h"
#include "vmm/base/papr.h"

#define DDW_MAX_WINDOWS 2
#define PE_MAX_WARNINGS 16
#define PE_LIOBNS 3u /* that the windows of a PE can have */

/* TCE calls of one LIOBN that came to us, not to KVM. */
enum { TCE_GET, TCE_PUT, TCE_INDIRECT, TCE_STUFF, TCE_CALLS };
struct tce_counts {
	uint64_t calls[TCE_CALLS];
	uint64_t entries;  /* that were written */
	uint64_t failures; /* calls */
};

/* An error to be made on a PE. */
struct eeh_error {
	bool wide;           /* 64-bit address and mask */
	uint32_t function;   /* of LoPAR "ioa-bus-error", 0 to 19 */
	uint64_t addr, mask; /* 0: of the host's choice */
};

/* Error recovery of a host PE. */
struct eeh_ops {
	int (*read_state)(void *ctx); /* PAPR state 0, 1, 2, 4, 5; -errno */
	/* Made without the machine lock for a guest: the host sleeps in these. */
	int (*set_option)(void *ctx, uint32_t option); /* enum eeh_option; 0, -errno */
	int (*reset)(void *ctx, uint32_t how);         /* enum eeh_reset; 0, -EOPNOTSUPP, -errno */
	int (*configure)(void *ctx);                   /* 0, -errno */
	int (*inject)(void *ctx,
		      const struct eeh_error *e); /* 0, -ENOENT: the host cannot, -errno */
};

struct pe {
	uint32_t liobn_base; /* the default window's LIOBN */

	/* DMA windows. */
	const struct dma_backend_ops *dma; /* NULL: this PE does no DMA through windows */
	void *dma_ctx;
	struct dma_caps caps;
	bool ddw;         /* dynamic windows are offered to the guest */
	bool has_default; /* the default window exists: it is windows[0] then */
	bool limited;     /* limited addressing mode */
	bool soiled; /* in that mode a window went but its pages did not: no other is made there */
	struct dma_window windows[DDW_MAX_WINDOWS];
	bool live[DDW_MAX_WINDOWS]; /* found by its LIOBN; a window that is being closed is not */
	const struct spapr_platform *dma_busy; /* a guest's call acts on the windows, and gives the
						  lock up by this; NULL: none does */
	uint32_t warnings;                     /* said so far, of PE_MAX_WARNINGS: pe_log.c */

	/* Error recovery. */
	const struct eeh_ops *eeh; /* NULL: this PE has none, and the tree does not offer it */
	void *eeh_ctx;
	bool eeh_held; /* held in reset by us: not read_state(), which may show a PE that runs */
	bool eeh_busy; /* a vCPU is in one of eeh's calls, without the machine lock */
	bool eeh_frozen; /* the guest has been told that the host stopped it, and not yet that it runs */

	/* Counts for who watches. */
	uint64_t eeh_freezes, eeh_recoveries, eeh_resets;
	uint64_t created, refused;        /* windows, by the guest */
	struct tce_counts tce[PE_LIOBNS]; /* by LIOBN, from liobn_base on */
};

/* From now on the PE has error recovery. @ops and @ctx are borrowed until pe_dma_close(). */
void pe_eeh_init(struct pe *pe, const struct eeh_ops *ops, void *ctx);

/* The PE's state as the guest is told: enum eeh_state, or the backend's -errno. */
int pe_eeh_state(const struct pe *pe);

/*
 * Sets @option (enum eeh_option). The host takes its time, with the machine lock given up by @plat and
 * eeh_busy set; that holds for the next two calls as well. Wants a PE with error recovery that is not
 * busy. 0; -EBUSY: the PE is held in reset, and thawing it would undo what the host did to keep
 * accesses out; else the backend's -errno.
 */
int pe_eeh_set_option(struct pe *pe, const struct spapr_platform *plat, uint32_t option);

/* To be called after a reset, before the PE is used again. 0 or the backend's -errno. */
int pe_eeh_configure(struct pe *pe, const struct spapr_platform *plat);

/*
 * Begins a reset (EEH_RESET_HOT, EEH_RESET_FUNDAMENTAL), or ends it (EEH_RESET_OFF). The caller has
 * set eeh_held before; afterwards eeh_held says whether the PE is in reset. 0; or the backend's
 * -errno, and the PE is not held.
 */
int pe_eeh_reset(struct pe *pe, const struct spapr_platform *plat, uint32_t how);

/*
 * Makes a PE that is held in reset, or stopped, run again: until then nothing of its device answers.
 * For a reboot and the teardown, with no vCPU in any call. Tolerates a PE without error recovery.
 */
void pe_eeh_recover(struct pe *pe);

/*
 * Warns about @w, PE_MAX_WARNINGS times at most for one PE: guests can cause warnings. @err is an
 * errno, of either sign.
 */
void pe_warn(struct pe *pe, const struct dma_window *w, const char *what, int err);

/* Warns that the host does not make @wish, with the reason in the backend's words. */
void pe_warn_refused(struct pe *pe, const struct dma_window *wish, int err);

#endif
