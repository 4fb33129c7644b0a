/* SPDX-License-Identifier: BSD-2-Clause */
/* kernel.c and unpack.c: kernels as they come, and every way of being packed wrong. */
#include "tests/unit/firmware/fixture.h"
#include "tests/unit/firmware/pack.h"

#include "firmware/kernel.h"

#define RAM (32 * MiB)
#define SIZE ((size_t)64 * KiB)

static uint8_t plain[64 * 1024];
static size_t plain_len;

static void setup(void)
{
	fx_setup();
	fx_ram(RAM);
	plain_len = elf_build(plain, sizeof(plain), &elf_tiny);
}

TestSuite(kernel, .init = setup, .fini = fx_teardown, .timeout = 60);

static int open_kernel(struct image_file *f, uint64_t limit)
{
	int r = image_open(f, fx.path, "kernel");

	return r < 0 ? r : kernel_unpack(f, limit);
}

static int load_file(size_t len, uint64_t limit, struct image *img)
{
	struct image_file f;
	int r;

	file_write(fx.path, file, len);
	said_forget();
	r = open_kernel(&f, limit);
	if (r == 0)
		r = image_load_kernel(&fx.mem, &f, img);
	if (r == 0) /* once more, as a reboot does, when the file is another */
		file_write(fx.path, "#!", 2);
	if (r == 0) {
		memset(fx.ram, 0, 0x3000);
		r = image_load_kernel(&fx.mem, &f, img);
	}
	image_close(&f);
	return r;
}

static void is_loaded(const struct image *img)
{
	cr_assert(eq(u64, img->start, 0));
	cr_assert(eq(u64, img->end, 0x3000));
	cr_assert(memcmp(fx.ram, plain + 0x1000, 0x1000) == 0);
}

Test(kernel, gzip_xz_and_zstd_are_unpacked_once)
{
	struct image img;

	for (size_t i = 0; i < ARRAY_LEN(packers); i++) {
		cr_assert(eq(int, load_file(packers[i](plain, plain_len), RAM, &img), 0), "%s",
			  said_last());
		is_loaded(&img);
	}
}

/* A wrapper: an ELF file with the payload in a section, and the names of the sections. */
static size_t wrap(bool big_endian, bool is32, const uint8_t *payload, size_t len)
{
	static uint8_t out[sizeof(file)];
	static const char names[] = "\0.text\0.kernel:vmlinux.strip\0.shstrtab";
	struct elf_spec spec = {
		.big_endian = big_endian,
		.is32 = is32,
		.entry = 0x400000,
		.segments = { { PT_LOAD, 0x1000, 0x400000, 0x400000, 0x1000 + len, 0x1000 + len } },
		.nsegments = 1,
	};
	size_t at = 0x2000, names_at = ALIGN_UP(at + len, 8), table = names_at + 64;
	size_t each = is32 ? sizeof(Elf32_Shdr) : sizeof(Elf64_Shdr);
	const uint64_t sections[4][3] = {
		{ 0, 0, 0 }, { 1, 0x1000, 0x1000 }, { 7, at, len }, { 29, names_at, sizeof(names) }
	};

	memset(out, 0, sizeof(out));
	elf_build(out, sizeof(out), &spec);
	memcpy(out + at, payload, len);
	memcpy(out + names_at, names, sizeof(names));
#define PUT16(p, v) (big_endian ? be16_store(p, v) : le16_store(p, v))
#define PUT32(p, v) (big_endian ? be32_store(p, v) : le32_store(p, v))
#define PUT64(p, v) (big_endian ? be64_store(p, v) : le64_store(p, v))
	for (size_t i = 0; i < 4; i++) {
		uint8_t *s = out + table + i * each;

		PUT32(s, (uint32_t)sections[i][0]);
		if (is32) {
			PUT32(s + 16, (uint32_t)sections[i][1]);
			PUT32(s + 20, (uint32_t)sections[i][2]);
		} else {
			PUT64(s + 24, sections[i][1]);
			PUT64(s + 32, sections[i][2]);
		}
	}
	if (is32)
		PUT32(out + 32, (uint32_t)table);
	else
		PUT64(out + 40, table);
	PUT16(out + (is32 ? 46 : 58), (uint16_t)each);
	PUT16(out + (is32 ? 48 : 60), 4);
	PUT16(out + (is32 ? 50 : 62), 3);
	memcpy(file, out, sizeof(file));
	return table + 4 * each;
}

Test(kernel, a_zimage_of_either_class_holds_a_kernel)
{
	static uint8_t packed[sizeof(file)];
	struct image img;

	for (int kind = 0; kind < 8; kind++) {
		size_t n = kind & 4 ? plain_len : pack_gzip(plain, plain_len);

		memcpy(packed, kind & 4 ? plain : file, n);
		n = wrap(kind & 1, kind & 2, packed, n);
		cr_assert(eq(int, load_file(n, RAM, &img), 0), "%d: %s", kind, said_last());
		is_loaded(&img);
	}
}

