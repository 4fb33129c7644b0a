/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Registers of a device through sleep and resets, which are configuration writes: they read as ones
 * while the device sleeps, and are there again when it wakes. The BAR is mapped: a VMM that left the
 * mapping to a sleeping device would end.
 */
#include "guest.h"

#define COMMAND 0x04
#define BAR0 0x10
#define DECODE 0x2
#define PLACE_BUS 0x80000000u /* the start of the first bridge's window */
#define PLACE 0x200080000000ull
#define CAP_PM 0x01
#define CAP_EXPRESS 0x10
#define PM_CONTROL 4
#define DEVICE_CAP 4
#define DEVICE_CONTROL 8
#define HAS_FUNCTION_RESET 0x10000000u
#define FUNCTION_RESET 0x8000u
#define ROUNDS 3

/* A register of both of the lab's devices that is never all ones: NVMe's version, e1000e's status. */
static uint32_t load(void)
{
	uint32_t v;

	__asm__ volatile("lwbrx %0, 0, %1" : "=r"(v) : "b"(PLACE + 8) : "memory");
	return v;
}

static void map(const struct function *f)
{
	bus_write(f, COMMAND, 2, 0);
	bus_write(f, BAR0, 4, PLACE_BUS);
	if ((bus_read(f, BAR0, 1) & 6) == 4)
		bus_write(f, BAR0 + 4, 4, 0);
	bus_write(f, COMMAND, 2, DECODE);
}

static uint32_t power_state(const struct function *f, uint32_t pm)
{
	return bus_read(f, pm + PM_CONTROL, 1) & 3;
}

static void set_power_state(const struct function *f, uint32_t pm, uint32_t state)
{
	bus_write(f, pm + PM_CONTROL, 2, state);
}

static void sleeps(const struct function *f, uint32_t pm)
{
	uint32_t v = load();

	check(v != 0xffffffff, 1, "%s: a register that says something", f->path);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		set_power_state(f, pm, 3);
		if (power_state(f, pm) == 0) { /* as on an emulated PowerNV */
			check(load(), v, "%s: the register, as the host lets no device sleep",
			      f->path);
			continue;
		}
		check(power_state(f, pm), 3, "%s: asleep", f->path);
		check(load(), 0xffffffff, "a register that sleeps");
		__asm__ volatile("stwbrx %0, 0, %1" : : "r"(0), "b"(PLACE + 8) : "memory");
		check(bus_read(f, 0, 4) != 0xffffffff, 1, "its configuration");
		set_power_state(f, pm, 0);
		check(power_state(f, pm), 0, "%s: awake", f->path);
		check(load(), v, "the register again");
	}
	set_power_state(f, pm, 3); /* a reset wakes, too */
}

static void is_reset(const struct function *f, uint32_t express)
{
	uint32_t ids = bus_read(f, 0, 4);

	check(bus_read(f, express + DEVICE_CAP, 4) & HAS_FUNCTION_RESET, HAS_FUNCTION_RESET,
	      "%s: can be reset", f->path);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		bus_write(f, express + DEVICE_CONTROL, 2, FUNCTION_RESET);
		check(bus_read(f, 0, 4), ids, "%s: its ids after a reset", f->path);
		check(load() != 0xffffffff, 1, "the register after it");
	}
}

void topic_power(void)
{
	const struct function *f = &functions[0];
	uint32_t pm, express;

	if (nfunctions == 0) {
		skip("the tree has no PCI function");
		return;
	}
	pm = bus_cap(f, CAP_PM);
	express = bus_cap(f, CAP_EXPRESS);
	if (!pm || !express) {
		skip("the device cannot sleep, or not be reset");
		return;
	}
	map(f);
	sleeps(f, pm);
	is_reset(f, express);
	bus_write(f, COMMAND, 2, 0);
}
