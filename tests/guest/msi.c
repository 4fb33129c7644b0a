/* SPDX-License-Identifier: BSD-2-Clause */
/* ibm,change-msi with every function code and number, and what the vectors are. */
#include "guest.h"

#define CHANGE "ibm,change-msi"
#define SOURCE "ibm,query-interrupt-source-number"

enum { QUERY, ANY, RESET, MSI, MSIX, MSI32, MSIX32 };
enum { CAP_MSI = 0x05, CAP_MSIX = 0x11 };

/* The number granted, or the status when it is not 0. */
static int64_t change(const struct function *f, uint32_t code, uint32_t n)
{
	int32_t r = RTAS(CHANGE, 4, f->addr, f->hi, f->lo, code, n, 1);

	return r ? r : (int64_t)rtas_ret(1);
}

static uint32_t most(const struct function *f, uint32_t code)
{
	return code == MSIX || code == MSIX32 ? f->max_msix : f->max_msi;
}

static void numbers(const struct function *f, uint32_t code, const char *kind)
{
	static const uint32_t too_many[] = { 33,         1000,       2049,      0x10000,
					     0x7fffffff, 0x80000000, 0xffffffff };
	uint32_t max = most(f, code);

	check(change(f, code, 0), 0, "%s: %s: 0 vectors while there are none", f->path, kind);
	if (max == 0) {
		check(change(f, code, 1), -3, "%s: %s: the function has none", f->path, kind);
		return;
	}
	check(change(f, code, 1), 1, "%s: %s: 1 vector", f->path, kind);
	check(change(f, code, max), max, "%s: %s: all that the tree tells of", f->path, kind);
	if (max >= 3 && (code == MSIX || code == MSIX32))
		check(change(f, code, 3), 3, "%s: %s: 3, not a power of two", f->path, kind);
	check(change(f, code, max + 1), max, "%s: %s: one more than the tree tells of", f->path,
	      kind);
	for (unsigned int i = 0; i < ARRAY_LEN(too_many); i++)
		if (too_many[i] > max)
			check(change(f, code, too_many[i]), max, "%s: %s: %u vectors", f->path,
			      kind, (uint64_t)too_many[i]);
	check(change(f, code, 0), 0, "%s: %s: freed", f->path, kind);
	check(change(f, code, 0), 0, "%s: %s: freed twice", f->path, kind);
}

static void codes(const struct function *f)
{
	static const uint32_t none[] = { 7, 8, 255, 0x80000000, 0xffffffff };

	check(change(f, QUERY, 1), 0, "%s: query while there are none", f->path);
	numbers(f, MSI, "MSI");
	numbers(f, MSIX, "MSI-X");
	numbers(f, MSI32, "32-bit MSI");
	numbers(f, MSIX32, "32-bit MSI-X");
	if (f->max_msi)
		check(change(f, ANY, 1), 1, "%s: either kind: 1", f->path);
	check(change(f, ANY, 0), 0, "%s: either kind: freed", f->path);
	check(change(f, RESET, 1), 0, "%s: reset", f->path);
	for (unsigned int i = 0; i < ARRAY_LEN(none); i++)
		check(change(f, none[i], 1), -3, "%s: function code %u", f->path,
		      (uint64_t)none[i]);
}

static int32_t source(const struct function *f, uint32_t index)
{
	return RTAS(SOURCE, 3, f->addr, f->hi, f->lo, index);
}

static void sources(const struct function *f)
{
	uint32_t code = f->max_msix ? MSIX : MSI, n = most(f, code), first, wrong = 0;

	if (n == 0)
		return;
	n = (uint32_t)change(f, code, n);
	check(source(f, 0), 0, "%s: source of vector 0", f->path);
	first = rtas_ret(1);
	for (uint32_t i = 0; i < n; i++)
		wrong += source(f, i) != 0 || rtas_ret(1) != first + i || rtas_ret(2) != 1;
	check(wrong, 0, "%s: vectors without a source of their own, in a row, edge", f->path);
	check(source(f, n), 1, "%s: source of the vector behind the last", f->path);
	check(source(f, 0x7fffffff), 1, "%s: source of vector 0x7fffffff", f->path);
	check(source(f, 0xffffffff), 1, "%s: source of vector -1", f->path);
	change(f, code, 0);
	check(source(f, 1), 1, "%s: source of vector 1 when there are none", f->path);
}

/* Numbers change while the device has them enabled. */
static void while_enabled(const struct function *f, uint32_t code, uint32_t cap, uint32_t bit)
{
	uint32_t at = bus_cap(f, cap), control;

	if (!most(f, code) || !at)
		return;
	control = bus_read(f, at + 2, 2);
	bus_write(f, at + 2, 2, control | bit); /* before there are any */
	check(change(f, code, 1), 1, "%s: capability 0x%x enabled: 1 vector", f->path,
	      (uint64_t)cap);
	check(change(f, code, most(f, code)), most(f, code), "%s: enabled: all", f->path);
	for (unsigned int i = 0; i < 20; i++) {
		bus_write(f, at + 2, 2, (uint32_t)odd_random());
		change(f, (uint32_t)odd_random() % 7, (uint32_t)odd_random() % 70);
	}
	bus_write(f, at + 2, 2, control | bit);
	check(change(f, code, 0), 0, "%s: enabled: freed", f->path);
	bus_write(f, at + 2, 2, control);
	check(bus_read(f, at + 2, 2), control, "%s: disabled", f->path);
	change(f, RESET, 0);
}

static void no_function(const struct function *f)
{
	check(RTAS(CHANGE, 4, 0xf800, f->hi, f->lo, MSIX, 1, 1), -3,
	      "change for a function that is not there");
	check(RTAS(CHANGE, 4, 0xff0000, f->hi, f->lo, MSIX, 1, 1), -3, "change on another bus");
	check(RTAS(CHANGE, 4, f->addr, f->hi, f->lo + 0x1000, MSIX, 1, 1), -3,
	      "change at a wrong BUID");
	check(RTAS(CHANGE, 4, f->addr, 0, 0, MSIX, 0, 1), -3, "change at BUID 0");
	check(RTAS(CHANGE, 4, f->addr, f->hi, f->lo, MSIX, 1), -3, "change with 5 arguments");
	check(RTAS(CHANGE, 2, f->addr, f->hi, f->lo, MSIX, 1, 1), -3, "change with 2 returns");
	check(RTAS(CHANGE, 5, f->addr, f->hi, f->lo, MSIX, 1, 1), -3, "change with 5 returns");
	check(RTAS(SOURCE, 3, 0xf800, f->hi, f->lo, 0), -3,
	      "source of a function that is not there");
	check(RTAS(SOURCE, 3, f->addr, f->hi + 1, f->lo, 0), -3, "source at a wrong BUID");
	check(RTAS(SOURCE, 2, f->addr, f->hi, f->lo, 0), -3, "source with 2 returns");
}

void topic_msi(void)
{
	if (nfunctions == 0) {
		skip("the tree has no PCI function");
		return;
	}
	for (unsigned int i = 0; i < nfunctions; i++) {
		codes(&functions[i]);
		sources(&functions[i]);
		while_enabled(&functions[i], MSI, CAP_MSI, 0x0001);
		while_enabled(&functions[i], MSIX, CAP_MSIX, 0x8000);
	}
	no_function(&functions[0]);
}
