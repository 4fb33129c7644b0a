/* SPDX-License-Identifier: BSD-2-Clause */
#include "sphapr/rtas.h"
#include "tests/fake/platform.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

static struct fake_machine *m;

static void setup(void)
{
	m = fake_machine_new(INTC_XIVE, 1, 1);
}

static void teardown(void)
{
	fake_machine_free(m);
}

TestSuite(rtas_display, .init = setup, .fini = teardown);

static int32_t display(uint32_t ch)
{
	return fake_rtas(m, "display-character", 1, &ch, 1, NULL);
}

Test(rtas_display, characters_come_out_of_the_first_vty)
{
	cr_assert(eq(i32, display('o'), RTAS_OK));
	cr_assert(eq(i32, display('k'), RTAS_OK));
	cr_assert(eq(i32, display('\n'), RTAS_OK));
	cr_assert(eq(str, m->console, "ok\n"));
}

Test(rtas_display, a_slow_reader_makes_it_busy)
{
	m->console_full = true;
	cr_assert(eq(i32, display('x'), RTAS_BUSY));
	m->console_full = false;
	cr_assert(eq(i32, display('x'), RTAS_OK));
	cr_assert(eq(str, m->console, "x"));
}

Test(rtas_display, what_is_no_character_is_refused)
{
	cr_assert(eq(i32, display(0x100), RTAS_PARAMETER));
	cr_assert(eq(i32, display(UINT32_MAX), RTAS_PARAMETER));
	cr_assert(eq(sz, m->console_len, 0));
}

Test(rtas_display, output_nobody_wants_is_lost)
{
	m->sp.vty.backend.write = NULL;
	cr_assert(eq(i32, display('x'), RTAS_OK));
}

Test(rtas_display, every_machine_has_it)
{
	for (size_t i = 0; rtas_row(i); i++)
		if (strcmp(rtas_row(i)->name, "display-character") == 0)
			cr_assert(eq(ptr, rtas_row(i)->offered, NULL));
}
