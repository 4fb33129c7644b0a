/* SPDX-License-Identifier: BSD-2-Clause */
#include "firmware/image.h"

#include "vmm/base/log.h"
#include "vmm/base/sys.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define DYN_BASE (4 * MiB)
#define MAX_SEGMENTS 64
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

/* The header's fields in host order; an ELF of the other endianness is read all the same. */
struct reader {
	bool le;
};

static uint64_t field(const struct reader *rd, const void *p, size_t size)
{
	const uint8_t *b = p;
	uint64_t v = 0;

	for (size_t i = 0; i < size; i++)
		v = v << 8 | b[rd->le ? size - 1 - i : i];
	return v;
}

#define FIELD(rd, s, member) field((rd), &(s)->member, sizeof((s)->member))

/* @n: so many bytes of the header are there. */
static const char *why_no_kernel(const Elf64_Ehdr *e, int n, const struct reader *rd)
{
	const uint8_t *id = e->e_ident;

	if (id[0] == 0x1f && id[1] == 0x8b)
		return "is gzip data: unpack it with gunzip";
	if (memcmp(id, ELFMAG, SELFMAG) != 0)
		return "is no ELF file: give the vmlinux of a ppc64 or ppc64el kernel";
	if (n < (int)sizeof(*e))
		return "is cut short: copy it again";
	if (id[EI_CLASS] == ELFCLASS32)
		return "is a 32-bit ELF (a zImage?): give the vmlinux inside";
	if (id[EI_CLASS] != ELFCLASS64 ||
	    (id[EI_DATA] != ELFDATA2LSB && id[EI_DATA] != ELFDATA2MSB))
		return "has a corrupt ELF header: copy it again";
	if (FIELD(rd, e, e_machine) != EM_PPC64)
		return "is an ELF for another architecture: "
		       "give the vmlinux of a ppc64 or ppc64el kernel";
	if (FIELD(rd, e, e_type) != ET_EXEC && FIELD(rd, e, e_type) != ET_DYN)
		return "is no executable ELF: give the linked vmlinux";
	if (FIELD(rd, e, e_phentsize) != sizeof(Elf64_Phdr) || FIELD(rd, e, e_phnum) == 0 ||
	    FIELD(rd, e, e_phnum) > MAX_SEGMENTS)
		return "has a corrupt program header table: copy it again";
	return NULL;
}

/* The entry is a virtual address: @ph gives its physical one, if the entry lies in this segment. */
static void find_entry(struct image *img, const struct reader *rd, const Elf64_Phdr *ph, uint64_t e,
		       uint64_t bias)
{
	uint64_t vaddr = FIELD(rd, ph, p_vaddr);

	if (e >= vaddr && e - vaddr < FIELD(rd, ph, p_memsz))
		img->entry = FIELD(rd, ph, p_paddr) + bias + (e - vaddr);
}

static int load_segment(const struct gmem *g, int fd, const struct reader *rd, const Elf64_Phdr *ph,
			uint64_t bias, struct image *img)
{
	uint64_t paddr = FIELD(rd, ph, p_paddr), filesz = FIELD(rd, ph, p_filesz);
	uint64_t memsz = FIELD(rd, ph, p_memsz);

	if (filesz > memsz || paddr > UINT64_MAX / 2 || memsz > UINT64_MAX / 4 ||
	    FIELD(rd, ph, p_offset) > MAX_OFFSET)
		return -ENOEXEC;
	paddr += bias;
	if (paddr < img->start)
		img->start = paddr;
	if (paddr + memsz > img->end)
		img->end = paddr + memsz;
	if (!gmem_contains(g, paddr, memsz))
		return -EFBIG;
	return gmem_load_file(g, paddr, fd, FIELD(rd, ph, p_offset), filesz);
}

static int load_segments(const struct gmem *g, int fd, const struct reader *rd, const Elf64_Ehdr *e,
			 struct image *img)
{
	uint64_t bias = FIELD(rd, e, e_type) == ET_DYN ? DYN_BASE : 0;
	size_t n = FIELD(rd, e, e_phnum);
	Elf64_Phdr ph[MAX_SEGMENTS];
	uint64_t phoff = FIELD(rd, e, e_phoff);
	ssize_t got = phoff > MAX_OFFSET ? -ENOEXEC : sys_pread(fd, ph, n * sizeof(ph[0]), phoff);
	int r = 0;

	if (got != (ssize_t)(n * sizeof(ph[0])))
		return got < 0 ? (int)got : -ENODATA;
	for (size_t i = 0; i < n && r == 0; i++) {
		if (FIELD(rd, &ph[i], p_type) != PT_LOAD || FIELD(rd, &ph[i], p_memsz) == 0)
			continue;
		r = load_segment(g, fd, rd, &ph[i], bias, img);
		find_entry(img, rd, &ph[i], FIELD(rd, e, e_entry), bias);
	}
	if (r == 0 && (img->end <= img->start || img->entry == UINT64_MAX))
		r = -ENOEXEC;
	return r;
}

int image_load_kernel(const struct gmem *g, const struct image_file *f, struct image *out)
{
	struct reader rd;
	Elf64_Ehdr e;
	const char *why;
	int r;

	*out = (struct image){ .start = UINT64_MAX, .entry = UINT64_MAX };
	memset(&e, 0, sizeof(e));
	r = (int)sys_pread(f->fd, &e, sizeof(e), 0);
	rd.le = e.e_ident[EI_DATA] == ELFDATA2LSB;
	out->little_endian = rd.le;
	why = r < 0 ? strerror(-r) : why_no_kernel(&e, r, &rd);
	if (why) {
		log_error("kernel %s: %s", f->path, why);
		return -ENOEXEC;
	}
	r = load_segments(g, f->fd, &rd, &e, out);
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
