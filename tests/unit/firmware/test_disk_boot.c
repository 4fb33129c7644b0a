/* SPDX-License-Identifier: BSD-2-Clause */
/* disk_boot.c and its parts: disks that boot, and every lie on one: a line, and no byte outside it. */
#include "tests/unit/firmware/fixture.h"

#include "firmware/disk.h"
#include "tests/fake/disk_image.h"

#define RAM (32 * MiB)
#define LIMIT (24 * MiB)
#define SIZE (1 * MiB)
#define AT 0x200000ULL
#define PREP (512 * KiB) /* of the partition, behind what an ISO uses */

static struct disk_image img;
static struct fw_disk disk;
static struct fw_client client;

static void setup(void)
{
	fx_setup();
	fx_ram(RAM);
	img = (struct disk_image){ .bytes = calloc(1, SIZE), .size = SIZE };
	disk = disk_of(&img);
}

static void teardown(void)
{
	free(img.bytes);
	fx_teardown();
}

TestSuite(disk_boot, .init = setup, .fini = teardown, .timeout = 60);

/* GRUB's form: big-endian, 32 bits, two segments, a note. */
static struct elf_spec grub(void)
{
	return (struct elf_spec){
		.big_endian = true,
		.is32 = true,
		.entry = AT,
		.segments = { { PT_LOAD, 0x100, AT, AT, 0x1000, 0x3000 },
			      { PT_LOAD, 0x1100, AT + 0x4000, AT + 0x4000, 0x800, 0x800 },
			      { PT_NOTE, 0x1900, 0, 0, 0x10, 0 } },
		.nsegments = 3,
	};
}

static size_t put_elf(uint64_t off, const struct elf_spec *spec)
{
	return elf_build(img.bytes + off, img.size - off, spec);
}

static void prep(const struct elf_spec *spec)
{
	mbr_put(&img, 0, 1, 0x41, PREP / 512, 512);
	put_elf(PREP, spec);
}

static void no_prep(void)
{
	mbr_put(&img, 0, 1, 0, 0, 0);
}

static int load(void)
{
	said_forget();
	return disk_boot_load(&fx.mem, &disk, LIMIT, &client);
}

/* What fx.ram should hold of the program at @off of the disk. */
static void loaded(const struct elf_spec *spec, uint64_t off, uint64_t bias)
{
	for (size_t i = 0; i < spec->nsegments; i++) {
		const struct elf_segment *s = &spec->segments[i];
		const uint8_t *is = fx.ram + s->paddr + bias;

		if (s->type != PT_LOAD)
			continue;
		cr_assert(memcmp(is, img.bytes + off + s->offset, s->filesz) == 0);
		for (uint64_t k = s->filesz; k < s->memsz; k++)
			cr_assert(is[k] == 0);
	}
}

Test(disk_boot, grub_from_a_prep_partition_of_an_mbr)
{
	struct elf_spec spec = grub();

	prep(&spec);
	memset(fx.ram + AT, 0xff, 0x4000); /* another disk was tried before */
	cr_assert(eq(int, load(), 0), "%s", said_last());
	cr_assert(eq(int, said_lines(), 0));
	loaded(&spec, PREP, 0);
	cr_assert(eq(u64, client.entry, AT));
	cr_assert(eq(u64, client.start, AT));
	cr_assert(eq(u64, client.end, AT + 0x4800));
	cr_assert(client.elf32 && !client.little_endian);
	cr_assert(eq(str, client.bootpath, "/pci@800000020000000/scsi@1:"));
	cr_assert(eq(str, client.bootargs, ""));
	cr_assert(eq(str, client.found, "PReP partition 2"));
}

Test(disk_boot, a_logical_prep_partition_is_found_in_the_chain)
{
	struct elf_spec spec = grub();

	mbr_put(&img, 0, 0, 0x83, 8, 8);
	mbr_put(&img, 0, 3, 0x05, 100, 1900);
	mbr_put(&img, 100, 0, 0x83, 1, 10);
	mbr_put(&img, 100, 1, 0x05, 50, 100);
	mbr_put(&img, 150, 0, 0x41, 2, 512);
	put_elf(152 * 512ULL, &spec);
	cr_assert(eq(int, load(), 0), "%s", said_last());
	loaded(&spec, 152 * 512ULL, 0);
}

