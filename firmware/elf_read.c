/* SPDX-License-Identifier: BSD-2-Clause */
#include "firmware/elf_read.h"

#include <elf.h>
#include <string.h>

uint64_t elf_number(bool le, const void *p, size_t size)
{
	const uint8_t *b = p;
	uint64_t v = 0;

	for (size_t i = 0; i < size; i++)
		v = v << 8 | b[le ? size - 1 - i : i];
	return v;
}

/* Where a field is in each class, and its size there. */
struct place {
	uint8_t at32, size32, at64, size64;
};

#define PLACE(kind, member)                                                                        \
	((struct place){ offsetof(Elf32_##kind, member), sizeof(((Elf32_##kind *)0)->member),      \
			 offsetof(Elf64_##kind, member), sizeof(((Elf64_##kind *)0)->member) })

static uint64_t field(const struct elf_head *h, const uint8_t *bytes, struct place p)
{
	return h->is32 ? elf_number(h->le, bytes + p.at32, p.size32)
		       : elf_number(h->le, bytes + p.at64, p.size64);
}

bool elf_head(const uint8_t *bytes, size_t n, struct elf_head *out)
{
	const struct elf_head h = {
		.le = bytes[EI_DATA] == ELFDATA2LSB,
		.is32 = bytes[EI_CLASS] == ELFCLASS32,
	};

	if (n < sizeof(Elf32_Ehdr) || memcmp(bytes, ELFMAG, SELFMAG) != 0)
		return false;
	if (!h.is32 && (bytes[EI_CLASS] != ELFCLASS64 || n < sizeof(Elf64_Ehdr)))
		return false;
	if (!h.le && bytes[EI_DATA] != ELFDATA2MSB)
		return false;
	*out = h;
	out->type = (uint16_t)field(&h, bytes, PLACE(Ehdr, e_type));
	out->machine = (uint16_t)field(&h, bytes, PLACE(Ehdr, e_machine));
	out->entry = field(&h, bytes, PLACE(Ehdr, e_entry));
	out->phoff = field(&h, bytes, PLACE(Ehdr, e_phoff));
	out->shoff = field(&h, bytes, PLACE(Ehdr, e_shoff));
	out->phentsize = (uint16_t)field(&h, bytes, PLACE(Ehdr, e_phentsize));
	out->phnum = (uint16_t)field(&h, bytes, PLACE(Ehdr, e_phnum));
	out->shentsize = (uint16_t)field(&h, bytes, PLACE(Ehdr, e_shentsize));
	out->shnum = (uint16_t)field(&h, bytes, PLACE(Ehdr, e_shnum));
	out->shstrndx = (uint16_t)field(&h, bytes, PLACE(Ehdr, e_shstrndx));
	return true;
}

size_t elf_segment_size(const struct elf_head *h)
{
	return h->is32 ? sizeof(Elf32_Phdr) : sizeof(Elf64_Phdr);
}

void elf_segment_head(const struct elf_head *h, const uint8_t *bytes, struct elf_segment_head *out)
{
	*out = (struct elf_segment_head){
		.type = (uint32_t)field(h, bytes, PLACE(Phdr, p_type)),
		.offset = field(h, bytes, PLACE(Phdr, p_offset)),
		.vaddr = field(h, bytes, PLACE(Phdr, p_vaddr)),
		.paddr = field(h, bytes, PLACE(Phdr, p_paddr)),
		.filesz = field(h, bytes, PLACE(Phdr, p_filesz)),
		.memsz = field(h, bytes, PLACE(Phdr, p_memsz)),
	};
}

size_t elf_section_size(const struct elf_head *h)
{
	return h->is32 ? sizeof(Elf32_Shdr) : sizeof(Elf64_Shdr);
}

void elf_section_head(const struct elf_head *h, const uint8_t *bytes, struct elf_section_head *out)
{
	*out = (struct elf_section_head){
		.name = (uint32_t)field(h, bytes, PLACE(Shdr, sh_name)),
		.offset = field(h, bytes, PLACE(Shdr, sh_offset)),
		.size = field(h, bytes, PLACE(Shdr, sh_size)),
	};
}
