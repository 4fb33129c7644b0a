/* SPDX-License-Identifier: BSD-2-Clause */
/* Error handling: every call with every function, for what is a PE and what is none. */
#include "guest.h"

#define INFO "ibm,get-config-addr-info2"
#define OPTION "ibm,set-eeh-option"
#define STATE "ibm,read-slot-reset-state2"
#define RESET "ibm,set-slot-reset"
#define CONFIGURE "ibm,configure-pe"
#define DETAIL "ibm,slot-error-detail"

static int32_t call4(const char *name, uint32_t nret, const struct function *f, uint32_t addr,
		     uint32_t code)
{
	return RTAS(name, nret, addr, f->hi, f->lo, code);
}

/* The state; or the status when it is not 0. */
static int64_t state(const struct function *f, uint32_t pe)
{
	int32_t r = RTAS(STATE, 4, pe, f->hi, f->lo);

	return r ? r : (int64_t)rtas_ret(1);
}

static void infos(const struct function *f)
{
	static const uint32_t odd[] = { 2, 3, 255, 0xffffffff };

	check(call4(INFO, 2, f, 0xf800, 0), -3, "info of a function that is not there");
	check(call4(INFO, 2, f, 0x12340000, 1), -3, "info of another bus");
	check(RTAS(INFO, 2, f->addr, f->hi, f->lo + 0x1000, 0), -3, "info at a wrong BUID");
	for (unsigned int i = 0; i < ARRAY_LEN(odd); i++)
		check(call4(INFO, 2, f, f->addr, odd[i]), -3, "info: function %u",
		      (uint64_t)odd[i]);
	check(RTAS(INFO, 1, f->addr, f->hi, f->lo, 0), -3, "info, 1 return");
	check(RTAS(INFO, 2, f->addr, f->hi, f->lo), -3, "info, 3 arguments");
}

static void no_pe(const struct function *f)
{
	static const uint32_t addrs[] = { 0, 2, 0xf801, 0x7fff0000, 0xffffffff };

	for (unsigned int i = 0; i < ARRAY_LEN(addrs); i++) {
		uint32_t a = addrs[i];

		if (a == f->addr)
			continue;
		check(call4(OPTION, 1, f, a, 1), -3, "option for 0x%x, which is no PE",
		      (uint64_t)a);
		check(state(f, a), -3, "state of 0x%x", (uint64_t)a);
		check(call4(RESET, 1, f, a, 1), -3, "reset of 0x%x", (uint64_t)a);
		check(RTAS(CONFIGURE, 1, a, f->hi, f->lo), -3, "configure 0x%x", (uint64_t)a);
		check(RTAS(DETAIL, 1, a, f->hi, f->lo, 0, 0, 0, 0, 1), -3, "details of 0x%x",
		      (uint64_t)a);
	}
}

static void wrong_bridge(const struct function *f, uint32_t pe)
{
	check(RTAS(OPTION, 1, pe, f->hi, f->lo + 0x1000, 1), -3, "option at a wrong BUID");
	check(RTAS(STATE, 4, pe, f->hi + 1, f->lo), -3, "state at a wrong BUID");
	check(RTAS(RESET, 1, pe, 0, 0, 1), -3, "reset at BUID 0");
	check(RTAS(CONFIGURE, 1, pe, 0xffffffff, 0xffffffff), -3, "configure at BUID -1");
	check(RTAS(DETAIL, 1, pe, f->hi, f->lo + 0x1000, 0, 0, 0, 0, 1), -3,
	      "details at a wrong BUID");
	check(RTAS(OPTION, 2, pe, f->hi, f->lo, 1), -3, "option, 2 returns");
	check(RTAS(STATE, 3, pe, f->hi, f->lo), -3, "state, 3 returns");
	check(RTAS(STATE, 6, pe, f->hi, f->lo), -3, "state, 6 returns");
	check(RTAS(RESET, 1, pe, f->hi, f->lo), -3, "reset, 3 arguments");
	check(RTAS(CONFIGURE, 1, pe, f->hi, f->lo, 0), -3, "configure, 4 arguments");
	check(RTAS(DETAIL, 1, pe, f->hi, f->lo, 0, 0, 0, 0), -3, "details, 7 arguments");
}

