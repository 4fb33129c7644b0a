/* SPDX-License-Identifier: BSD-2-Clause */
#define LOG_PREFIX ""
#include "firmware/kernel.h"

#include "firmware/elf_read.h"
#include "firmware/unpack.h"
#include "vmm/base/log.h"
#include "vmm/base/sys.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define HEAD_SIZE (ELF_HEAD_SIZE + ELF_SEGMENT_SIZE)
#define MAX_SECTIONS 64
#define MAX_LAYERS 3                       /* zImage.gz: the file, the wrapper, the kernel */
#define KERNEL_VIRTUAL (UINT64_C(1) << 63) /* a kernel proper is linked above, a wrapper below */

/* What Linux calls the sections (arch/powerpc/boot/wrapper); more may follow, as ".strip". */
#define PAYLOAD ".kernel:vmlinux"
#define INITRD ".kernel:initrd"

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

/* Has it a name that begins so, and something in it that is in the file? */
static bool is_section(const struct image_file *f, const struct elf_section_head *names,
		       const struct elf_section_head *s, const char *begin)
{
	char name[sizeof(PAYLOAD)];
	size_t n = strlen(begin);

	return names->offset <= f->size && s->offset <= f->size && s->size <= f->size - s->offset &&
	       s->size > 0 && peek(f, names->offset + s->name, name, n) &&
	       memcmp(name, begin, n) == 0;
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

/* What of it cannot be read is found out by who unpacks it. */
static enum unpack_format format_at(const struct image_file *f, uint64_t at, uint64_t len)
{
	uint8_t head[HEAD_SIZE];
	size_t n = len < HEAD_SIZE ? (size_t)len : HEAD_SIZE;

	return peek(f, at, head, n) ? unpack_recognize(head, n) : UNPACK_NONE;
}

struct wrapper {
	struct elf_section_head payload;
	bool has_initrd;
};

static bool open_wrapper(const struct image_file *f, const uint8_t *head, size_t n,
			 struct wrapper *w)
{
	struct elf_section_head names, s;
	struct elf_head h;

	*w = (struct wrapper){ .payload.size = 0 };
	if (!elf_head(head, n, &h) || !may_be_wrapper(&h, head, n) || h.shnum > MAX_SECTIONS ||
	    !read_section(f, &h, h.shstrndx, &names))
		return false;
	for (uint16_t i = 0; i < h.shnum; i++) {
		if (!read_section(f, &h, i, &s))
			continue;
		if (w->payload.size == 0 && is_section(f, &names, &s, PAYLOAD))
			w->payload = s;
		w->has_initrd |= is_section(f, &names, &s, INITRD);
	}
	return w->payload.size > 0;
}

/* How many bytes of the head there are; or -errno. */
static int read_head(const struct image_file *f, uint8_t head[HEAD_SIZE])
{
	size_t n = f->size < HEAD_SIZE ? f->size : HEAD_SIZE;

	memset(head, 0, HEAD_SIZE);
	return (int)sys_pread(f->fd, head, n, 0);
}

/* Where in the file are the bytes that are loaded? Up to its end, if it is none that could be. */
static uint64_t loaded_end(const struct image_file *f)
{
	uint8_t bytes[HEAD_SIZE];
	struct elf_segment_head s;
	struct elf_head h;
	uint64_t end;
	int n = read_head(f, bytes);

	if (n < 0 || !elf_head(bytes, (size_t)n, &h) || h.is32 || h.phoff > f->size ||
	    h.phnum > ELF_MAX_SEGMENTS || h.phentsize != elf_segment_size(&h))
		return f->size;
	end = h.phoff + (uint64_t)h.phnum * h.phentsize;
	for (uint16_t i = 0; i < h.phnum; i++) {
		if (!peek(f, h.phoff + (uint64_t)i * h.phentsize, bytes, h.phentsize))
			return f->size;
		elf_segment_head(&h, bytes, &s);
		if (s.offset > f->size || s.filesz > f->size - s.offset)
			return f->size;
		if (s.offset + s.filesz > end)
			end = s.offset + s.filesz;
	}
	return end < f->size ? end : f->size;
}

/* The layers of one file, and how far they have been taken off. */
struct layers {
	struct image_file *f;
	const struct kernel_unpacking *how;
	uint64_t limit, bytes; /* that may come out of all of them, that have come */
	int n;
	char why[UNPACK_WHY]; /* an error: "cause: remedy" */
};

/* 1: @src is what is packed in the file; 0: nothing is; or -errno. */
static int find_packed(struct layers *l, struct unpack_source *src)
{
	struct image_file *f = l->f;
	uint8_t head[HEAD_SIZE];
	struct wrapper w;
	int r = read_head(f, head);

	*src = (struct unpack_source){ .fd = f->fd, .len = f->size };
	if (r < 0) {
		snprintf(l->why, sizeof(l->why), "%s", strerror(-r));
		return r;
	}
	src->format = unpack_recognize(head, (size_t)r);
	if (src->format)
		return 1;
	if (!open_wrapper(f, head, (size_t)r, &w))
		return 0;
	src->off = w.payload.offset;
	src->len = w.payload.size;
	src->format = format_at(f, src->off, src->len);
	if (w.has_initrd && !l->how->has_initrd && !l->how->quiet)
		log_warn("kernel %s: the initrd inside it is not used: give it by boot.initrd",
			 f->path);
	return 1;
}

static void say_too_much(struct layers *l)
{
	const char *by = l->n > 0 ? ", layer by layer," : "";

	if (l->limit < KERNEL_MOST)
		snprintf(l->why, sizeof(l->why),
			 "unpacks%s to more than the guest's RAM, %llu MiB: raise machine.memory",
			 by, (unsigned long long)(l->limit / MiB));
	else
		snprintf(l->why, sizeof(l->why),
			 "unpacks%s to more than %llu MiB, the most that a kernel may have: "
			 "give one without debug information (strip -g)",
			 by, (unsigned long long)(l->limit / MiB));
}

static int take_off(struct layers *l, const struct unpack_source *src)
{
	const struct unpack_bounds bounds = { l->limit - l->bytes, l->how->stop };
	struct image_file *f = l->f;
	uint64_t size;
	int fd, r = unpack(src, &bounds, &fd, &size, l->why);

	if (r == -EFBIG)
		say_too_much(l);
	if (r < 0)
		return r;
	log_debug("kernel %s: %llu bytes unpacked (%s)", f->path, (unsigned long long)size,
		  src->format ? unpack_name(src->format) : "not compressed");
	sys_close(f->fd);
	f->fd = fd;
	f->size = size;
	l->bytes += size;
	l->n++;
	return 0;
}

static int take_all_off(struct layers *l)
{
	struct unpack_source src;
	int r;

	while ((r = find_packed(l, &src)) > 0) {
		if (l->n == MAX_LAYERS) {
			snprintf(l->why, sizeof(l->why),
				 "is packed more than %d times: unpack it, and give what is inside",
				 MAX_LAYERS);
			return -ENOEXEC;
		}
		r = take_off(l, &src);
		if (r < 0)
			return r;
	}
	if (r == 0 && l->n > 0) {
		l->f->size = loaded_end(l->f);
		r = unpack_keep(l->f->fd, l->f->size);
	}
	if (r < 0 && !l->why[0])
		snprintf(l->why, sizeof(l->why), "cannot be unpacked: %s", strerror(-r));
	return r;
}

int kernel_unpack(struct image_file *f, const struct kernel_unpacking *how)
{
	struct layers l = { .f = f,
			    .how = how,
			    .limit = how->ram < KERNEL_MOST ? how->ram : KERNEL_MOST };
	int r = take_all_off(&l);

	if (r < 0 && r != -ECANCELED && !how->quiet)
		log_error("kernel %s: %s", f->path, l.why);
	return r;
}

int kernel_is_bare(const struct image_file *f)
{
	uint8_t head[HEAD_SIZE];
	struct wrapper w;
	struct elf_head h;
	int n = read_head(f, head);

	if (n < 0) {
		log_error("kernel %s: %s", f->path, strerror(-n));
		return n;
	}
	return elf_head(head, (size_t)n, &h) && !h.is32 && h.type == ET_DYN &&
	       may_be_wrapper(&h, head, (size_t)n) && !open_wrapper(f, head, (size_t)n, &w);
}
