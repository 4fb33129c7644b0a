/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ISO 9660 as CHRP boots it: \ppc\bootinfo.txt names the program. Names are those of the primary
 * tree, compared without case, without version (";1") and final dot. Source: ECMA-119 "Volume
 * Descriptors", "Directory Record"; CHRP's binding to Open Firmware "bootinfo.txt".
 */
#include "firmware/disk_private.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BLOCK (2 * KiB)
#define DESCRIPTOR (16 * BLOCK)
#define MAX_DIRECTORY (1 * MiB)
#define MAX_DEPTH 8
#define MAX_BOOTINFO (64 * KiB)
#define RECORD_MIN 34

struct entry {
	struct disk_extent at;
	bool is_directory;
};

static struct entry entry_of(const uint8_t *record)
{
	return (struct entry){
		.at = { (le32_load(record + 2) + (uint64_t)record[1]) * BLOCK,
			le32_load(record + 10) },
		.is_directory = record[25] & 2,
	};
}

static size_t name_length(const char *name, size_t n)
{
	const char *version = memchr(name, ';', n);

	if (version)
		n = (size_t)(version - name);
	return n > 0 && name[n - 1] == '.' ? n - 1 : n;
}

static bool is_named(const uint8_t *record, const char *name, size_t n)
{
	size_t given = record[32] <= record[0] - 33 ? record[32] : 0;
	const char *is = (const char *)record + 33;

	given = name_length(is, given);
	n = name_length(name, n);
	return n == given && strncasecmp(is, name, n) == 0;
}

/* One block of a directory. Records do not cross blocks, and a length of 0 ends the block's. */
static bool find_in_block(const uint8_t *block, const char *name, size_t n, struct entry *out)
{
	for (size_t at = 0;
	     at + RECORD_MIN <= BLOCK && block[at] >= RECORD_MIN && block[at] <= BLOCK - at;
	     at += block[at]) {
		if (!is_named(block + at, name, n))
			continue;
		*out = entry_of(block + at);
		return true;
	}
	return false;
}

static int find_in_directory(const struct fw_disk *d, struct entry *e, const char *name, size_t n)
{
	const struct disk_extent dir = e->at;
	uint8_t block[BLOCK];
	int r;

	if (dir.len > MAX_DIRECTORY)
		return disk_lies(d, "a directory of its ISO 9660 has %llu bytes: make it anew",
				 (unsigned long long)dir.len);
	for (uint64_t off = 0; dir.len - off >= BLOCK; off += BLOCK) {
		r = disk_read(d, &dir, off, block, sizeof(block));
		if (r < 0)
			return r;
		if (find_in_block(block, name, n, e))
			return 0;
	}
	return -ENOENT;
}

/* @path: names separated by backslashes, or slashes. -ENOENT; -ENODATA outside the disk. */
static int find_file(const struct fw_disk *d, struct entry root, const char *path,
		     struct disk_extent *out)
{
	int r = -ENOENT;

	for (int depth = 0; depth <= MAX_DEPTH; depth++) {
		size_t n;

		path += strspn(path, "\\/");
		n = strcspn(path, "\\/");
		if (n == 0)
			break;
		r = root.is_directory ? find_in_directory(d, &root, path, n) : -ENOENT;
		if (r < 0)
			return r;
		path += n;
	}
	*out = root.at;
	return r < 0 || root.is_directory || *path ? -ENOENT : 0;
}

/* -ENOENT: this is no ISO 9660. */
static int find_root(const struct fw_disk *d, struct entry *root)
{
	const struct disk_extent all = { 0, d->size };
	uint8_t pvd[256];
	int r = disk_read(d, &all, DESCRIPTOR, pvd, sizeof(pvd));

	if (r < 0 || pvd[0] != 1 || memcmp(pvd + 1, "CD001", 5) != 0)
		return r == 0 || r == -ENODATA ? -ENOENT : r;
	if (le16_load(pvd + 128) != BLOCK)
		return disk_lies(d, "its ISO 9660 has blocks of %u bytes: make it with 2048",
				 le16_load(pvd + 128));
	*root = entry_of(pvd + 156);
	return 0;
}

bool disk_is_iso(const struct fw_disk *d)
{
	char lie[DISK_LIE_SIZE];
	struct fw_disk silent = *d;
	struct entry root;

	silent.lie = lie;
	return find_root(&silent, &root) == 0;
}

static const char *skip_blanks(const char *s)
{
	while (isspace((unsigned char)*s))
		s++;
	return s;
}

/* Text up to one of @ends, without blanks at its own end. False: too long, or no text. */
static bool take_text(const char **s, const char *ends, char *out, size_t size)
{
	size_t n = strcspn(*s, ends), kept = n;

	while (kept > 0 && isspace((unsigned char)(*s)[kept - 1]))
		kept--;
	for (size_t i = 0; i < kept; i++) /* a message may hold it */
		if (!isprint((unsigned char)(*s)[i]))
			return false;
	*s += n;
	if (kept >= size)
		return false;
	memcpy(out, *s - n, kept);
	out[kept] = '\0';
	return true;
}

/* "1," of "boot &device;:1,\path words", or CHRP's own "&partition;,": a partition means nothing here. */
static const char *skip_partition(const char *s)
{
	static const char name[] = "&partition;";
	const char *end = s + strspn(s, "0123456789");

	if (strncasecmp(s, name, strlen(name)) == 0)
		end = s + strlen(name);
	return *end == ',' ? end + 1 : s;
}

static bool parse_script(const char *text, char path[ISO_PATH_SIZE], char args[256])
{
	const char *s = strcasestr(text, "<boot-script>");

	s = s ? strcasestr(s, "&device;:") : NULL;
	if (!s)
		return false;
	s = skip_partition(s + strlen("&device;:"));
	if (!take_text(&s, " \t\r\n<", path, ISO_PATH_SIZE) || !path[0])
		return false;
	s = skip_blanks(s);
	return take_text(&s, "\r\n<", args, 256);
}

static int read_script(const struct fw_disk *d, const struct disk_extent *file, char *path,
		       char *args)
{
	char *text;
	int r;

	if (file->len > MAX_BOOTINFO)
		return disk_lies(d, "its bootinfo.txt has %llu bytes: make it anew",
				 (unsigned long long)file->len);
	text = calloc(1, file->len + 1);
	if (!text)
		return -ENOMEM;
	r = disk_read(d, file, 0, text, file->len);
	if (r == 0 && !parse_script(text, path, args))
		r = disk_lies(d, "its bootinfo.txt has no boot script that names a program: "
				 "make it anew");
	free(text);
	return r;
}

int disk_find_iso(const struct fw_disk *d, struct disk_extent *out, char path[ISO_PATH_SIZE],
		  char args[256])
{
	struct entry root;
	int r = find_root(d, &root);

	if (r == 0)
		r = find_file(d, root, "\\ppc\\bootinfo.txt", out);
	if (r == 0)
		r = read_script(d, out, path, args);
	if (r == 0) {
		r = find_file(d, root, path, out);
		if (r == -ENOENT)
			return disk_lies(d,
					 "its bootinfo.txt names %.100s, which is not there: "
					 "make it anew",
					 path);
	}
	if (r == -ENODATA)
		return disk_lies(d, "its ISO 9660 leads outside the disk: copy the image again");
	return r;
}
