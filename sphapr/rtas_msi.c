/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Message interrupts: the guest asks for a number of vectors of a function, and which source each
 * of them is. They are a contiguous block; that of MSI is aligned to the next power of two, since
 * a device puts the vector's number into the low bits of its message.
 *
 * More than a function or the pool has: the answer is the most that would be granted, nothing has
 * changed, and the guest asks again (as QEMU does it, which Linux was tested with). Never 0: Linux
 * takes a 0 without an error for the vectors it asked for.
 *
 * Source: LoPAR 2.8 "ibm,change-msi", "ibm,query-interrupt-source-number".
 */
#include "sphapr/rtas.h"
#include "sphapr/spapr.h"

#include <errno.h>

#define LOG_PREFIX "rtas"
#include "vmm/base/log.h"

enum {
	CHANGE_QUERY,
	CHANGE_ANY, /* the platform's choice of MSI or MSI-X */
	CHANGE_RESET,
	CHANGE_MSI,
	CHANGE_MSIX,
	CHANGE_MSI32, /* with an address of 32 bits, which ours all have room in: we program them */
	CHANGE_MSIX32,
};

enum { TRIGGER_EDGE = 1 };

static bool has_phb(const struct spapr *sp)
{
	return sp->nphbs > 0;
}

static enum pci_msi_kind wanted_kind(const struct pci_func *f, uint32_t function)
{
	switch (function) {
	case CHANGE_MSI:
	case CHANGE_MSI32:
		return PCI_MSI;
	case CHANGE_MSIX:
	case CHANGE_MSIX32:
		return PCI_MSIX;
	case CHANGE_ANY:
		return f->max_msi ? PCI_MSI : PCI_MSIX;
	default: /* query, reset: what it has */
		return f->vectors.kind;
	}
}

/* What the pool has for the function; @n is what did not fit. */
static int32_t offer_less(struct spapr *sp, const struct pci_func *f, enum pci_msi_kind kind,
			  uint32_t n, uint32_t *granted)
{
	*granted = intc_largest_block(&sp->intc, kind == PCI_MSI);
	log_guest("%s: no room for %u message interrupts, %u offered", f->name, n, *granted);
	return *granted ? RTAS_OK : RTAS_HARDWARE;
}

static int32_t assign(struct spapr *sp, struct pci_func *f, enum pci_msi_kind kind, uint32_t n,
		      uint32_t *granted)
{
	uint32_t max = kind == PCI_MSI ? f->max_msi : f->max_msix;
	struct pci_vectors old = f->vectors;
	int first;

	if (max == 0) {
		log_guest("%s: has no MSI%s", f->name, kind == PCI_MSI ? "" : "-X");
		return RTAS_PARAMETER;
	}
	*granted = n < max ? n : max;
	if (n > max || (old.kind == kind && old.count == n))
		return RTAS_OK;
	first = intc_alloc_block(&sp->intc, n, kind == PCI_MSI ? 1U << log2_ceil(n) : 1);
	if (first == -ENOSPC)
		return offer_less(sp, f, kind, n, granted);
	if (first < 0)
		return RTAS_HARDWARE;
	pci_func_set_vectors(
		f, (struct pci_vectors){ .kind = kind, .first = (uint32_t)first, .count = n });
	intc_free_block(&sp->intc, old.first, old.count);
	return RTAS_OK;
}

/*
 * Out: number granted, next sequence number, kind. Every call completes at once, so a sequence is
 * never continued and any number may start one.
 */
static int32_t change_msi(struct spapr *sp, struct rtas_call *c)
{
	struct pci_func *f = spapr_find_func(sp, c->args[0], c->args[1], c->args[2]);
	uint32_t function = c->args[3], n = c->args[4], granted = 0;
	enum pci_msi_kind kind;
	int32_t status = RTAS_OK;

	if (!f || function > CHANGE_MSIX32) {
		log_guest("ibm,change-msi: function %u of the device at 0x%x", function,
			  c->args[0]);
		return RTAS_PARAMETER;
	}
	kind = wanted_kind(f, function);
	if (function == CHANGE_QUERY)
		granted = f->vectors.count;
	else if (function == CHANGE_RESET || n == 0)
		phb_release_vectors(sp, f);
	else
		status = assign(sp, f, kind, n, &granted);
	if (status != RTAS_OK)
		return status;
	c->rets[1] = granted;
	c->rets[2] = c->args[5] + 1;
	c->rets[3] = (uint32_t)kind;
	return RTAS_OK;
}

static int32_t query_source(struct spapr *sp, struct rtas_call *c)
{
	const struct pci_func *f = spapr_find_func(sp, c->args[0], c->args[1], c->args[2]);

	if (!f || c->args[3] >= f->vectors.count)
		return RTAS_PARAMETER;
	c->rets[1] = f->vectors.first + c->args[3];
	c->rets[2] = TRIGGER_EDGE;
	return RTAS_OK;
}

const struct rtas_desc rtas_msi[] = {
	{ "ibm,change-msi", 6, 3, 4, change_msi, has_phb },
	{ "ibm,query-interrupt-source-number", 4, 3, 3, query_source, has_phb },
	{ 0 },
};
