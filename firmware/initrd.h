/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FIRMWARE_INITRD_H
#define FIRMWARE_INITRD_H

#include "firmware/image.h"

/**
 * initrd_check - is this initrd cut short?
 * A guest finds out only after its whole boot, by a panic about its root file system. What can be
 * seen without unpacking is judged here: cpio members, zstd frames, the ends of gzip and xz. A format
 * that is not known passes. Return 0, or -errno after one logged line.
 */
int initrd_check(const struct image_file *file);

#endif
