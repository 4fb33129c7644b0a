/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Disks that a guest has written: any bytes, or a table, an ISO and a program that the input's bytes
 * describe. Beyond the sanitizers' checks: nothing is read outside the disk (tests/fake/disk_image.c
 * aborts) or too often, nothing is loaded outside the program's room, and what loads has its entry
 * inside.
 */
#include "firmware/disk.h"
#include "tests/fake/disk_image.h"
#include "tests/fake/elf.h"
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <string.h>

#define SIZE (256 * KiB)
#define LOWEST (128 * KiB)
#define LIMIT (5 * MiB)
#define RAM (LIMIT + 64 * KiB)
#define PROGRAM_AT (160 * KiB)
#define CANARY 0xa5
#define MAX_READS 4096

static uint8_t ram[RAM];

static uint32_t number(struct input *in)
{
	static const uint32_t edges[] = { 0,    1,     511,    512,        513,
					  2048, 65536, 131072, UINT32_MAX, UINT32_MAX - 1 };
	uint8_t how = byte(in);

	if (how < 0x20)
		return raw32(in);
	if (how < 0xa0)
		return byte(in);
	return edges[how % ARRAY_LEN(edges)];
}

static size_t program(struct input *in, uint8_t *out, size_t max)
{
	uint8_t how = byte(in);
	struct elf_spec spec = {
		.is32 = how & 1,
		.big_endian = how & 2,
		.entry = 0x200000,
		.nsegments = 1 + (how >> 6),
	};

	for (size_t i = 0; i < spec.nsegments; i++) {
		struct elf_segment *s = &spec.segments[i];

		s->type = PT_LOAD;
		s->offset = word_like(in, 0x100);
		s->paddr = word_like(in, how & 4 ? 0 : 0x200000 + i * 0x1000);
		s->vaddr = how & 8 ? s->paddr : word_like(in, 0x200000);
		s->filesz = word_like(in, 0x800);
		s->memsz = word_like(in, 0x1000);
	}
	return elf_build(out, max, &spec);
}

static void tables(struct input *in, struct disk_image *img)
{
	uint8_t how = byte(in);

	if (how & 1)
		gpt_begin(img, number(in), how & 2 ? number(in) : 128);
	for (uint8_t n = byte(in) & 7; n > 0; n--) {
		static const uint8_t types[] = { 0x41, 0x05, 0xee, 0x83 };
		uint8_t which = byte(in);

		if (how & 1)
			gpt_put(img, which & 15, 128, which & 16 ? GPT_PREP : GPT_LINUX, number(in),
				number(in));
		else
			mbr_put(img, which >> 4, which & 3, types[which >> 2 & 3], number(in),
				number(in));
	}
}

static void build(struct input *in, struct disk_image *img)
{
	static const char scripts[][100] = {
		ISO_SCRIPT,
		"<boot-script>boot &device;:\\ppc\\bootinfo.txt x</boot-script>",
		"<boot-script>boot &device;:\\",
		"",
	};
	uint8_t how = byte(in), elf[4096] = { 0 };
	size_t n = program(in, elf, sizeof(elf));

	if (how & 1)
		iso_make(img, scripts[how >> 1 & 3], elf, (uint32_t)n);
	if (how & 8)
		mbr_put(img, 0, 0, 0x41, PROGRAM_AT / 512, 64);
	if (how & 0x10)
		tables(in, img);
	memcpy(img->bytes + PROGRAM_AT, elf, n);
	while (in->p < in->end) { /* lies */
		uint32_t at = raw32(in) % SIZE;

		img->bytes[at] = byte(in);
	}
}

static bool is(const uint8_t *p, size_t n, uint8_t value)
{
	return n == 0 || (p[0] == value && memcmp(p, p + 1, n - 1) == 0);
}

static void boot(struct disk_image *img)
{
	struct gmem mem = { .nbanks = 0 };
	struct fw_disk disk = disk_of(img);
	struct fw_client c;
	int r;

	memset(ram, CANARY, LOWEST);
	memset(ram + LIMIT, CANARY, RAM - LIMIT);
	must(gmem_add(&mem, 0, RAM, ram) == 0);
	r = disk_boot_load(&mem, &disk, LIMIT, &c);
	must(r <= 0 && img->reads <= MAX_READS);
	must(is(ram, LOWEST, CANARY) && is(ram + LIMIT, RAM - LIMIT, CANARY));
	if (r == 0) {
		must(c.start >= LOWEST && c.end <= LIMIT && c.start < c.end);
		must(c.entry >= c.start && c.entry < c.end);
		must(strncmp(c.bootpath, disk.path, strlen(disk.path)) == 0);
		must(memchr(c.bootpath, 0, sizeof(c.bootpath)));
		must(memchr(c.bootargs, 0, sizeof(c.bootargs)));
		must(c.found[0] && memchr(c.found, 0, sizeof(c.found)));
	}
	img->reads = 0;
	if (r == -ENOENT)
		disk_say_why(&disk);
	must(img->reads <= MAX_READS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, data + size };
	struct disk_image img = { .bytes = calloc(1, SIZE), .size = SIZE };
	struct fw_disk disk = disk_of(&img);
	uint64_t off, len;

	log_set_sink(unread);
	must(img.bytes);
	if (byte(&in) & 1)
		build(&in, &img);
	else
		memcpy(img.bytes, in.p,
		       (size_t)(in.end - in.p) < SIZE ? (size_t)(in.end - in.p) : SIZE);
	boot(&img);
	for (unsigned int n = 0; n < 8; n++)
		if (disk_partition(&disk, n, &off, &len) == 0)
			must(off < SIZE && len <= SIZE - off);
	free(img.bytes);
	return 0;
}

/* Whole disks, some of them that boot; then anything. */
size_t fuzz_seed(unsigned int index, uint8_t *out, size_t max)
{
	if (index >= 48)
		return 0;
	if (index >= 16)
		return any_bytes(index, 48, out, max < 200 ? max : 200);
	memset(out, 0xff,
	       64); /* a word that is what it should be; an entry that is a primary PReP */
	out[0] = 1;
	out[1] = index & 4 ? 8 : (uint8_t)(1 | (index & 8)); /* the ISO, or a partition */
	out[2] = (uint8_t)(8 | (index & 3));
	return 64;
}
