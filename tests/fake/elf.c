/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/fake/elf.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_FILE (1024 * KiB)

const struct elf_spec elf_tiny = {
	.segments = { { PT_LOAD, 0x1000, 0xc000000000000000ULL, 0, 0x1000, 0x3000 } },
	.entry = 0xc000000000000000ULL,
	.nsegments = 1,
};

static void put(const struct elf_spec *spec, void *field, size_t size, uint64_t v)
{
	uint8_t *b = field;

	for (size_t i = 0; i < size; i++)
		b[spec->big_endian ? size - 1 - i : i] = (uint8_t)(v >> (8 * i));
}

#define PUT(s, member, v) put(spec, &(s)->member, sizeof((s)->member), (v))

#define EHDR(Type)                                                                                 \
	do {                                                                                       \
		Type##_Ehdr *e = (void *)out;                                                      \
                                                                                                   \
		PUT(e, e_type, spec->type ? spec->type : ET_EXEC);                                 \
		PUT(e, e_machine, machine);                                                        \
		PUT(e, e_version, EV_CURRENT);                                                     \
		PUT(e, e_entry, spec->entry);                                                      \
		PUT(e, e_phoff, spec->phoff ? spec->phoff : sizeof(*e));                           \
		PUT(e, e_ehsize, sizeof(*e));                                                      \
		PUT(e, e_phentsize, sizeof(Type##_Phdr));                                          \
		PUT(e, e_phnum, spec->nsegments);                                                  \
	} while (0)

static void header(uint8_t *out, const struct elf_spec *spec)
{
	uint16_t machine = spec->machine ? spec->machine : spec->is32 ? EM_PPC : EM_PPC64;

	memcpy(out, ELFMAG, SELFMAG);
	out[EI_CLASS] = spec->is32 ? ELFCLASS32 : ELFCLASS64;
	out[EI_DATA] = spec->big_endian ? ELFDATA2MSB : ELFDATA2LSB;
	out[EI_VERSION] = EV_CURRENT;
	if (spec->is32)
		EHDR(Elf32);
	else
		EHDR(Elf64);
}

#define PHDR(Type)                                                                                 \
	do {                                                                                       \
		Type##_Phdr *p = (void *)out;                                                      \
                                                                                                   \
		PUT(p, p_type, s->type);                                                           \
		PUT(p, p_flags, PF_R | PF_W | PF_X);                                               \
		PUT(p, p_offset, s->offset);                                                       \
		PUT(p, p_vaddr, s->vaddr);                                                         \
		PUT(p, p_paddr, s->paddr);                                                         \
		PUT(p, p_filesz, s->filesz);                                                       \
		PUT(p, p_memsz, s->memsz);                                                         \
		PUT(p, p_align, 0x10000);                                                          \
	} while (0)

static void program_header(uint8_t *out, const struct elf_spec *spec, const struct elf_segment *s)
{
	if (spec->is32)
		PHDR(Elf32);
	else
		PHDR(Elf64);
}

/* Headers are made aside: that of a corrupt image may lie at an odd place. */
size_t elf_build(uint8_t *out, size_t size, const struct elf_spec *spec)
{
	_Alignas(8) uint8_t head[sizeof(Elf64_Ehdr)] = { 0 }, segment[sizeof(Elf64_Phdr)];
	size_t head_size = spec->is32 ? sizeof(Elf32_Ehdr) : sizeof(Elf64_Ehdr);
	size_t each = spec->is32 ? sizeof(Elf32_Phdr) : sizeof(Elf64_Phdr);
	uint64_t at = spec->phoff ? spec->phoff : head_size;
	size_t len = head_size;

	for (size_t i = 0; i < spec->nsegments; i++) {
		const struct elf_segment *s = &spec->segments[i];

		for (uint64_t k = s->offset; k < size && k - s->offset < s->filesz; k++) {
			out[k] = elf_byte(k);
			len = k + 1 > len ? k + 1 : len;
		}
	}
	for (size_t i = 0; i < spec->nsegments; i++, at += each) {
		if (at > size - each)
			break;
		memset(segment, 0, sizeof(segment));
		program_header(segment, spec, &spec->segments[i]);
		memcpy(out + at, segment, each);
		len = at + each > len ? at + each : len;
	}
	header(head, spec);
	memcpy(out, head, head_size);
	return len;
}

void file_write(const char *path, const void *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, data, len) != (ssize_t)len)
		abort();
	close(fd);
}

void elf_write(const char *path, const struct elf_spec *spec)
{
	uint8_t *file = calloc(1, MAX_FILE);

	if (!file)
		abort();
	file_write(path, file, elf_build(file, MAX_FILE, spec));
	free(file);
}

void elf_write_zstd(const char *path, const struct elf_spec *spec)
{
	/* Magic, no checksum and no size, a window of 128 KiB; one raw block, the last. */
	const uint8_t head[] = { 0x28, 0xb5, 0x2f, 0xfd, 0, 0x38 };
	uint8_t *file = calloc(1, MAX_FILE + sizeof(head) + 3);
	size_t len;

	if (!file)
		abort();
	len = elf_build(file + sizeof(head) + 3, MAX_FILE, spec);
	memcpy(file, head, sizeof(head));
	for (int i = 0; i < 3; i++)
		file[sizeof(head) + (size_t)i] = (uint8_t)((len << 3 | 1) >> (8 * i));
	file_write(path, file, sizeof(head) + 3 + len);
	free(file);
}