Test(kernel, a_zimage_may_be_packed_itself)
{
	static uint8_t packed[sizeof(file)];
	struct image img;
	size_t n = pack_xz(plain, plain_len);

	memcpy(packed, file, n);
	n = wrap(false, false, packed, n);
	memcpy(packed, file, n);
	cr_assert(eq(int, load_file(pack_gzip(packed, n), RAM, &img), 0), "%s", said_last());
	is_loaded(&img);
}

static int file_is_bare(void)
{
	struct image_file f;
	int r = image_open(&f, fx.path, "kernel");

	cr_assert(eq(int, r, 0));
	r = kernel_is_bare(&f);
	image_close(&f);
	return r;
}

/* Linked at @vaddr. */
static bool is_bare(uint16_t type, uint64_t vaddr, bool big_endian)
{
	struct elf_spec spec = elf_tiny;

	spec.type = type;
	spec.big_endian = big_endian;
	spec.segments[0].vaddr = spec.entry = vaddr;
	elf_write(fx.path, &spec);
	return file_is_bare() == 1;
}

Test(kernel, a_program_that_is_linked_at_0_and_runs_anywhere_is_bare)
{
	size_t len = wrap(false, false, plain, plain_len);

	file_write(fx.path, file, len);
	cr_assert(eq(int, file_is_bare(), 0), "a zImage");
	cr_assert(not(is_bare(ET_DYN, elf_tiny.entry, false)), "Linux, relocatable");
	cr_assert(is_bare(ET_DYN, 0, false));
	cr_assert(is_bare(ET_DYN, 0, true));
	cr_assert(not(is_bare(ET_EXEC, 0, false)));
	file[offsetof(Elf64_Ehdr, e_type)] = ET_DYN;
	file_write(fx.path, file, len);
	cr_assert(eq(int, file_is_bare(), 0), "a zImage that runs anywhere");
}

Test(kernel, a_32_bit_elf_without_a_payload_is_named)
{
	struct image img;
	size_t n = wrap(true, true, plain, plain_len);

	file[n - 2 * sizeof(Elf32_Shdr) + 3] = 8; /* another name */
	cr_assert(eq(int, load_file(n, RAM, &img), -ENOEXEC));
	cr_assert(said("is a 32-bit ELF (a zImage?): give the vmlinux inside"), "%s", said_last());
}

Test(kernel, a_wrapper_that_lies_is_no_wrapper)
{
	struct image img;

	for (size_t at = 0x20; at < 0x34; at++)
		for (int value = 0; value < 256; value += 51) {
			size_t n = wrap(true, true, plain, plain_len);

			file[at] = (uint8_t)value;
			load_file(n, RAM, &img); /* of either result; nothing is left open */
		}
}

Test(kernel, each_byte_short_or_changed_is_an_error_or_loads)
{
	static uint8_t kept[sizeof(file)];
	struct image img;

	for (size_t i = 0; i < ARRAY_LEN(packers); i++) {
		size_t n = packers[i](plain, plain_len);

		memcpy(kept, file, n);
		for (size_t cut = 8; cut < n; cut += n / 5) {
			cr_assert(eq(int, load_file(n - cut, RAM, &img), -ENOEXEC), "%zu: %zu", i,
				  cut);
			cr_assert(eq(int, said_lines(), 1));
		}
		for (size_t at = 6; at < n; at += n / 5) {
			memcpy(file, kept, n);
			file[at] ^= 0x55;
			load_file(n, RAM, &img);
		}
	}
}

Test(kernel, more_than_ram_does_not_come_out)
{
	static uint8_t zeros[64 * 1024];
	struct image img;

	memcpy(zeros, plain, plain_len);
	for (size_t i = 0; i < ARRAY_LEN(packers); i++) {
		size_t n = packers[i](zeros, sizeof(zeros));

		cr_assert(eq(int, load_file(n, sizeof(zeros) - 1, &img), -EFBIG));
		cr_assert(eq(int, said_lines(), 1));
		cr_assert(said("unpacks to more than the guest's RAM"), "%s", said_last());
		n = packers[i](zeros, sizeof(zeros));
		cr_assert(eq(int, load_file(n, sizeof(zeros), &img), 0), "%s", said_last());
	}
}

Test(kernel, each_call_may_fail)
{
	size_t n = pack_zstd(plain, plain_len);
	struct image_file f;
	int r = -1;

	file_write(fx.path, file, n);
	for (unsigned int i = 1; r < 0; i++) {
		said_forget();
		fake_fail_nth(i, -EIO);
		r = open_kernel(&f, RAM);
		cr_assert(eq(int, said_lines(), r < 0), "%u: %d lines", i, said_lines());
		image_close(&f);
		cr_assert(eq(int, fake_open_fds(), 0));
	}
	fake_fail_nth(0, 0);
}
