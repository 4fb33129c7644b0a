/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Error recovery. The states are in pe.h. The backend says which calls a state allows (LoPAR's PE
 * State Transition Table): a host may show a PE that it holds in reset as stopped, so a check here
 * could forbid its release.
 *
 * The host sleeps for seconds in a reset, and up to a minute in an option that thaws a PE, so those
 * are done without the machine lock: the other vCPUs get their answers, also about this PE. From the
 * start of a reset until its release the PE's functions cannot be reached (phb_unreachable); while an
 * option is set they can, and the host answers at once: with ones as long as the PE is stopped. TCEs
 * and DMA windows do not take part: the host bridge owns them, KVM changes them without us at any
 * time, and the host's kernel keeps those changes apart from a reset.
 */
#include "sphapr/pe.h"

#include <errno.h>

void pe_eeh_init(struct pe *pe, const struct eeh_ops *ops, void *ctx)
{
	pe->eeh = ops;
	pe->eeh_ctx = ctx;
}

int pe_eeh_state(const struct pe *pe)
{
	int state;

	if (pe->eeh_held && pe->eeh_busy)
		return EEH_STATE_RESET_ACTIVE;
	state = pe->eeh->read_state(pe->eeh_ctx);
	return pe->eeh_held && state >= 0 && state < EEH_STATE_UNAVAILABLE ? EEH_STATE_RESET_ACTIVE
									   : state;
}

/* A backend's call in which the host sleeps. Of @pe it reads only what is constant: its ops. */
struct request {
	const struct pe *pe;
	uint32_t arg;
};

static int without_lock(struct pe *pe, const struct spapr_platform *plat, int (*fn)(void *arg),
			uint32_t arg)
{
	struct request q = { pe, arg };
	int r;

	pe->eeh_busy = true;
	r = plat->without_lock(plat->ctx, fn, &q);
	pe->eeh_busy = false;
	return r;
}

static int set_option(void *arg)
{
	const struct request *q = arg;

	return q->pe->eeh->set_option(q->pe->eeh_ctx, q->arg);
}

int pe_eeh_set_option(struct pe *pe, const struct spapr_platform *plat, uint32_t option)
{
	if (pe->eeh_held && option != EEH_DISABLE)
		return -EBUSY;
	return without_lock(pe, plat, set_option, option);
}

static int configure(void *arg)
{
	const struct request *q = arg;

	return q->pe->eeh->configure(q->pe->eeh_ctx);
}

int pe_eeh_configure(struct pe *pe, const struct spapr_platform *plat)
{
	return without_lock(pe, plat, configure, 0);
}

static int reset(void *arg)
{
	const struct request *q = arg;
	const struct eeh_ops *eeh = q->pe->eeh;
	int r = eeh->reset(q->pe->eeh_ctx, q->arg);

	/* Linux may leave a PE cut off when its reset fails, so the reset is ended. */
	if (r < 0 && q->arg != EEH_RESET_OFF)
		eeh->reset(q->pe->eeh_ctx, EEH_RESET_OFF);
	return r;
}

int pe_eeh_reset(struct pe *pe, const struct spapr_platform *plat, uint32_t how)
{
	int r = without_lock(pe, plat, reset, how);

	pe->eeh_held = r >= 0 && how != EEH_RESET_OFF;
	return r;
}

/* Best effort: after a failure here the function's own reset, which follows, fails too and says so. */
void pe_eeh_recover(struct pe *pe)
{
	if (!pe->eeh)
		return;
	if (pe->eeh_held || pe->eeh->read_state(pe->eeh_ctx) == EEH_STATE_RESET_ACTIVE) {
		pe->eeh->reset(pe->eeh_ctx, EEH_RESET_OFF);
		pe->eeh->configure(pe->eeh_ctx);
		pe->eeh_held = false;
	}
	pe->eeh->set_option(pe->eeh_ctx, EEH_ENABLE); /* thaws a stopped PE as well */
}
