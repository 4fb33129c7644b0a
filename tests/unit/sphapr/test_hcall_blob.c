/* SPDX-License-Identifier: BSD-2-Clause */
/* hcall_blob.c: what SLOF asks for, and what a guest may ask in its place. */
#include "sphapr/cpu.h"
#include "sphapr/hcall.h"
#include "tests/fake/platform.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <libfdt.h>
#include <string.h>

#define A 0x20000ULL
#define B 0x20100ULL
#define SIZE (128 * KiB) /* room for a tree */

static struct fake_machine *m;
static gpa_t asked; /* the client's words; 0: not yet */
static int cas_result;

static int choose(void *ctx, gpa_t vec, void **fdt, size_t *size)
{
	const struct spapr_boot boot = { .rtas_size = 4096 };

	(void)ctx;
	asked = vec;
	return cas_result ? cas_result : spapr_fdt_build(&m->sp, &boot, fdt, size);
}

static void setup(void)
{
	m = fake_machine_new(INTC_XIVE, 1, 1);
	m->sp.cfg.name = "unit";
	m->sp.cfg.ncores = m->sp.cfg.max_cores = m->sp.cfg.threads = m->sp.cfg.vsmt = 1;
	cpu_facts_init(&m->sp.cfg.cpu, cpu_model_by_name("POWER9"), 0x004e1202);
	m->sp.plat.cas = choose;
	m->sp.cfg.blob_rtas_size = 4096;
	for (unsigned int i = 0; i < 256; i++)
		m->ram[A + i] = (uint8_t)i;
}

static void teardown(void)
{
	fake_machine_free(m);
}

TestSuite(hcall_blob, .init = setup, .fini = teardown);

static long memop(uint64_t to, uint64_t from, uint64_t shift, uint64_t n, uint64_t op)
{
	uint64_t a[HCALL_MAX_ARGS] = { to, from, shift, n, op };

	return hcall_dispatch(&m->sp, H_BLOB_MEMOP, a);
}

static long cas(uint64_t buf, uint64_t size)
{
	uint64_t a[HCALL_MAX_ARGS] = { A, buf, size };

	return hcall_dispatch(&m->sp, H_BLOB_CAS, a);
}

Test(hcall_blob, memory_is_copied_and_inverted_also_onto_itself)
{
	cr_assert(eq(long, memop(B, A, 3, 32, 0), H_SUCCESS));
	cr_assert(memcmp(m->ram + B, m->ram + A, 256) == 0);
	cr_assert(eq(long, memop(A + 8, A, 3, 4, 0), H_SUCCESS));
	for (unsigned int i = 0; i < 32; i++)
		cr_assert(eq(u8, m->ram[A + 8 + i], (uint8_t)i));
	cr_assert(eq(long, memop(B, B, 0, 3, 1), H_SUCCESS));
	cr_assert(memcmp(m->ram + B, "\xff\xfe\xfd\3", 4) == 0);
	cr_assert(eq(long, memop(B, A, 0, 0, 0), H_SUCCESS));
}

/* An element's bytes are inverted as they stand, whatever its size; what follows is left alone. */
Test(hcall_blob, elements_have_one_to_eight_bytes)
{
	for (uint64_t shift = 0; shift <= 3; shift++) {
		uint64_t len = 3ULL << shift;

		memset(m->ram + B, 0x55, 32);
		cr_assert(eq(long, memop(B, A + 8, shift, 3, 1), H_SUCCESS));
		for (uint64_t i = 0; i < 32; i++)
			cr_assert(eq(u8, m->ram[B + i], i < len ? (uint8_t)~(8 + i) : 0x55));
	}
}

Test(hcall_blob, inversion_of_overlapping_ranges_sees_the_bytes_as_they_were)
{
	cr_assert(eq(long, memop(A + 8, A, 3, 8, 1), H_SUCCESS));
	for (unsigned int i = 0; i < 64; i++)
		cr_assert(eq(u8, m->ram[A + 8 + i], (uint8_t)~i));
	cr_assert(eq(long, memop(A, A + 8, 0, 64, 1), H_SUCCESS));
	for (unsigned int i = 0; i < 64; i++)
		cr_assert(eq(u8, m->ram[A + i], (uint8_t)i));
}

