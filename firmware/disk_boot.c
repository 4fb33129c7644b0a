/* SPDX-License-Identifier: BSD-2-Clause */
#include "firmware/disk_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int boot_iso(const struct gmem *g, const struct fw_disk *d, gpa_t limit,
		    struct fw_client *out)
{
	char path[ISO_PATH_SIZE], args[sizeof(out->bootargs)];
	struct disk_extent file;
	int r = disk_find_iso(d, &file, path, args);

	if (r == 0)
		r = disk_load_elf(g, d, &file, limit, out);
	if (r == 0) {
		/* The comma says that no partition is meant: GRUB takes the path for one without it. */
		snprintf(out->bootpath, sizeof(out->bootpath), "%.120s:,%s", d->path, path);
		snprintf(out->found, sizeof(out->found), "ISO 9660, %s", path);
		memcpy(out->bootargs, args, sizeof(args));
	}
	return r;
}

static int boot_prep(const struct gmem *g, const struct fw_disk *d, gpa_t limit,
		     struct fw_client *out)
{
	struct disk_part part;
	int r = disk_find_part(d, DISK_PREP, &part);

	if (r == 0)
		r = disk_load_elf(g, d, &part.at, limit, out);
	if (r == 0) {
		snprintf(out->bootpath, sizeof(out->bootpath), "%.254s:", d->path);
		snprintf(out->found, sizeof(out->found), "PReP partition %u", part.number);
	}
	return r;
}

typedef int boot_fn(const struct gmem *g, const struct fw_disk *d, gpa_t limit,
		    struct fw_client *out);

/* An ISO that was written to a disk leaves its header behind when the disk is partitioned. */
static boot_fn *const ways[] = { boot_iso, boot_prep };

/* What is wrong goes to @lie: it is worth a line only where no other way boots. */
static int attempt(boot_fn *way, const struct gmem *g, const struct fw_disk *disk, gpa_t limit,
		   struct fw_client *out, char lie[DISK_LIE_SIZE])
{
	struct fw_disk d = *disk;
	int r;

	d.lie = lie;
	*out = (struct fw_client){ 0 };
	r = way(g, &d, limit, out);
	if (r < 0 && r != -ENOENT && r != -ENOEXEC)
		disk_lies(&d,
			  "its boot program cannot be read: %s: "
			  "look for errors of its medium in this host's kernel log",
			  strerror(-r));
	return r;
}

int disk_boot_load(const struct gmem *g, const struct fw_disk *disk, gpa_t limit,
		   struct fw_client *out)
{
	char lies[ARRAY_LEN(ways)][DISK_LIE_SIZE] = { 0 };
	int r, worst = -ENOENT;

	for (size_t i = 0; i < ARRAY_LEN(ways) && (worst == -ENOENT || worst == -ENOEXEC); i++) {
		r = attempt(ways[i], g, disk, limit, out, lies[i]);
		if (r == 0)
			return 0;
		worst = r == -ENOENT ? worst : r;
	}
	for (size_t i = 0; i < ARRAY_LEN(ways); i++)
		if (lies[i][0])
			disk_lies(disk, "%s", lies[i]);
	return worst;
}