static void functions_of(const struct function *f, uint32_t pe)
{
	static const uint32_t odd[] = { 4, 5, 255, 0x80000000, 0xffffffff };
	static const uint32_t resets[] = { 2, 4, 5, 255, 0x80000000, 0xffffffff };
	const uint32_t beyond = (uint32_t)machine.ram_size;

	for (unsigned int i = 0; i < ARRAY_LEN(odd); i++)
		check(call4(OPTION, 1, f, pe, odd[i]), -3, "option %u", (uint64_t)odd[i]);
	for (unsigned int i = 0; i < ARRAY_LEN(resets); i++)
		check(call4(RESET, 1, f, pe, resets[i]), -3, "reset %u", (uint64_t)resets[i]);
	check(RTAS(DETAIL, 1, pe, f->hi, f->lo, 0, 0, 0, 0, 1), 1, "details, no buffer");
	check(RTAS(DETAIL, 1, pe, f->hi, f->lo, beyond, 0xffffffff, beyond, 0xffffffff, 2), 1,
	      "details, buffers outside memory");
	check(RTAS(DETAIL, 1, pe, f->hi, f->lo, 0, 0, 0, 0, 0), -3, "details, severity 0");
	check(RTAS(DETAIL, 1, pe, f->hi, f->lo, 0, 0, 0, 0, 3), -3, "details, severity 3");
}

#define COMMAND 0x04
#define BAR0 0x10
#define PLACE_BUS 0x80000000u /* the start of the first bridge's window */
#define PLACE 0x200080000000ull

static uint32_t load(void)
{
	uint32_t v;

	__asm__ volatile("lwz %0, 0(%1)" : "=r"(v) : "b"(PLACE) : "memory");
	__asm__ volatile("stw %0, 0(%1)" : : "r"(0), "b"(PLACE) : "memory");
	return v;
}

/* Nothing of a PE that is held in reset can be reached, nor made reachable. */
static void out_of_reach(const struct function *f, uint32_t pe)
{
	for (uint32_t i = 1; i <= 3; i++)
		check(call4(OPTION, 1, f, pe, i), -7, "option %u while held", (uint64_t)i);
	check(bus_read(f, 0, 4), 0xffffffff, "ids while held");
	bus_write(f, BAR0, 4, PLACE_BUS);
	bus_write(f, COMMAND, 2, 2);
	check(bus_read(f, COMMAND, 2), 0xffff, "the command register while held");
	check(load(), 0xffffffff, "a BAR while held");
	check(state(f, pe), 1, "state while held");
}

/* A PE thawed, configured and asked while it is held in reset. */
static void while_held(const struct function *f, uint32_t pe)
{
	uint32_t none = 0;

	out_of_reach(f, pe);

	for (uint32_t i = 0; i < 60; i++) {
		int32_t r = i % 10 == 9 ? RTAS(CONFIGURE, 1, pe, f->hi, f->lo)
					: call4(OPTION, 1, f, pe, (uint32_t)odd_random() % 5);

		none += r == NO_STATUS || r > 0;
		none += state(f, pe) < 0 || state(f, pe) > 5;
		bus_read(f, 0, 4);
	}
	check(none, 0, "calls while held in reset that had no proper status");
}

#define OPEN "ibm,open-errinjct"
#define INJECT "ibm,errinjct"
#define CLOSE "ibm,close-errinjct"
#define BUS_ERROR 7
#define CONFIG_LOAD 4

