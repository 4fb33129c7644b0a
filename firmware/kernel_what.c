/* SPDX-License-Identifier: BSD-2-Clause */
/* Files that are given for a kernel, and are none for this machine. */
#include "firmware/kernel.h"

#include "vmm/base/sys.h"

#include <string.h>

#define GIVE ": give the vmlinux of a ppc64 or ppc64el kernel"
#define INSIDE ": give the vmlinux that is in it"
#define MAKE_RAW ": make it raw with qemu-img convert"
#define AS_DISK ": give it as path of a [[disk]]"

/* In order: a UKI is a PE file, and so are kernels of x86 and arm64, and what zboot makes of those of arm64 and others. */
static const struct {
	uint32_t at;
	uint8_t len;
	const char *magic, *what;
} known[] = {
	{ 0x202, 4, "HdrS", "is an x86 kernel (bzImage)" GIVE },
	{ 0x38, 4, "ARM\x64", "is an arm64 kernel (Image)" GIVE },
	{ 0x38, 4, "RSC\x05", "is a RISC-V kernel (Image)" GIVE },
	{ 0, 2, "\x1f\x8b", "is gzip data: unpack it with gunzip" },
	{ 4, 4, "zimg", "is an EFI zboot image of another architecture's kernel" GIVE },
	{ 0, 2, "MZ", "is an EFI program, or a unified kernel image (UKI)" GIVE },
	{ 0, 4, "\x27\x05\x19\x56", "is an image for U-Boot (uImage)" GIVE },
	{ 0, 4, "\xd0\x0d\xfe\xed", "is a device tree, or a FIT image for U-Boot" GIVE },
	{ 0, 3, "BZh", "is bzip2 data: unpack it with bunzip2" },
	{ 0, 4, "\x04\x22\x4d\x18", "is lz4 data: unpack it with unlz4" },
	{ 0, 4, "\x02\x21\x4c\x18", "is lz4 data: unpack it with unlz4" },
	{ 0, 3, "\x5d\0\0", "is lzma data: unpack it with unlzma" },
	{ 0, 5, "07070", "is a cpio archive: give it as boot.initrd" },
	{ 0, 4, "hsqs", "is a squashfs file system" GIVE },
	{ 0, 4, "PK\3\4", "is a zip archive" INSIDE },
	{ 0, 6, "7z\xbc\xaf\x27\x1c", "is a 7z archive" INSIDE },
	{ 0, 4, "\xed\xab\xee\xdb", "is an RPM package" INSIDE },
	{ 0, 8, "!<arch>\n", "is a Debian package, or another ar archive" INSIDE },
	{ 0x101, 5, "ustar", "is a tar archive" INSIDE },
	{ 0, 4, "\x89LZO", "is lzop data: unpack it with lzop -d" },
	{ 0, 4, "QFI\xfb", "is a qcow2 disk image" MAKE_RAW },
	{ 0, 4, "KDMV", "is a VMDK disk image" MAKE_RAW },
	{ 0, 8, "vhdxfile", "is a VHDX disk image" MAKE_RAW },
	{ 0, 2, "#!", "is a script" GIVE },
	{ 0x8001, 5, "CD001", "is an ISO 9660 image" AS_DISK },
	{ 0x438, 2, "\x53\xef", "is an ext4 file system" AS_DISK },
	{ 0, 4, "XFSB", "is an xfs file system" AS_DISK },
	{ 0x10040, 8, "_BHRfS_M", "is a btrfs file system" AS_DISK },
	{ 0x1fe, 2, "\x55\xaa", "is a disk image" AS_DISK },
};

static bool has(int fd, uint32_t at, const char *magic, size_t len)
{
	char is[8];

	return sys_pread(fd, is, len, at) == (ssize_t)len && memcmp(is, magic, len) == 0;
}

const char *kernel_what(int fd)
{
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (has(fd, known[i].at, known[i].magic, known[i].len))
			return known[i].what;
	return NULL;
}
