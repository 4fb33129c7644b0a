/* SPDX-License-Identifier: BSD-2-Clause */
/* What a disk is on which there is nothing to boot: most often it is meant for another machine. */
#include "firmware/disk_private.h"

#include <string.h>

#define LOOK_AT (68 * KiB) /* bytes of a disk: all file systems below have their magic there */

struct magic {
	const char *bytes;
	size_t len;
	size_t off;
	const char *name;
};

static const struct magic file_systems[] = {
	{ "\x53\xef", 2, 1080, "ext4" }, /* or its elders */
	{ "XFSB", 4, 0, "XFS" },         { "_BHRfS_M", 8, 64 * KiB + 64, "btrfs" },
	{ "hsqs", 4, 0, "squashfs" },    { "FAT", 3, 54, "FAT" },
	{ "FAT32", 5, 82, "FAT" },
};

/* Many images are published so; a guest may as well read such data from a disk, but not boot. */
static const struct magic packers[] = {
	{ "\x1f\x8b\x08", 3, 0, "gzip" },
	{ "\xfd\x37zXZ", 6, 0, "xz" },
	{ "\x28\xb5\x2f\xfd", 4, 0, "zstd" },
	{ "1AY&SY", 6, 4, "bzip2" },
};

/* The name of the first that is there; NULL: none. */
static const char *named(const struct magic *m, size_t n, const uint8_t *disk)
{
	for (size_t i = 0; i < n; i++)
		if (memcmp(disk + m[i].off, m[i].bytes, m[i].len) == 0)
			return m[i].name;
	return NULL;
}

static bool has(const struct fw_disk *d, enum disk_kind kind)
{
	struct disk_part part;

	return disk_find_part(d, kind, &part) == 0;
}

/* A jump, or the first instructions of the usual loaders; an installer for POWER writes no code there. */
static bool begins_with_x86(const uint8_t *bytes)
{
	static const uint8_t first[] = { 0xeb, 0xe9, 0xfa, 0xfc, 0x31, 0x33 };

	return le16_load(bytes + 510) == 0xaa55 && memchr(first, bytes[0], sizeof(first));
}

static bool is_empty(const uint8_t *bytes, size_t len)
{
	return bytes[0] == 0 && memcmp(bytes, bytes + 1, len - 1) == 0;
}

static void why(const struct fw_disk *d, const struct fw_disk *silent, const uint8_t *bytes)
{
	const char *fs = named(file_systems, ARRAY_LEN(file_systems), bytes);
	const char *by = named(packers, ARRAY_LEN(packers), bytes);

	if (has(silent, DISK_EFI))
		disk_lies(d, "it has an EFI system partition and no PReP partition: "
			     "it is for UEFI machines: take an image for ppc64el");
	else if (disk_is_iso(d))
		disk_lies(d, "its ISO 9660 has no ppc/bootinfo.txt: take one for ppc64el");
	else if (by)
		disk_lies(d, "it is packed with %s: unpack it (%s -d)", by, by);
	else if (fs)
		disk_lies(d,
			  "it is one %s file system, without partitions: "
			  "name a kernel by boot.kernel, "
			  "or make a PReP partition with a boot loader",
			  fs);
	else if (begins_with_x86(bytes))
		disk_lies(d, "it has a boot sector for x86 and no PReP partition: "
			     "take an image for ppc64el");
	else if (is_empty(bytes, LOOK_AT))
		disk_lies(d, "it is empty at its beginning: install a system on it");
	else
		disk_lies(d,
			  "it has %s, and no ISO 9660 with ppc/bootinfo.txt: "
			  "install a boot loader for ppc64el on it",
			  has(silent, DISK_ANY) ? "no PReP partition" : "no partitions");
}

void disk_say_why(const struct fw_disk *disk)
{
	const struct disk_extent all = disk_whole(disk);
	char lie[DISK_LIE_SIZE];
	struct fw_disk silent = *disk;
	uint8_t bytes[LOOK_AT] = { 0 };
	size_t n = disk->size < LOOK_AT ? disk->size : LOOK_AT;

	silent.lie = lie;
	disk_read(disk, &all, 0, bytes, n); /* what cannot be read is empty */
	why(disk, &silent, bytes);
}
