/* SPDX-License-Identifier: BSD-2-Clause */
/* image.c: kernels that are right, and every way of being wrong: one line, an error, no crash. */
#include "tests/unit/firmware/fixture.h"

#include "firmware/image.h"

TestSuite(image, .init = fx_setup, .fini = fx_teardown, .timeout = 60);

#define RAM (32 * MiB)
#define DYN (4 * MiB)

static int load(const struct elf_spec *spec, struct image *img)
{
	elf_write(fx.path, spec);
	fx_ram(RAM);
	return fx_kernel(fx.path, img);
}

struct good {
	bool big_endian;
	uint16_t type;
	uint64_t paddr, vaddr, entry;
	gpa_t start, at; /* of the image, and its entry */
};

ParameterizedTestParameters(image, kernels_of_either_endianness_go_where_they_belong)
{
	static struct good cases[] = {
		{ false, ET_EXEC, 0, 0xc000000000000000, 0xc000000000000000, 0, 0 },
		{ true, ET_EXEC, 0, 0xc000000000000000, 0xc000000000000100, 0, 0x100 },
		{ false, ET_EXEC, 0x400000, 0xc000000000400000, 0xc000000000400004, 0x400000,
		  0x400004 },
		{ false, ET_DYN, 0, 0xc000000000000000, 0xc000000000000000, DYN, DYN },
		{ true, ET_DYN, 0, 0, 0x20, DYN, DYN + 0x20 },
		{ false, ET_DYN, 0x10000, 0x10000, 0x10000, DYN + 0x10000, DYN + 0x10000 },
	};

	return cr_make_param_array(struct good, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct good *p, image, kernels_of_either_endianness_go_where_they_belong)
{
	struct elf_spec spec = {
		.big_endian = p->big_endian,
		.type = p->type,
		.entry = p->entry,
		.segments = { { PT_NOTE, 0x100, p->vaddr, UINT64_MAX, 8, 8 },
			      { PT_LOAD, 0x1000, p->vaddr, p->paddr, 0x2345, 0x4000 } },
		.nsegments = 2,
	};
	struct image img;

	cr_assert(eq(int, load(&spec, &img), 0), "%s", said_last());
	cr_assert(eq(int, img.little_endian, !p->big_endian));
	cr_assert(eq(u64, img.start, p->start));
	cr_assert(eq(u64, img.end, p->start + 0x4000));
	cr_assert(eq(u64, img.entry, p->at));
	for (uint64_t i = 0; i < 0x4000; i++)
		cr_assert(eq(u8, fx.ram[p->start + i], i < 0x2345 ? elf_byte(0x1000 + i) : 0));
	cr_assert(eq(int, said_lines(), 0));
}

Test(image, segments_in_any_order_make_one_image)
{
	struct elf_spec spec = {
		.entry = 0x300010,
		.segments = { { PT_LOAD, 0x3000, 0x300000, 0x300000, 0x100, 0x200 },
			      { PT_LOAD, 0x1000, 0x100000, 0x100000, 0x100, 0x100 },
			      { PT_LOAD, 0x2000, 0x200000, 0x200000, 0, 0x1000 },
			      { PT_LOAD, 0, 0x500000, 0xffffffff00000000, 0, 0 } }, /* empty */
		.nsegments = 4,
	};
	struct image img;

	cr_assert(eq(int, load(&spec, &img), 0), "%s", said_last());
	cr_assert(all(eq(u64, img.start, 0x100000), eq(u64, img.end, 0x300200),
		      eq(u64, img.entry, 0x300010)));
}

Test(image, the_last_byte_of_ram_is_usable)
{
	struct elf_spec spec = elf_tiny;
	struct image img;

	spec.segments[0].paddr = RAM - 0x3000;
	cr_assert(eq(int, load(&spec, &img), 0), "%s", said_last());
	spec.segments[0].paddr = RAM - 0x2fff;
	cr_assert(eq(int, load(&spec, &img), -EFBIG));
	cr_assert(said("needs guest RAM up to 33 MiB, there are 32 MiB: raise machine.memory"),
		  "%s", said_last());
}

struct bad_segment {
	struct elf_segment s;
	int result;
	char said[48];
};

ParameterizedTestParameters(image, segments_near_the_end_of_all_numbers_are_refused)
{
	static struct bad_segment cases[] = {
		{ { 1, 0x1000, 0, UINT64_MAX, 0, 1 }, -ENOEXEC, "corrupt segments" },
		{ { 1, 0x1000, 0, UINT64_MAX - 0xfff, 0x1000, 0x1000 },
		  -ENOEXEC,
		  "corrupt segments" },
		{ { 1, 0x1000, 0, 0, 0, UINT64_MAX }, -ENOEXEC, "corrupt segments" },
		{ { 1, 0x1000, 0, 0x1000, 0, UINT64_MAX - 0xfff }, -ENOEXEC, "corrupt segments" },
		{ { 1, 0x1000, 0, 1ull << 62, 0, 0x1000 }, -EFBIG, "raise machine.memory" },
		{ { 1, 0x1000, 0, 0, 0x1000, 0x800 }, -ENOEXEC, "corrupt segments" },
		{ { 1, UINT64_MAX, 0, 0, 0x1000, 0x1000 }, -ENOEXEC, "corrupt segments" },
		{ { 1, 1ull << 63, 0, 0, 0x1000, 0x1000 }, -ENOEXEC, "corrupt segments" },
		{ { 1, UINT64_MAX - 0x7ff, 0, 0, 0x1000, 0x1000 }, -ENOEXEC, "corrupt segments" },
		{ { 1, 1ull << 40, 0, 0, 0x1000, 0x1000 }, -ENODATA, "is cut short" },
		{ { 1, 0x1000, 0, RAM, 0, 1 }, -EFBIG, "raise machine.memory" },
		{ { 1, 0x1000, UINT64_MAX, 0, 0, 1 }, -ENOEXEC, "an entry outside" },
		{ { 2, 0x1000, 0, 0, 0x1000, 0x1000 }, -ENOEXEC, "corrupt segments" },
	};

	return cr_make_param_array(struct bad_segment, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct bad_segment *p, image, segments_near_the_end_of_all_numbers_are_refused)
{
	struct elf_spec spec = { .segments = { p->s }, .nsegments = 1 };
	struct image img;

	cr_assert(eq(int, load(&spec, &img), p->result), "%s", said_last());
	cr_assert(eq(int, said_lines(), 1));
	cr_assert(said(p->said), "%s", said_last());
	cr_assert(said(fx.path), "%s", said_last());
}

struct bad_header {
	size_t offset, size;
	uint64_t value;
	char said[64];
};

#define AT(member) offsetof(Elf64_Ehdr, member), sizeof(((Elf64_Ehdr *)0)->member)

ParameterizedTestParameters(image, a_wrong_field_of_the_header_is_named)
{
	static struct bad_header cases[] = {
		{ 0, 1, 0x7e, "is no ELF file: give the vmlinux" },
		{ 1, 2, 0, "is no ELF file" },
		{ 0, 2, 0x8b1f, "is gzip data: unpack it with gunzip" },
		{ EI_CLASS, 1, ELFCLASS32, "is a 32-bit ELF (a zImage?)" },
		{ EI_CLASS, 1, 0, "has a corrupt ELF header" },
		{ EI_DATA, 1, 0, "has a corrupt ELF header" },
		{ EI_DATA, 1, 3, "has a corrupt ELF header" },
		{ EI_DATA, 1, ELFDATA2MSB, "is an ELF for another architecture" },
		{ AT(e_machine), EM_X86_64, "is an ELF for another architecture" },
		{ AT(e_type), ET_REL, "is no executable ELF" },
		{ AT(e_type), ET_CORE, "is no executable ELF" },
		{ AT(e_phentsize), 32, "has a corrupt program header table" },
		{ AT(e_phnum), 0, "has a corrupt program header table" },
		{ AT(e_phnum), 65, "has a corrupt program header table" },
		{ AT(e_phnum), 0xffff, "has a corrupt program header table" },
		{ AT(e_phoff), UINT64_MAX, "corrupt" },
		{ AT(e_phoff), 1ull << 63, "corrupt" },
		{ AT(e_phoff), 1ull << 40, "is cut short" },
		{ AT(e_entry), 0x12345678, "an entry outside" },
	};

	return cr_make_param_array(struct bad_header, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct bad_header *p, image, a_wrong_field_of_the_header_is_named)
{
	static uint8_t file[64 * KiB];
	size_t len = elf_build(file, sizeof(file), &elf_tiny);
	struct image img;

	for (size_t i = 0; i < p->size; i++)
		file[p->offset + i] = (uint8_t)(p->value >> (8 * i));
	file_write(fx.path, file, len);
	fx_ram(RAM);
	cr_assert(lt(int, fx_kernel(fx.path, &img), 0));
	cr_assert(eq(int, said_lines(), 1));
	cr_assert(said(p->said), "%s", said_last());
	cr_assert(said(fx.path), "%s", said_last());
}

/* Every byte of the headers turned around: a kernel, or one line. */
Test(image, any_corruption_of_the_headers_is_survived)
{
	static uint8_t file[64 * KiB], copy[64 * KiB];
	size_t len = elf_build(file, sizeof(file), &elf_tiny);
	size_t headers = sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr);

	for (size_t i = 0; i < headers; i++) {
		static const uint8_t masks[] = { 0x01, 0x80, 0xff };

		for (size_t k = 0; k < sizeof(masks); k++) {
			struct image img;
			int r;

			memcpy(copy, file, len);
			copy[i] ^= masks[k];
			file_write(fx.path, copy, len);
			fx_ram(RAM);
			r = fx_kernel(fx.path, &img);
			cr_assert(eq(int, said_lines(), r < 0), "byte %zu: %s", i, said_last());
			if (r == 0)
				cr_assert(all(le(u64, img.end, RAM), lt(u64, img.start, img.end),
					      ge(u64, img.entry, img.start),
					      lt(u64, img.entry, img.end)),
					  "byte %zu", i);
		}
	}
}

Test(image, a_kernel_that_is_cut_anywhere_is_refused)
{
	static uint8_t file[64 * KiB];
	size_t len = elf_build(file, sizeof(file), &elf_tiny);

	for (size_t cut = 0; cut < len; cut += cut < 200 ? 1 : 61) {
		struct image img;

		file_write(fx.path, file, cut);
		fx_ram(RAM);
		cr_assert(lt(int, fx_kernel(fx.path, &img), 0), "%zu bytes", cut);
		cr_assert(eq(int, said_lines(), 1), "%zu bytes", cut);
	}
}

Test(image, what_is_no_file_is_said)
{
	struct image img;
	uint64_t size;

	fx_ram(RAM);
	cr_assert(eq(int, fx_kernel(fx.path, &img), -ENOENT));
	cr_assert(said("No such file or directory: correct boot.kernel"), "%s", said_last());
	cr_assert(eq(int, fx_kernel(fx.dir, &img), -EISDIR));
	cr_assert(said("is a directory, not a file"), "%s", said_last());
	file_write(fx.path, "", 0);
	cr_assert(eq(int, fx_kernel(fx.path, &img), -ENODATA));
	cr_assert(said("the file is empty"), "%s", said_last());
	cr_assert(eq(int, fx_file("/nonexistent", 0, &size), -ENOENT));
	cr_assert(said("initrd /nonexistent: No such file or directory: correct boot.initrd"), "%s",
		  said_last());
}

Test(image, a_plain_file_ends_with_the_last_byte_of_ram)
{
	uint8_t data[300];
	uint64_t size = 0;

	memset(data, 0x77, sizeof(data));
	file_write(fx.path, data, sizeof(data));
	fx_ram(RAM);
	cr_assert(eq(int, fx_file(fx.path, RAM - 300, &size), 0));
	cr_assert(eq(u64, size, 300));
	cr_assert(eq(u8, fx.ram[RAM - 1], 0x77));
	cr_assert(eq(u8, fx.ram[RAM - 301], 0));
	cr_assert(eq(int, fx_file(fx.path, RAM - 299, &size), -EFBIG));
	cr_assert(said("raise machine.memory"), "%s", said_last());
}

Test(image, an_error_of_the_disk_is_an_error)
{
	struct image img;
	int r;

	elf_write(fx.path, &elf_tiny);
	for (unsigned int n = 1;; n++) {
		fx_ram(RAM);
		fake_fail_nth(n, -EIO);
		r = fx_kernel(fx.path, &img);
		cr_assert(eq(int, fake_open_fds(), 0));
		if (!fake_has_failed())
			break;
		if (r == 0) { /* advice, for speed alone */
			cr_assert(eq(int, fake_count("madvise 23 = -5"), 1), "call %u", n);
			cr_assert(eq(int, said_lines(), 0), "call %u", n);
			continue;
		}
		cr_assert(lt(int, r, 0), "call %u", n);
		cr_assert(eq(int, said_lines(), 1), "call %u", n);
	}
	cr_assert(eq(int, r, 0));
}
