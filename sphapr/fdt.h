/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPHAPR_FDT_H
#define SPHAPR_FDT_H

/*
 * A builder on libfdt's sequential writer, which grows its buffer by itself and keeps its first
 * error: after that every fdtb_* call does nothing, and fdtb_finish() reports it. So a tree is
 * written as a plain list of nodes and properties (fdt_tree.h).
 */

#include "vmm/base/types.h"

struct fdtb {
	void *buf; /* malloc'd */
	size_t size;
	int err; /* first error as -errno */
};

void fdtb_init(struct fdtb *b);
void fdtb_reserve(struct fdtb *b, gpa_t base, uint64_t size); /* before the first node */
void fdtb_begin(struct fdtb *b, const char *name);
void fdtb_begin_at(struct fdtb *b, const char *name, uint64_t unit); /* name@unit, in hex */
void fdtb_end(struct fdtb *b);
void fdtb_bytes(struct fdtb *b, const char *name, const void *data, size_t len);
void fdtb_empty(struct fdtb *b, const char *name);
void fdtb_str(struct fdtb *b, const char *name, const char *s);
void fdtb_u32(struct fdtb *b, const char *name, uint32_t v);
void fdtb_u64(struct fdtb *b, const char *name, uint64_t v);
void fdtb_cells(struct fdtb *b, const char *name, const uint32_t *cells, size_t n);

#define FDTB_CELLS(b, name, ...)                                                                   \
	fdtb_cells((b), (name), (const uint32_t[]){ __VA_ARGS__ },                                 \
		   sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t))

/* 0 and a packed blob for the caller to free; or -errno, and nothing to free. */
int fdtb_finish(struct fdtb *b, void **out, size_t *size);

#endif
