/* SPDX-License-Identifier: BSD-2-Clause */
/* Sections of an object file. */
#include "vmm/base/callgen/callgen.h"

#include <elf.h>
#include <linux/audit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct object {
	const char *path;
	char *data;
	size_t size;
	const Elf64_Shdr *sections;
	size_t n;
	const char *names;
};

static bool broken(const char *path, const char *why)
{
	fprintf(stderr, "callgen: %s: %s\n", path, why);
	return false;
}

static char *read_file(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	char *data = NULL;
	long n = -1;

	if (f && fseek(f, 0, SEEK_END) == 0)
		n = ftell(f);
	if (n > 0)
		data = malloc((size_t)n);
	if (data && fseek(f, 0, SEEK_SET) == 0)
		*size = fread(data, 1, (size_t)n, f);
	if (f)
		fclose(f);
	return data;
}

static uint32_t arch_of(uint16_t machine)
{
	switch (machine) {
	case EM_PPC64:
		return AUDIT_ARCH_PPC64LE;
	case EM_X86_64:
		return AUDIT_ARCH_X86_64;
	default:
		return 0;
	}
}

static bool inside(const struct object *o, uint64_t offset, uint64_t size)
{
	return offset <= o->size && size <= o->size - offset;
}

static bool open_object(struct object *o, struct source *s)
{
	const Elf64_Ehdr *h = (const Elf64_Ehdr *)o->data;
	uint32_t arch;

	if (o->size < sizeof(*h) || memcmp(h->e_ident, ELFMAG, SELFMAG) != 0 ||
	    h->e_ident[EI_CLASS] != ELFCLASS64 || h->e_ident[EI_DATA] != ELFDATA2LSB)
		return broken(o->path, "no little-endian ELF file of 64 bits");
	arch = arch_of(h->e_machine);
	if (!arch || (s->arch && arch != s->arch))
		return broken(o->path, "of a machine that is not known, or not that of the others");
	s->arch = arch;
	if (!inside(o, h->e_shoff, (uint64_t)h->e_shnum * sizeof(Elf64_Shdr)) ||
	    h->e_shstrndx >= h->e_shnum)
		return broken(o->path, "cut off");
	o->sections = (const Elf64_Shdr *)(o->data + h->e_shoff);
	o->n = h->e_shnum;
	for (size_t i = 0; i < o->n; i++)
		if (o->sections[i].sh_type != SHT_NOBITS &&
		    !inside(o, o->sections[i].sh_offset, o->sections[i].sh_size))
			return broken(o->path, "cut off");
	o->names = o->data + o->sections[h->e_shstrndx].sh_offset;
	return true;
}

/* What of @name follows @prefix, or NULL. */
static const char *behind(const char *name, const char *prefix)
{
	return strncmp(name, prefix, strlen(prefix)) == 0 ? name + strlen(prefix) : NULL;
}

static bool take_section(const struct object *o, struct source *s, const Elf64_Shdr *section)
{
	const char *all = o->names + section->sh_name;
	const char *name = behind(all, CALL_RULES_SECTION);
	void *data = o->data + section->sh_offset;

	if (s->ntables == SOURCE_TABLES || s->nprograms == SOURCE_TABLES)
		return broken(o->path, "too many tables");
	if (name) {
		if (section->sh_size % sizeof(struct call_rule) != 0)
			return broken(o->path, "a table with half a rule");
		s->tables[s->ntables++] =
			(struct rule_table){ name, data,
					     section->sh_size / sizeof(struct call_rule) };
	}
	name = behind(all, CALL_PROGRAM_SECTION);
	if (name) {
		s->lists[s->nprograms] = data; /* a string with its NUL */
		s->programs[s->nprograms++].name = name;
	}
	return true;
}

bool source_read(struct source *s, const char *path)
{
	struct object o = { .path = path };

	if (s->nfiles == SOURCE_FILES)
		return broken(path, "too many files");
	o.data = read_file(path, &o.size);
	if (!o.data)
		return broken(path, "cannot be read");
	s->files[s->nfiles++] = o.data;
	if (!open_object(&o, s))
		return false;
	for (size_t i = 0; i < o.n; i++)
		if (!take_section(&o, s, &o.sections[i]))
			return false;
	return true;
}

static const struct rule_table *find_table(const struct source *s, const char *name, size_t length)
{
	for (const struct rule_table *t = s->tables; t < s->tables + s->ntables; t++)
		if (strncmp(t->name, name, length) == 0 && !t->name[length])
			return t;
	return NULL;
}

static bool link_program(const struct source *s, struct program *p, const char *lists)
{
	size_t n = 0;

	while (*lists) {
		size_t length = strcspn(lists, ", ");
		const struct rule_table *t = find_table(s, lists, length);

		if (!t || n == PROGRAM_TABLES - 1) {
			fprintf(stderr, "callgen: %s: %.*s: %s\n", p->name, (int)length, lists,
				t ? "one table too many" : "there is no such table");
			return false;
		}
		p->tables[n++] = t;
		lists += length;
		lists += strspn(lists, ", ");
	}
	return true;
}

bool source_link(struct source *s)
{
	for (size_t i = 0; i < s->nprograms; i++)
		if (!link_program(s, &s->programs[i], s->lists[i]))
			return false;
	return true;
}

void source_free(struct source *s)
{
	for (size_t i = 0; i < s->nfiles; i++)
		free(s->files[i]);
	*s = (struct source){ 0 };
}
