/* SPDX-License-Identifier: BSD-2-Clause */
#include "sphapr/rtas.h"
#include "tests/fake/pci.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>

#define POOL (LISN_END - LISN_PCI_MSI)
#define NO_INTERRUPT 1

enum { QUERY, ANY, RESET, MSI, MSIX, MSI32, MSIX32 };

static struct fake_machine *m;
static struct fake_pci *both, *plain, *wide;

static void setup(void)
{
	m = fake_machine_new(INTC_XIVE, 1, 1);
	fake_machine_add_phb(m);
	both = fake_pci_new(false, 0x08, PCI_CONFIG_SIZE);
	cr_assert(eq(int, pci_func_set_msi(&both->f, 0, 8, true), 0));
	cr_assert(eq(int, pci_func_set_msix(&both->f, 0, 33, 0, 0, 0, 2048), 0));
	plain = fake_pci_new(false, 0x10, PCI_LEGACY_CONFIG_SIZE);
	pci_config_put(&plain->f, 0x3d, 1, 1);
	wide = fake_pci_new(false, 0x18, PCI_CONFIG_SIZE);
	cr_assert(eq(int, pci_func_set_msix(&wide->f, 0, 2048, 0, 0, 1, 0), 0));
	fake_machine_add_pci(m, both);
	fake_machine_add_pci(m, plain);
	fake_machine_add_pci(m, wide);
	fake_pci_forget(both);
}

static void teardown(void)
{
	fake_machine_free(m);
}

TestSuite(rtas_msi, .init = setup, .fini = teardown);

struct answer {
	int32_t status;
	uint32_t n, seq, kind;
};

static struct answer change_n(const struct fake_pci *d, uint32_t function, uint32_t n,
			      uint32_t nret)
{
	const uint32_t args[] = { FAKE_CONFIG_ADDR(d), FAKE_BUID_HI, FAKE_BUID_LO, function, n, 1 };
	uint32_t rets[4] = { 0 };
	int32_t status = fake_rtas(m, "ibm,change-msi", 6, args, nret, rets);

	return (struct answer){ status, rets[1], rets[2], rets[3] };
}

static struct answer change(const struct fake_pci *d, uint32_t function, uint32_t n)
{
	return change_n(d, function, n, 4);
}

/* A call that must succeed with @granted vectors of @kind. */
static void ask(struct fake_pci *d, uint32_t function, uint32_t n, uint32_t granted,
		enum pci_msi_kind kind)
{
	struct answer a = change(d, function, n);

	cr_assert(eq(i32, a.status, RTAS_OK));
	cr_assert(eq(u32, a.n, granted));
	cr_assert(eq(u32, a.seq, 2));
	cr_assert(eq(u32, a.kind, kind));
	cr_assert(eq(u32, d->f.vectors.count, granted));
	cr_assert(eq(int, (int)d->f.vectors.kind, (int)kind));
	cr_assert(eq(u32, d->told.count, granted), "the owner knows");
	cr_assert(eq(u32, d->told.first, d->f.vectors.first));
}

static uint32_t taken(void)
{
	uint32_t n = 0;

	for (uint32_t i = LISN_PCI_MSI; i < LISN_END; i++)
		n += m->sp.intc.src[i].taken;
	return n;
}

static int32_t source(const struct fake_pci *d, uint32_t index, uint32_t *lisn, uint32_t *edge)
{
	const uint32_t args[] = { FAKE_CONFIG_ADDR(d), FAKE_BUID_HI, FAKE_BUID_LO, index };
	uint32_t rets[3];
	int32_t status = fake_rtas(m, "ibm,query-interrupt-source-number", 4, args, 3, rets);

	*lisn = rets[1];
	*edge = rets[2];
	return status;
}

Test(rtas_msi, msi_x_of_any_number)
{
	uint32_t lisn, edge;

	ask(both, MSIX, 5, 5, PCI_MSIX);
	for (uint32_t i = 0; i < 5; i++) {
		cr_assert(eq(i32, source(both, i, &lisn, &edge), RTAS_OK));
		cr_assert(eq(u32, lisn, both->f.vectors.first + i));
		cr_assert(eq(u32, edge, 1));
		cr_assert(m->intc.claimed[lisn]);
	}
	cr_assert(eq(i32, source(both, 5, &lisn, &edge), NO_INTERRUPT));
	cr_assert(eq(i32, source(both, UINT32_MAX, &lisn, &edge), NO_INTERRUPT));
	cr_assert(eq(u32, taken(), 5));
}

