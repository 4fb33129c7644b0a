/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_CONTROL_JREAD_H
#define VMM_CONTROL_JREAD_H

/*
 * JSON, read: as jtext.h writes it, by a program that knows whom it asks. Each number, word and string comes
 * with its path ("vcpu0.exits", "0.windows.1.size"), in the order of the text.
 */

#include "vmm/base/types.h"

#define JREAD_PATH 128

/* @text: of a string, without its quotes and with its escapes; of a number or word as it stands. */
typedef void jread_fn(void *ctx, const char *path, const char *text, size_t len);

/* False: it is no JSON, or too deep, or a path is too long. */
bool jread(const char *text, jread_fn *fn, void *ctx);

#endif
