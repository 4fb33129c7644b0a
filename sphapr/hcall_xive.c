/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * XIVE exploitation: the guest routes its sources to its queues by H_INT_* and touches the source's
 * ESB pages and the TIMA by itself. The state lives in the backend (KVM's XIVE device).
 * Source: LoPAR 2.8 "XIVE Exploitation Mode"; Linux Documentation/virt/kvm/devices/xive.rst.
 */
#include "sphapr/hcall.h"
#include "sphapr/layout.h"
#include "sphapr/spapr.h"

enum {
	SRC_INFO_H_INT_ESB = 1 << 3, /* use H_INT_ESB, not the pages */
	SRC_INFO_LSI = 1 << 2,
	SRC_INFO_TRIGGER = 1 << 1, /* it has a trigger page */
};

enum { SRC_CONFIG_MASK = 1 << 0, SRC_CONFIG_SET_EISN = 1 << 1 };
enum { EQ_ALWAYS_NOTIFY = 1 << 0 };
enum { EQ_INFO_DEBUG = 1 << 0 };
enum { ESB_STORE = 1 << 0 };

#define ESB_PAGE (1ULL << XIVE_ESB_PAGE_SHIFT)
#define ESB_LOAD_EOI 0x000
#define ESB_SET_PQ_00 0xc00
#define EQ_SHIFT 16 /* KVM keeps queues of 64 KiB only */

static struct intc_source *source(struct spapr *sp, uint64_t lisn)
{
	return lisn < LISN_END && sp->intc.src[lisn].claimed ? &sp->intc.src[lisn] : NULL;
}

static long h_int_get_source_info(struct spapr *sp, uint64_t *a)
{
	uint64_t flags = a[0], lisn = a[1];
	const struct intc_source *s = source(sp, lisn);
	gpa_t esb = layout[LAYOUT_XIVE_ESB].base + (lisn << (XIVE_ESB_PAGE_SHIFT + 1));

	if (flags)
		return H_PARAMETER;
	if (!s)
		return H_P2;
	a[3] = XIVE_ESB_PAGE_SHIFT;
	if (s->level) {
		/* Only we know whether the line is still up: the EOI must pass through us. */
		a[0] = SRC_INFO_LSI | SRC_INFO_H_INT_ESB;
		a[1] = a[2] = UINT64_MAX;
		return H_SUCCESS;
	}
	a[0] = SRC_INFO_TRIGGER;
	a[1] = esb + ESB_PAGE;
	a[2] = esb;
	return H_SUCCESS;
}

/* KVM prints a warning, with a stack trace, when a source is routed to where no queue is. */
static bool has_queue(struct spapr *sp, uint64_t server, uint64_t prio)
{
	struct xive_queue q;

	return sp->intc.ops->queue_get(sp->intc.ctx, (uint32_t)server, (uint8_t)prio, &q) == 0 &&
	       q.shift != 0;
}

static long h_int_set_source_config(struct spapr *sp, uint64_t *a)
{
	uint64_t flags = a[0], lisn = a[1], server = a[2], prio = a[3], eisn = a[4];
	struct intc_source *s = source(sp, lisn), next;
	bool masked = flags & SRC_CONFIG_MASK;

	if (flags & ~(uint64_t)(SRC_CONFIG_MASK | SRC_CONFIG_SET_EISN))
		return H_PARAMETER;
	if (!s)
		return H_P2;
	next = *s;
	if (prio == XIVE_MASKED) {
		next.prio = XIVE_MASKED;
		next.server = next.eisn = 0;
		masked = true;
	} else {
		if (prio > XIVE_PRIORITY_MAX)
			return H_P4;
		if (!spapr_has_server(sp, server))
			return H_P3;
		if (!masked && !has_queue(sp, server, prio))
			return H_P4;
		next.prio = masked ? XIVE_MASKED : (uint8_t)prio;
		next.server = (uint32_t)server;
		if (flags & SRC_CONFIG_SET_EISN) {
			if (eisn >> 31)
				return H_P5;
			next.eisn = (uint32_t)eisn;
		}
	}
	if (sp->intc.ops->source_config(sp->intc.ctx, (uint32_t)lisn, next.server,
					masked ? 0 : next.prio, masked, next.eisn) < 0)
		return H_HARDWARE;
	*s = next;
	return H_SUCCESS;
}

static long h_int_get_source_config(struct spapr *sp, uint64_t *a)
{
	const struct intc_source *s = source(sp, a[1]);

	if (a[0])
		return H_PARAMETER;
	if (!s)
		return H_P2;
	a[0] = s->server;
	a[1] = s->prio;
	a[2] = s->eisn;
	return H_SUCCESS;
}

/* @target and @prio of a queue, at a[1] and a[2] of every call about queues. */
static long check_queue(struct spapr *sp, const uint64_t *a)
{
	if (!spapr_has_server(sp, a[1]))
		return H_P2;
	return a[2] > XIVE_PRIORITY_MAX ? H_P3 : H_SUCCESS;
}

static int queue_get(struct spapr *sp, const uint64_t *a, struct xive_queue *q)
{
	return sp->intc.ops->queue_get(sp->intc.ctx, (uint32_t)a[1], (uint8_t)a[2], q);
}

static long h_int_get_queue_info(struct spapr *sp, uint64_t *a)
{
	uint64_t index = a[1] * (XIVE_PRIORITY_MAX + 2) + a[2];
	long r = check_queue(sp, a);
	struct xive_queue q;

	if (a[0])
		return H_PARAMETER;
	if (r)
		return r;
	if (queue_get(sp, a, &q) < 0)
		return H_HARDWARE;
	a[0] = layout[LAYOUT_XIVE_END].base + (index << (XIVE_ESB_PAGE_SHIFT + 1));
	a[1] = q.shift;
	return H_SUCCESS;
}

static long h_int_set_queue_config(struct spapr *sp, uint64_t *a)
{
	uint64_t flags = a[0], addr = a[3], shift = a[4];
	struct xive_queue q = { .flags = EQ_ALWAYS_NOTIFY };
	long r = check_queue(sp, a);

	if (flags & ~(uint64_t)EQ_ALWAYS_NOTIFY)
		return H_PARAMETER;
	if (r)
		return r;
	if (shift != 0 && shift != EQ_SHIFT)
		return H_P5;
	if (shift) {
		if (addr & ((1ULL << EQ_SHIFT) - 1) ||
		    !gmem_contains(sp->mem, addr, 1ULL << EQ_SHIFT))
			return H_P4;
		/* KVM keeps no queue that does not notify always; Linux asks for nothing else. */
		if (!(flags & EQ_ALWAYS_NOTIFY))
			return H_PARAMETER;
		q.addr = addr;
		q.shift = (uint32_t)shift;
		q.toggle = 1;
	}
	return sp->intc.ops->queue_set(sp->intc.ctx, (uint32_t)a[1], (uint8_t)a[2], &q) < 0
		       ? H_HARDWARE
		       : H_SUCCESS;
}

static long h_int_get_queue_config(struct spapr *sp, uint64_t *a)
{
	uint64_t flags = a[0];
	long r = check_queue(sp, a);
	struct xive_queue q;

	if (flags & ~(uint64_t)EQ_INFO_DEBUG)
		return H_PARAMETER;
	if (r)
		return r;
	if (queue_get(sp, a, &q) < 0)
		return H_HARDWARE;
	a[0] = q.flags & EQ_ALWAYS_NOTIFY;
	a[1] = q.addr;
	a[2] = q.shift;
	if (flags & EQ_INFO_DEBUG) {
		a[0] |= (uint64_t)q.toggle << 1;
		a[3] = q.index;
	}
	return H_SUCCESS;
}

static long h_int_esb(struct spapr *sp, uint64_t *a)
{
	uint64_t flags = a[0], lisn = a[1], offset = a[2], data = a[3];
	const struct intc_source *s = source(sp, lisn);
	struct intc *ic = &sp->intc;
	uint64_t value = UINT64_MAX;
	int r;

	if (flags & ~(uint64_t)ESB_STORE)
		return H_PARAMETER;
	if (!s)
		return H_P2;
	if (offset >= ESB_PAGE || offset & 7)
		return H_P3;
	if (flags & ESB_STORE) {
		r = ic->ops->esb_store(ic->ctx, (uint32_t)lisn, (uint32_t)offset, data);
	} else if (s->level && offset == ESB_LOAD_EOI) {
		/* A level source never has Q set: after the EOI it fires again if the line is up. */
		r = ic->ops->esb_load(ic->ctx, (uint32_t)lisn, ESB_SET_PQ_00, &value);
		if (s->eoi)
			s->eoi(s->eoi_ctx, (uint32_t)lisn);
		if (r == 0 && s->asserted)
			r = ic->ops->set_line(ic->ctx, (uint32_t)lisn, true);
		value = 0;
	} else {
		r = ic->ops->esb_load(ic->ctx, (uint32_t)lisn, (uint32_t)offset, &value);
	}
	if (r < 0)
		return H_HARDWARE;
	a[0] = value;
	return H_SUCCESS;
}

static long h_int_sync(struct spapr *sp, uint64_t *a)
{
	if (a[0])
		return H_PARAMETER;
	if (!source(sp, a[1]))
		return H_P2;
	return sp->intc.ops->source_sync(sp->intc.ctx, (uint32_t)a[1]) < 0 ? H_HARDWARE : H_SUCCESS;
}

static long h_int_reset(struct spapr *sp, uint64_t *a)
{
	if (a[0])
		return H_PARAMETER;
	return intc_reset(&sp->intc) < 0 ? H_HARDWARE : H_SUCCESS;
}

static bool xive(const struct spapr *sp)
{
	return sp->mode.intc == INTC_XIVE;
}

const struct hcall_desc hcalls_xive[] = {
	{ H_INT_GET_SOURCE_INFO, "H_INT_GET_SOURCE_INFO", h_int_get_source_info, "hcall-interrupt",
	  .offered = xive },
	{ H_INT_SET_SOURCE_CONFIG, "H_INT_SET_SOURCE_CONFIG", h_int_set_source_config,
	  .offered = xive },
	{ H_INT_GET_SOURCE_CONFIG, "H_INT_GET_SOURCE_CONFIG", h_int_get_source_config,
	  .offered = xive },
	{ H_INT_GET_QUEUE_INFO, "H_INT_GET_QUEUE_INFO", h_int_get_queue_info, .offered = xive },
	{ H_INT_SET_QUEUE_CONFIG, "H_INT_SET_QUEUE_CONFIG", h_int_set_queue_config,
	  .offered = xive },
	{ H_INT_GET_QUEUE_CONFIG, "H_INT_GET_QUEUE_CONFIG", h_int_get_queue_config,
	  .offered = xive },
	{ H_INT_ESB, "H_INT_ESB", h_int_esb, .offered = xive },
	{ H_INT_SYNC, "H_INT_SYNC", h_int_sync, .offered = xive },
	{ H_INT_RESET, "H_INT_RESET", h_int_reset, .offered = xive },
	{ 0 },
};