Test(disk_boot, a_prep_partition_of_a_gpt_whose_entries_are_long)
{
	struct elf_spec spec = grub();

	gpt_begin(&img, 128, 256);
	gpt_put(&img, 0, 256, GPT_LINUX, 100, 200);
	gpt_put(&img, 127, 256, GPT_PREP, 300, 999);
	put_elf(300 * 512ULL, &spec);
	cr_assert(eq(int, load(), 0), "%s", said_last());
	loaded(&spec, 300 * 512ULL, 0);
}

Test(disk_boot, a_gpt_has_its_blocks_of_4_kib_where_the_disk_has)
{
	struct elf_spec spec = grub();
	uint8_t *h = img.bytes + 4096;

	disk.block_size = 4096;
	mbr_put(&img, 0, 0, 0xee, 1, 255);
	memcpy(h, "EFI PART", 8);
	le64_store(h + 72, 2);
	le32_store(h + 80, 4);
	le32_store(h + 84, 128);
	memcpy(img.bytes + 8192, GPT_PREP, 16);
	le64_store(img.bytes + 8192 + 32, 10);
	le64_store(img.bytes + 8192 + 40, 20);
	put_elf(40960, &spec);
	cr_assert(eq(int, load(), 0), "%s", said_last());
	loaded(&spec, 40960, 0);
}

static void iso(const char *script)
{
	static uint8_t program[64 * KiB];
	struct elf_spec spec = grub();
	size_t n = elf_build(program, sizeof(program), &spec);

	iso_make(&img, script, program, (uint32_t)n);
}

Test(disk_boot, an_iso_boots_what_its_bootinfo_names)
{
	struct elf_spec spec = grub();

	iso(ISO_SCRIPT);
	cr_assert(eq(int, load(), 0), "%s", said_last());
	loaded(&spec, ISO_PROGRAM * 2048ULL, 0);
	cr_assert(
		eq(str, client.bootpath, "/pci@800000020000000/scsi@1:,\\boot\\grub\\powerpc.elf"));
	cr_assert(eq(str, client.bootargs, ""));
	cr_assert(eq(str, client.found, "ISO 9660, \\boot\\grub\\powerpc.elf"));
}

struct script {
	const char *text, *path, *args; /* path NULL: none of these boots */
};

static void check_script(const struct script *p)
{
	char path[512];

	iso(p->text);
	cr_assert(eq(int, load(), p->path ? 0 : -ENOEXEC), "%s: %s", p->text, said_last());
	cr_assert(eq(int, said_lines(), !p->path));
	if (!p->path) {
		cr_assert(said("make it anew"), "%s", said_last());
		return;
	}
	snprintf(path, sizeof(path), "%s:,%s", disk.path, p->path);
	cr_assert(eq(str, client.bootpath, path));
	cr_assert(eq(str, client.bootargs, (char *)p->args));
}

