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
		memcpy(out->bootargs, args, sizeof(args));
	}
	return r;
}

static int boot_prep(const struct gmem *g, const struct fw_disk *d, gpa_t limit,
		     struct fw_client *out)
{
	struct disk_extent part;
	int r = disk_find_prep(d, &part);

	if (r == 0)
		r = disk_load_elf(g, d, &part, limit, out);
	if (r == 0)
		snprintf(out->bootpath, sizeof(out->bootpath), "%.254s:", d->path);
	return r;
}

int disk_boot_load(const struct gmem *g, const struct fw_disk *disk, gpa_t limit,
		   struct fw_client *out)
{
	int r;

	*out = (struct fw_client){ 0 };
	r = boot_iso(g, disk, limit, out);
	if (r == -ENOENT)
		r = boot_prep(g, disk, limit, out);
	if (r < 0 && r != -ENOENT && r != -ENOEXEC)
		disk_lies(disk, "%s while its boot program was read", strerror(-r));
	return r;
}
