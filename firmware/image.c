/* SPDX-License-Identifier: BSD-2-Clause */
#include "firmware/image.h"

#include "firmware/elf_read.h"
#include "firmware/kernel.h"
#include "vmm/base/log.h"
#include "vmm/base/sys.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define DYN_BASE (4 * MiB)
#define MAX_OFFSET (UINT64_MAX / 4) /* in a file: larger ones are no off_t */

int image_size(struct image_file *f)
{
	int r = sys_file_size(f->fd, &f->size);

	if (r == -EISDIR)
		log_error("%s %s: is a directory, not a file: correct boot.%s", f->what, f->path,
			  f->what);
	else if (r == -ESPIPE)
		log_error("%s %s: is a pipe, not a file: correct boot.%s", f->what, f->path,
			  f->what);
	else if (r < 0)
		log_error("%s %s: %s", f->what, f->path, strerror(-r));
	else if (f->size == 0)
		log_error("%s %s: the file is empty: copy it again", f->what, f->path);
	return r == 0 && f->size == 0 ? -ENODATA : r;
}

int image_open(struct image_file *f, const char *path, const char *what)
{
	int r = sys_open(path, O_RDONLY | O_NONBLOCK, 0); /* a FIFO would wait for its writer */

	*f = (struct image_file){ .path = path, .what = what, .fd = r < 0 ? -1 : r };
	if (r < 0) {
		log_error("%s %s: %s: correct boot.%s", what, path, strerror(-r), what);
		return r;
	}
	r = image_size(f);
	if (r < 0)
		image_close(f);
	return r;
}

void image_close(struct image_file *f)
{
	if (f->fd >= 0)
		sys_close(f->fd);
	f->fd = -1;
}

static int too_big(const struct image_file *f, gpa_t end, const struct gmem *g)
{
	log_error("%s %s: needs guest RAM up to %llu MiB, there are %llu MiB: raise machine.memory",
		  f->what, f->path, (unsigned long long)((end + MiB - 1) / MiB),
		  (unsigned long long)(gmem_size(g) / MiB));
	return -EFBIG;
}

int image_load_file(const struct gmem *g, const struct image_file *f, gpa_t gpa)
{
	int r = gmem_load_file(g, gpa, f->fd, 0, f->size);

	if (r == -EFAULT)
		r = too_big(f, gpa + f->size, g);
	else if (r < 0)
		log_error("%s %s: %s", f->what, f->path,
			  r == -ENODATA ? "became shorter while it was read" : strerror(-r));
	return r;
}

/* @n: so many bytes of the header are there. */
static const char *why_no_kernel(int fd, const uint8_t *id, int n, struct elf_head *h)
{
	const char *what;

	if (memcmp(id, ELFMAG, SELFMAG) != 0) {
		what = kernel_what(fd);
		return what ? what
			    : "is no ELF file: give the vmlinux of a ppc64 or ppc64el kernel";
	}
	if (n < (int)sizeof(Elf64_Ehdr))
		return "is cut short: copy it again";
	if (id[EI_CLASS] == ELFCLASS32)
		return "is a 32-bit ELF (a zImage?): give the vmlinux inside";
	if (!elf_head(id, (size_t)n, h))
		return "has a corrupt ELF header: copy it again";
	if (h->machine != EM_PPC64)
		return "is an ELF for another architecture: "
		       "give the vmlinux of a ppc64 or ppc64el kernel";
	if (h->type != ET_EXEC && h->type != ET_DYN)
		return "is no executable ELF: give the linked vmlinux";
	if (h->phentsize != sizeof(Elf64_Phdr) || h->phnum == 0 || h->phnum > ELF_MAX_SEGMENTS)
		return "has a corrupt program header table: copy it again";
	return NULL;
}

static int load_segment(const struct gmem *g, int fd, const struct elf_segment_head *s,
			uint64_t bias, struct image *img)
{
	uint64_t paddr = s->paddr;

	if (s->filesz > s->memsz || paddr > UINT64_MAX / 2 || s->memsz > UINT64_MAX / 4 ||
	    s->offset > MAX_OFFSET)
		return -ENOEXEC;
	paddr += bias;
	if (paddr < img->start)
		img->start = paddr;
	if (paddr + s->memsz > img->end)
		img->end = paddr + s->memsz;
	if (!gmem_contains(g, paddr, s->memsz))
		return -EFBIG;
	return gmem_load_file(g, paddr, fd, s->offset, s->filesz);
}

static int load_segments(const struct gmem *g, const struct image_file *f, const struct elf_head *h,
			 struct image *img)
{
	int fd = f->fd;
	uint64_t bias = h->type == ET_DYN ? DYN_BASE : 0;
	uint8_t table[ELF_MAX_SEGMENTS * sizeof(Elf64_Phdr)];
	size_t len = h->phnum * sizeof(Elf64_Phdr);
	ssize_t got = h->phoff > MAX_OFFSET ? -ENOEXEC : sys_pread(fd, table, len, h->phoff);
	int r = 0;

	if (got != (ssize_t)len)
		return got < 0 ? (int)got : -ENODATA;
	for (size_t i = 0; i < h->phnum && r == 0; i++) {
		struct elf_segment_head s;

		elf_segment_head(h, table + i * sizeof(Elf64_Phdr), &s);
		if (s.type != PT_LOAD || s.memsz == 0)
			continue;
		if (s.paddr < f->lowest && img->end == 0)
			bias = DYN_BASE;
		r = load_segment(g, fd, &s, bias, img);
		/* The entry is a virtual address. */
		if (h->entry >= s.vaddr && h->entry - s.vaddr < s.memsz)
			img->entry = s.paddr + bias + (h->entry - s.vaddr);
	}
	if (r == 0 && (img->end <= img->start || img->entry == UINT64_MAX))
		r = -ENOEXEC;
	return r;
}

int image_load_kernel(const struct gmem *g, const struct image_file *f, struct image *out)
{
	uint8_t bytes[ELF_HEAD_SIZE] = { 0 };
	struct elf_head h = { 0 };
	const char *why;
	int r;

	*out = (struct image){ .start = UINT64_MAX, .entry = UINT64_MAX };
	r = (int)sys_pread(f->fd, bytes, sizeof(bytes), 0);
	why = r < 0 ? strerror(-r) : why_no_kernel(f->fd, bytes, r, &h);
	if (why) {
		log_error("kernel %s: %s", f->path, why);
		return -ENOEXEC;
	}
	out->little_endian = h.le;
	r = load_segments(g, f, &h, out);
	if (r == -EFBIG)
		too_big(f, out->end, g);
	else if (r == -ENODATA)
		log_error("kernel %s: is cut short (%llu bytes): copy it again", f->path,
			  (unsigned long long)f->size);
	else if (r == -ENOEXEC)
		log_error("kernel %s: has corrupt segments or an entry outside them: copy it again",
			  f->path);
	else if (r < 0)
		log_error("kernel %s: %s", f->path, strerror(-r));
	return r;
}
