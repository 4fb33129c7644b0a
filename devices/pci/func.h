/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICES_PCI_FUNC_H
#define DEVICES_PCI_FUNC_H

/*
 * One PCI function as the guest sees it: a configuration image with write masks, base address
 * registers with sizing and decode, and the interrupt vectors that firmware (ibm,change-msi) gave
 * it. Emulated and passed-through functions are both of these; what they do about it is in their
 * ops.
 *
 * Configuration is handled byte by byte. Each bit of it has one owner:
 *   emu bit 1: ours. It reads from the image; a guest write changes it where wmask is 1.
 *   emu bit 0: the op's (a host device); it is passed on, reads and writes.
 * A function without config ops is emulated throughout (emu is taken as all ones).
 *
 * Source: PCI Local Bus Specification 3.0 chapter 6, PCI Express Base Specification.
 */

#include "vmm/base/types.h"

#define PCI_CONFIG_SIZE 4096u
#define PCI_LEGACY_CONFIG_SIZE 256u
#define PCI_NUM_BARS 6
#define PCI_BAR_ROM 6 /* the expansion ROM's place in bars[] */
#define PCI_BAR_OFF UINT64_MAX /* address of a BAR that does not decode */

enum pci_bar_kind { PCI_BAR_NONE, PCI_BAR_IO, PCI_BAR_MEM32, PCI_BAR_MEM64 };
enum pci_msi_kind { PCI_MSI_NONE, PCI_MSI, PCI_MSIX };

struct pci_bar {
	enum pci_bar_kind kind;
	bool prefetch;
	uint64_t size; /* bytes, power of two; 0 = no such BAR */
	uint64_t addr; /* bus address it decodes at, or PCI_BAR_OFF */
};

/* Vectors that the guest's firmware call assigned: vector i is source first + i. */
struct pci_vectors {
	enum pci_msi_kind kind;
	uint32_t first, count; /* LISN; count 0 = none */
};

struct pci_func;

struct pci_func_ops {
	/* The bits that are not emulated; NULL: there are none. @size is 1, 2 or 4, aligned. */
	uint32_t (*config_read)(struct pci_func *f, uint32_t off, uint32_t size);
	void (*config_write)(struct pci_func *f, uint32_t off, uint32_t size, uint32_t value);
	/* A BAR decodes somewhere else now: f->bars[bar].addr is the new address. */
	void (*bar_moved)(struct pci_func *f, int bar);
	/* Trapped access; @size 1, 2, 4, 8; little-endian value. */
	uint64_t (*bar_read)(struct pci_func *f, int bar, uint64_t off, uint32_t size);
	void (*bar_write)(struct pci_func *f, int bar, uint64_t off, uint32_t size, uint64_t value);
	/* f->vectors, or an MSI, MSI-X or INTx enable bit in the image, changed. */
	void (*irqs_changed)(struct pci_func *f);
	/* The guest has finished with this INTx interrupt (its EOI was seen). */
	void (*intx_eoi)(struct pci_func *f);
	/* Back to power-on: DMA off, vectors off. */
	void (*reset)(struct pci_func *f);
};

struct pci_func {
	const struct pci_func_ops *ops;
	void *ctx;         /* the owner's */
	const char *name;  /* for messages: phb0/00.1, or the host's address */
	uint8_t devfn;     /* device << 3 | function, on bus 0 of its PHB */
	uint32_t config_size; /* 256, or 4096 for PCI Express */
	uint8_t config[PCI_CONFIG_SIZE];
	uint8_t wmask[PCI_CONFIG_SIZE];
	uint8_t emu[PCI_CONFIG_SIZE];
	struct pci_bar bars[PCI_NUM_BARS + 1];
	struct pci_vectors vectors;
	uint32_t max_msi, max_msix; /* ibm,req#msi, ibm,req#msi-x; 0 = has no such capability */
	uint8_t msi_cap, msix_cap;  /* offsets in the image; 0 = none */
	uint32_t intx_lisn;         /* 0 = no INTx pin */
	const char *loc_code;       /* ibm,loc-code; NULL = made from the position */
	bool msi32;                 /* MSI addresses of 32 bits only */
};

/**
 * pci_func_init - an empty function
 * The owner then fills the image with pci_config_put8() and its kin, BARs and capabilities, and
 * hands it to phb_add_func().
 */
void pci_func_init(struct pci_func *f, const struct pci_func_ops *ops, void *ctx, uint8_t devfn,
		   uint32_t config_size);

/* Image access by the owner: little-endian, no masks, no effects. */
uint32_t pci_config_get(const struct pci_func *f, uint32_t off, uint32_t size);
void pci_config_put(struct pci_func *f, uint32_t off, uint32_t size, uint32_t value);
/* Mark bits as emulated (ours) and guest-writable. */
void pci_config_emulate(struct pci_func *f, uint32_t off, uint32_t size, uint32_t emu_bits,
			uint32_t writable_bits);

/* Give BAR @bar its kind and size: image, masks and sizing behaviour follow. A MEM64 BAR takes two. */
void pci_func_set_bar(struct pci_func *f, int bar, enum pci_bar_kind kind, bool prefetch,
		      uint64_t size);

/*
 * The guest's configuration access: any @off below config_size, @size 1, 2 or 4, not crossing an
 * aligned word. A read outside answers all ones, a write outside is dropped.
 */
uint32_t pci_func_config_read(struct pci_func *f, uint32_t off, uint32_t size);
void pci_func_config_write(struct pci_func *f, uint32_t off, uint32_t size, uint32_t value);

/* Is the enable bit of that kind set in the image? */
bool pci_func_msi_enabled(const struct pci_func *f, enum pci_msi_kind kind);
bool pci_func_bus_master(const struct pci_func *f);
bool pci_func_intx_disabled(const struct pci_func *f);

/* Power-on state: BARs off, command 0, enables 0, vectors kept (firmware owns them). */
void pci_func_reset(struct pci_func *f);

#endif