/* A host may make no errors; what one stops is reset after this. */
static void errors(const struct function *f, uint32_t pe)
{
	static uint8_t buffer[32];
	const uint32_t words[] = { 0, 0, pe, f->hi, f->lo, CONFIG_LOAD };
	uint32_t at = (uint32_t)(uintptr_t)buffer;
	int32_t r;

	for (uint32_t i = 0; i < ARRAY_LEN(words); i++)
		be32_put(buffer + 4 * i, words[i]);
	check(RTAS(INJECT, 1, BUS_ERROR, 1, at), -4, "an error without a session");
	check(rtas(OPEN, 0, 2, NULL), 1, "open a session");
	check(rtas_ret(1), 0, "status of it");
	rtas(OPEN, 0, 2, NULL);
	check(rtas_ret(1), 0xfffffffc, "open it twice");
	check(RTAS(INJECT, 1, 1, 1, at), -3, "an error that is not of a bus");
	r = RTAS(INJECT, 1, BUS_ERROR, 1, at);
	check(r == 0 || r == -1 || r == -5, 1, "an error: made, refused or not enabled");
	be32_put(buffer + 20, 20);
	check(RTAS(INJECT, 1, BUS_ERROR, 1, at), -3, "an error of function 20");
	check(RTAS(CLOSE, 1, 1), 0, "close the session");
	check(RTAS(CLOSE, 1, 1), -4, "close it twice");
}

/*
 * A life: on, off, reset held and released, configured; and the same again, or out of order. A
 * reset takes the host seconds, so there are few; a fundamental one is the host's to refuse.
 */
static void life(const struct function *f, uint32_t pe)
{
	uint32_t ids = bus_read(f, 0, 4);
	int32_t r;

	check(call4(OPTION, 1, f, pe, 1), 0, "enable");
	check(state(f, pe), 0, "state when enabled");
	check(rtas_ret(2), 1, "it is capable");
	check(call4(OPTION, 1, f, pe, 1), 0, "enable twice");
	check(call4(RESET, 1, f, pe, 0), 0, "release while not held");
	errors(f, pe);
	check(call4(RESET, 1, f, pe, 1), 0, "hot reset");
	check(state(f, pe), 1, "state while held");
	if (!machine.careful)
		while_held(f, pe);
	check(call4(RESET, 1, f, pe, 0), 0, "release");
	call4(OPTION, 1, f, pe, 1);
	check(state(f, pe), 0, "state when released");
	r = call4(RESET, 1, f, pe, 3);
	check(r == 0 || r == -1 || r == -8, 1, "fundamental reset: done, refused or not supported");
	check(call4(RESET, 1, f, pe, 0), 0, "release");
	check(RTAS(CONFIGURE, 1, pe, f->hi, f->lo), 0, "configure");
	check(RTAS(CONFIGURE, 1, pe, f->hi, f->lo), 0, "configure twice");
	check(bus_read(f, 0, 4), ids, "ids after it");
	check(call4(OPTION, 1, f, pe, 0), 0, "disable");
	check(call4(OPTION, 1, f, pe, 0), 0, "disable twice");
	check(call4(OPTION, 1, f, pe, 1), 0, "enable again");
}

void topic_eeh(void)
{
	bool any = false;

	for (unsigned int i = 0; i < nfunctions; i++) {
		const struct function *f = &functions[i];
		uint32_t pe;

		if (!f->first || !rtas_token(OPTION))
			continue;
		check(call4(INFO, 2, f, f->addr, 1), 0, "%s: how its PE is shared", f->path);
		if (rtas_ret(1) == 0)
			continue; /* a bridge without */
		any = true;
		check(call4(INFO, 2, f, f->addr, 0), 0, "%s: address of its PE", f->path);
		pe = rtas_ret(1);
		infos(f);
		no_pe(f);
		wrong_bridge(f, pe);
		functions_of(f, pe);
		if (i > 0)
			continue;
		life(f, pe);
	}
	if (!any)
		skip("the tree offers no EEH");
}
