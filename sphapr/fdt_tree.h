/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPHAPR_FDT_TREE_H
#define SPHAPR_FDT_TREE_H

/*
 * The parts of the guest's tree. spapr_fdt_build() (fdt_tree.c, declared in spapr.h) calls them in
 * order, between the root's begin and end; each appends to the builder.
 */

#include "sphapr/fdt.h"

struct spapr;
struct spapr_boot;
struct pe;
struct phb;
struct pci_func;

#define FDT_PHANDLE_INTC 1u

/* fdt_root.c */
void fdt_root_props(const struct spapr *sp, struct fdtb *b);
void fdt_chosen(const struct spapr *sp, const struct spapr_boot *boot, struct fdtb *b);
void fdt_memory(const struct spapr *sp, struct fdtb *b);
void fdt_facilities(const struct spapr *sp, struct fdtb *b);

/* fdt_cpus.c */
void fdt_cpus(const struct spapr *sp, struct fdtb *b);

/* fdt_rtas.c */
void fdt_rtas(const struct spapr *sp, const struct spapr_boot *boot, struct fdtb *b);

/* fdt_vio.c */
void fdt_intc(const struct spapr *sp, struct fdtb *b);
void fdt_vio(const struct spapr *sp, struct fdtb *b);
void fdt_events(const struct spapr *sp, struct fdtb *b);

/* fdt_phb.c: all bridges */
void fdt_phbs(const struct spapr *sp, struct fdtb *b);

/* fdt_pci.c: one function below its bridge. @limit: announce no more message interrupts than so many */
void fdt_pci_func(const struct phb *p, struct pci_func *f, uint32_t limit, struct fdtb *b);

/* fdt_msi.c: the limit for every function, and what a bridge announces for all that it has */
uint32_t fdt_msi_limit(const struct spapr *sp);
uint32_t fdt_msi_total(const struct spapr *sp, const struct phb *p, uint32_t limit);

/*
 * The cells of a PE's properties below its bridge, in host order. Each function returns how many there
 * are; 0: leave the property out.
 *   ibm,dma-window       LIOBN, start hi, lo, size hi, lo (the default window's, removed or not)
 *   ibm,ddw-applicable   tokens of query, create, remove
 *   ibm,ddw-extensions   how many follow; token of reset; 1 = query has 6 outputs; 1 = limited
 *                        addressing, left out where there is none
 */
#define FDT_DMA_MAX_CELLS 5
size_t fdt_dma_window(const struct pe *pe, uint32_t *cells);
size_t fdt_ddw_applicable(const struct pe *pe, uint32_t *cells);
size_t fdt_ddw_extensions(const struct pe *pe, uint32_t *cells);

#endif
