/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPHAPR_FDT_H
#define SPHAPR_FDT_H

/*
 * A builder on libfdt's sequential writer. It grows its buffer by itself and keeps its first
 * error: after that every fdtb_* call does nothing, and fdtb_finish() reports it. So a subtree is
 * written as a plain list of properties, one file for each (fdt_<subtree>.c).
 */

#include "vmm/base/types.h"

struct spapr;
struct spapr_boot;
struct pe;
struct phb;
struct pci_func;

struct fdtb {
	void *buf; /* malloc'd */
	size_t size;
	int err; /* first error as -errno */
};

void fdtb_init(struct fdtb *b);
void fdtb_reserve(struct fdtb *b, gpa_t base, uint64_t size); /* before the first node */
void fdtb_begin(struct fdtb *b, const char *name);
void fdtb_begin_at(struct fdtb *b, const char *name, uint64_t unit); /* name@unit, in hex */
void fdtb_end(struct fdtb *b);
void fdtb_bytes(struct fdtb *b, const char *name, const void *data, size_t len);
void fdtb_empty(struct fdtb *b, const char *name);
void fdtb_str(struct fdtb *b, const char *name, const char *s);
void fdtb_u32(struct fdtb *b, const char *name, uint32_t v);
void fdtb_u64(struct fdtb *b, const char *name, uint64_t v);
void fdtb_cells(struct fdtb *b, const char *name, const uint32_t *cells, size_t n);

#define FDTB_CELLS(b, name, ...)                                                                   \
	fdtb_cells((b), (name), (const uint32_t[]){ __VA_ARGS__ },                                 \
		   sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t))

/* 0 and a packed blob for the caller to free; or -errno, and nothing to free. */
int fdtb_finish(struct fdtb *b, void **out, size_t *size);

/* Subtrees, called between the root's begin and end. */
void fdt_root_props(const struct spapr *sp, struct fdtb *b);
void fdt_chosen(const struct spapr *sp, const struct spapr_boot *boot, struct fdtb *b);
void fdt_memory(const struct spapr *sp, struct fdtb *b);
void fdt_cpus(const struct spapr *sp, struct fdtb *b);
void fdt_rtas(const struct spapr *sp, const struct spapr_boot *boot, struct fdtb *b);
void fdt_intc(const struct spapr *sp, struct fdtb *b);
void fdt_vio(const struct spapr *sp, struct fdtb *b);
void fdt_events(const struct spapr *sp, struct fdtb *b);
void fdt_phbs(const struct spapr *sp, struct fdtb *b);
void fdt_pci_func(const struct phb *p, struct pci_func *f, struct fdtb *b);
void fdt_facilities(const struct spapr *sp, struct fdtb *b);

/*
 * Values of a PE's properties below its bridge, in host order; the number of cells, 0 = leave the
 * property out.
 *   ibm,dma-window       LIOBN, start hi, lo, size hi, lo (the default window's, removed or not)
 *   ibm,ddw-applicable   tokens of query, create, remove
 *   ibm,ddw-extensions   how many follow; token of reset; 1 = query has 6 outputs; 1 = limited
 *                        addressing, left out where there is none
 */
#define FDT_DMA_MAX_CELLS 5
size_t fdt_dma_window(const struct pe *pe, uint32_t *cells);
size_t fdt_ddw_applicable(const struct pe *pe, uint32_t *cells);
size_t fdt_ddw_extensions(const struct pe *pe, uint32_t *cells);

#define FDT_PHANDLE_INTC 1u

#endif
