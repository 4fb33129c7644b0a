/* SPDX-License-Identifier: BSD-2-Clause */
/* boot.c: whatever the sizes, the parts lie apart, aligned, and where Linux can reach them. */
#include "tests/unit/firmware/fixture.h"

#include "firmware/boot.h"
#include "firmware/rtas_stub.h"

TestSuite(boot, .init = fx_setup, .fini = fx_teardown, .timeout = 120);

static char initrd[160];

static int load(struct boot_plan *plan, const char *kernel_path, const char *initrd_path,
		uint32_t ncpus)
{
	struct boot_files files;
	int r = boot_open(&files, kernel_path, initrd_path);

	if (r == 0)
		r = boot_load(plan, &fx.mem, &files, ncpus);
	boot_close(&files);
	return r;
}

static void sparse_file(const char *path, uint64_t size)
{
	file_write(path, "", 0);
	if (truncate(path, (off_t)size) != 0)
		abort();
}

static struct elf_spec kernel(uint64_t paddr, uint64_t memsz, uint16_t type)
{
	return (struct elf_spec){
		.type = type,
		.entry = 0xc000000000000000,
		.segments = { { PT_LOAD, 0x1000, 0xc000000000000000, paddr, 0x1000, memsz } },
		.nsegments = 1,
	};
}

static bool apart(uint64_t a, uint64_t a_end, uint64_t b, uint64_t b_end)
{
	return a_end <= b || b_end <= a || a == a_end || b == b_end;
}

static void check(const struct boot_plan *p, uint64_t ram, uint32_t ncpus)
{
	uint64_t span = p->kernel.end - p->kernel.start;
	uint64_t rtas_end = p->rtas + p->rtas_size, fdt_end = p->fdt + p->fdt_room;
	const struct {
		uint64_t start, end;
	} parts[] = {
		{ 0, 0x3000 }, /* exception vectors */
		{ p->rtas, rtas_end }, { p->fdt, fdt_end }, { p->initrd, p->initrd_end },
		{ 0, span }, /* where a relocatable kernel copies itself to */
	};

	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		cr_assert(le(u64, parts[i].end, ram));
		if (i > 0 && i < 4)
			cr_assert(
				apart(parts[i].start, parts[i].end, p->kernel.start, p->kernel.end),
				"part %zu in the kernel", i);
		for (size_t k = 0; k < i; k++)
			if (!(k == 0 && i == 4)) /* the kernel brings its own vectors */
				cr_assert(apart(parts[i].start, parts[i].end, parts[k].start,
						parts[k].end),
					  "parts %zu and %zu overlap", k, i);
	}
	cr_assert(eq(u64, p->rtas % (64 * KiB), 0));
	cr_assert(eq(u64, p->fdt % 8, 0));
	cr_assert(eq(u64, p->initrd % (64 * KiB), 0));
	cr_assert(le(u64, rtas_end, 1 * GiB));
	cr_assert(le(u64, fdt_end, 1 * GiB));
	cr_assert(ge(u32, p->rtas_size, rtas_stub_size(ncpus)));
	cr_assert(ge(u64, p->fdt_room, 64 * KiB));
	cr_assert(eq(u32, be32_load(fx.ram + p->rtas), 0x7c641b78));
}

struct plan_case {
	uint64_t ram, paddr, kernel;
	uint16_t type;
	uint64_t initrd; /* 0: none */
	uint32_t ncpus;
	bool fits;
};

