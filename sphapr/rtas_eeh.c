/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Enhanced error handling: the guest sees that its PE was stopped, and brings it back. A PHB is one
 * PE, named PE_ADDRESS; calls about the PE also take the configuration address of any of its
 * functions. All calls are offered or none: Linux relies on EEH once it finds them.
 *
 * The PE's state is the backend's. After a reset (phb_reset_pe) the guest restores its
 * configuration; it still has the message interrupts that were assigned before.
 *
 * Calls in which the host sleeps are answered without the machine lock (pe.c): what would act on
 * the PE as a whole meanwhile is refused or put off.
 *
 * Source: LoPAR 2.8 "Enhanced I/O Error Handling (EEH) Option Functions".
 */
#include "sphapr/errlog.h"
#include "sphapr/rtas.h"
#include "sphapr/spapr.h"

#include <errno.h>
#include <string.h>

#define LOG_PREFIX "rtas"
#include "vmm/base/event.h"
#include "vmm/base/log.h"

#define PE_ADDRESS 0x1u /* bus 0 << 16, marked as a PE by bit 0 */
#define UNAVAILABLE_WAIT_MS 1000

enum { STATUS_UNEXPECTED_STATE = -7, STATUS_NOT_SUPPORTED = -8 };
enum { INFO_ADDRESS = 0, INFO_MODE = 1 };
enum { MODE_NO_PE = 0, MODE_NOT_SHARED = 1, MODE_SHARED = 2 };
enum { SEVERITY_TEMPORARY = 1, SEVERITY_PERMANENT = 2 };

bool rtas_has_eeh(const struct spapr *sp)
{
	for (uint32_t i = 0; i < SPAPR_MAX_PHBS; i++)
		if (sp->phbs[i].pe.eeh)
			return true;
	return false;
}

static bool names_func(struct phb *p, uint32_t config_addr)
{
	const struct pci_func *f = phb_find_func(p, config_addr);

	return f && config_addr == (uint32_t)f->devfn << 8;
}

/*
 * The PHB, with or without EEH, whose PE a call names; NULL: there is none.
 * @pe: address and BUID, high and low, as most EEH calls begin
 */
static struct phb *find_pe(struct spapr *sp, const uint32_t pe[3])
{
	struct phb *p = spapr_find_phb(sp, pe[1], pe[2]);

	if (p && (pe[0] == PE_ADDRESS || names_func(p, pe[0])))
		return p;
	log_guest("EEH call for 0x%x, which is no PE", pe[0]);
	return NULL;
}

static struct phb *find_eeh(struct spapr *sp, const uint32_t pe[3])
{
	struct phb *p = find_pe(sp, pe);

	return p && p->pe.eeh ? p : NULL;
}

/*
 * While another such call lasts, the PE is not in a state for this one; while one of its
 * functions is being changed, the guest tries again.
 */
struct phb *rtas_idle_pe(struct spapr *sp, const uint32_t pe[3], int32_t *status)
{
	struct phb *p = find_eeh(sp, pe);

	*status = RTAS_PARAMETER;
	if (!p || !phb_busy(sp, p))
		return p;
	*status = p->pe.eeh_busy ? STATUS_UNEXPECTED_STATE : RTAS_WAIT_100MS;
	return NULL;
}

int32_t rtas_eeh_status(int r)
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
	const struct phb *p = find_pe(sp, c->args);

	if (!p)
		return RTAS_PARAMETER;
	switch (c->args[3]) {
	case INFO_ADDRESS:
		if (!p->pe.eeh)
			return RTAS_PARAMETER;
		c->rets[1] = PE_ADDRESS;
		return RTAS_OK;
	case INFO_MODE:
		c->rets[1] = p->nfuncs > 1 ? MODE_SHARED : MODE_NOT_SHARED;
		if (!p->pe.eeh)
			c->rets[1] = MODE_NO_PE;
		return RTAS_OK;
	default:
		return RTAS_PARAMETER;
	}
}

static int32_t set_eeh_option(struct spapr *sp, struct rtas_call *c)
{
	uint32_t option = c->args[3];
	int32_t status;
	struct phb *p = rtas_idle_pe(sp, c->args, &status);

	if (option > EEH_THAW_DMA)
		return RTAS_PARAMETER;
	return p ? rtas_eeh_status(pe_eeh_set_option(&p->pe, &sp->plat, option)) : status;
}

/* LoPAR has only -3 and "busy" for this call; -1 says more, and Linux just logs the status. */
static int32_t configure_pe(struct spapr *sp, struct rtas_call *c)
{
	struct phb *p = find_eeh(sp, c->args);

	if (!p)
		return RTAS_PARAMETER;
	return phb_busy(sp, p) ? RTAS_WAIT_100MS
			       : rtas_eeh_status(pe_eeh_configure(&p->pe, &sp->plat));
}

/* The guest learns that the host has stopped its PE, and later that the PE runs again. */
static void notice(struct pe *pe, int state)
{
	if (state > EEH_STATE_RESET_ACTIVE && state != EEH_STATE_UNAVAILABLE && !pe->eeh_frozen) {
		pe->eeh_frozen = true;
		pe->eeh_freezes++;
		event_emit(EVENT_EEH_FROZEN, { (uint64_t)pe->caps.group }, { (uint64_t)state });
	} else if (state == 0 && pe->eeh_frozen) {
		pe->eeh_frozen = false;
		pe->eeh_recoveries++;
		event_emit(EVENT_EEH_RECOVERED, { (uint64_t)pe->caps.group });
	}
}

