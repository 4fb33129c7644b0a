/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPHAPR_PHB_H
#define SPHAPR_PHB_H

/*
 * A PCI host bridge as PAPR shows it: named by its BUID, one bus (0) with up to 32 devices of 8
 * functions, an I/O and two memory windows into guest address space, one PE with its DMA windows.
 * Each IOMMU group of the host gets a PHB of its own, so no device shares windows with a stranger.
 */

#include "devices/pci/func.h"
#include "sphapr/ddw.h"

struct spapr;

#define PHB_MAX_FUNCS 32
#define PHB_BUID_BASE 0x800000020000000ULL

struct phb {
	bool present;   /* false: all else is zero, so there is no function, window or EEH either */
	uint32_t index; /* its place in spapr.phbs[] */
	uint64_t buid;  /* PHB_BUID_BASE + index */
	struct pci_func *funcs[PHB_MAX_FUNCS]; /* borrowed; ascending devfn */
	uint32_t nfuncs;
	struct pe pe;
};

/* Windows of bus addresses and where they stand in guest address space. */
enum phb_space { PHB_IO, PHB_MEM32, PHB_MEM64 };

struct phb_range {
	uint64_t bus;
	gpa_t gpa;
	uint64_t size;
};

struct phb_range phb_range(uint32_t index, enum phb_space space);

/**
 * spapr_add_phb - one more PHB, empty
 * Takes the first free index; BUID, LIOBNs and windows in guest address space follow from it.
 * Return the PHB, which @sp owns; NULL: SPAPR_MAX_PHBS are there. spapr_remove_phb() undoes it.
 */
struct phb *spapr_add_phb(struct spapr *sp);

/*
 * Frees the index. The caller has taken each function out (phb_remove_func) and closed the PE's
 * windows (pe_dma_close).
 */
void spapr_remove_phb(struct spapr *sp, struct phb *p);

/* The PHB with the lowest index; NULL: there is none. */
struct phb *spapr_first_phb(struct spapr *sp);

/**
 * phb_add_func - put a finished function into its place
 * Borrows it. A function with an INTx pin gets an LSI of its own: f->intx_lisn. Functions that
 * share a device get the multifunction bit of their header type.
 * Return 0; -EBUSY devfn taken; -ENOSPC too many functions or pins; or -errno of the claim.
 * phb_remove_func() undoes it.
 */
int phb_add_func(struct spapr *sp, struct phb *p, struct pci_func *f);

/*
 * Takes @f out of its place: its LSI and its vectors go back to the pools, f->intx_lisn is 0. The
 * owner has turned INTx off by now, hears (irqs_changed) that there are no vectors any more, and
 * closes what else there is of the function. The functions that stay keep their multifunction bit:
 * devices have it with one function, too. Nothing happens when @f is not in @p.
 */
void phb_remove_func(struct spapr *sp, struct phb *p, struct pci_func *f);

/*
 * By configuration address: bus << 16 | devfn << 8, where the register's bits (0 to 7 and 28 to 31)
 * do not matter. NULL: none.
 */
struct pci_func *phb_find_func(struct phb *p, uint32_t config_addr);

/* Guest address of [addr, addr + size) for a BAR of @kind; UINT64_MAX: not all inside a window. */
gpa_t phb_bus_to_gpa(const struct phb *p, enum pci_bar_kind kind, uint64_t addr, uint64_t size);

/* NULL: no PHB has this BUID. */
struct phb *spapr_find_phb(struct spapr *sp, uint32_t buid_hi, uint32_t buid_lo);

/* The function that most RTAS calls name by these three. NULL: there is none. */
struct pci_func *spapr_find_func(struct spapr *sp, uint32_t config_addr, uint32_t buid_hi,
				 uint32_t buid_lo);

/*
 * A trapped load or store of the guest at @gpa, of 1 to 8 bytes: the BARs that decode there serve
 * it (phb_mmio.c). Where two BARs overlap, the lower function and BAR answers. @data is the memory
 * image, little-endian as PCI is; bytes that no BAR serves read as 0xff. False: no BAR served any.
 */
bool phb_mmio(struct spapr *sp, gpa_t gpa, uint8_t *data, uint32_t len, bool write);

/**
 * phb_unreachable - may nobody reach @f now?
 * True while its PE is held in reset, or a vCPU is in the host's kernel for @f itself (func.h: busy).
 * Meanwhile configuration and BARs of @f read as all ones, writes to them are lost, its owner is not
 * asked, and nobody changes its image, which is lost with a reset anyway.
 */
bool phb_unreachable(const struct phb *p, const struct pci_func *f);

/*
 * May a guest's call reach @f? Waits, without the machine lock, while another call changes @f, unless
 * @f cannot be reached anyway.
 */
bool phb_reach(struct spapr *sp, const struct phb *p, const struct pci_func *f);

/*
 * Does another vCPU act on the PE as a whole, or sleep in the host's kernel for one of its functions? Calls
 * that act on the PE, or on vectors of its functions, are put off until it is back. What a call that changes
 * a function takes is waited for, without the machine lock.
 */
bool phb_busy(struct spapr *sp, struct phb *p);

/*
 * Gives the vectors of @f back to the pool. The owner of @f is told (irqs_changed) even when there
 * were none, and raises no interrupt of theirs afterwards.
 */
void phb_release_vectors(struct spapr *sp, struct pci_func *f);

/* A reset of the bus: configuration as after reset, lines down; vectors stay assigned. */
void phb_reset_bus(struct spapr *sp, struct phb *p);

/**
 * phb_reset_pe - the guest's reset of a PE with error recovery, which is not busy
 * @how: EEH_RESET_HOT and EEH_RESET_FUNDAMENTAL begin one, EEH_RESET_OFF ends it
 * The bus is reset in our images first: while the PE is held nothing of the device is mapped, and no
 * interrupt is armed. The machine lock is given up while the host works (pe_eeh_reset).
 * Return 0; -EOPNOTSUPP; or another -errno of the host, and the PE is not held.
 */
int phb_reset_pe(struct spapr *sp, struct phb *p, uint32_t how);

/*
 * Partition reboot: functions and windows in power-on state, vectors released, a PE that EEH had
 * stopped runs again. 0, or -errno of the windows: the rest is done then, too.
 */
int phb_reset(struct spapr *sp, struct phb *p);

/* Where the tree has the function's node: "/pci@800000020000000/scsi@1", cut to @size bytes (fdt_pci.c). */
void phb_func_path(const struct phb *p, struct pci_func *f, char *path, size_t size);

#endif
