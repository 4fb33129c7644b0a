/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICES_PCI_FUNC_H
#define DEVICES_PCI_FUNC_H

/*
 * One PCI function as the guest sees it: a configuration image with write masks, base address
 * registers with sizing and decode, and the interrupt vectors that firmware (ibm,change-msi) gave
 * it. Emulated and passed-through functions are both of this kind; their ops make the difference.
 *
 * Configuration is handled byte by byte. Each bit of it has one owner:
 *   emu bit 1: ours. Reads come from the image; a guest write changes the bit where wmask is 1.
 *   emu bit 0: the op's (a host device); it is passed on, reads and writes.
 * Where wmask is 1 the image remembers what the guest wrote, whoever owns the bit: so the decode,
 * bus master and INTx bits of a command register that lives in a host device are known here, too.
 * A function without config_read is emulated throughout (emu is taken as all ones).
 *
 * Files: image.c the image's bytes; func.c the guest's configuration accesses; bar.c base address
 * registers; cap.c capabilities and vectors; msix.h a trapped MSI-X table.
 *
 * Source: PCI Local Bus Specification 3.0 chapter 6, PCI Express Base Specification.
 */

#include "vmm/base/types.h"

#define PCI_CONFIG_SIZE 4096u
#define PCI_LEGACY_CONFIG_SIZE 256u
#define PCI_NUM_BARS 6
#define PCI_BAR_ROM 6          /* the expansion ROM's place in bars[] */
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
	/*
	 * Accesses to the bits that are not emulated. Both NULL: there are none. @size is 1, 2 or
	 * 4, aligned. Bytes that are emulated altogether are never written here; in a mixed byte
	 * our bits are given back as config_read has them.
	 */
	uint32_t (*config_read)(struct pci_func *f, uint32_t off, uint32_t size);
	void (*config_write)(struct pci_func *f, uint32_t off, uint32_t size, uint32_t value);
	/*
	 * Command bits in the image changed (decode, bus master, INTx disable). Called after
	 * bar_moved of BARs that go, before bar_moved of those that come and before irqs_changed.
	 */
	void (*command_changed)(struct pci_func *f, uint16_t old, uint16_t now);
	/*
	 * A BAR decodes somewhere else now: f->bars[bar].addr is the new address. One that goes
	 * away does so before config_write sees the write that caused it, one that appears after:
	 * nothing is mapped while the device does not decode.
	 */
	void (*bar_moved)(struct pci_func *f, int bar);
	/* Trapped access; @size 1, 2, 4, 8; aligned, inside the BAR; little-endian value. */
	uint64_t (*bar_read)(struct pci_func *f, int bar, uint64_t off, uint32_t size);
	void (*bar_write)(struct pci_func *f, int bar, uint64_t off, uint32_t size, uint64_t value);
	/* f->vectors, the control word of MSI or MSI-X, or INTx disable in the image, changed. */
	void (*irqs_changed)(struct pci_func *f);
	/* Back to power-on: DMA off, vectors off. The image is in that state already. */
	void (*reset)(struct pci_func *f);
};

struct pci_func {
	const struct pci_func_ops *ops;
	void *ctx;            /* the owner's */
	const char *name;     /* for messages: phb0/00.1, or the host's address */
	uint8_t devfn;        /* device << 3 | function, on bus 0 of its PHB */
	uint32_t config_size; /* 256, or 4096 for PCI Express */
	uint8_t config[PCI_CONFIG_SIZE];
	uint8_t wmask[PCI_CONFIG_SIZE];
	uint8_t emu[PCI_CONFIG_SIZE];
	struct pci_bar bars[PCI_NUM_BARS + 1];
	struct pci_vectors vectors;
	uint64_t msi_changes;       /* by the guest: ibm,change-msi */
	uint32_t max_msi, max_msix; /* ibm,req#msi, ibm,req#msi-x; 0 = has no such capability */
	uint8_t msi_cap, msix_cap;  /* offsets in the image; 0 = none */
	uint8_t cap_end;            /* where pci_func_add_cap() goes on */
	uint32_t intx_lisn;         /* 0 = no INTx pin */
	const char *loc_code;       /* ibm,loc-code; NULL = made from the position */
	bool msi32;                 /* MSI addresses of 32 bits only */
	/*
	 * A vCPU is in config_write(), where the host's kernel sleeps, without the machine lock: until
	 * it is back nobody else reaches the function or changes its image.
	 */
	bool busy;
	/*
	 * A guest's call changes the function or its vectors. irqs_changed() may give the machine lock up
	 * then: others that want the function wait until the call is over (phb_reach).
	 */
	bool changing;
};