/* Out: state, whether the PE is capable of EEH, how long to wait in ms, and a 0. */
static int32_t read_slot_reset_state(struct spapr *sp, struct rtas_call *c)
{
	struct phb *p = find_pe(sp, c->args);
	int state;

	if (!p)
		return RTAS_PARAMETER;
	if (!p->pe.eeh)
		return RTAS_OK; /* not capable */
	state = pe_eeh_state(&p->pe);
	notice(&p->pe, state);
	/* This call never fails: a PE that cannot be asked is unavailable for good (wait 0). */
	c->rets[1] = state < 0 ? EEH_STATE_UNAVAILABLE : (uint32_t)state;
	c->rets[2] = 1;
	c->rets[3] = state == EEH_STATE_UNAVAILABLE ? UNAVAILABLE_WAIT_MS : 0;
	return RTAS_OK;
}

static int32_t set_slot_reset(struct spapr *sp, struct rtas_call *c)
{
	int32_t status;
	struct phb *p = rtas_idle_pe(sp, c->args, &status);
	uint32_t how = c->args[3];
	int r;

	if (how != EEH_RESET_OFF && how != EEH_RESET_HOT && how != EEH_RESET_FUNDAMENTAL)
		return RTAS_PARAMETER;
	if (!p)
		return status;
	p->pe.eeh_resets += how != EEH_RESET_OFF;
	event_emit(EVENT_DEVICE_RESET, { (uint64_t)p->pe.caps.group },
		   { .s = p->nfuncs ? p->funcs[0]->name : NULL },
		   { .s = how == EEH_RESET_OFF   ? "end"
			  : how == EEH_RESET_HOT ? "hot"
						 : "fundamental" });
	r = phb_reset_pe(sp, p, how);
	return r == -EOPNOTSUPP || r == -ENOENT ? STATUS_NOT_SUPPORTED : rtas_eeh_status(r);
}

/*
 * The section of a log that says what is known here of a stopped PE: its state, its names, and what the
 * driver saw of its functions, which the guest hands over. The host tells nothing more.
 */
enum {
	UD_STATE = ERRLOG_SECTION_HEAD,
	UD_PE = UD_STATE + 4, /* address, BUID */
	UD_DRIVER = UD_PE + 12,
	LOG_DRIVER = ERRLOG_SECTIONS + UD_DRIVER,
};

static uint32_t fill_log(const struct spapr *sp, const struct rtas_call *c, uint32_t state,
			 uint8_t *log)
{
	const struct errlog_kind kind = {
		.severity = 3 << 5 | 2 << 3, /* an error, not recovered */
		.type = 0xe0,                /* a platform's log, told apart by Main-B */
		.subsystem = 0x30,           /* I/O */
		.event_severity = c->args[7] == SEVERITY_PERMANENT ? 0x40 : 0x10,
	};
	uint32_t room = c->args[6] < RTAS_ERROR_LOG_MAX ? c->args[6] : RTAS_ERROR_LOG_MAX;
	uint32_t n = room < LOG_DRIVER ? 0 : ALIGN_DOWN(room - LOG_DRIVER, 4);
	uint8_t *ud = log + ERRLOG_SECTIONS;

	if (n > c->args[4])
		n = ALIGN_DOWN(c->args[4], 4);
	errlog_begin(sp, log, LOG_DRIVER + n, &kind);
	if (gmem_read(sp->mem, c->args[3], ud + UD_DRIVER, n) < 0)
		memset(ud + UD_DRIVER, 0, n);
	errlog_section(ud, "UD", (uint16_t)(UD_DRIVER + n), 1);
	be32_store(ud + UD_STATE, state);
	for (uint32_t i = 0; i < 3; i++)
		be32_store(ud + UD_PE + 4UL * i, c->args[i]);
	if (room >= LOG_DRIVER)
		return LOG_DRIVER + n;
	errlog_cut(log, ERRLOG_FIXED);
	return room < ERRLOG_FIXED ? room : ERRLOG_FIXED;
}

/* A PE that runs, or is in a reset, has no error: no buffer is looked at. */
static int32_t slot_error_detail(struct spapr *sp, struct rtas_call *c)
{
	uint8_t log[RTAS_ERROR_LOG_MAX];
	uint32_t severity = c->args[7];
	const struct phb *p = find_eeh(sp, c->args);
	uint32_t len;
	int state;

	if (!p || (severity != SEVERITY_TEMPORARY && severity != SEVERITY_PERMANENT))
		return RTAS_PARAMETER;
	state = pe_eeh_state(&p->pe);
	if (state <= EEH_STATE_RESET_ACTIVE)
		return RTAS_NO_ERRORS;
	len = fill_log(sp, c, (uint32_t)state, log);
	if (gmem_write(sp->mem, c->args[5], log, len) < 0)
		return RTAS_PARAMETER;
	sp->next_log_id++;
	return RTAS_OK;
}

const struct rtas_desc rtas_eeh[] = {
	{ "ibm,get-config-addr-info2", 4, 2, 2, get_config_addr_info2, rtas_has_eeh },
	{ "ibm,set-eeh-option", 4, 1, 1, set_eeh_option, rtas_has_eeh },
	{ "ibm,read-slot-reset-state", 3, 3, 3, read_slot_reset_state, rtas_has_eeh },
	{ "ibm,read-slot-reset-state2", 3, 4, 5, read_slot_reset_state, rtas_has_eeh },
	{ "ibm,set-slot-reset", 4, 1, 1, set_slot_reset, rtas_has_eeh },
	{ "ibm,configure-bridge", 3, 1, 1, configure_pe, rtas_has_eeh },
	{ "ibm,configure-pe", 3, 1, 1, configure_pe, rtas_has_eeh },
	{ "ibm,slot-error-detail", 8, 1, 1, slot_error_detail, rtas_has_eeh },
	{ 0 },
};