Test(rtas_msi, msi_blocks_are_aligned)
{
	ask(wide, MSIX, 3, 3, PCI_MSIX);
	ask(both, MSI, 8, 8, PCI_MSI);
	cr_assert(eq(u32, both->f.vectors.first % 8, 0));
	cr_assert(eq(u32, pci_func_config_read(&both->f, both->f.msi_cap + 12, 2),
		     both->f.vectors.first));
	ask(both, MSI, 3, 3, PCI_MSI);
	cr_assert(eq(u32, both->f.vectors.first % 4, 0));
}

Test(rtas_msi, more_than_the_device_has)
{
	ask(both, MSIX, 64, 33, PCI_MSIX); /* Linux asks for the power of two first */
	ask(both, MSIX, 33, 33, PCI_MSIX);
	ask(both, MSI, UINT32_MAX, 8, PCI_MSI);
	cr_assert(eq(u32, taken(), 8));
}

Test(rtas_msi, the_same_again_moves_nothing)
{
	uint32_t first;

	ask(both, MSIX, 16, 16, PCI_MSIX);
	first = both->f.vectors.first;
	ask(both, MSIX, 16, 16, PCI_MSIX);
	cr_assert(eq(u32, both->f.vectors.first, first));
	cr_assert(eq(uint, both->nirqs, 1));
}

Test(rtas_msi, fewer_keep_their_place)
{
	uint32_t first;

	ask(both, MSIX, 16, 16, PCI_MSIX);
	first = both->f.vectors.first;
	ask(both, MSIX, 3, 3, PCI_MSIX);
	cr_assert(eq(u32, both->f.vectors.first, first));
	cr_assert(eq(u32, taken(), 3));
}

Test(rtas_msi, number_0_frees_either_kind)
{
	static const uint32_t functions[] = { ANY, MSI, MSIX, MSI32, MSIX32 };

	for (size_t i = 0; i < ARRAY_LEN(functions); i++) {
		ask(both, MSIX, 4, 4, PCI_MSIX);
		ask(both, functions[i], 0, 0, PCI_MSI_NONE);
		ask(both, functions[i], 0, 0, PCI_MSI_NONE);
		cr_assert(eq(u32, taken(), 0));
	}
	cr_assert(eq(i32, change(wide, MSI, 0).status, RTAS_OK), "without MSI, too: Linux does");
}

Test(rtas_msi, query_and_reset_ignore_the_number)
{
	ask(both, QUERY, 7, 0, PCI_MSI_NONE);
	ask(both, MSIX, 4, 4, PCI_MSIX);
	ask(both, QUERY, 0, 4, PCI_MSIX);
	ask(both, QUERY, 9, 4, PCI_MSIX);
	ask(both, RESET, 9, 0, PCI_MSI_NONE);
	cr_assert(eq(u32, taken(), 0));
}

Test(rtas_msi, the_platform_s_choice)
{
	ask(both, ANY, 2, 2, PCI_MSI);
	ask(wide, ANY, 2, 2, PCI_MSIX);
	cr_assert(eq(i32, change_n(wide, ANY, 4, 3).status, RTAS_PARAMETER),
		  "three outputs: MSI is meant");
	cr_assert(eq(i32, change_n(both, ANY, 4, 3).status, RTAS_OK));
	cr_assert(eq(u32, both->f.vectors.count, 4));
}

Test(rtas_msi, the_32_bit_kinds)
{
	ask(both, MSI32, 4, 4, PCI_MSI);
	ask(both, MSIX32, 5, 5, PCI_MSIX);
}

Test(rtas_msi, a_kind_that_the_device_has_not)
{
	static const uint32_t functions[] = { ANY, MSI, MSIX, MSI32, MSIX32 };

	for (size_t i = 0; i < ARRAY_LEN(functions); i++)
		cr_assert(eq(i32, change(plain, functions[i], 1).status, RTAS_PARAMETER));
	ask(wide, MSIX, 4, 4, PCI_MSIX);
	cr_assert(eq(i32, change(wide, MSI, 1).status, RTAS_PARAMETER));
	cr_assert(eq(u32, wide->f.vectors.count, 4), "nothing changed");
}

