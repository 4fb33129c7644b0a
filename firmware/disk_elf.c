/* SPDX-License-Identifier: BSD-2-Clause */
/* A boot program: an ELF file of either class and endianness. All of it is judged, then loaded. */
#include "firmware/disk_private.h"
#include "firmware/elf_read.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>

#define LOWEST 0x20000ULL        /* firmware's own room is below */
#define KERNEL_AT (4 * MiB)      /* for what lies below that, and moves itself: a kernel */
#define REACH (4 * GiB)          /* of firmware, however much RAM there is */
#define PIECE ((size_t)64 * KiB) /* of a read */

struct program {
	const struct gmem *g;
	const struct fw_disk *disk;
	const struct disk_extent *file;
	struct elf_head head;
	uint64_t bias; /* to be added to all physical addresses */
	uint8_t table[ELF_MAX_SEGMENTS * ELF_SEGMENT_SIZE];
};

/* Segment @i; false: there is nothing to load for it. */
static bool segment(const struct program *p, size_t i, struct elf_segment_head *out)
{
	elf_segment_head(&p->head, p->table + i * elf_segment_size(&p->head), out);
	return out->type == PT_LOAD && out->memsz > 0;
}

static const char *machine_name(uint16_t machine)
{
	static const struct {
		uint16_t machine;
		const char *name;
	} names[] = {
		{ EM_386, "x86" },       { EM_X86_64, "x86-64" }, { EM_ARM, "arm" },
		{ EM_AARCH64, "arm64" }, { EM_RISCV, "RISC-V" },  { EM_S390, "s390" },
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (names[i].machine == machine)
			return names[i].name;
	return "another architecture";
}

static int read_head(struct program *p)
{
	uint8_t bytes[ELF_HEAD_SIZE] = { 0 };
	size_t n = p->file->len < sizeof(bytes) ? p->file->len : sizeof(bytes);
	const struct elf_head *h = &p->head;
	int r = disk_read(p->disk, p->file, 0, bytes, n);

	if (r < 0)
		return r;
	if (!elf_head(bytes, n, &p->head))
		return disk_lies(p->disk, "its boot program is no ELF file: "
					  "install the boot loader anew");
	if (h->machine != (h->is32 ? EM_PPC : EM_PPC64))
		return disk_lies(p->disk,
				 "its boot program is for %s (ELF machine %u): "
				 "take an image for ppc64el",
				 machine_name(h->machine), h->machine);
	if (h->phnum == 0 || h->phnum > ELF_MAX_SEGMENTS || h->phentsize != elf_segment_size(h))
		return disk_lies(p->disk, "its boot program has a corrupt program header table: "
					  "install the boot loader anew");
	return disk_read(p->disk, p->file, h->phoff, p->table, h->phnum * elf_segment_size(h));
}

/* More RAM helps as far as firmware's cells of 32 bits reach. */
static int wants_more(const struct program *p, uint64_t end, gpa_t limit)
{
	return disk_lies(p->disk, "its boot program wants RAM up to 0x%llx, %s 0x%llx: %s",
			 (unsigned long long)end, limit < REACH ? "there is" : "firmware reaches",
			 (unsigned long long)limit,
			 limit < REACH && end > limit && end <= REACH
				 ? "raise machine.memory"
				 : "install the boot loader anew");
}

/* Sums of what passes here do not wrap. */
static int judge_segment(const struct program *p, const struct elf_segment_head *s, gpa_t limit)
{
	uint64_t end = s->paddr + s->memsz;

	if (s->filesz > s->memsz || s->offset > p->file->len ||
	    s->filesz > p->file->len - s->offset)
		return disk_lies(p->disk,
				 "its boot program has a segment outside its file (%llu bytes): "
				 "install the boot loader anew",
				 (unsigned long long)p->file->len);
	if (s->paddr > limit || s->memsz > limit - s->paddr)
		return wants_more(p, end, limit);
	return 0;
}

/* Bounds and entry of the whole, without the bias. */
static int judge(const struct program *p, gpa_t limit, struct fw_client *out)
{
	struct elf_segment_head s;
	bool entered = false;
	uint64_t bytes = 0;
	int r = 0;

	out->start = UINT64_MAX;
	for (size_t i = 0; i < p->head.phnum && r == 0; i++) {
		if (!segment(p, i, &s))
			continue;
		r = judge_segment(p, &s, limit);
		bytes += s.memsz;
		out->start = s.paddr < out->start ? s.paddr : out->start;
		out->end = s.paddr + s.memsz > out->end ? s.paddr + s.memsz : out->end;
		if (p->head.entry >= s.vaddr && p->head.entry - s.vaddr < s.memsz) {
			out->entry = s.paddr + (p->head.entry - s.vaddr);
			entered = true;
		}
	}
	if (r == 0 && (!entered || bytes > limit)) /* more than RAM: they lie on each other */
		r = disk_lies(p->disk, "its boot program has no entry, or segments that overlap: "
				       "install the boot loader anew");
	return r;
}

static int place(struct program *p, gpa_t limit, struct fw_client *out)
{
	uint64_t len = out->end - out->start;

	if (out->start < LOWEST && !p->head.is32)
		p->bias = KERNEL_AT;
	out->start += p->bias;
	out->end += p->bias;
	out->entry += p->bias;
	if (out->start < LOWEST || out->end > limit || !gmem_contains(p->g, out->start, len))
		return disk_lies(p->disk,
				 "its boot program wants RAM from 0x%llx to 0x%llx, "
				 "free is 0x%llx to 0x%llx: %s",
				 (unsigned long long)out->start, (unsigned long long)out->end,
				 LOWEST, (unsigned long long)limit,
				 out->start < LOWEST || limit == REACH
					 ? "install the boot loader anew"
					 : "raise machine.memory");
	return 0;
}

/* The disk may have been tried before, or another one: RAM is not zero. */
static int load_segment(const struct program *p, const struct elf_segment_head *s, uint8_t *buf)
{
	gpa_t at = s->paddr + p->bias;
	int r = 0;

	for (uint64_t done = 0, n; done < s->filesz && r == 0; done += n) {
		n = s->filesz - done < PIECE ? s->filesz - done : PIECE;
		r = disk_read(p->disk, p->file, s->offset + done, buf, n);
		if (r == 0)
			r = gmem_write(p->g, at + done, buf, n);
	}
	return r < 0 ? r : gmem_set(p->g, at + s->filesz, 0, s->memsz - s->filesz);
}

static int load(const struct program *p)
{
	struct elf_segment_head s;
	uint8_t *buf = malloc(PIECE);
	int r = buf ? 0 : -ENOMEM;

	for (size_t i = 0; i < p->head.phnum && r == 0; i++)
		if (segment(p, i, &s))
			r = load_segment(p, &s, buf);
	free(buf);
	return r;
}

int disk_load_elf(const struct gmem *g, const struct fw_disk *d, const struct disk_extent *file,
		  gpa_t limit, struct fw_client *out)
{
	struct program p = { .g = g, .disk = d, .file = file };
	int r = read_head(&p);

	if (r == -ENODATA)
		return disk_lies(d, "its boot program lies outside the disk, or ends too early: "
				    "copy the image again, or install the boot loader anew");
	if (r == 0)
		r = judge(&p, limit, out);
	if (r == 0)
		r = place(&p, limit, out);
	out->little_endian = p.head.le;
	out->elf32 = p.head.is32;
	return r < 0 ? r : load(&p);
}
