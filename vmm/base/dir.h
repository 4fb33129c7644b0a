/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_BASE_DIR_H
#define VMM_BASE_DIR_H

#include "vmm/base/types.h"

/**
 * dir_find - the first entry of a folder whose name begins with @prefix
 * @prefix: "" for any entry; . and .. are none
 * @name:   out, NUL-terminated
 * @size:   of @name in bytes; an entry that does not fit is passed over
 * Return 0; -ENOENT when there is none; else -errno of the folder.
 */
int dir_find(const char *dir, const char *prefix, char *name, size_t size);

#endif