Test(rtas_msi, wrong_arguments)
{
	static const uint32_t bad[][3] = {
		{ 0x0900, FAKE_BUID_HI, FAKE_BUID_LO },     { 0x10800, FAKE_BUID_HI, FAKE_BUID_LO },
		{ 0x0800, FAKE_BUID_HI, FAKE_BUID_LO + 1 }, { 0x0800, 0, FAKE_BUID_LO },
		{ 0x1000800, FAKE_BUID_HI, FAKE_BUID_LO },
	};
	uint32_t rets[4];

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		const uint32_t args[] = { bad[i][0], bad[i][1], bad[i][2], MSIX, 1, 1 };

		cr_assert(
			eq(i32, fake_rtas(m, "ibm,change-msi", 6, args, 4, rets), RTAS_PARAMETER));
		cr_assert(eq(i32,
			     fake_rtas(m, "ibm,query-interrupt-source-number", 4, args, 3, rets),
			     RTAS_PARAMETER));
	}
	for (uint32_t function = 7; function != 0; function *= 2)
		cr_assert(eq(i32, change(both, function, 1).status, RTAS_PARAMETER));
	cr_assert(eq(u32, taken(), 0));
}

Test(rtas_msi, an_intx_pin_is_interrupt_0)
{
	uint32_t lisn, edge;

	cr_assert(eq(i32, source(plain, 0, &lisn, &edge), RTAS_OK));
	cr_assert(eq(u32, lisn, LISN_PCI_LSI));
	cr_assert(eq(u32, edge, 0));
	cr_assert(eq(i32, source(plain, 1, &lisn, &edge), NO_INTERRUPT));
	cr_assert(eq(i32, source(both, 0, &lisn, &edge), NO_INTERRUPT));
}

Test(rtas_msi, an_empty_pool_gives_what_it_has)
{
	int block = intc_alloc_block(&m->sp.intc, POOL - 5, 1);
	struct answer a;

	cr_assert(gt(int, block, 0));
	ask(both, MSIX, 8, 5, PCI_MSIX);
	ask(both, MSIX, 8, 5, PCI_MSIX);
	a = change(wide, MSIX, 4);
	cr_assert(eq(i32, a.status, RTAS_HARDWARE), "Linux would take a 0 for a yes");
	cr_assert(eq(u32, a.n, 0));
	ask(both, MSIX, 0, 0, PCI_MSI_NONE);
	ask(both, MSI, 8, 4, PCI_MSI);
	cr_assert(eq(u32, both->f.vectors.first % 4, 0));
	ask(wide, MSIX, 4, 1, PCI_MSIX);
	a = change(both, MSIX, 4);
	cr_assert(eq(i32, a.status, RTAS_HARDWARE));
	cr_assert(eq(u32, both->f.vectors.count, 4), "its MSIs stay");
}

Test(rtas_msi, a_host_that_refuses_a_source)
{
	m->intc.fail = -ENOMEM;
	cr_assert(eq(i32, change(both, MSIX, 4).status, RTAS_HARDWARE));
	cr_assert(eq(u32, taken(), 0));
	cr_assert(eq(uint, both->nirqs, 0));
	m->intc.fail = 0;
	ask(both, MSIX, 4, 4, PCI_MSIX);
}

Test(rtas_msi, the_sequence_number_counts_on)
{
	const uint32_t args[] = { 0x0800, FAKE_BUID_HI, FAKE_BUID_LO, MSIX, 1, UINT32_MAX };
	uint32_t rets[4];

	cr_assert(eq(i32, fake_rtas(m, "ibm,change-msi", 6, args, 4, rets), RTAS_OK));
	cr_assert(eq(u32, rets[2], 0));
}

/* Any series of calls: blocks are disjoint, in the pool, and all that is taken is someone's. */
Test(rtas_msi, random_series)
{
	struct fake_pci *all[] = { both, plain, wide };
	uint64_t seed = 5;

	for (int i = 0; i < 20000; i++) {
		struct fake_pci *d;
		struct answer a;
		uint32_t n;

		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		d = all[(seed >> 33) % 3];
		n = seed >> 60 == 0 ? UINT32_MAX : (uint32_t)(seed >> 40) % 2100;
		a = change(d, (uint32_t)(seed >> 55) % 8, n);
		if (a.status == RTAS_OK)
			cr_assert(eq(u32, a.n, d->f.vectors.count));
		cr_assert(
			eq(u32, taken(),
			   both->f.vectors.count + plain->f.vectors.count + wide->f.vectors.count));
		for (int k = 0; k < 3; k++) {
			const struct pci_vectors *v = &all[k]->f.vectors, *w = &both->f.vectors;
			bool apart =
				v->first >= w->first + w->count || w->first >= v->first + v->count;

			if (v->count == 0)
				continue;
			cr_assert(ge(u32, v->first, LISN_PCI_MSI));
			cr_assert(le(u32, v->first + v->count, LISN_END));
			cr_assert(eq(int, k == 0 || w->count == 0 || apart, true));
		}
	}
}
