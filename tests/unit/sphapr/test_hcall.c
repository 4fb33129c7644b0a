/* SPDX-License-Identifier: BSD-2-Clause */
/* hcall.c: rows, dispatch, and that whatever a guest asks for gets a PAPR answer. */
#include "sphapr/hcall.h"

#include "sphapr/cpu.h"
#include "tests/fake/platform.h"
#include "tests/unit/said.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <string.h>

static struct fake_machine *machine(enum intc_kind kind, bool radix)
{
	struct fake_machine *m = fake_machine_new(kind, 2, 1);

	m->sp.mode.radix = radix;
	return m;
}

struct variant {
	enum intc_kind kind;
	bool radix, hwrng, rpt;
};

ParameterizedTestParameters(hcall, a_number_is_offered_once_and_has_a_function)
{
	static struct variant cases[] = {
		{ INTC_XICS, true, true, true },
		{ INTC_XIVE, true, false, true },
		{ INTC_XICS, false, false, false },
		{ INTC_XIVE, false, true, false },
	};

	return cr_make_param_array(struct variant, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct variant *p, hcall, a_number_is_offered_once_and_has_a_function)
{
	struct fake_machine *m = machine(p->kind, p->radix);
	const struct hcall_desc *d, *e;
	size_t n = 0;

	m->sp.cfg.hwrng = p->hwrng;
	m->sp.cfg.rpt_invalidate = p->rpt;
	for (; (d = hcall_row(&m->sp, n)); n++) {
		cr_assert(d->fn != NULL, "%s", d->name);
		cr_assert(eq(u32, d->nr & 3, 0), "%s", d->name);
		cr_assert(eq(int, strncmp(d->name, "H_", 2), 0));
		for (size_t i = 0; i < n; i++) {
			e = hcall_row(&m->sp, i);
			cr_assert(ne(u32, d->nr, e->nr), "%s and %s", d->name, e->name);
		}
	}
	cr_assert(gt(sz, n, 40));
	fake_machine_free(m);
}

Test(hcall, a_number_without_a_row_is_h_function)
{
	static const uint64_t numbers[] = { 0, 2, 0x14c, 0x488, 0x7fc, 0xf001, 0x1000054, ~0ull };
	struct fake_machine *m = machine(INTC_XICS, true);

	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		uint64_t a[HCALL_MAX_ARGS] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };

		cr_assert(eq(long, hcall_dispatch(&m->sp, numbers[i], a), H_FUNCTION));
		for (uint64_t k = 0; k < HCALL_MAX_ARGS; k++)
			cr_assert(eq(u64, a[k], k + 1));
	}
	fake_machine_free(m);
}

Test(hcall, the_calls_of_one_controller_do_not_exist_under_the_other)
{
	struct fake_machine *xics = machine(INTC_XICS, true), *xive = machine(INTC_XIVE, true);
	uint64_t a[HCALL_MAX_ARGS] = { 0, LISN_EPOW };

	cr_assert(eq(long, hcall_dispatch(&xics->sp, H_INT_GET_SOURCE_INFO, a), H_FUNCTION));
	cr_assert(eq(long, hcall_dispatch(&xive->sp, H_INT_GET_SOURCE_INFO, a), H_SUCCESS));
	cr_assert(eq(long, hcall_dispatch(&xive->sp, H_XIRR, a), H_FUNCTION));
	fake_machine_free(xics);
	fake_machine_free(xive);
}

/* What KVM finishes never gets here, unless it was not for this machine. */
Test(hcall, the_leftovers_of_kvms_own_calls_are_h_function)
{
	struct fake_machine *m = machine(INTC_XICS, true);
	const struct hcall_desc *d;

	for (size_t i = 0; (d = hcall_row(&m->sp, i)); i++) {
		uint64_t a[HCALL_MAX_ARGS] = { 0 };

		if (d->fn == hcall_in_kernel)
			cr_assert(eq(long, hcall_dispatch(&m->sp, d->nr, a), H_FUNCTION), "%s",
				  d->name);
		else
			cr_assert(ne(int, (int)d->server, HCALL_KERNEL + 100));
	}
	fake_machine_free(m);
}

/* A code that PAPR knows: what a hypercall may put into r3. */
static bool is_code(long r)
{
	return r == H_SUCCESS || r == H_BUSY || (r < 0 && r >= -320);
}

/* Every call with each of a few values in every register: an answer, never a crash. */
Test(hcall, every_call_answers_whatever_it_is_given, .timeout = 60)
{
	static const uint64_t values[] = { 0, 1, 3, 0x1000, 0x1001, 0xffff, 1ull << 63, ~0ull };
	struct fake_machine *m[] = { machine(INTC_XIVE, true), machine(INTC_XICS, false) };
	const struct hcall_desc *d;

	for (size_t k = 0; k < ARRAY_LEN(m); k++)
		for (size_t i = 0; (d = hcall_row(&m[k]->sp, i)); i++)
			for (size_t v = 0; v < 4096; v++) { /* 8 values, 4 registers */
				uint64_t a[HCALL_MAX_ARGS] = {
					values[v & 7],      values[v >> 3 & 7], values[v >> 6 & 7],
					values[v >> 9 & 7], values[v & 7],      values[v >> 3 & 7],
				};

				cr_assert(is_code(hcall_dispatch(&m[k]->sp, d->nr, a)), "%s",
					  d->name);
			}
	fake_machine_free(m[0]);
	fake_machine_free(m[1]);
}

Test(hcall, what_came_here_is_counted_by_name)
{
	struct fake_machine *m = machine(INTC_XICS, true);
	uint64_t a[HCALL_MAX_ARGS] = { 0 };

	for (int i = 0; i < 3; i++)
		hcall_dispatch(&m->sp, H_STUFF_TCE, a);
	hcall_dispatch(&m->sp, H_PUT_TCE, a);
	hcall_dispatch(&m->sp, 0xfff0, a); /* no row */
	log_set_level(LOG_DEBUG);
	said_catch(LOG_DEBUG);
	hcall_log_counts(&m->sp);
	cr_assert(eq(str, said_all(),
		     "debug: hcall: H_PUT_TCE: 1 calls reached user space\n"
		     "debug: hcall: H_STUFF_TCE: 3 calls reached user space\n"),
		  "%s", said_all());
	fake_machine_free(m);
}

Test(hcall, every_row_offered_is_the_one_of_its_number)
{
	struct fake_machine *m = machine(INTC_XIVE, true);
	const struct hcall_desc *d;

	for (size_t n = 0; (d = hcall_row(&m->sp, n)); n++) {
		size_t slot = d->nr >= H_RTAS ? HCALL_PAPR_SLOTS + d->nr - H_RTAS : d->nr / 4;

		cr_assert(lt(sz, slot, HCALL_SLOTS), "%s", d->name);
		cr_assert(m->sp.hcalls[slot] == d, "%s", d->name);
	}
	fake_machine_free(m);
}
