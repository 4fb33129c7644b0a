/* SPDX-License-Identifier: BSD-2-Clause */
/* intc.c: which sources exist, which lines are up. (Blocks for messages: test_rtas_msi.c.) */
#include "sphapr/intc.h"

#include "tests/fake/platform.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>

static const struct spapr_mode xive = { .intc = INTC_XIVE };
static struct intc ic;
static struct fake_intc back;

static void setup(void)
{
	intc_init(&ic, &xive, &fake_intc_ops, &back, 4);
}

TestSuite(intc, .init = setup);

Test(intc, a_source_is_claimed_once)
{
	cr_assert(eq(int, intc_claim(&ic, LISN_EPOW, false), 0));
	cr_assert(eq(int, intc_claim(&ic, LISN_EPOW, false), -EBUSY));
	cr_assert(eq(int, intc_claim(&ic, LISN_END - 1, true), 0));
	cr_assert(eq(int, intc_claim(&ic, LISN_END, false), -EINVAL));
	cr_assert(eq(int, intc_claim(&ic, UINT32_MAX, false), -EINVAL));
	cr_assert(eq(uint, back.ncalls, 2u));
	cr_assert(back.claimed[LISN_EPOW]);
	cr_assert(back.level[LISN_END - 1]);
	cr_assert(eq(u8, ic.src[LISN_EPOW].prio, XIVE_MASKED));
}

Test(intc, a_claim_that_the_backend_refuses_claims_nothing)
{
	back.fail = -ENOMEM;
	cr_assert(eq(int, intc_claim(&ic, LISN_EPOW, false), -ENOMEM));
	cr_assert(not(ic.src[LISN_EPOW].claimed));
	back.fail = 0;
	cr_assert(eq(int, intc_claim(&ic, LISN_EPOW, false), 0));
}

Test(intc, an_edge_is_a_pulse_and_is_not_remembered)
{
	intc_claim(&ic, LISN_VIO, false);
	intc_set_line(&ic, LISN_VIO, true);
	intc_set_line(&ic, LISN_VIO, false); /* nothing to do */
	intc_set_line(&ic, LISN_VIO, true);
	cr_assert(eq(uint, back.raised[LISN_VIO], 2u));
	cr_assert(eq(uint, back.ncalls, 3u));
	cr_assert(not(ic.src[LISN_VIO].asserted));
}

Test(intc, a_level_is_remembered_until_it_is_lowered)
{
	intc_claim(&ic, LISN_PCI_LSI, true);
	intc_set_line(&ic, LISN_PCI_LSI, true);
	cr_assert(ic.src[LISN_PCI_LSI].asserted);
	cr_assert(back.line[LISN_PCI_LSI]);
	intc_set_line(&ic, LISN_PCI_LSI, false);
	cr_assert(not(ic.src[LISN_PCI_LSI].asserted));
	cr_assert(not(back.line[LISN_PCI_LSI]));
}

Test(intc, a_line_without_source_is_pulled_in_vain)
{
	intc_set_line(&ic, LISN_VIO, true);
	intc_set_line(&ic, LISN_END, true);
	intc_set_line(&ic, UINT32_MAX, true);
	cr_assert(eq(uint, back.ncalls, 0u));
	cr_assert(not(intc_is_enabled(&ic, LISN_END)));
	cr_assert(not(intc_is_enabled(&ic, LISN_VIO)));
}

Test(intc, enabled_is_what_the_backend_says)
{
	intc_claim(&ic, LISN_VIO, false);
	cr_assert(not(intc_is_enabled(&ic, LISN_VIO)));
	back.enabled[LISN_VIO] = true;
	cr_assert(intc_is_enabled(&ic, LISN_VIO));
}