Test(disk_boot, scripts_of_bootinfo)
{
	static const struct script cases[] = {
		{ "<BOOT-SCRIPT>\n boot &device;:1,\\boot\\grub/powerpc.elf  a b \n</BOOT-SCRIPT>",
		  "\\boot\\grub/powerpc.elf", "a b" },
		{ "<boot-script>boot &device;:boot\\grub\\POWERPC.elf; </boot-script>",
		  "boot\\grub\\POWERPC.elf;", "" },
		{ "<boot-script>boot &device;:,\\boot\\grub\\powerpc.elf",
		  "\\boot\\grub\\powerpc.elf", "" },
		{ "<boot-script>boot &device;:&partition;,\\boot\\grub\\powerpc.elf",
		  "\\boot\\grub\\powerpc.elf", "" },
		{ "<boot-script>boot &device;:&partition;</boot-script>", NULL, NULL },
		{ "<boot-script>boot &device;:\\boot\\grub</boot-script>", NULL, NULL },
		{ "<boot-script>boot &device;:\\boot\\grub\\powerpc.elf\\x</boot-script>", NULL,
		  NULL },
		{ "<boot-script>boot &device;:\\</boot-script>", NULL, NULL },
		{ "<boot-script>boot &device;:</boot-script>", NULL, NULL },
		{ "<boot-script>boot &device;:\\a\033[m</boot-script>", NULL, NULL },
		{ "<boot-script>boot cd:\\boot\\grub\\powerpc.elf</boot-script>", NULL, NULL },
		{ "&device;:\\boot\\grub\\powerpc.elf", NULL, NULL },
		{ "<boot-script>boot &device;:\\a\\b\\c\\d\\e\\f\\g\\h\\i\\j\\k</boot-script>",
		  NULL, NULL },
		{ "", NULL, NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		memset(img.bytes, 0, SIZE);
		check_script(&cases[i]);
	}
}

Test(disk_boot, names_and_scripts_that_are_too_long_are_refused)
{
	static char script[64 * KiB];

	snprintf(script, sizeof(script), "<boot-script>&device;:%0128d", 1);
	iso(script);
	cr_assert(eq(int, load(), -ENOEXEC));
	snprintf(script, sizeof(script), "<boot-script>&device;:\\boot\\grub\\powerpc.elf %0256d",
		 1);
	iso(script);
	cr_assert(eq(int, load(), -ENOEXEC));
}

Test(disk_boot, an_iso_without_bootinfo_may_have_a_prep_partition)
{
	struct elf_spec spec = grub();

	iso(ISO_SCRIPT);
	img.bytes[ISO_PPC * 2048 + 2 * 34 + 33] = 'X';
	cr_assert(eq(int, load(), -ENOENT), "%s", said_last());
	cr_assert(eq(int, said_lines(), 0));
	mbr_put(&img, 0, 0, 0x41, 1024, 512);
	put_elf(1024 * 512ULL, &spec);
	cr_assert(eq(int, load(), 0), "%s", said_last());
}

Test(disk_boot, disks_without_anything_to_boot_say_nothing)
{
	cr_assert(eq(int, load(), -ENOENT)); /* zeros */
	mbr_put(&img, 0, 0, 0x83, 64, 512);
	cr_assert(eq(int, load(), -ENOENT));
	gpt_begin(&img, 128, 128);
	gpt_put(&img, 0, 128, GPT_LINUX, 100, 200);
	cr_assert(eq(int, load(), -ENOENT));
	memset(img.bytes, 0, SIZE);
	mbr_put(&img, 0, 1, 0x05, 100, 100); /* nobody has made a logical partition yet */
	mbr_put(&img, 0, 2, 0x05, 300, 0);
	cr_assert(eq(int, load(), -ENOENT));
	img.size = disk.size = 0;
	cr_assert(eq(int, load(), -ENOENT));
	disk.block_size = 0;
	cr_assert(eq(int, load(), -ENOENT));
	cr_assert(eq(int, said_lines(), 0));
}

/* ---- lies: each makes one, of a disk that would boot ---- */

static void mbr_outside(void)
{
	mbr_put(&img, 0, 1, 0x41, 1024, 1025);
}

static void mbr_far(void)
{
	mbr_put(&img, 0, 1, 0x41, UINT32_MAX, UINT32_MAX);
}

static void chain_circle(void)
{
	mbr_put(&img, 0, 1, 0x0f, 100, 100);
	mbr_put(&img, 100, 1, 0x05, 10, 100);
	mbr_put(&img, 110, 1, 0x05, 10, 100);
}

static void chain_outside(void)
{
	mbr_put(&img, 0, 1, 0x85, 0xfffffff0, 100);
}

static void chain_nowhere(void)
{
	mbr_put(&img, 0, 1, 0x05, 100, 100);
	mbr_put(&img, 100, 1, 0x05, 10, 100);
}

static void mbr_of_no_blocks(void)
{
	mbr_put(&img, 0, 1, 0x41, PREP / 512, 0);
}

static void gpt(uint32_t n, uint32_t size)
{
	no_prep();
	gpt_begin(&img, n, size);
}

static void gpt_missing(void)
{
	no_prep();
	mbr_put(&img, 0, 0, 0xee, 1, 100);
}

static void gpt_missing_behind_another(void)
{
	mbr_put(&img, 0, 1, 0xee, 1, 100);
}

static void gpt_of_4_kib(void)
{
	gpt_missing();
	memcpy(img.bytes + 4096, "EFI PART", 8);
}

static void gpt_short_entries(void)
{
	gpt(128, 64);
}

static void gpt_table_outside(void)
{
	gpt(128, 128);
	le64_store(img.bytes + 512 + 72, UINT64_MAX / 256);
}

static void gpt_table_beyond_end(void)
{
	gpt(UINT32_MAX, 4096);
	le64_store(img.bytes + 512 + 72, 2040);
}

static void gpt_part_outside(void)
{
	gpt(128, 128);
	gpt_put(&img, 0, 128, GPT_PREP, 100, 2048);
}

static void gpt_part_far(void)
{
	gpt(128, 128);
	gpt_put(&img, 0, 128, GPT_PREP, UINT64_MAX / 2 - 9, UINT64_MAX / 2 - 1);
}

static void gpt_part_of_no_blocks(void)
{
	gpt(128, 128);
	gpt_put(&img, 3, 128, GPT_PREP, 100, 50);
}

static void gpt_part_without_end(void)
{
	gpt(128, 128);
	gpt_put(&img, 0, 128, GPT_PREP, 100, UINT64_MAX);
}

static void iso_blocks(void)
{
	no_prep();
	iso(ISO_SCRIPT);
	le16_store(img.bytes + 16 * 2048 + 128, 512);
}

static void iso_root_huge(void)
{
	no_prep();
	iso(ISO_SCRIPT);
	le32_store(img.bytes + 16 * 2048 + 156 + 10, UINT32_MAX);
}

static void iso_root_outside(void)
{
	no_prep();
	iso(ISO_SCRIPT);
	le32_store(img.bytes + 16 * 2048 + 156 + 2, UINT32_MAX);
}

static void iso_bootinfo_huge(void)
{
	no_prep();
	iso(ISO_SCRIPT);
	le32_store(img.bytes + ISO_PPC * 2048 + 2 * 34 + 10, 64 * KiB + 1);
}

static void iso_program_outside(void)
{
	no_prep();
	iso(ISO_SCRIPT);
	le32_store(img.bytes + ISO_GRUB * 2048 + 2 * 34 + 2, SIZE / 2048);
}

static void no_elf(void)
{
	img.bytes[PREP] = 0;
}

static void elf_class(void)
{
	img.bytes[PREP + EI_CLASS] = 3;
}

static void elf_data(void)
{
	img.bytes[PREP + EI_DATA] = 0;
}

static void with(void (*change)(struct elf_spec *))
{
	struct elf_spec spec = grub();

	change(&spec);
	prep(&spec);
}

#define WRONG(name, change)                                                                        \
	static void change_##name(struct elf_spec *s)                                              \
	{                                                                                          \
		change;                                                                            \
	}                                                                                          \
	static void name(void)                                                                     \
	{                                                                                          \
		with(change_##name);                                                               \
	}

WRONG(x86, s->machine = EM_386)
WRONG(sparc, s->machine = EM_SPARC)
WRONG(no_segments, s->nsegments = 0)
WRONG(no_entry, s->entry = 0x1000)
WRONG(file_longer_than_memory, s->segments[0].memsz = 0xfff)
WRONG(outside_the_file, s->segments[0].filesz = s->segments[0].memsz = 512 * 512)
WRONG(too_low, s->segments[0].paddr = 0x1ffff)
WRONG(too_high, s->segments[1].paddr = LIMIT - 0x7ff)
WRONG(too_long, s->segments[1].memsz = UINT32_MAX)
WRONG(table_outside, s->phoff = 512 * 512 - 64)

static void overlaps(void)
{
	struct elf_spec spec = grub();

	for (int i = 0; i < 3; i++)
		spec.segments[i] =
			(struct elf_segment){ PT_LOAD, 0x100, AT, AT, 0x100, LIMIT - AT - MiB };
	prep(&spec);
}

struct lie {
	const char *name, *line;
	void (*tell)(void);
};

#define LIE(name, line) { #name, line, name }

Test(disk_boot, a_disk_that_lies_costs_a_line)
{
	static const struct lie cases[] = {
		LIE(mbr_outside,
		    "warning: boot: disk0: partition 2 ends at block 2049, the disk has "
		    "2048: mend its partition table, or copy the image again"),
		LIE(mbr_far, "partition 2 ends at block 8589934590"),
		LIE(chain_circle, "more than 64 logical partitions, or a circle"),
		LIE(chain_outside, "logical partitions lead outside the disk, or nowhere"),
		LIE(chain_nowhere, "logical partitions lead outside the disk, or nowhere"),
		LIE(mbr_of_no_blocks, "partition 2 has no blocks: mend its partition table"),
		LIE(gpt_missing, "its MBR promises a GPT, and there is none"),
		LIE(gpt_missing_behind_another, "its MBR promises a GPT, and there is none"),
		LIE(gpt_of_4_kib, "its GPT is for blocks of 4096 bytes, the disk's are of 512: "
				  "give the loop device of \"losetup --show -f --sector-size 4096 "
				  "FILE\" as its path"),
		LIE(gpt_short_entries, "its GPT is corrupt"),
		LIE(gpt_table_outside, "its GPT is corrupt"),
		LIE(gpt_table_beyond_end, "its GPT lies outside the disk"),
		LIE(gpt_part_outside, "partition 1 ends at block 2049"),
		LIE(gpt_part_far, "partition 1 ends at block"),
		LIE(gpt_part_of_no_blocks, "partition 4 has no blocks"),
		LIE(gpt_part_without_end, "partition 1 ends at block 18446744073709551615, "),
		LIE(iso_blocks, "its ISO 9660 has blocks of 512 bytes"),
		LIE(iso_root_huge, "a directory of its ISO 9660 has 4294967295 bytes"),
		LIE(iso_root_outside, "its ISO 9660 leads outside the disk"),
		LIE(iso_bootinfo_huge, "its bootinfo.txt has 65537 bytes"),
		LIE(iso_program_outside,
		    "its boot program lies outside the disk, or ends too early: "
		    "copy the image again"),
		LIE(no_elf, "its boot program is no ELF file"),
		LIE(elf_class, "its boot program is no ELF file"),
		LIE(elf_data, "its boot program is no ELF file"),
		LIE(x86, "its boot program is for x86 (ELF machine 3): take an image for ppc64el"),
		LIE(sparc, "is for another architecture (ELF machine 2): take an image for"),
		LIE(no_segments, "corrupt program header table"),
		LIE(no_entry, "no entry, or segments that overlap"),
		LIE(file_longer_than_memory, "a segment outside its file (262144 bytes)"),
		LIE(outside_the_file, "a segment outside its file (262144 bytes)"),
		LIE(too_low, "wants RAM from 0x1ffff to 0x204800, free is 0x20000 to 0x1800000: "
			     "install the boot loader anew"),
		LIE(too_high,
		    "wants RAM up to 0x1800001, there is 0x1800000: raise machine.memory"),
		LIE(too_long, "there is 0x1800000: install the boot loader anew"),
		LIE(table_outside, "its boot program lies outside the disk, or ends too early"),
		LIE(overlaps, "no entry, or segments that overlap"),
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct lie *p = &cases[i];
		struct elf_spec spec = grub();
		int r;

		memset(img.bytes, 0, SIZE);
		prep(&spec);
		p->tell();
		r = load();
		cr_assert(lt(int, r, 0), "%s", p->name);
		cr_assert(ne(int, r, -ENOENT), "%s", p->name);
		cr_assert(eq(int, said_lines(), 1), "%s: %d lines", p->name, said_lines());
		cr_assert(said(p->line), "%s: %s", p->name, said_last());
	}
}

/* An ISO leaves its header behind when the disk that it was written to is partitioned. */
Test(disk_boot, what_is_left_of_an_iso_hides_no_prep_partition)
{
	static void (*const left[])(void) = {
		iso_blocks, iso_root_huge, iso_root_outside, iso_bootinfo_huge, iso_program_outside,
	};
	struct elf_spec spec = grub();

	for (size_t i = 0; i < ARRAY_LEN(left); i++) {
		memset(img.bytes, 0, SIZE);
		left[i]();
		prep(&spec);
		cr_assert(eq(int, load(), 0), "%zu: %s", i, said_last());
		cr_assert(eq(int, said_lines(), 0), "%s", said_last());
		cr_assert(eq(str, client.bootpath, "/pci@800000020000000/scsi@1:"));
	}
}

Test(disk_boot, an_iso_and_a_partition_that_lie_have_a_line_each)
{
	iso_blocks();
	mbr_outside();
	cr_assert(eq(int, load(), -ENOEXEC));
	cr_assert(eq(int, said_lines(), 2));
	cr_assert(said("its ISO 9660 has blocks of 512 bytes") && said("partition 2 ends at"), "%s",
		  said_all());
}

Test(disk_boot, a_hybrid_mbr_boots_from_either_table)
{
	struct elf_spec spec = grub();

	mbr_put(&img, 0, 0, 0x41, PREP / 512, 512); /* the GPT is second, and is not there */
	mbr_put(&img, 0, 1, 0xee, 1, 2047);
	put_elf(PREP, &spec);
	cr_assert(eq(int, load(), 0), "%s", said_last());
	cr_assert(eq(str, client.found, "PReP partition 1"));

	memset(img.bytes, 0, SIZE); /* the GPT is first, and has none, or lies */
	for (int i = 0; i < 2; i++) {
		gpt_begin(&img, 128, i ? 64 : 128);
		gpt_put(&img, 0, 128, GPT_LINUX, 100, 200);
		prep(&spec);
		cr_assert(eq(int, load(), 0), "%s", said_last());
		cr_assert(eq(str, client.found, "PReP partition 2"));
		cr_assert(eq(int, said_lines(), 0), "%s", said_last());
	}

	memset(img.bytes, 0, SIZE); /* both have one */
	gpt_begin(&img, 128, 128);
	gpt_put(&img, 4, 128, GPT_PREP, PREP / 512, 2047);
	prep(&spec);
	mbr_put(&img, 0, 1, 0x41, 100, 512);
	cr_assert(eq(int, load(), 0), "%s", said_last());
	cr_assert(eq(str, client.found, "PReP partition 5"));

	memset(img.bytes, 0, SIZE); /* the GPT is second, and the MBR has none */
	gpt_begin(&img, 128, 128);
	mbr_put(&img, 0, 1, 0xee, 1, 2047);
	mbr_put(&img, 0, 0, 0x83, 100, 100);
	gpt_put(&img, 2, 128, GPT_PREP, PREP / 512, 2047);
	put_elf(PREP, &spec);
	cr_assert(eq(int, load(), 0), "%s", said_last());
	cr_assert(eq(str, client.found, "PReP partition 3"));
}

/* ---- disks that boot nothing ---- */

static void is_empty(void)
{
}

static void is_x86(void)
{
	mbr_put(&img, 0, 0, 0x83, 64, 512);
	memcpy(img.bytes, "\xeb\x63\x90", 3);
}

static void is_for_uefi(void)
{
	gpt_begin(&img, 128, 128);
	gpt_put(&img, 0, 128, GPT_EFI, 100, 200);
	gpt_put(&img, 1, 128, GPT_LINUX, 300, 400);
}

static void is_for_uefi_by_mbr(void)
{
	is_x86();
	mbr_put(&img, 0, 1, 0xef, 1024, 512);
}

static void is_other_iso(void)
{
	iso(ISO_SCRIPT);
	img.bytes[ISO_PPC * 2048 + 2 * 34 + 33] = 'X';
}

static void is_ext4(void)
{
	memcpy(img.bytes + 1080, "\x53\xef", 2);
}

static void is_btrfs(void)
{
	memcpy(img.bytes + 65600, "_BHRfS_M", 8);
}

static void is_fat(void)
{
	is_x86();
	memcpy(img.bytes + 54, "FAT16", 5);
}

static void is_packed(void)
{
	memcpy(img.bytes, "\xfd\x37zXZ", 6);
}

static void is_packed_by_bzip2(void)
{
	memcpy(img.bytes, "BZh91AY&SY", 10);
}

static void has_partitions(void)
{
	mbr_put(&img, 0, 0, 0x83, 64, 512);
}

static void has_bytes(void)
{
	img.bytes[3000] = 1;
}

Test(disk_boot, a_disk_that_boots_nothing_says_why)
{
	static const struct lie cases[] = {
		LIE(is_empty, "disk0: it is empty at its beginning: install a system on it"),
		LIE(is_x86, "it has a boot sector for x86 and no PReP partition: take an image"),
		LIE(is_for_uefi, "it is for UEFI machines: take an image for ppc64el"),
		LIE(is_for_uefi_by_mbr, "it is for UEFI machines: take an image for ppc64el"),
		LIE(is_other_iso, "its ISO 9660 has no ppc/bootinfo.txt: take one for ppc64el"),
		LIE(is_ext4, "it is one ext4 file system, without partitions: name a kernel by"),
		LIE(is_btrfs, "it is one btrfs file system"),
		LIE(is_fat, "it is one FAT file system"),
		LIE(is_packed, "disk0: it is packed with xz: unpack it (xz -d)"),
		LIE(is_packed_by_bzip2, "it is packed with bzip2: unpack it (bzip2 -d)"),
		LIE(has_partitions, "it has no PReP partition, and no ISO 9660 with ppc/bootinfo"),
		LIE(has_bytes, "it has no partitions, and no ISO 9660 with ppc/bootinfo.txt"),
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		memset(img.bytes, 0, SIZE);
		cases[i].tell();
		cr_assert(eq(int, load(), -ENOENT), "%s: %s", cases[i].name, said_last());
		cr_assert(eq(int, said_lines(), 0), "%s", said_last());
		disk_say_why(&disk);
		cr_assert(eq(int, said_lines(), 1), "%s: %s", cases[i].name, said_all());
		cr_assert(said(cases[i].line), "%s: %s", cases[i].name, said_last());
	}
	disk.size = 0;
	disk_say_why(&disk);
	disk.block_size = 0;
	disk_say_why(&disk);
	cr_assert(said("it is empty"), "%s", said_last());
}

Test(disk_boot, a_limit_on_lines_is_kept)
{
	struct log_limit limit = { 0 };

	disk.said = &limit;
	gpt_missing();
	said_forget();
	for (int i = 0; i < 100; i++)
		cr_assert(eq(int, disk_boot_load(&fx.mem, &disk, LIMIT, &client), -ENOEXEC));
	cr_assert(eq(int, said_lines(), LOG_MAY_LINES));
}

Test(disk_boot, a_disk_that_cannot_be_read_says_so)
{
	img.fail = -EIO;
	cr_assert(eq(int, load(), -EIO));
	cr_assert(said("disk0: its boot program cannot be read: Input/output error: "
		       "look for errors of its medium in this host's kernel log"),
		  "%s", said_last());
}

/* The disk fails at its first read, its second, and so on, until there are no more. */
static void fails_anywhere(void)
{
	int r;

	img.fail = -EIO;
	for (img.good_reads = 0;; img.good_reads++) {
		img.reads = 0;
		r = load();
		if (r == 0)
			break;
		cr_assert(eq(int, r, -EIO), "%u reads: %s", img.good_reads, said_last());
	}
	cr_assert(ge(uint, img.good_reads, 4));
	memset(img.bytes, 0, SIZE);
}

Test(disk_boot, a_disk_may_fail_at_any_read)
{
	struct elf_spec spec = grub();

	mbr_put(&img, 0, 3, 0x05, 100, 1900);
	mbr_put(&img, 100, 1, 0x05, 50, 100);
	mbr_put(&img, 150, 0, 0x41, 2, 512);
	put_elf(152 * 512ULL, &spec);
	fails_anywhere();
	gpt_begin(&img, 4, 128);
	gpt_put(&img, 1, 128, GPT_PREP, PREP / 512, PREP / 512 + 500);
	put_elf(PREP, &spec);
	fails_anywhere();
}

Test(disk_boot, a_kernel_in_the_partition_goes_where_kernels_go)
{
	struct elf_spec spec = {
		.type = ET_DYN,
		.entry = 0xc000000000000100,
		.segments = { { PT_LOAD, 0x1000, 0xc000000000000000, 0, 0x1000, 0x4000 } },
		.nsegments = 1,
	};

	for (int be = 0; be < 2; be++) {
		spec.big_endian = be;
		prep(&spec);
		cr_assert(eq(int, load(), 0), "%s", said_last());
		cr_assert(eq(u64, client.entry, 4 * MiB + 0x100));
		cr_assert(client.little_endian != be && !client.elf32);
		loaded(&spec, PREP, 4 * MiB);
	}
}

/* ---- partitions by number ---- */

struct number {
	unsigned int n;
	uint64_t first, count; /* blocks; count 0: there is none */
};

static void check_numbers(const struct number *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct number *p = &cases[i];
		uint64_t off, len;
		int r = disk_partition(&disk, p->n, &off, &len);

		cr_assert(eq(int, r, p->count ? 0 : -ENOENT), "%u", p->n);
		if (p->count) {
			cr_assert(eq(u64, off, p->first * 512), "%u", p->n);
			cr_assert(eq(u64, len, p->count * 512), "%u", p->n);
		}
	}
}

Test(disk_boot, partitions_by_number)
{
	static const struct number cases[] = {
		{ 0, 0, 0 },    { 1, 8, 8 },    { 3, 0, 0 }, { 4, 0, 0 },
		{ 5, 101, 10 }, { 6, 152, 20 }, { 7, 0, 0 }, { UINT32_MAX, 0, 0 },
	};
	uint64_t off, len;

	mbr_put(&img, 0, 0, 0x83, 8, 8);
	mbr_put(&img, 0, 1, 0x83, 2000, 100); /* outside */
	mbr_put(&img, 0, 2, 0x83, 30, 0);     /* empty */
	mbr_put(&img, 0, 3, 0x05, 100, 1900);
	mbr_put(&img, 100, 0, 0x83, 1, 10);
	mbr_put(&img, 100, 1, 0x05, 50, 100);
	mbr_put(&img, 150, 0, 0x83, 2, 20);
	check_numbers(cases, ARRAY_LEN(cases));
	cr_assert(eq(int, disk_partition(&disk, 2, &off, &len), -ENOEXEC));
}

/* As Linux counts: a link has a number for each of up to four partitions; a second chain goes on. */
Test(disk_boot, numbers_of_logical_partitions_are_those_of_linux)
{
	static const struct number cases[] = {
		{ 5, 110, 5 },   { 6, 152, 20 },   { 7, 180, 5 }, { 8, 0x100 + 201, 30 },
		{ 9, 1003, 40 }, { 10, 1043, 10 }, { 11, 0, 0 },
	};

	mbr_put(&img, 0, 1, 0x05, 100, 500);
	mbr_put(&img, 0, 3, 0x0f, 1000, 100);
	mbr_put(&img, 100, 0, 0x05, 50, 50); /* DR-DOS: the next link is first */
	mbr_put(&img, 100, 2, 0x83, 10, 5);
	mbr_put(&img, 150, 0, 0x83, 2, 20);
	mbr_put(&img, 150, 1, 0x05, 0x100 + 100, 50);
	mbr_put(&img, 150, 2, 0x83, 30, 5);  /* OS/2 */
	mbr_put(&img, 150, 3, 0x83, 30, 50); /* longer than the link: garbage */
	mbr_put(&img, 0x100 + 200, 0, 0x83, 1, 30);
	mbr_put(&img, 1000, 0, 0x83, 3, 40);
	mbr_put(&img, 1000, 1, 0x41, 43, 10);
	check_numbers(cases, ARRAY_LEN(cases));
}

Test(disk_boot, partitions_of_a_gpt_count_by_their_place)
{
	uint64_t off, len;

	gpt_begin(&img, 128, 128);
	gpt_put(&img, 4, 128, GPT_LINUX, 100, 199);
	cr_assert(eq(int, disk_partition(&disk, 5, &off, &len), 0));
	cr_assert(off == 51200 && len == 51200);
	cr_assert(eq(int, disk_partition(&disk, 4, &off, &len), -ENOENT));
	cr_assert(eq(int, disk_partition(&disk, 129, &off, &len), -ENOENT));
}
