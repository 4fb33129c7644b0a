/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FIRMWARE_ELF_READ_H
#define FIRMWARE_ELF_READ_H

/* The headers of an ELF file, of either class and endianness, as numbers of the host. */

#include "vmm/base/types.h"

#define ELF_HEAD_SIZE 64    /* bytes of a file that elf_head() wants, at most */
#define ELF_SEGMENT_SIZE 56 /* of the program header table, for one segment, at most */
#define ELF_MAX_SEGMENTS 64

struct elf_head {
	bool le, is32;
	uint16_t type, machine;
	uint64_t entry, phoff, shoff;
	uint16_t phentsize, phnum, shentsize, shnum, shstrndx;
};

struct elf_segment_head {
	uint32_t type;
	uint64_t offset, vaddr, paddr, filesz, memsz;
};

/* @n: bytes that are there. False: no ELF file, or one cut short in its header. */
bool elf_head(const uint8_t *bytes, size_t n, struct elf_head *out);

/* Bytes of an entry of the program header table of such a file. */
size_t elf_segment_size(const struct elf_head *h);
void elf_segment_head(const struct elf_head *h, const uint8_t *bytes, struct elf_segment_head *out);

#define ELF_SECTION_SIZE 64 /* of the section header table, for one section, at most */

struct elf_section_head {
	uint32_t name; /* offset in the section of names */
	uint64_t offset, size;
};

size_t elf_section_size(const struct elf_head *h);
void elf_section_head(const struct elf_head *h, const uint8_t *bytes, struct elf_section_head *out);

/* Number @p of @size bytes. */
uint64_t elf_number(bool le, const void *p, size_t size);

#endif