Test(intc, a_reset_lowers_lines_masks_sources_and_keeps_them)
{
	intc_claim(&ic, LISN_PCI_LSI, true);
	intc_claim(&ic, LISN_VIO, false);
	ic.src[LISN_VIO].prio = 5;
	ic.src[LISN_VIO].server = 3;
	ic.src[LISN_VIO].eisn = 9;
	back.enabled[LISN_VIO] = true;
	intc_set_line(&ic, LISN_PCI_LSI, true);
	cr_assert(eq(int, intc_reset(&ic), 0));
	cr_assert(eq(chr, fake_intc_last(&back)->op, 'r'));
	cr_assert(not(ic.src[LISN_PCI_LSI].asserted));
	cr_assert(not(back.line[LISN_PCI_LSI]));
	cr_assert(not(intc_is_enabled(&ic, LISN_VIO)));
	cr_assert(eq(u8, ic.src[LISN_VIO].prio, XIVE_MASKED));
	cr_assert(eq(u32, ic.src[LISN_VIO].server, 0));
	cr_assert(eq(u32, ic.src[LISN_VIO].eisn, 0));
	cr_assert(ic.src[LISN_VIO].claimed);
	cr_assert(eq(int, intc_claim(&ic, LISN_VIO, false), -EBUSY));
	back.fail = -EIO;
	cr_assert(eq(int, intc_reset(&ic), -EIO));
}

static unsigned int eois;

static void owner(void *ctx, uint32_t lisn)
{
	eois++;
	cr_assert(eq(u32, lisn, LISN_PCI_LSI));
	cr_assert(eq(chr, fake_intc_last(&back)->op, 'r'), "the controller is reset by now");
	if (ctx)
		intc_set_line(ctx, lisn, true); /* its device still wants something */
}

/* Else it would wait for an EOI that no guest sends any more. */
Test(intc, a_reset_is_the_eoi_of_a_line_that_is_up)
{
	intc_claim(&ic, LISN_PCI_LSI, true);
	intc_set_eoi(&ic, LISN_PCI_LSI, owner, NULL);
	cr_assert(eq(int, intc_reset(&ic), 0));
	cr_assert(eq(uint, eois, 0), "nothing was up");
	intc_set_line(&ic, LISN_PCI_LSI, true);
	cr_assert(eq(int, intc_reset(&ic), 0));
	cr_assert(eq(uint, eois, 1));
	cr_assert(not(ic.src[LISN_PCI_LSI].asserted));
	intc_set_line(&ic, LISN_PCI_LSI, true);
	intc_set_eoi(&ic, LISN_PCI_LSI, owner, &ic);
	cr_assert(eq(int, intc_reset(&ic), 0));
	cr_assert(ic.src[LISN_PCI_LSI].asserted);
}

static void hears(void *ctx, uint32_t lisn)
{
	*(unsigned int *)ctx += lisn == LISN_PCI_LSI;
}

/* The owner of a line that waited for an EOI is told; a line without one is up at the new backend, too. */
Test(intc, a_new_backend_gets_the_sources_that_there_are_masked)
{
	unsigned int heard = 0;

	intc_claim(&ic, LISN_VIO, false);
	intc_claim(&ic, LISN_PCI_LSI, true);
	intc_claim(&ic, LISN_PCI_LSI + 1, true);
	intc_set_eoi(&ic, LISN_PCI_LSI, hears, &heard);
	intc_set_line(&ic, LISN_PCI_LSI, true);
	intc_set_line(&ic, LISN_PCI_LSI + 1, true);
	ic.src[LISN_VIO].prio = 6;
	ic.src[LISN_VIO].server = 3;
	back = (struct fake_intc){ 0 };
	cr_assert(eq(int, intc_claim_again(&ic), 0));
	cr_assert(back.claimed[LISN_VIO] && !back.level[LISN_VIO]);
	cr_assert(back.level[LISN_PCI_LSI] && back.level[LISN_PCI_LSI + 1]);
	cr_assert(not(back.claimed[LISN_EPOW]));
	cr_assert(eq(u8, ic.src[LISN_VIO].prio, XIVE_MASKED));
	cr_assert(eq(u32, ic.src[LISN_VIO].server, 0));
	cr_assert(eq(uint, heard, 1u));
	cr_assert(not(back.line[LISN_PCI_LSI] || ic.src[LISN_PCI_LSI].asserted));
	cr_assert(back.line[LISN_PCI_LSI + 1] && ic.src[LISN_PCI_LSI + 1].asserted);
	back.fail = -ENOMEM;
	cr_assert(eq(int, intc_claim_again(&ic), -ENOMEM));
}
