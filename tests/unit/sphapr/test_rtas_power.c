/* SPDX-License-Identifier: BSD-2-Clause */
#include "sphapr/rtas.h"

#include "devices/backend/chardev/ring.h"
#include "tests/fake/platform.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#define TEXT 0x4000

static struct fake_machine *m;
static struct ring said; /* what the guest said on its console */

static void setup(void)
{
	m = fake_machine_new(INTC_XIVE, 1, 1);
	m->sp.vty.said = &said;
}

static void teardown(void)
{
	fake_machine_free(m);
}

TestSuite(rtas_power, .init = setup, .fini = teardown);

static int32_t os_term(uint32_t gpa)
{
	return fake_rtas(m, "ibm,os-term", 1, &gpa, 1, NULL);
}

Test(rtas_power, power_off_asks_for_it)
{
	cr_assert(eq(i32, fake_rtas(m, "power-off", 2, (const uint32_t[]){ 0, 0 }, 1, NULL),
		     RTAS_OK));
	cr_assert(eq(int, m->plat.stop_reason, STOP_OFF));
	cr_assert(not(m->plat.stop_has_text));
}

Test(rtas_power, system_reboot_asks_for_it)
{
	cr_assert(eq(i32, fake_rtas(m, "system-reboot", 0, NULL, 1, NULL), RTAS_OK));
	cr_assert(eq(int, m->plat.stop_reason, STOP_REBOOT));
}

Test(rtas_power, os_term_carries_the_panic_text)
{
	strcpy((char *)m->ram + TEXT, "OS panic: sysrq triggered crash\n");
	cr_assert(eq(i32, os_term(TEXT), RTAS_OK));
	cr_assert(eq(int, m->plat.stop_reason, STOP_CRASH));
	cr_assert(eq(str, m->plat.stop_text, "OS panic: sysrq triggered crash"));
}

Test(rtas_power, os_term_lets_nothing_through_to_a_terminal)
{
	memcpy(m->ram + TEXT, "a\x1b[2Jb\x80\xff\x7f\r\tc\nd", 15);
	cr_assert(eq(i32, os_term(TEXT), RTAS_OK));
	cr_assert(eq(str, m->plat.stop_text, "a?[2Jb???? c d"));
}

Test(rtas_power, os_term_cuts_a_text_without_end)
{
	memset(m->ram, 'x', m->ram_size);
	cr_assert(eq(i32, os_term(TEXT), RTAS_OK));
	cr_assert(eq(sz, strlen(m->plat.stop_text), 255));
}

Test(rtas_power, os_term_stops_where_ram_does)
{
	memcpy(m->ram + m->ram_size - 3, "end", 3);
	cr_assert(eq(i32, os_term((uint32_t)m->ram_size - 3), RTAS_OK));
	cr_assert(eq(str, m->plat.stop_text, "end"));
}

Test(rtas_power, os_term_may_be_empty)
{
	cr_assert(eq(i32, os_term(TEXT), RTAS_OK));
	cr_assert(m->plat.stop_has_text);
	cr_assert(eq(str, m->plat.stop_text, ""));
}

Test(rtas_power, os_term_of_an_address_that_is_not_ram_does_nothing)
{
	cr_assert(eq(i32, os_term((uint32_t)m->ram_size), RTAS_PARAMETER));
	cr_assert(eq(i32, os_term(UINT32_MAX), RTAS_PARAMETER));
	cr_assert(eq(uint, m->plat.nstops, 0));
}

Test(rtas_power, os_term_without_an_address_takes_the_text_from_the_console)
{
	static const char text[] = "Kernel panic - not syncing: old\r\n[ 1.0] Kernel panic - not "
				   "syncing: sysrq triggered crash\r\n[ 1.1] Call Trace:\r\n";

	ring_put(&said, text, sizeof(text) - 1);
	cr_assert(eq(i32, os_term(0), RTAS_OK));
	cr_assert(eq(str, m->plat.stop_text, "sysrq triggered crash"));
}

Test(rtas_power, a_console_that_wrapped_is_searched_to_its_oldest_byte)
{
	static const char panic[] = "Kernel panic - not syncing: x\x1b[2J";
	char text[32];

	for (uint32_t i = 0; i < 3 * RING_SIZE; i++)
		ring_put(&said, ".", 1);
	cr_assert(not(vty_find_said(&m->sp.vty, "Kernel", text, sizeof(text))));
	ring_put(&said, panic, sizeof(panic) - 1);
	cr_assert(vty_find_said(&m->sp.vty, "syncing: ", text, sizeof(text)));
	cr_assert(eq(str, text, "x?[2J"));
	cr_assert(vty_find_said(&m->sp.vty, "Kernel", text, 4));
	cr_assert(eq(str, text, " pa"));
}

Test(rtas_power, what_was_said_before_a_reboot_is_not_why)
{
	static const char panic[] = "Kernel panic - not syncing: old\n";
	char text[32];

	ring_put(&said, panic, sizeof(panic) - 1);
	cr_assert(eq(int, spapr_reset(&m->sp), 0));
	ring_put(&said, "booting\n", 8);
	cr_assert(not(vty_find_said(&m->sp.vty, "syncing: ", text, sizeof(text))));
	m->sp.vty.said = NULL;
	cr_assert(not(vty_find_said(&m->sp.vty, "booting", text, sizeof(text))));
}
