/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Message interrupts: the guest asks for a number of vectors of a function, and which source each
 * of them is. The vectors are a contiguous block; that of MSI is aligned to the next power of two,
 * since a device puts the vector's number into the low bits of its message.
 *
 * A guest that asks for more than a function or the pool has gets the most there is, and the answer
 * says how many. When that would be none the call fails: LoPAR would answer 0 in success, but Linux
 * takes 0 for the number it asked for.
 *
 * Source: LoPAR 2.8 "ibm,change-msi", "ibm,query-interrupt-source-number".
 */
#include "sphapr/rtas.h"
#include "sphapr/spapr.h"

#include <errno.h>

#define LOG_PREFIX "rtas"
#include "vmm/base/event.h"
#include "vmm/base/log.h"

enum {
	CHANGE_QUERY,
	CHANGE_ANY, /* MSI; from a caller that takes 4 values back: our choice of kind */
	CHANGE_RESET,
	CHANGE_MSI,
	CHANGE_MSIX,
	CHANGE_MSI32, /* with 32-bit addresses: no matter, the guest programs none */
	CHANGE_MSIX32,
};

enum { TRIGGER_LEVEL = 0, TRIGGER_EDGE = 1 };
enum { STATUS_NO_INTERRUPT = 1 };

static bool has_phb(const struct spapr *sp)
{
	return sp->nphbs > 0;
}

static enum pci_msi_kind wanted_kind(const struct pci_func *f, const struct rtas_call *c)
{
	switch (c->args[3]) {
	case CHANGE_MSI:
	case CHANGE_MSI32:
		return PCI_MSI;
	case CHANGE_MSIX:
	case CHANGE_MSIX32:
		return PCI_MSIX;
	default: /* a caller that takes no kind back knows of MSI only */
		return f->max_msi || c->nret < 4 ? PCI_MSI : PCI_MSIX;
	}
}

/* Takes @n vectors, or as many as the pool has when those are more than @f has now. */
static int alloc(struct spapr *sp, const struct pci_func *f, enum pci_msi_kind kind, uint32_t *n)
{
	bool naturally = kind == PCI_MSI;
	int first = intc_alloc_block(&sp->intc, *n, naturally ? 1U << log2_ceil(*n) : 1);
	uint32_t room;

	if (first != -ENOSPC)
		return first;
	room = intc_largest_block(&sp->intc, naturally);
	log_guest("%s: no room for %u message interrupts, only for %u", f->name, *n, room);
	if (room == 0 || (f->vectors.kind == kind && f->vectors.count >= room))
		return -ENOSPC;
	*n = room;
	return intc_alloc_block(&sp->intc, room, naturally ? room : 1);
}

/* Keeps the first @n vectors of @f; the others go back to the pool. */
static void keep(struct spapr *sp, struct pci_func *f, uint32_t n)
{
	struct pci_vectors v = f->vectors;
	uint32_t freed = v.count - n;

	if (freed == 0)
		return;
	v.count = n;
	pci_func_set_vectors(f, v);
	intc_free_block(&sp->intc, v.first + n, freed);
}

static int32_t assign(struct spapr *sp, struct pci_func *f, enum pci_msi_kind kind, uint32_t n)
{
	uint32_t max = kind == PCI_MSI ? f->max_msi : f->max_msix;
	struct pci_vectors old = f->vectors, v = { .kind = kind, .count = n < max ? n : max };
	int first;

	if (max == 0) {
		log_guest("%s: has no MSI%s", f->name, kind == PCI_MSI ? "" : "-X");
		return RTAS_PARAMETER;
	}
	if (old.kind == kind && old.count >= v.count) {
		keep(sp, f, v.count);
		return RTAS_OK;
	}
	first = alloc(sp, f, kind, &v.count);
	if (first < 0) /* the vectors of that kind that @f has are a valid answer */
		return old.kind == kind ? RTAS_OK : RTAS_HARDWARE;
	v.first = (uint32_t)first;
	pci_func_set_vectors(f, v);
	intc_free_block(&sp->intc, old.first, old.count);
	return RTAS_OK;
}

/*
 * Out: number of vectors there are now, next sequence number, their kind. Every call completes at
 * once, so a sequence is never continued and any number may start one.
 */
static int32_t change_msi(struct spapr *sp, struct rtas_call *c)
{
	struct pci_func *f = spapr_find_func(sp, c->args[0], c->args[1], c->args[2]);
	uint32_t function = c->args[3], n = c->args[4];
	int32_t status = RTAS_OK;

	if (!f || function > CHANGE_MSIX32) {
		log_guest("ibm,change-msi: function %u of the device at 0x%x", function,
			  c->args[0]);
		return RTAS_PARAMETER;
	}
	/* To arm the vectors of @f would wait for another vCPU, which takes seconds. */
	if (phb_busy(sp, spapr_find_phb(sp, c->args[1], c->args[2])))
		return RTAS_WAIT_100MS;
	f->changing = true;
	if (function == CHANGE_RESET || (n == 0 && function != CHANGE_QUERY))
		phb_release_vectors(sp, f);
	else if (function != CHANGE_QUERY)
		status = assign(sp, f, wanted_kind(f, c), n);
	f->changing = false;
	if (status != RTAS_OK)
		return status;
	if (function != CHANGE_QUERY) {
		f->msi_changes++;
		event_emit(EVENT_DEVICE_MSI, { .s = f->name },
			   { .s = !f->vectors.count             ? NULL
				  : f->vectors.kind == PCI_MSIX ? "msi-x"
								: "msi" },
			   { f->vectors.count });
	}
	c->rets[1] = f->vectors.count;
	c->rets[2] = c->args[5] + 1;
	c->rets[3] = (uint32_t)f->vectors.kind; /* 1 MSI, 2 MSI-X */
	return RTAS_OK;
}

/* Index 0 of a function without message interrupts is its INTx pin. */
static int32_t query_source(struct spapr *sp, struct rtas_call *c)
{
	const struct pci_func *f = spapr_find_func(sp, c->args[0], c->args[1], c->args[2]);
	uint32_t index = c->args[3];

	if (!f)
		return RTAS_PARAMETER;
	if (index < f->vectors.count) {
		c->rets[1] = f->vectors.first + index;
		c->rets[2] = TRIGGER_EDGE;
		return RTAS_OK;
	}
	if (index > 0 || f->vectors.count > 0 || !f->intx_lisn)
		return STATUS_NO_INTERRUPT;
	c->rets[1] = f->intx_lisn;
	c->rets[2] = TRIGGER_LEVEL;
	return RTAS_OK;
}

const struct rtas_desc rtas_msi[] = {
	{ "ibm,change-msi", 6, 3, 4, change_msi, has_phb },
	{ "ibm,query-interrupt-source-number", 4, 3, 3, query_source, has_phb },
	{ 0 },
};
