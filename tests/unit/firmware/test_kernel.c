/* SPDX-License-Identifier: BSD-2-Clause */
/* kernel.c and unpack.c: kernels as they come, and every way of being packed wrong. */
#include "tests/unit/firmware/fixture.h"
#include "tests/unit/firmware/pack.h"

#include "firmware/kernel.h"

#include <sys/wait.h>

#define RAM (32 * MiB)

static uint8_t plain[64 * 1024];
static size_t plain_len;

static void setup(void)
{
	fx_setup();
	fx_ram(RAM);
	plain_len = elf_build(plain, sizeof(plain), &elf_tiny);
}

TestSuite(kernel, .init = setup, .fini = fx_teardown, .timeout = 60);

static struct kernel_unpacking how;

static int open_kernel(struct image_file *f, uint64_t ram)
{
	int r = image_open(f, fx.path, "kernel");

	how.ram = ram;
	return r < 0 ? r : kernel_unpack(f, &how);
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
	static const char names[] = "\0.text\0.kernel:vmlinux.strip\0.shstrtab\0.kernel:initrd";
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

/* The name of the first section of a wrapper of @n bytes. */
static void name_section(size_t n, uint8_t offset)
{
	file[n - 3 * sizeof(Elf64_Shdr)] = offset;
}

Test(kernel, an_initrd_in_a_zimage_that_nobody_gives_is_told)
{
	struct image img;
	size_t n = wrap(false, false, plain, plain_len);

	cr_assert(eq(int, load_file(n, RAM, &img), 0));
	cr_assert(not(said("initrd")), "%s", said_all());
	name_section(n, 39);
	cr_assert(eq(int, load_file(n, RAM, &img), 0));
	cr_assert(said("the initrd inside it is not used: give it by boot.initrd"), "%s",
		  said_all());
	how.has_initrd = true;
	cr_assert(eq(int, load_file(n, RAM, &img), 0));
	cr_assert(not(said("initrd")), "%s", said_all());
}

/* What is in file[], in gzip @times times: the length there. */
static size_t pack_again(size_t n, int times)
{
	static uint8_t kept[sizeof(file)];

	for (; times > 0; times--) {
		memcpy(kept, file, n);
		n = pack_gzip(kept, n);
	}
	return n;
}

Test(kernel, three_layers_are_taken_off_and_a_fourth_is_told)
{
	struct image img;

	memcpy(file, plain, plain_len);
	cr_assert(eq(int, load_file(pack_again(plain_len, 3), RAM, &img), 0), "%s", said_last());
	is_loaded(&img);
	memcpy(file, plain, plain_len);
	cr_assert(eq(int, load_file(pack_again(plain_len, 4), RAM, &img), -ENOEXEC));
	cr_assert(said("is packed more than 3 times: unpack it"), "%s", said_last());
	cr_assert(eq(int, said_lines(), 1), "%s", said_all());
}

Test(kernel, the_layers_of_a_file_share_one_limit)
{
	static uint8_t packed[sizeof(file)];
	size_t inner = pack_gzip(plain, plain_len), n, sum;
	struct image img;

	memcpy(packed, file, inner);
	n = wrap(false, false, packed, inner);
	sum = n + plain_len;
	n = pack_again(n, 1);
	memcpy(packed, file, n);
	cr_assert(eq(int, load_file(n, sum - 1, &img), -EFBIG));
	cr_assert(said("unpacks, layer by layer, to more than the guest's RAM"), "%s", said_last());
	memcpy(file, packed, n);
	cr_assert(eq(int, load_file(n, sum, &img), 0), "%s", said_last());
}

/* A payload that is not packed tells its size beforehand. */
Test(kernel, however_much_ram_there_is_a_kernel_has_1_gib_at_most)
{
	struct image_file f;
	size_t n = wrap(false, false, plain, plain_len);

	le64_store(file + n - 2 * sizeof(Elf64_Shdr) + 32, KERNEL_MOST + 1);
	file_write(fx.path, file, n);
	cr_assert(eq(int, truncate(fx.path, 2 * KERNEL_MOST), 0));
	cr_assert(eq(int, open_kernel(&f, 16 * KERNEL_MOST), -EFBIG));
	cr_assert(said("unpacks to more than 1024 MiB, the most that a kernel may have: "
		       "give one without debug information"),
		  "%s", said_last());
	image_close(&f);
}

/* The bytes of a file in memory, which stays with the guest. */
static uint64_t kept_size(size_t n)
{
	struct image_file f;
	uint64_t size;

	file_write(fx.path, file, n);
	cr_assert(eq(int, open_kernel(&f, RAM), 0), "%s", said_last());
	cr_assert(eq(int, image_size(&f), 0));
	size = f.size;
	cr_assert(lt(long, pwrite(f.fd, "x", 1, 0), 0));
	cr_assert(lt(int, ftruncate(f.fd, (off_t)size + 1), 0));
	cr_assert(lt(int, ftruncate(f.fd, 0), 0));
	image_close(&f);
	return size;
}

Test(kernel, what_is_not_loaded_is_not_kept)
{
	static uint8_t large[1024 * 1024];
	struct elf_spec spec = elf_tiny;
	struct image img;

	memcpy(large, plain, plain_len);
	cr_assert(eq(u64, kept_size(pack_zstd(large, sizeof(large))), plain_len));
	cr_assert(eq(int, load_file(pack_zstd(large, sizeof(large)), RAM, &img), 0));
	is_loaded(&img);
	spec.segments[0].filesz = sizeof(large); /* cut short, so nothing is known of its end */
	elf_build(large, plain_len, &spec);
	cr_assert(eq(u64, kept_size(pack_zstd(large, sizeof(large) - 1)), sizeof(large) - 1));
	spec.phoff = plain_len - 1;
	elf_build(large, plain_len, &spec);
	cr_assert(eq(u64, kept_size(pack_zstd(large, plain_len)), plain_len));
	memcpy(large, "#!", 2);
	cr_assert(eq(int, load_file(pack_zstd(large, sizeof(large)), RAM, &img), -ENOEXEC));
	cr_assert(said("is a script"), "%s", said_last());
}

static int asked;

static bool stop_soon(void)
{
	return ++asked > 1;
}

Test(kernel, who_does_not_want_it_any_more_does_not_wait)
{
	static uint8_t large[1024 * 1024]; /* many pieces, for each of which it is asked */
	struct image img;
	size_t n;

	memcpy(large, plain, plain_len);
	n = pack_gzip(large, sizeof(large));
	how.stop = stop_soon;
	cr_assert(eq(int, load_file(n, RAM, &img), -ECANCELED));
	cr_assert(eq(int, asked, 2));
	cr_assert(eq(int, said_lines(), 0), "%s", said_all());
	cr_assert(lt(int, waitpid(-1, NULL, WNOHANG), 0), "the process is gone");
}

Test(kernel, a_look_at_it_is_quiet)
{
	struct image img;

	how.quiet = true;
	cr_assert(eq(int, load_file(pack_gzip(plain, plain_len) - 1, RAM, &img), -ENOEXEC));
	cr_assert(eq(int, said_lines(), 0), "%s", said_all());
}

Test(kernel, what_needs_more_memory_than_there_is_for_it_is_told)
{
	struct image img;

	cr_assert(eq(int, load_file(pack_zstd_wide(18), RAM, &img), -ENOEXEC));
	cr_assert(said("its zstd data needs more than 128 MiB of memory to be unpacked: "
		       "pack it with a smaller window (zstd without --long)"),
		  "%s", said_last());
	cr_assert(eq(int, load_file(pack_xz_wide(plain, plain_len, 31), RAM, &img), -ENOEXEC));
	cr_assert(said("its xz data needs more than 128 MiB of memory to be unpacked: "
		       "pack it with a smaller dictionary (xz -9 or less)"),
		  "%s", said_last());
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
