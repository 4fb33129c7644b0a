/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VFIO_IN_USE_PRIVATE_H
#define VFIO_IN_USE_PRIVATE_H

/* What the files in_use*.c share: one search for a use of one function. */

#include "vmm/base/bdf.h"
#include "vmm/base/sys.h"

#include <stdio.h>
#include <string.h>

#define USE_PATH_LEN 320
#define USE_FILE_LEN (32 * KiB) /* as much of a file of /proc is looked at */

struct use {
	const char *bdf;
	const char *mounts, *swaps;
	const char *dir; /* whose entries are gone through */
	char *why;
	size_t size;
	bool found;
	bool screen; /* a frame buffer of Linux is the function's */
};

/* Does the link of a class device lead through our function? @target: where it leads. */
static inline bool use_belongs(const struct use *u, const char *class_path,
			       char target[USE_PATH_LEN])
{
	char part[BDF_LEN + 2];

	snprintf(part, sizeof(part), "/%s/", u->bdf);
	return sys_readlink(class_path, target, USE_PATH_LEN) > 0 && strstr(target, part);
}

/* in_use_net.c: is the interface @name ours and in use? An answer of sys_list(): false ends it. */
bool vfio_net_in_use(void *ctx, const char *name);

#endif
