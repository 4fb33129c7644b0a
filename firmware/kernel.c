/* SPDX-License-Identifier: BSD-2-Clause */
#define LOG_PREFIX ""
#include "firmware/kernel.h"

#include "firmware/elf_read.h"
#include "firmware/unpack.h"
#include "vmm/base/log.h"
#include "vmm/base/sys.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#define HEAD_SIZE (ELF_HEAD_SIZE + ELF_SEGMENT_SIZE)
#define MAX_SECTIONS 64
#define MAX_LAYERS 3                       /* zImage.gz: the file, the wrapper, the kernel */
#define KERNEL_VIRTUAL (UINT64_C(1) << 63) /* a kernel proper is linked above, a wrapper below */

/* What Linux calls the section (arch/powerpc/boot/wrapper). */
#define PAYLOAD ".kernel:vmlinux"

static bool peek(const struct image_file *f, uint64_t at, void *buf, size_t len)
{
	return at <= f->size && len <= f->size - at &&
	       sys_pread(f->fd, buf, len, at) == (ssize_t)len;
}

static bool read_section(const struct image_file *f, const struct elf_head *h, uint16_t i,
			 struct elf_section_head *out)
{
	uint8_t bytes[ELF_SECTION_SIZE];

	if (h->shoff > f->size || h->shentsize != elf_section_size(h) ||
	    !peek(f, h->shoff + (uint64_t)i * h->shentsize, bytes, h->shentsize))
		return false;
	elf_section_head(h, bytes, out);
	return true;
}

static bool is_payload(const struct image_file *f, const struct elf_section_head *names,
		       const struct elf_section_head *s)
{
	char name[sizeof(PAYLOAD) - 1];

	return names->offset <= f->size && s->offset <= f->size && s->size <= f->size - s->offset &&
	       s->size > 0 && peek(f, names->offset + s->name, name, sizeof(name)) &&
	       memcmp(name, PAYLOAD, sizeof(name)) == 0;
}

/*
 * A wrapper is an ELF file of either class, which runs below where kernels do. The first segment is
 * told right behind the file's head, which is what @head has @n bytes of.
 */
static bool may_be_wrapper(const struct elf_head *h, const uint8_t *head, size_t n)
{
	struct elf_segment_head first;

	if (h->is32)
		return h->machine == EM_PPC;
	if (h->machine != EM_PPC64 || h->phoff > n || n - h->phoff < ELF_SEGMENT_SIZE)
		return false;
	elf_segment_head(h, head + h->phoff, &first);
	return first.vaddr < KERNEL_VIRTUAL;
}

static bool find_payload(const struct image_file *f, const uint8_t *head, size_t n,
			 struct unpack_source *src)
{
	struct elf_section_head names, s;
	uint8_t magic[8] = { 0 };
	struct elf_head h;

	if (!elf_head(head, n, &h) || !may_be_wrapper(&h, head, n) || h.shnum > MAX_SECTIONS ||
	    !read_section(f, &h, h.shstrndx, &names))
		return false;
	for (uint16_t i = 0; i < h.shnum; i++) {
		if (!read_section(f, &h, i, &s) || !is_payload(f, &names, &s))
			continue;
		src->off = s.offset;
		src->len = s.size;
		peek(f, s.offset, magic, s.size < sizeof(magic) ? s.size : sizeof(magic));
		src->format = unpack_recognize(magic, sizeof(magic));
		return true;
	}
	return false;
}

/* How many bytes of the head there are; or -errno, logged. */
static int read_head(const struct image_file *f, uint8_t head[HEAD_SIZE])
{
	size_t n = f->size < HEAD_SIZE ? f->size : HEAD_SIZE;
	int r = (int)sys_pread(f->fd, head, n, 0);

	if (r < 0)
		log_error("kernel %s: %s", f->path, strerror(-r));
	return r < 0 ? r : (int)n;
}

/* 1: @f is now what was in it; 0: there is nothing in it; or -errno, logged. */
static int open_layer(struct image_file *f, uint64_t limit)
{
	struct unpack_source src = { .path = f->path, .fd = f->fd, .len = f->size };
	uint8_t head[HEAD_SIZE] = { 0 };
	uint64_t size;
	int fd, r = read_head(f, head);

	if (r < 0)
		return r;
	src.format = unpack_recognize(head, (size_t)r);
	if (!src.format && !find_payload(f, head, (size_t)r, &src))
		return 0;
	r = unpack(&src, limit, &fd, &size);
	if (r < 0)
		return r;
	log_debug("kernel %s: %llu bytes unpacked (%s)", f->path, (unsigned long long)size,
		  src.format ? unpack_name(src.format) : "not compressed");
	sys_close(f->fd);
	f->fd = fd;
	f->size = size;
	return 1;
}

int kernel_unpack(struct image_file *f, uint64_t limit)
{
	int r = 1;

	for (int layer = 0; layer < MAX_LAYERS && r > 0; layer++)
		r = open_layer(f, limit);
	return r < 0 ? r : 0;
}

int kernel_is_bare(const struct image_file *f)
{
	uint8_t head[HEAD_SIZE] = { 0 };
	struct unpack_source src;
	struct elf_head h;
	int n = read_head(f, head);

	if (n < 0)
		return n;
	return elf_head(head, (size_t)n, &h) && !h.is32 && h.type == ET_DYN &&
	       may_be_wrapper(&h, head, (size_t)n) && !find_payload(f, head, (size_t)n, &src);
}
