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

static void header(Elf64_Ehdr *e, const struct elf_spec *spec)
{
	memset(e, 0, sizeof(*e));
	memcpy(e->e_ident, ELFMAG, SELFMAG);
	e->e_ident[EI_CLASS] = ELFCLASS64;
	e->e_ident[EI_DATA] = spec->big_endian ? ELFDATA2MSB : ELFDATA2LSB;
	e->e_ident[EI_VERSION] = EV_CURRENT;
	PUT(e, e_type, spec->type ? spec->type : ET_EXEC);
	PUT(e, e_machine, spec->machine ? spec->machine : EM_PPC64);
	PUT(e, e_version, EV_CURRENT);
	PUT(e, e_entry, spec->entry);
	PUT(e, e_phoff, spec->phoff ? spec->phoff : sizeof(*e));
	PUT(e, e_ehsize, sizeof(*e));
	PUT(e, e_phentsize, sizeof(Elf64_Phdr));
	PUT(e, e_phnum, spec->nsegments);
}

/* To @at, which need not be aligned: a header of a corrupt image may say so. */
static void program_header(uint8_t *at, const struct elf_spec *spec, const struct elf_segment *s)
{
	Elf64_Phdr ph = { 0 }, *p = &ph;

	PUT(p, p_type, s->type);
	PUT(p, p_flags, PF_R | PF_W | PF_X);
	PUT(p, p_offset, s->offset);
	PUT(p, p_vaddr, s->vaddr);
	PUT(p, p_paddr, s->paddr);
	PUT(p, p_filesz, s->filesz);
	PUT(p, p_memsz, s->memsz);
	PUT(p, p_align, 0x10000);
	memcpy(at, p, sizeof(*p));
}

size_t elf_build(uint8_t *out, size_t size, const struct elf_spec *spec)
{
	uint64_t at = spec->phoff ? spec->phoff : sizeof(Elf64_Ehdr);
	size_t len = sizeof(Elf64_Ehdr);
	Elf64_Ehdr e;

	for (size_t i = 0; i < spec->nsegments; i++) {
		const struct elf_segment *s = &spec->segments[i];

		for (uint64_t k = s->offset; k < size && k - s->offset < s->filesz; k++) {
			out[k] = elf_byte(k);
			len = k + 1 > len ? k + 1 : len;
		}
	}
	for (size_t i = 0; i < spec->nsegments; i++, at += sizeof(Elf64_Phdr)) {
		if (at > size - sizeof(Elf64_Phdr))
			break;
		program_header(out + at, spec, &spec->segments[i]);
		len = at + sizeof(Elf64_Phdr) > len ? at + sizeof(Elf64_Phdr) : len;
	}
	header(&e, spec);
	memcpy(out, &e, sizeof(e));
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
