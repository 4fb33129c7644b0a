/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_FAKE_ELF_H
#define TESTS_FAKE_ELF_H

/* Kernel images of a few bytes, of either endianness, right or wrong as a test says. */

#include "vmm/base/types.h"

#include <elf.h>

struct elf_segment {
	uint32_t type; /* PT_LOAD = 1 */
	uint64_t offset, vaddr, paddr, filesz, memsz;
};

struct elf_spec {
	bool big_endian, is32;
	uint16_t type, machine; /* 0: ET_EXEC, EM_PPC64 or EM_PPC */
	uint64_t entry;
	uint64_t phoff; /* 0: behind the header */
	struct elf_segment segments[8];
	size_t nsegments; /* program headers written */
};

/* Bytes of the segments are made by this: byte @i of the file. */
static inline uint8_t elf_byte(uint64_t i)
{
	return (uint8_t)(i * 7 + 3) | 1;
}

/* Builds a file in @out, of @size bytes; what lies outside is left out. Returns the file's length. */
size_t elf_build(uint8_t *out, size_t size, const struct elf_spec *spec);

/* The kernel that does nothing: one page at 0, BSS behind it, entry at 0. Position fixed. */
extern const struct elf_spec elf_tiny;

/* Write a file; aborts when that fails. */
void file_write(const char *path, const void *data, size_t len);
void elf_write(const char *path, const struct elf_spec *spec);
void elf_write_zstd(const char *path,
		    const struct elf_spec *spec); /* in a frame, not made smaller */

#endif
