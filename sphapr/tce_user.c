/* SPDX-License-Identifier: BSD-2-Clause */
#include "sphapr/tce_user.h"

#include <errno.h>
#include <stdlib.h>

/* Untouched parts of the table cost nothing: large blocks come zeroed from the kernel. */
static int user_open(void *ctx, struct dma_window *w)
{
	(void)ctx;
	w->priv = NULL;
	w->tces = calloc(w->npages, sizeof(*w->tces));
	return w->tces ? 0 : -ENOMEM;
}

static void user_close(void *ctx, struct dma_window *w)
{
	(void)ctx;
	free(w->tces);
	w->tces = NULL;
}

const struct dma_backend_ops tce_user_ops = { .open = user_open, .close = user_close };

const struct dma_caps tce_user_caps = {
	.page_sizes = 4 * KiB | 64 * KiB | 2 * MiB | 16 * MiB,
	.max_windows = 2,
	.max_pages = 1ULL << 32, /* what covers RAM is far less: a table is RAM / 256 at most */
	.default_start = 0,
	.default_size = 1 * GiB,
	.second_start = 1ULL << 59,
	.limited = true,
	.group = -1,
};
