/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Enhanced error handling: the guest sees that its PE was stopped, and brings it back. A PHB is one
 * PE, named PE_ADDRESS; calls about the PE also take the configuration address of any of its
 * functions. All calls are offered or none: Linux relies on EEH once it finds them.
 *
 * The PE's state is the backend's. A guest's reset is a reset of the bus for our images, too, and
 * takes effect on them first: while the PE is held in reset nothing of the device is mapped and no
 * interrupt armed. Afterwards the guest restores its configuration; the message interrupts that it
 * was given it still has.
 *
 * Which calls a state allows (LoPAR's PE State Transition Table) is the backend's to say: a host
 * may show a PE that it holds in reset as stopped, so a check here could forbid its release.
 *
 * The host sleeps for seconds in a reset, and up to a minute in an option that thaws a PE, so those
 * are done without the machine lock: the other vCPUs get their answers, also about this PE. What
 * would act on it as a whole is refused or put off. From the start of a reset until its release its
 * functions cannot be reached (phb_unreachable); while an option is set they can, and the host
 * answers at once: with ones as long as the PE is stopped. TCEs and DMA windows are none of all
 * that: they are the host bridge's, KVM changes them without us at any time, and the host's kernel
 * keeps their changes apart from a reset.
 *
 * A thaw of a PE that is held in reset would undo what the host did to keep accesses out of it.
 *
 * Source: LoPAR 2.8 "Enhanced I/O Error Handling (EEH) Option Functions".
 */
#include "sphapr/rtas.h"
#include "sphapr/spapr.h"

#include <errno.h>

#define LOG_PREFIX "rtas"
#include "vmm/base/log.h"

#define PE_ADDRESS 0x1u /* bus 0 << 16, marked as a PE by bit 0 */
#define UNAVAILABLE_WAIT_MS 1000

enum { STATUS_UNEXPECTED_STATE = -7, STATUS_NOT_SUPPORTED = -8 };
enum { INFO_ADDRESS = 0, INFO_MODE = 1 };
enum { MODE_NO_PE = 0, MODE_NOT_SHARED = 1, MODE_SHARED = 2 };
enum { SEVERITY_TEMPORARY = 1, SEVERITY_PERMANENT = 2 };

static bool has_eeh(const struct spapr *sp)
{
	for (uint32_t i = 0; i < SPAPR_MAX_PHBS; i++)
		if (sp->phbs[i].eeh)
			return true;
	return false;
}

static bool names_func(struct phb *p, uint32_t config_addr)
{
	const struct pci_func *f = phb_find_func(p, config_addr);

	return f && config_addr == (uint32_t)f->devfn << 8;
}

/* The PHB whose PE the call is about; NULL: there is none. It may be one without EEH. */
static struct phb *find_pe(struct spapr *sp, const struct rtas_call *c)
{
	struct phb *p = spapr_find_phb(sp, c->args[1], c->args[2]);

	if (p && (c->args[0] == PE_ADDRESS || names_func(p, c->args[0])))
		return p;
	log_guest("EEH call for 0x%x, which is no PE", c->args[0]);
	return NULL;
}

static struct phb *find_eeh(struct spapr *sp, const struct rtas_call *c)
{
	struct phb *p = find_pe(sp, c);

	return p && p->eeh ? p : NULL;
}

/*
 * The PE, for a call that acts on it; *@status says what to answer when it cannot, by NULL: it is
 * not in a state for it while another such call lasts, and has none while one of its functions is
 * changed.
 */
static struct phb *find_idle(struct spapr *sp, const struct rtas_call *c, int32_t *status)
{
	struct phb *p = find_eeh(sp, c);

	if (!p)
		*status = RTAS_PARAMETER;
	else
		*status = p->eeh_busy ? STATUS_UNEXPECTED_STATE : RTAS_WAIT_100MS;
	return p && !phb_busy(p) ? p : NULL;
}

static int32_t status_of(int r)
{
	switch (r) {
	case -EINVAL:
	case -ENODEV: /* the group has no PE */
		return RTAS_PARAMETER;
	case -EBUSY:
		return STATUS_UNEXPECTED_STATE;
	default:
		return r < 0 ? RTAS_HARDWARE : RTAS_OK;
	}
}

static int32_t get_config_addr_info2(struct spapr *sp, struct rtas_call *c)
{
	const struct phb *p = find_pe(sp, c);

	if (!p)
		return RTAS_PARAMETER;
	switch (c->args[3]) {
	case INFO_ADDRESS:
		if (!p->eeh)
			return RTAS_PARAMETER;
		c->rets[1] = PE_ADDRESS;
		return RTAS_OK;
	case INFO_MODE:
		c->rets[1] = p->nfuncs > 1 ? MODE_SHARED : MODE_NOT_SHARED;
		if (!p->eeh)
			c->rets[1] = MODE_NO_PE;
		return RTAS_OK;
	default:
		return RTAS_PARAMETER;
	}
}

/* A call of the backend in which the host sleeps; of @p it reads what is constant, its ops. */
struct request {
	const struct phb *p;
	uint32_t arg;
};

static int without_lock(struct spapr *sp, struct phb *p, int (*fn)(void *arg), uint32_t arg)
{
	struct request q = { p, arg };
	int r;

	p->eeh_busy = true;
	r = sp->plat.without_lock(sp->plat.ctx, fn, &q);
	p->eeh_busy = false;
	return r;
}

static int set_option(void *arg)
{
	const struct request *q = arg;

	return q->p->eeh->set_option(q->p->eeh_ctx, q->arg);
}

static int32_t set_eeh_option(struct spapr *sp, struct rtas_call *c)
{
	uint32_t option = c->args[3];
	int32_t status;
	struct phb *p = find_idle(sp, c, &status);

	if (option > EEH_THAW_DMA)
		return RTAS_PARAMETER;
	if (!p)
		return status;
	if (p->eeh_held && option != EEH_DISABLE)
		return STATUS_UNEXPECTED_STATE;
	return status_of(without_lock(sp, p, set_option, option));
}

static int configure(void *arg)
{
	const struct request *q = arg;

	return q->p->eeh->configure(q->p->eeh_ctx);
}

/* LoPAR has no errors but -3 and "busy" for it; -1 says more, and Linux only logs it. */
static int32_t configure_pe(struct spapr *sp, struct rtas_call *c)
{
	struct phb *p = find_eeh(sp, c);

	if (!p)
		return RTAS_PARAMETER;
	return phb_busy(p) ? RTAS_WAIT_100MS : status_of(without_lock(sp, p, configure, 0));
}

/* Out: state, whether the PE is capable of EEH, how long to wait, and nothing more to tell. */
static int32_t read_slot_reset_state(struct spapr *sp, struct rtas_call *c)
{
	const struct phb *p = find_pe(sp, c);
	int state;

	if (!p)
		return RTAS_PARAMETER;
	if (!p->eeh)
		return RTAS_OK; /* not capable */
	state = p->eeh_held && p->eeh_busy ? EEH_STATE_RESET_ACTIVE : p->eeh->read_state(p->eeh_ctx);
	if (p->eeh_held && state >= 0 && state < EEH_STATE_UNAVAILABLE)
		state = EEH_STATE_RESET_ACTIVE;
	/* This call never fails: a PE that cannot be asked is unavailable for good (wait 0). */
	c->rets[1] = state < 0 ? EEH_STATE_UNAVAILABLE : (uint32_t)state;
	c->rets[2] = 1;
	c->rets[3] = state == EEH_STATE_UNAVAILABLE ? UNAVAILABLE_WAIT_MS : 0;
	return RTAS_OK;
}

static int reset(void *arg)
{
	const struct request *q = arg;
	const struct eeh_ops *eeh = q->p->eeh;
	int r = eeh->reset(q->p->eeh_ctx, q->arg);

	/* What could not be reset may be cut off all the same (Linux), so it is released. */
	if (r < 0 && q->arg != EEH_RESET_OFF)
		eeh->reset(q->p->eeh_ctx, EEH_RESET_OFF);
	return r;
}

static int32_t set_slot_reset(struct spapr *sp, struct rtas_call *c)
{
	int32_t status;
	struct phb *p = find_idle(sp, c, &status);
	uint32_t how = c->args[3];
	int r;

	if (how != EEH_RESET_OFF && how != EEH_RESET_HOT && how != EEH_RESET_FUNDAMENTAL)
		return RTAS_PARAMETER;
	if (!p)
		return status;
	p->eeh_held = true;
	if (how != EEH_RESET_OFF)
		phb_reset_bus(sp, p);
	r = without_lock(sp, p, reset, how);
	p->eeh_held = r >= 0 && how != EEH_RESET_OFF;
	if (!p->eeh_held)
		phb_end_reset(p);
	return r == -EOPNOTSUPP || r == -ENOENT ? STATUS_NOT_SUPPORTED : status_of(r);
}

/* The host gives no log of the guest's errors: none is found, so no buffer is looked at. */
static int32_t slot_error_detail(struct spapr *sp, struct rtas_call *c)
{
	uint32_t severity = c->args[7];

	if (!find_eeh(sp, c) || (severity != SEVERITY_TEMPORARY && severity != SEVERITY_PERMANENT))
		return RTAS_PARAMETER;
	return RTAS_NO_ERRORS;
}

const struct rtas_desc rtas_eeh[] = {
	{ "ibm,get-config-addr-info2", 4, 2, 2, get_config_addr_info2, has_eeh },
	{ "ibm,set-eeh-option", 4, 1, 1, set_eeh_option, has_eeh },
	{ "ibm,read-slot-reset-state", 3, 3, 3, read_slot_reset_state, has_eeh },
	{ "ibm,read-slot-reset-state2", 3, 4, 5, read_slot_reset_state, has_eeh },
	{ "ibm,set-slot-reset", 4, 1, 1, set_slot_reset, has_eeh },
	{ "ibm,configure-bridge", 3, 1, 1, configure_pe, has_eeh },
	{ "ibm,configure-pe", 3, 1, 1, configure_pe, has_eeh },
	{ "ibm,slot-error-detail", 8, 1, 1, slot_error_detail, has_eeh },
	{ 0 },
};