#define BIG (512 * KiB)

static unsigned int turns;

static void others_have_a_turn(void)
{
	turns++;
}

/* However long it is, none of it is done under the lock. */
Test(hcall_blob, other_processors_need_not_wait_for_memory)
{
	m->plat.meanwhile = others_have_a_turn;
	memset(m->ram, 0x5a, BIG - 5);
	cr_assert(eq(long, memop(BIG, 0, 0, BIG - 5, 1), H_SUCCESS));
	cr_assert(eq(u32, turns, 1));
	for (size_t i = 0; i < BIG - 5; i++)
		cr_assert(m->ram[BIG + i] == 0xa5);
	cr_assert(eq(u8, m->ram[2 * BIG - 5], 0));
}

Test(hcall_blob, nothing_else_is_done)
{
	uint64_t end = m->mem.banks[0].size;

	cr_assert(eq(long, memop(B, A, 4, 1, 0), H_PARAMETER));
	cr_assert(eq(long, memop(B, A, 64, 1, 0), H_PARAMETER));
	cr_assert(eq(long, memop(B, A, 0, 1, 2), H_PARAMETER));
	cr_assert(eq(long, memop(B + 1, A, 1, 1, 0), H_PARAMETER));
	cr_assert(eq(long, memop(B, A + 4, 3, 1, 0), H_PARAMETER));
	cr_assert(eq(long, memop(end - 8, A, 3, 2, 0), H_PARAMETER));
	cr_assert(eq(long, memop(B, end - 8, 3, 2, 0), H_PARAMETER));
	cr_assert(eq(long, memop(B, A, 3, UINT64_MAX / 8 + 2, 0), H_PARAMETER));
	cr_assert(eq(long, memop(B, A, 0, 16 * MiB + 1, 0), H_PARAMETER));
	cr_assert(eq(long, memop(UINT64_MAX - 7, A, 3, 1, 0), H_PARAMETER));
}

Test(hcall_blob, the_answer_to_cas_is_a_version_and_the_tree)
{
	int chosen; /* libfdt wants a tree at a multiple of 8 */

	cr_assert(eq(long, cas(B + 4, SIZE), H_SUCCESS));
	cr_assert(eq(u64, asked, A));
	cr_assert(eq(u32, be32_load(m->ram + B + 4), 1));
	cr_assert(eq(int, fdt_check_header(m->ram + B + 8), 0));
	chosen = fdt_path_offset(m->ram + B + 8, "/chosen");
	cr_assert(ge(int, chosen, 0));
	cr_assert(ne(ptr,
		     (void *)(uintptr_t)fdt_getprop(m->ram + B + 8, chosen,
						    "ibm,architecture-vec-5", NULL),
		     NULL));
	/* Firmware's client has set them, and they shall stay so. */
	cr_assert(eq(ptr, (void *)(uintptr_t)fdt_getprop(m->ram + B + 8, chosen, "bootargs", NULL),
		     NULL));
}

Test(hcall_blob, what_the_machine_cannot_be_is_told)
{
	cas_result = -ENOTSUP;
	cr_assert(eq(long, cas(B + 4, SIZE), H_HARDWARE));
	cr_assert(eq(u32, be32_load(m->ram + B + 4), 0));
}

Test(hcall_blob, a_buffer_that_is_too_small_or_no_ram_is_refused)
{
	cr_assert(eq(long, cas(B, 3), H_PARAMETER));
	cr_assert(eq(long, cas(m->mem.banks[0].size - 64, SIZE), H_PARAMETER));
	cr_assert(eq(long, cas(B, UINT64_MAX), H_PARAMETER));
	cr_assert(eq(u64, asked, 0), "asked before it was known where the answer goes");
	cr_assert(eq(long, cas(B, 64), H_PARAMETER));
	cr_assert(eq(u32, be32_load(m->ram + B), 0));
}

Test(hcall_blob, a_machine_without_a_blob_has_no_such_calls)
{
	m->sp.cfg.blob_rtas_size = 0;
	cr_assert(eq(long, memop(B, A, 3, 1, 0), H_FUNCTION));
	cr_assert(eq(long, cas(B, SIZE), H_FUNCTION));
}
