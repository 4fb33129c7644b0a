/* SPDX-License-Identifier: BSD-2-Clause */
#include "sphapr/rtas.h"
#include "tests/fake/pci.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>

#define BUFFER 0x4000
#define PE 1u
#define SESSION 1u

static struct fake_machine *m;
static struct fake_eeh eeh;

static void setup(void)
{
	struct phb *p;

	m = fake_machine_new(INTC_XIVE, 1, 1);
	eeh = (struct fake_eeh){ 0 };
	p = fake_machine_add_phb(m);
	p->pe.eeh = &fake_eeh_ops;
	p->pe.eeh_ctx = &eeh;
	fake_machine_add_pci(m, fake_pci_new(false, 0x08, PCI_LEGACY_CONFIG_SIZE));
}

static void teardown(void)
{
	fake_machine_free(m);
}

TestSuite(rtas_errinjct, .init = setup, .fini = teardown);

static int32_t open_session(int32_t *status)
{
	uint32_t rets[2];
	int32_t token = fake_rtas(m, "ibm,open-errinjct", 0, NULL, 2, rets);

	*status = (int32_t)rets[1];
	return token;
}

static int32_t close_session(uint32_t token)
{
	return fake_rtas(m, "ibm,close-errinjct", 1, &token, 1, NULL);
}

static int32_t inject(uint32_t token, uint32_t session, uint32_t buf)
{
	const uint32_t args[] = { token, session, buf };

	return fake_rtas(m, "ibm,errinjct", 3, args, 1, NULL);
}

static void fill(const uint32_t *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		be32_store(m->ram + BUFFER + 4 * i, words[i]);
}

static int32_t inject32(uint32_t addr, uint32_t mask, uint32_t pe, uint32_t function)
{
	const uint32_t w[] = { addr, mask, pe, FAKE_BUID_HI, FAKE_BUID_LO, function };

	fill(w, ARRAY_LEN(w));
	return inject(ERRINJCT_IOA_BUS_ERROR, SESSION, BUFFER);
}

Test(rtas_errinjct, one_session_at_a_time)
{
	int32_t status;

	cr_assert(eq(i32, close_session(SESSION), -4));
	cr_assert(eq(i32, inject32(0, 0, PE, 12), -4));
	cr_assert(eq(i32, open_session(&status), SESSION));
	cr_assert(eq(i32, status, 0));
	open_session(&status);
	cr_assert(eq(i32, status, -4), "open already");
	cr_assert(eq(i32, close_session(SESSION + 1), -4));
	cr_assert(eq(i32, close_session(SESSION), 0));
	cr_assert(eq(i32, inject32(0, 0, PE, 12), -4));
	open_session(&status);
	cr_assert(eq(uint, eeh.ncalls, 0));
	cr_assert(eq(int, spapr_reset(&m->sp), 0));
	open_session(&status);
	cr_assert(eq(i32, status, 0), "a reboot closes it");
}

Test(rtas_errinjct, errors_reach_the_backend)
{
	const uint32_t wide[] = { 0x0800, 0x12345000,   0xffffffff,   0xfffff000,
				  PE,     FAKE_BUID_HI, FAKE_BUID_LO, 16 };
	int32_t status;

	open_session(&status);
	for (uint32_t function = 0; function <= 19; function++) {
		cr_assert(eq(i32, inject32(0x1000, 0xf000, 0x0800, function), RTAS_OK));
		cr_assert(eq(chr, eeh.op, 'i'));
		cr_assert(eq(u32, eeh.error.function, function));
		cr_assert(not(eeh.error.wide));
		/* The guest's bus addresses of memory are not the host's. */
		cr_assert(eq(u64, eeh.error.addr, function < 12 ? 0 : 0x1000));
		cr_assert(eq(u64, eeh.error.mask, function < 12 ? 0 : 0xf000));
	}
	fill(wide, ARRAY_LEN(wide));
	cr_assert(eq(i32, inject(ERRINJCT_IOA_BUS_ERROR_64, SESSION, BUFFER), RTAS_OK));
	cr_assert(eeh.error.wide);
	cr_assert(eq(u64, eeh.error.addr, 0x080012345000));
	cr_assert(eq(u64, eeh.error.mask, 0xfffffffffffff000));
}

Test(rtas_errinjct, nonsense_reaches_nobody)
{
	int32_t status;

	open_session(&status);
	cr_assert(eq(i32, inject32(0, 0, PE, 20), RTAS_PARAMETER));
	cr_assert(eq(i32, inject32(0, 0, 0x1000, 12), RTAS_PARAMETER), "no such function");
	cr_assert(eq(i32, inject(1, SESSION, BUFFER), RTAS_PARAMETER),
		  "a fatal error of the machine");
	cr_assert(eq(i32, inject(ERRINJCT_IOA_BUS_ERROR, SESSION, UINT32_MAX), RTAS_PARAMETER));
	cr_assert(eq(i32, inject(ERRINJCT_IOA_BUS_ERROR, 9, BUFFER), -4));
	cr_assert(eq(uint, eeh.ncalls, 0));
}

Test(rtas_errinjct, what_the_host_says)
{
	int32_t status;

	open_session(&status);
	eeh.result = -ENOENT;
	cr_assert(eq(i32, inject32(0, 0, PE, 12), -5), "it cannot");
	eeh.result = -EIO;
	cr_assert(eq(i32, inject32(0, 0, PE, 12), RTAS_HARDWARE));
	eeh.result = -EINVAL;
	cr_assert(eq(i32, inject32(0, 0, PE, 12), RTAS_PARAMETER));
}
