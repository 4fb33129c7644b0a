/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_FAKE_PCI_H
#define TESTS_FAKE_PCI_H

/*
 * A PCI function that records what its owner is told, with or without a host device behind it. Its
 * BARs are memory. The function is strict: an access that its ops do not promise ends the test.
 *
 *	struct fake_pci *d = fake_pci_new(false, 0x08, 256);
 *	pci_func_set_bar(&d->f, 0, PCI_BAR_MEM32, false, 4096);
 *	fake_machine_add_pci(m, d);
 *	... cr_assert(eq(str, d->log, "cm0i"));
 */

#include "tests/fake/platform.h"

#define FAKE_BAR_BYTES 8192 /* of each BAR; offsets beyond it read as 0 */

struct fake_pci_access {
	int bar;
	uint64_t off, value;
	uint32_t size;
	bool write;
};

struct fake_pci {
	struct pci_func f;
	uint8_t host[PCI_CONFIG_SIZE]; /* the host device's registers, every bit of them writable */
	uint8_t bar[PCI_NUM_BARS + 1][FAKE_BAR_BYTES];
	uint64_t at[PCI_NUM_BARS + 1]; /* where bar_moved said that each is */

	/* h host write, mN BAR N moved, xN BAR N went, c command, i irqs, r reset; in order */
	char log[256];
	unsigned int nhost_reads, nhost_writes, nmoved, nirqs, nresets, naccesses;
	struct fake_pci_access access[32]; /* [n % 32] */
	struct pci_vectors told;           /* f.vectors at the last irqs_changed */
	struct fake_pci *next;
};

/*
 * @devfn and @config_size as in pci_func_init(). A test's process may leave them to its end; a fuzz
 * target frees them with each input, after the machine.
 */
struct fake_pci *fake_pci_new(bool host, uint8_t devfn, uint32_t config_size);
void fake_pci_free_all(void);
void fake_pci_forget(struct fake_pci *d); /* an empty log, counters 0 */

/* The @i-th access from the end, 0 the last. */
const struct fake_pci_access *fake_pci_last(const struct fake_pci *d, unsigned int i);

/* One more PHB of the machine, index = place. */
struct phb *fake_machine_add_phb(struct fake_machine *m);

/* Into the last PHB. */
void fake_machine_add_pci(struct fake_machine *m, struct fake_pci *d);

/* The call's arguments for this function. */
#define FAKE_CONFIG_ADDR(d) ((uint32_t)(d)->f.devfn << 8)
#define FAKE_BUID_HI ((uint32_t)(PHB_BUID_BASE >> 32))
#define FAKE_BUID_LO ((uint32_t)PHB_BUID_BASE)

/* An EEH backend: ctx is a struct fake_eeh. */
struct fake_eeh {
	int state, result; /* the test sets: what read_state and the others answer */
	unsigned int ncalls;
	char op; /* of the last call: o option, s state, r reset, c configure, i inject */
	uint32_t arg;
	struct eeh_error error;
};

extern const struct eeh_ops fake_eeh_ops;

#endif
