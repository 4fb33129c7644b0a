/* SPDX-License-Identifier: BSD-2-Clause */
#include "firmware/initrd.h"

#include "vmm/base/log.h"
#include "vmm/base/sys.h"

#include <errno.h>
#include <string.h>

struct initrd {
	int fd;
	uint64_t size, at; /* bytes; @at: where the next part begins */
};

static bool peek(const struct initrd *f, uint64_t at, void *buf, size_t len)
{
	return at <= f->size && len <= f->size - at &&
	       sys_pread(f->fd, buf, len, at) == (ssize_t)len;
}

static uint32_t le32(const uint8_t *b)
{
	return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static uint64_t hex8(const char *s)
{
	uint64_t v = 0;

	for (int i = 0; i < 8; i++)
		v = v << 4 | (uint64_t)(s[i] <= '9' ? s[i] & 0xf : (s[i] & 0xf) + 9);
	return v;
}

#define CPIO_HEADER 110
#define CPIO_FILESIZE 54
#define CPIO_NAMESIZE 94
#define CPIO_TRAILER "TRAILER!!!"

/* One archive, member by member, up to its trailer. */
static bool skip_cpio(struct initrd *f)
{
	char h[CPIO_HEADER], name[sizeof(CPIO_TRAILER)];
	uint64_t data;

	for (;;) {
		if (!peek(f, f->at, h, sizeof(h)) || memcmp(h, "07070", 5) != 0)
			return false;
		data = ALIGN_UP(f->at + CPIO_HEADER + hex8(h + CPIO_NAMESIZE), 4);
		if (peek(f, f->at + CPIO_HEADER, name, sizeof(name)) &&
		    memcmp(name, CPIO_TRAILER, sizeof(name)) == 0) {
			f->at = data;
			return true;
		}
		f->at = ALIGN_UP(data + hex8(h + CPIO_FILESIZE), 4);
	}
}

/* One frame, block by block: RFC 8878. */
static bool skip_zstd(struct initrd *f)
{
	static const uint8_t did_bytes[] = { 0, 1, 2, 4 }, fcs_bytes[] = { 0, 2, 4, 8 };
	uint8_t d, b[3];
	uint32_t block;

	if (!peek(f, f->at + 4, &d, 1))
		return false;
	f->at += 5 + !(d & 0x20) + did_bytes[d & 3] +
		 (d >> 6 == 0 && d & 0x20 ? 1u : fcs_bytes[d >> 6]);
	do {
		if (!peek(f, f->at, b, sizeof(b)))
			return false;
		block = b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16;
		f->at += 3 + ((block >> 1 & 3) == 1 ? 1 : block >> 3); /* a run is one byte */
	} while (!(block & 1));
	f->at += d & 4 ? 4 : 0; /* checksum */
	return f->at <= f->size;
}

/* Zeros between parts, and behind the last one: Linux skips them one by one. */
static void skip_zeros(struct initrd *f)
{
	uint8_t buf[4096];
	size_t n, i;

	do {
		n = f->size - f->at < sizeof(buf) ? f->size - f->at : sizeof(buf);
		if (!peek(f, f->at, buf, n))
			return;
		for (i = 0; i < n && buf[i] == 0;)
			i++;
		f->at += i;
	} while (n > 0 && i == n);
}

/* Does one of these bytes begin what could be a part? */
static bool has_magic(const uint8_t *buf, size_t n)
{
	static const char magics[][7] = {
		"\x28\xb5\x2f\xfd",
		"\xfd\x37zXZ",
		"\x1f\x8b\x08\x08",
	};

	for (size_t i = 0; i < ARRAY_LEN(magics); i++)
		if (memmem(buf, n, magics[i], strlen(magics[i])))
			return true;
	return memmem(buf, n, "\x1f\x8b\x08\0", 4) != NULL;
}

/* Does another part follow? Then the end of the file says nothing about this one. */
static bool another_follows(const struct initrd *f)
{
	uint8_t buf[4096];
	size_t n;

	for (uint64_t at = f->at + 4; at < f->size; at += n > 8 ? n - 8 : n) {
		n = f->size - at < sizeof(buf) ? f->size - at : sizeof(buf);
		if (!peek(f, at, buf, n) || has_magic(buf, n))
			return true;
	}
	return false;
}

/* The last bytes of the file before zeros: @n of them in @tail (1 KiB), 0 when all are zero. */
static bool tail_of(const struct initrd *f, uint8_t *tail, size_t *n)
{
	*n = f->size - f->at < KiB ? f->size - f->at : KiB;
	if (!peek(f, f->size - *n, tail, *n))
		return false;
	while (*n > 0 && tail[*n - 1] == 0)
		(*n)--;
	return true;
}

static bool ends_with(const uint8_t *tail, size_t n, const char *s)
{
	return n >= strlen(s) && memcmp(tail + n - strlen(s), s, strlen(s)) == 0;
}

/*
 * A gzip stream ends with the length of its content. What initrds hold comes in units of at least
 * four bytes, and deflate saves at most a factor of 1032: the end of a cut stream rarely obeys either.
 * A length so short that no initrd has it is padding with zeros.
 */
static bool gzip_ends_well(const struct initrd *f)
{
	uint8_t tail[4];
	uint64_t length;

	if (f->size < 20 || !peek(f, f->size - sizeof(tail), tail, sizeof(tail)))
		return false;
	length = le32(tail);
	return length < 256 || (length % 4 == 0 && length / 1032 <= f->size);
}

/* The footer of a stream ends in its magic; the last part may be an archive, too. */
static bool xz_ends_well(const struct initrd *f)
{
	uint8_t tail[KiB];
	size_t n;

	return tail_of(f, tail, &n) &&
	       (n == 0 || ends_with(tail, n, "YZ") || ends_with(tail, n, CPIO_TRAILER));
}

/* Parts follow each other, with zeros between them (Linux: init/initramfs.c). */
static bool is_whole(struct initrd *f)
{
	uint8_t m[6];
	bool ok = true;

	while (ok) {
		skip_zeros(f);
		if (!peek(f, f->at, m, sizeof(m)))
			return true;
		if (memcmp(m, "070701", 6) == 0 || memcmp(m, "070702", 6) == 0)
			ok = skip_cpio(f);
		else if (le32(m) == 0xfd2fb528)
			ok = skip_zstd(f);
		else if (m[0] == 0x1f && m[1] == 0x8b)
			return gzip_ends_well(f) || another_follows(f);
		else if (memcmp(m,
				"\xfd"
				"7zXZ",
				5) == 0)
			return xz_ends_well(f) || another_follows(f);
		else
			return true; /* no format that we know */
	}
	return false;
}

int initrd_check(const struct image_file *file)
{
	struct initrd f = { .fd = file->fd, .size = file->size };

	if (is_whole(&f))
		return 0;
	log_error("initrd %s: is cut short (%llu bytes): copy it again", file->path,
		  (unsigned long long)f.size);
	return -ENODATA;
}