ParameterizedTestParameters(boot, parts_lie_apart)
{
	static struct plan_case cases[] = {
		{ 128 * MiB, 0, 40 * MiB, ET_EXEC, 20 * MiB, 1, true },
		{ 128 * MiB, 0, 40 * MiB, ET_DYN, 20 * MiB, 1, true },
		{ 128 * MiB, 0, 0x1000, ET_EXEC, 0, 1, true },
		{ 128 * MiB, 0, 0x1000, ET_DYN, 1, 2048, true },
		{ 128 * MiB, 0x10000, 0x1000, ET_EXEC, 1 * MiB, 8, true },
		{ 128 * MiB, 64 * MiB, 32 * MiB, ET_EXEC, 16 * MiB, 1, true },
		{ 3 * GiB, 2 * GiB, 32 * MiB, ET_EXEC, 16 * MiB, 4, true },
		{ 3 * GiB, 1 * GiB - 16 * MiB, 32 * MiB, ET_EXEC, 16 * MiB, 4, true },
		{ 3 * GiB, 1 * GiB - 1 * MiB, 1 * MiB - 64 * KiB, ET_EXEC, 16 * MiB, 4, true },
		{ 3 * GiB, 0, 40 * MiB, ET_EXEC, 400 * MiB, 4, true },
		{ 128 * MiB, 0, 120 * MiB, ET_EXEC, 20 * MiB, 1, false },
		{ 128 * MiB, 0, 127 * MiB + 960 * KiB, ET_EXEC, 0, 1, false },
		{ 128 * MiB, 0, 1 * MiB, ET_EXEC, 127 * MiB, 1, false },
		{ 3 * GiB, 0, 1 * GiB, ET_EXEC, 0, 1, false }, /* nothing below 1 GiB is free */
		{ 3 * GiB, 512 * KiB, 1 * GiB, ET_EXEC, 0, 1, false },
	};

	return cr_make_param_array(struct plan_case, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct plan_case *p, boot, parts_lie_apart)
{
	struct elf_spec spec = kernel(p->paddr, p->kernel, p->type);
	struct boot_plan plan;
	int r;

	snprintf(initrd, sizeof(initrd), "%s/initrd", fx.dir);
	if (p->initrd)
		sparse_file(initrd, p->initrd);
	elf_write(fx.path, &spec);
	fx_ram(p->ram);
	r = load(&plan, fx.path, p->initrd ? initrd : NULL, p->ncpus);
	unlink(initrd);
	cr_assert(eq(int, r == 0, p->fits), "%s", said_last());
	cr_assert(eq(int, said_lines(), !p->fits));
	if (!p->fits) {
		cr_assert(said("raise machine.memory"), "%s", said_last());
		return;
	}
	cr_assert(eq(u64, plan.initrd_end - plan.initrd, p->initrd));
	check(&plan, p->ram, p->ncpus);
}

static uint64_t random_below(uint64_t *state, uint64_t n)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state % n;
}

/* Sizes at random: the plan is right; or a line says that it does not fit, and it nearly fills RAM. */
Test(boot, any_sizes_make_a_good_plan_or_none)
{
	uint64_t s = 0x9e3779b97f4a7c15, fits = 0;

	snprintf(initrd, sizeof(initrd), "%s/initrd", fx.dir);
	for (int i = 0; i < 150; i++) {
		uint64_t ram = (128 + random_below(&s, 3000)) * MiB;
		uint64_t size = 0x1000 + random_below(&s, i & 1 ? 64 * MiB : ram);
		bool dyn = random_below(&s, 2), high = random_below(&s, 2);
		uint64_t room = ram > size ? ram - size : 1;
		uint64_t paddr = dyn || !high ? 0 : ALIGN_DOWN(random_below(&s, room), 64 * KiB);
		uint64_t rd = random_below(&s, 3) ? random_below(&s, 12 * MiB) : 0;
		uint32_t ncpus = 1 + (uint32_t)random_below(&s, 64);
		struct elf_spec spec = kernel(paddr, size, dyn ? ET_DYN : ET_EXEC);
		struct boot_plan plan;

		elf_write(fx.path, &spec);
		sparse_file(initrd, rd);
		fx_ram(ram);
		if (load(&plan, fx.path, rd ? initrd : NULL, ncpus) < 0) {
			cr_assert(eq(int, said_lines(), 1));
			continue;
		}
		cr_assert(eq(int, said_lines(), 0));
		check(&plan, ram, ncpus);
		fits++;
	}
	unlink(initrd);
	cr_assert(gt(u64, fits, 75));
}

Test(boot, what_fits_easily_is_never_refused)
{
	uint64_t s = 42;

	snprintf(initrd, sizeof(initrd), "%s/initrd", fx.dir);
	for (int i = 0; i < 60; i++) {
		uint64_t size = 0x1000 + random_below(&s, 40 * MiB),
			 rd = random_below(&s, 16 * MiB);
		struct elf_spec spec = kernel(0, size, random_below(&s, 2) ? ET_DYN : ET_EXEC);
		struct boot_plan plan;

		elf_write(fx.path, &spec);
		sparse_file(initrd, rd + 1);
		fx_ram(128 * MiB);
		cr_assert(eq(int, load(&plan, fx.path, initrd, 8), 0), "%s", said_last());
		check(&plan, 128 * MiB, 8);
	}
	unlink(initrd);
}
