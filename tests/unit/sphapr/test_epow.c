/* SPDX-License-Identifier: BSD-2-Clause */
#include "sphapr/epow.h"

#include "tests/fake/platform.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <string.h>

#define BUF 0x4000
#define ROOM 2048
#define FULL 116 /* fixed 8, general 16, Main-A 48, Main-B 24, EPOW 20 */

static struct fake_machine *m;
static uint8_t *log_;

static void setup(void)
{
	m = fake_machine_new(INTC_XIVE, 1, 1);
	m->intc.enabled[LISN_EPOW] = true;
	log_ = m->ram + BUF;
	memset(log_, 0x5a, ROOM);
}

static void teardown(void)
{
	fake_machine_free(m);
}

TestSuite(epow, .init = setup, .fini = teardown);

static int fetch(uint32_t room)
{
	return epow_fetch(&m->sp, RTAS_EPOW_WARNING, false, BUF, room);
}

static void assert_untouched_from(size_t n)
{
	for (; n < ROOM; n++)
		cr_assert(eq(u8, log_[n], 0x5a), "byte %zu", n);
}

/* As Linux does it (get_pseries_errorlog): from the first section, by lengths. */
static const uint8_t *find_section(const char *id)
{
	uint32_t end = 8 + be32_load(log_ + 4);

	for (uint32_t at = 24; at < end; at += be16_load(log_ + at + 2)) {
		cr_assert(ge(u16, be16_load(log_ + at + 2), 8));
		if (memcmp(log_ + at, id, 2) == 0)
			return log_ + at;
	}
	return NULL;
}

Test(epow, a_guest_that_does_not_listen_cannot_be_asked)
{
	m->intc.enabled[LISN_EPOW] = false;
	cr_assert(not(epow_post(&m->sp)));
	cr_assert(eq(uint, m->intc.raised[LISN_EPOW], 0));
	cr_assert(eq(int, fetch(ROOM), 0));
	cr_assert(eq(u32, epow_sensor(&m->sp), EPOW_RESET));
}

Test(epow, an_event_is_raised_and_fetched_once)
{
	cr_assert(eq(int, fetch(ROOM), 0));
	cr_assert(epow_post(&m->sp));
	cr_assert(eq(uint, m->intc.raised[LISN_EPOW], 1));
	cr_assert(eq(int, m->sp.epow, EPOW_POSTED));
	cr_assert(eq(u32, epow_sensor(&m->sp), EPOW_SYSTEM_SHUTDOWN));
	cr_assert(eq(int, fetch(ROOM), 1));
	cr_assert(eq(int, m->sp.epow, EPOW_FETCHED));
	cr_assert(eq(int, fetch(ROOM), 0));
}

Test(epow, asking_again_raises_again_but_queues_one)
{
	cr_assert(epow_post(&m->sp));
	cr_assert(epow_post(&m->sp));
	cr_assert(eq(uint, m->intc.raised[LISN_EPOW], 2));
	cr_assert(eq(int, fetch(ROOM), 1));
	cr_assert(eq(int, fetch(ROOM), 0));
	cr_assert(epow_post(&m->sp));
	cr_assert(eq(int, fetch(ROOM), 1));
}

Test(epow, the_mask_is_honoured)
{
	cr_assert(epow_post(&m->sp));
	cr_assert(eq(int, epow_fetch(&m->sp, ~RTAS_EPOW_WARNING, false, BUF, ROOM), 0));
	cr_assert(eq(int, epow_fetch(&m->sp, 0, false, BUF, ROOM), 0));
	assert_untouched_from(0);
	cr_assert(eq(int, epow_fetch(&m->sp, UINT32_MAX, false, BUF, ROOM), 1));
}

Test(epow, a_reboot_forgets_the_event)
{
	cr_assert(epow_post(&m->sp));
	cr_assert(eq(int, spapr_reset(&m->sp), 0));
	cr_assert(eq(int, fetch(ROOM), 0));
	cr_assert(eq(u32, epow_sensor(&m->sp), EPOW_RESET));
}

