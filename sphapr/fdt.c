/* SPDX-License-Identifier: BSD-2-Clause */
#include "sphapr/fdt.h"

#include <errno.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SIZE (16 * KiB)
#define MAX_SIZE (16 * MiB) /* far above any tree: a bound for the loop that grows */

/* Returns true when the call that gave @fdt_err shall be repeated with a larger buffer. */
static bool grow(struct fdtb *b, int fdt_err)
{
	void *bigger;

	if (fdt_err == 0)
		return false;
	if (fdt_err != -FDT_ERR_NOSPACE || b->size >= MAX_SIZE) {
		b->err = -EINVAL;
		return false;
	}
	bigger = malloc(b->size * 2);
	if (!bigger || fdt_resize(b->buf, bigger, (int)(b->size * 2))) {
		free(bigger);
		b->err = -ENOMEM;
		return false;
	}
	free(b->buf);
	b->buf = bigger;
	b->size *= 2;
	return true;
}

/* A statement on libfdt that is skipped after an error and repeated after growing. */
#define WRITE(b, call)                                                                             \
	do {                                                                                       \
		if ((b)->err)                                                                      \
			return;                                                                    \
	} while (grow((b), (call)))

void fdtb_init(struct fdtb *b)
{
	*b = (struct fdtb){ .buf = malloc(FIRST_SIZE), .size = FIRST_SIZE };
	if (!b->buf) {
		b->err = -ENOMEM;
		return;
	}
	/* Without the flag libfdt compares each name with all others: most of the time. */
	if (fdt_create_with_flags(b->buf, (int)b->size, FDT_CREATE_FLAG_NO_NAME_DEDUP))
		b->err = -EINVAL;
}

void fdtb_reserve(struct fdtb *b, gpa_t base, uint64_t size)
{
	WRITE(b, fdt_add_reservemap_entry(b->buf, base, size));
}

void fdtb_begin(struct fdtb *b, const char *name)
{
	if (!*name) /* the root ends the list of reservations */
		WRITE(b, fdt_finish_reservemap(b->buf));
	WRITE(b, fdt_begin_node(b->buf, name));
}

void fdtb_begin_at(struct fdtb *b, const char *name, uint64_t unit)
{
	char full[64];

	snprintf(full, sizeof(full), "%s@%llx", name, (unsigned long long)unit);
	fdtb_begin(b, full);
}

void fdtb_end(struct fdtb *b)
{
	WRITE(b, fdt_end_node(b->buf));
}

void fdtb_bytes(struct fdtb *b, const char *name, const void *data, size_t len)
{
	WRITE(b, fdt_property(b->buf, name, data, (int)len));
}

void fdtb_empty(struct fdtb *b, const char *name)
{
	fdtb_bytes(b, name, NULL, 0);
}

void fdtb_str(struct fdtb *b, const char *name, const char *s)
{
	fdtb_bytes(b, name, s, strlen(s) + 1);
}

void fdtb_u32(struct fdtb *b, const char *name, uint32_t v)
{
	fdtb_cells(b, name, &v, 1);
}

void fdtb_u64(struct fdtb *b, const char *name, uint64_t v)
{
	FDTB_CELLS(b, name, (uint32_t)(v >> 32), (uint32_t)v);
}

void fdtb_cells(struct fdtb *b, const char *name, const uint32_t *cells, size_t n)
{
	void *p = NULL;

	WRITE(b, fdt_property_placeholder(b->buf, name, (int)(n * 4), &p));
	for (size_t i = 0; !b->err && i < n; i++)
		be32_store((uint8_t *)p + 4 * i, cells[i]);
}

int fdtb_finish(struct fdtb *b, void **out, size_t *size)
{
	while (!b->err && grow(b, fdt_finish(b->buf)))
		;
	if (b->err) {
		free(b->buf);
		return b->err;
	}
	*out = b->buf;
	*size = fdt_totalsize(b->buf);
	return 0;
}