/**
 * pci_func_init - an empty function
 * @ops, @ctx, and later f->name and f->loc_code: borrowed
 * With ops->config_read all but the BARs is the op's at first, and the image remembers writes to
 * the command register; without it the command register and the interrupt line are writable.
 * The owner then fills the image with pci_config_put() and its kin, BARs and capabilities, and
 * hands it to phb_add_func().
 */
void pci_func_init(struct pci_func *f, const struct pci_func_ops *ops, void *ctx, uint8_t devfn,
		   uint32_t config_size);

/* Image access by the owner: little-endian, no masks, no effects. @size 1 to 4, any @off. */
uint32_t pci_config_get(const struct pci_func *f, uint32_t off, uint32_t size);
void pci_config_put(struct pci_func *f, uint32_t off, uint32_t size, uint32_t value);

/*
 * Says of every bit of this field whose it is (1: ours) and whether a guest's write changes the
 * image. Replaces what was said before.
 */
void pci_config_emulate(struct pci_func *f, uint32_t off, uint32_t size, uint32_t emu_bits,
			uint32_t writable_bits);

/**
 * pci_func_set_bar - give BAR @bar its kind and size
 * @kind: PCI_BAR_NONE, with @size 0, makes it read as zero; the ROM is a PCI_BAR_MEM32
 * @size: bytes, a power of two; I/O 4 to 64 KiB, memory from 16, ROM from 2 KiB
 * Image, masks and sizing behaviour follow. A MEM64 BAR takes two. The BAR does not decode yet.
 */
void pci_func_set_bar(struct pci_func *f, int bar, enum pci_bar_kind kind, bool prefetch,
		      uint64_t size);

/* The register of a BAR in configuration space: 0x10 and up, 0x30 for the ROM. */
uint32_t pci_bar_reg(int bar);

/* Where the list in the image has capability @id; 0: nowhere. Endures lists that loop. */
uint8_t pci_func_find_cap(const struct pci_func *f, uint8_t id);

/*
 * A new capability of @len bytes (with its header) at the front of the list, emulated and read-only.
 * For functions whose list is all ours. Return its offset; 0: no room.
 */
uint8_t pci_func_add_cap(struct pci_func *f, uint8_t id, uint8_t len);

/**
 * pci_func_set_msi - make the capability at @off an emulated MSI capability
 * @off: where it is (its header stays); 0: pci_func_add_cap() one
 * @n:   vectors, a power of two up to 32
 * The capability has no per-vector mask bits: the owner of a host's longer capability hides those.
 * Return 0; -ENOSPC.
 */
int pci_func_set_msi(struct pci_func *f, uint8_t off, uint32_t n, bool addr64);

/* The same for MSI-X of @n (1 to 2048) vectors. The offsets into the BARs are multiples of 8. */
int pci_func_set_msix(struct pci_func *f, uint8_t off, uint32_t n, int table_bar,
		      uint32_t table_off, int pba_bar, uint32_t pba_off);

/*
 * Sets the vectors that firmware chose; count 0 takes them away. Enters a message in an MSI
 * capability, so that the guest reads one; tells the owner.
 */
void pci_func_set_vectors(struct pci_func *f, struct pci_vectors v);

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

/* The interrupt pin, 1 to 4 (INTA# to INTD#); 0: none. */
uint8_t pci_func_pin(const struct pci_func *f);

/*
 * What a bus reset leaves of the image: writable bits 0, so BARs off, command 0, enables 0. The
 * owner hears of it through bar_moved and irqs_changed. Vectors stay: firmware owns them, and a
 * driver that restores its device after EEH enables them again without asking.
 */
void pci_func_reset_config(struct pci_func *f);

/* Power-on state: pci_func_reset_config(), then the owner's reset. */
void pci_func_reset(struct pci_func *f);

#endif