Test(epow, the_log_byte_by_byte)
{
	static const char want[] =
		"\x06\x34\0\x40"
		"\0\0\0\x6c"
		"\x86\0\x8e\0"
		"\0\0\0\0"
		"\0\0\0\0"
		"IBM\0"
		/* Main-A: 2024-02-29 12:34:56, the hypervisor, 3 sections, log id 7 */
		"PH\0\x30"
		"\x01\0\0\0"
		"\x20\x24\x02\x29"
		"\x12\x34\x56\0"
		"\0\0\0\0"
		"\0\0\0\0"
		"H\0\0\x03"
		"\0\0\0\0"
		"\0\0\0\0"
		"\0\0\0\0"
		"\0\0\0\x07"
		"\0\0\0\0"
		/* Main-B: power, normal system shutdown */
		"UH\0\x18"
		"\x01\0\0\0"
		"\xa0\0\0\xd0"
		"\0\0\0\0"
		"\0\0\0\0"
		"\0\0\0\0"
		/* EPOW: system shutdown, normal, this partition */
		"EP\0\x14"
		"\x02\0\0\0"
		"\x03\x01\x01\0"
		"\0\0\0\0"
		"\0\0\0\0";

	cr_assert(eq(sz, sizeof(want) - 1, FULL));
	m->sp.next_log_id = 7;
	cr_assert(epow_post(&m->sp));
	cr_assert(eq(int, fetch(ROOM), 1));
	for (size_t i = 0; i < FULL; i++)
		cr_assert(eq(u8, log_[i], (uint8_t)want[i]), "byte %zu", i);
	assert_untouched_from(FULL);
	cr_assert(eq(u32, m->sp.next_log_id, 8));
	cr_assert(find_section("EP") == log_ + 96);
}

Test(epow, the_log_is_dated_by_the_guests_clock)
{
	m->sp.rtc_offset_ns = 86400 * 1000000000LL;
	cr_assert(epow_post(&m->sp));
	cr_assert(eq(int, fetch(ROOM), 1));
	cr_assert(eq(u32, be32_load(log_ + 24 + 8), 0x20240301));
}

Test(epow, a_short_buffer_gets_whole_sections_and_no_byte_more)
{
	for (uint32_t room = 0; room <= FULL + 1; room++) {
		uint32_t want = room >= FULL ? FULL : room >= 96 ? 96 : room >= 8 ? 8 : room;

		memset(log_, 0x5a, ROOM);
		cr_assert(epow_post(&m->sp));
		cr_assert(eq(int, fetch(room), 1));
		assert_untouched_from(want);
		if (room < 8)
			continue;
		cr_assert(eq(u32, be32_load(log_ + 4), want - 8), "room %u", room);
		cr_assert(eq(int, !!(log_[1] & 0x04), want > 8), "room %u", room);
		cr_assert(eq(int, find_section("EP") != NULL, want == FULL), "room %u", room);
		if (want > 8)
			cr_assert(eq(int, log_[24 + 27], want == FULL ? 3 : 2));
	}
}

Test(epow, a_critical_call_gets_the_fixed_part_only)
{
	cr_assert(epow_post(&m->sp));
	cr_assert(eq(int, epow_fetch(&m->sp, RTAS_EPOW_WARNING, true, BUF, ROOM), 1));
	cr_assert(memcmp(log_, "\x06\x30\x00\x40\0\0\0\0", 8) == 0);
	assert_untouched_from(8);
}

Test(epow, a_buffer_outside_ram_keeps_the_event)
{
	cr_assert(epow_post(&m->sp));
	cr_assert(eq(int,
		     epow_fetch(&m->sp, RTAS_EPOW_WARNING, false, m->ram_size - FULL + 1, ROOM),
		     -EFAULT));
	cr_assert(eq(int, epow_fetch(&m->sp, RTAS_EPOW_WARNING, false, UINT32_MAX, UINT32_MAX),
		     -EFAULT));
	cr_assert(eq(int,
		     epow_fetch(&m->sp, RTAS_EPOW_WARNING, false, m->ram_size - FULL, UINT32_MAX),
		     1));
}
