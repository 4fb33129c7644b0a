/* SPDX-License-Identifier: BSD-2-Clause */
/* From pages of 4 KiB to the host's. */
#include "devices/virtio/balloon.h"
#include "vmm/base/log.h"

#include <string.h>

#define WORK_PAGE 256u /* to give back a page of the host's */
#define PAGE BIT(VIRTIO_BALLOON_PFN_SHIFT)

/* Are the @n pages from @first on inside? Looks at words, since a guest may name any page. */
static bool all_inside(const struct balloon *b, uint64_t first, uint64_t n)
{
	if (n < 64)
		return (b->inside[first / 64] >> first % 64 & (BIT(n) - 1)) == BIT(n) - 1;
	for (uint64_t word = first / 64; word < (first + n) / 64; word++)
		if (b->inside[word] != UINT64_MAX)
			return false;
	return true;
}

void balloon_forget(struct balloon *b)
{
	memset(b->inside, 0, (b->npages / 64 + 1) * sizeof(*b->inside));
}

void balloon_give(struct balloon *b, uint8_t *host, uint64_t len)
{
	const struct device_env *env = b->v.env;
	uint64_t skip = ALIGN_UP((uintptr_t)host, env->ram_page) - (uintptr_t)host;
	int r;

	if (env->dma_pinned || len < skip)
		return;
	len = ALIGN_DOWN(len - skip, env->ram_page);
	if (!len)
		return;
	b->work += WORK_CALL + len / env->ram_page * WORK_PAGE;
	r = env->discard(env->ctx, host + skip, len);
	if (r < 0 && !b->failed)
		log_warn("%s: the host does not take its pages back: %s", b->v.id, strerror(-r));
	b->failed |= r < 0;
}

void balloon_flush(struct balloon *b)
{
	if (b->run)
		balloon_give(b, b->run, b->run_len);
	b->run = NULL;
}

/* Neighbours go back together: guests name pages in runs, up or down. */
static void add(struct balloon *b, uint8_t *host, uint64_t len)
{
	if (b->run && host == b->run + b->run_len) {
		b->run_len += len;
		return;
	}
	if (b->run && host + len == b->run) {
		b->run = host;
		b->run_len += len;
		return;
	}
	balloon_flush(b);
	b->run = host;
	b->run_len = len;
}

void balloon_page(struct balloon *b, uint32_t pfn, bool inflate)
{
	const struct device_env *env = b->v.env;
	uint64_t parts = env->ram_page / PAGE, first = ALIGN_DOWN((uint64_t)pfn, parts);
	uint8_t *host = gmem_dma_host(env->mem, first * PAGE, env->ram_page);

	if (!host || pfn >= b->npages)
		return;
	if (!inflate) {
		b->inside[pfn / 64] &= ~BIT(pfn % 64);
		return;
	}
	b->inside[pfn / 64] |= BIT(pfn % 64);
	if (all_inside(b, first, parts))
		add(b, host, env->ram_page);
}

uint64_t balloon_bytes(const struct device *dev)
{
	const struct balloon *b = container_of(dev, const struct balloon, dev);
	uint64_t n = le32_load(b->v.config + offsetof(struct virtio_balloon_config, actual));

	return (n < b->npages ? n : b->npages) << VIRTIO_BALLOON_PFN_SHIFT;
}
