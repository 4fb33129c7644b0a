/* SPDX-License-Identifier: BSD-2-Clause */
#include "sphapr/rtas.h"
#include "tests/fake/platform.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#define BUF 0x4000
#define EXTERNAL_INTERRUPT 0x500

static struct fake_machine *m;

static void setup(void)
{
	m = fake_machine_new(INTC_XIVE, 1, 1);
	m->intc.enabled[LISN_EPOW] = true;
	cr_assert(epow_post(&m->sp));
}

static void teardown(void)
{
	fake_machine_free(m);
}

TestSuite(rtas_event, .init = setup, .fini = teardown);

static int32_t check(uint32_t nargs, uint32_t mask, uint32_t gpa, uint32_t len)
{
	const uint32_t args[] = { EXTERNAL_INTERRUPT, LISN_EPOW, mask, 0, gpa, len, 0 };

	return fake_rtas(m, "check-exception", nargs, args, 1, NULL);
}

static int32_t sensor(uint32_t token, uint32_t index, uint32_t *state)
{
	const uint32_t args[] = { token, index };
	uint32_t rets[2];
	int32_t status = fake_rtas(m, "get-sensor-state", 2, args, 2, rets);

	*state = rets[1];
	return status;
}

Test(rtas_event, check_exception_delivers_once)
{
	cr_assert(eq(i32, check(6, RTAS_EPOW_WARNING, BUF, RTAS_ERROR_LOG_MAX), RTAS_OK));
	cr_assert(eq(u32, be32_load(m->ram + BUF), 0x06340040));
	cr_assert(eq(i32, check(6, RTAS_EPOW_WARNING, BUF, RTAS_ERROR_LOG_MAX), RTAS_NO_ERRORS));
}

Test(rtas_event, check_exception_takes_the_extended_form)
{
	cr_assert(eq(i32, check(7, RTAS_EPOW_WARNING | RTAS_INTERNAL_ERROR, BUF, 2048), RTAS_OK));
}

Test(rtas_event, check_exception_of_other_classes_finds_nothing)
{
	cr_assert(
		eq(i32, check(6, RTAS_HOTPLUG_EVENTS | RTAS_IO_EVENTS, BUF, 2048), RTAS_NO_ERRORS));
	cr_assert(eq(u32, be32_load(m->ram + BUF), 0));
}

Test(rtas_event, check_exception_honours_the_length)
{
	memset(m->ram + BUF, 0x5a, 256);
	cr_assert(eq(i32, check(6, RTAS_EPOW_WARNING, BUF, 10), RTAS_OK));
	for (int i = 8; i < 256; i++)
		cr_assert(eq(u8, m->ram[BUF + i], 0x5a));
}

Test(rtas_event, check_exception_with_a_bad_buffer)
{
	cr_assert(
		eq(i32, check(6, RTAS_EPOW_WARNING, (uint32_t)m->ram_size, 2048), RTAS_PARAMETER));
	cr_assert(eq(i32, check(6, RTAS_EPOW_WARNING, UINT32_MAX, UINT32_MAX), RTAS_PARAMETER));
	cr_assert(eq(i32, check(6, RTAS_EPOW_WARNING, BUF, 2048), RTAS_OK));
}

Test(rtas_event, event_scan_finds_nothing)
{
	const uint32_t args[] = { UINT32_MAX, 0, BUF, 2048 };

	cr_assert(eq(i32, fake_rtas(m, "event-scan", 4, args, 1, NULL), RTAS_NO_ERRORS));
	cr_assert(eq(u32, be32_load(m->ram + BUF), 0));
	cr_assert(eq(i32, check(6, RTAS_EPOW_WARNING, BUF, 2048), RTAS_OK));
}

/* Linux takes a state above 3 for a critical one and would then ask for no extended log. */
Test(rtas_event, the_epow_sensor_follows_the_event)
{
	uint32_t state;

	cr_assert(eq(i32, sensor(9, 0, &state), RTAS_OK));
	cr_assert(eq(u32, state, 3));
	cr_assert(eq(int, spapr_reset(&m->sp), 0));
	cr_assert(eq(i32, sensor(9, 0, &state), RTAS_OK));
	cr_assert(eq(u32, state, 0));
}

Test(rtas_event, there_are_no_other_sensors)
{
	uint32_t state;

	cr_assert(eq(i32, sensor(9, 1, &state), RTAS_PARAMETER));
	cr_assert(eq(u32, state, 0));
	cr_assert(eq(i32, sensor(0, 0, &state), RTAS_PARAMETER));
	cr_assert(eq(i32, sensor(9003, 0, &state), RTAS_PARAMETER));
	cr_assert(eq(i32, sensor(UINT32_MAX, UINT32_MAX, &state), RTAS_PARAMETER));
}
