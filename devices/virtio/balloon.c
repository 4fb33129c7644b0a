/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * virtio-balloon: memory that the guest does not use goes back to the host. Two ways: the guest
 * puts pages into the balloon until that has the size that we ask for (inflate; deflate takes them
 * out), and it reports free pages as it goes, which it may use again without a word.
 *
 * The balloon counts pages of 4 KiB, whatever the pages of guest and host are: one of the host's is
 * given back when all of its parts are in the balloon (balloon_pages.c). Where RAM is pinned for
 * passed-through devices nothing is: they would reach the old pages, and the guest new ones.
 *
 * Source: VIRTIO 1.2, 5.5 "Traditional Memory Balloon Device".
 */
#include "devices/virtio/balloon.h"

#include "devices/models.h"
#include "vmm/base/log.h"

#include <errno.h>
#include <linux/virtio_ids.h>
#include <stdlib.h>
#include <string.h>

/*
 * What the queues after the first two are depends on what was negotiated, and drivers disagree on
 * whether absent ones are counted. Free page reports are all that we need a further queue for, so each
 * of the next three takes reports.
 */
enum { INFLATE, DEFLATE, REPORTING };
#define NQUEUES (REPORTING + 3)

#define QUEUE_SIZE 128u
#define MAX_PFNS 1024u          /* of one request: the rest stays with the guest; Linux: 256 */
#define MAX_CHAIN (1ULL << 30)  /* Linux reports up to 32 pieces of 16 MiB */
#define REPORT_PIECE (16 * MiB) /* given back before others may have their turn */
#define FIELD(b, name) ((b)->v.config + offsetof(struct virtio_balloon_config, name))

static struct balloon *of(struct virtio_pci *v)
{
	return container_of(v, struct balloon, v);
}

/* The numbers of the pages that the guest names. */
static void pages(struct balloon *b, const struct virtq_chain *c, bool inflate)
{
	uint64_t n = c->out_len / 4;
	uint8_t raw[1024];

	n = n < MAX_PFNS ? n : MAX_PFNS;
	for (uint64_t done = 0; done < n;) {
		size_t got = virtq_chain_read(c, done * 4, raw, sizeof(raw)) / 4;

		for (size_t i = 0; i < got && done < n; i++, done++)
			balloon_page(b, le32_load(raw + 4 * i), inflate);
	}
	balloon_flush(b);
	b->work += n * WORK_PIECE;
	if (!virtio_has(&b->v, VIRTIO_BALLOON_F_MUST_TELL_HOST)) {
		balloon_forget(b); /* the guest may use the parts of a page again before it tells */
		b->work += b->npages / 64;
	}
}

/* The work that was charged to the device meanwhile is charged to the turn. */
static void charge(struct balloon *b, struct virtio_round *r)
{
	virtio_round_charge(r, b->work);
	b->work = 0;
}

static void run_pages(struct balloon *b, uint32_t q)
{
	struct virtq_chain c = { .iov = b->iov, .max_iov = BALLOON_MAX_IOV };
	struct virtio_round r;

	virtio_round_begin(&r, &b->v, q);
	do {
		while (virtio_round_pop(&r, &c) > 0) {
			pages(b, &c, q == INFLATE);
			charge(b, &r);
			virtq_push(virtio_pci_vq(&b->v, q), c.head, 0);
		}
	} while (virtio_round_more(&r));
	virtio_round_end(&r);
}

/* One piece of the report that is held: the device may have worked on others meanwhile. */
static void report_piece(struct balloon *b)
{
	const struct iovec *v = &b->report.iov[b->report.nout + b->piece];
	uint64_t most = b->v.env->ram_page > REPORT_PIECE ? b->v.env->ram_page : REPORT_PIECE;
	uint8_t *from = (uint8_t *)v->iov_base + b->at;
	/* Cut where no page of the host's is cut. */
	uint64_t len = ALIGN_DOWN((uintptr_t)from + most, most) - (uintptr_t)from;

	if (len > v->iov_len - b->at)
		len = v->iov_len - b->at;
	balloon_give(b, from, len);
	b->at += len;
	if (b->at == v->iov_len) {
		b->at = 0;
		b->piece++;
	}
}

/* Is a report held, or another there? Not where the guest expects to find its poison in free pages. */
static bool has_report(struct balloon *b, struct virtio_round *r)
{
	bool poisoned = virtio_has(&b->v, VIRTIO_BALLOON_F_PAGE_POISON) &&
			le32_load(FIELD(b, poison_val)) != 0;

	if (b->holds)
		return virtio_pci_runs(&b->v) && !virtio_round_is_over(r);
	b->report = (struct virtq_chain){ .iov = b->report_iov, .max_iov = BALLOON_MAX_IOV };
	b->holds = virtio_round_pop(r, &b->report) > 0;
	b->report_queue = r->q;
	b->piece = poisoned ? b->report.nin : 0;
	b->at = 0;
	return b->holds;
}

static void run_reports(struct balloon *b, uint32_t q)
{
	struct virtio_round r;

	if (b->holds && b->report_queue != q) {
		virtio_pci_kick_self(&b->v, q); /* after that one, which goes on by itself */
		return;
	}
	virtio_round_begin(&r, &b->v, q);
	do {
		while (has_report(b, &r)) {
			if (b->piece < b->report.nin) {
				report_piece(b);
				charge(b, &r);
				continue;
			}
			b->holds = false;
			virtq_push(virtio_pci_vq(&b->v, q), b->report.head, 0);
		}
	} while (virtio_round_more(&r));
	virtio_round_end(&r);
}

static void balloon_kick(struct virtio_pci *v, uint32_t q)
{
	if (q >= REPORTING)
		run_reports(of(v), q);
	else
		run_pages(of(v), q);
}

/* The guest's memory is its own again. */
static bool balloon_stop(struct virtio_pci *v)
{
	struct balloon *b = of(v);

	balloon_forget(b);
	b->holds = false;
	le32_store(FIELD(b, actual), 0);
	le32_store(FIELD(b, poison_val), 0);
	return true;
}

static void config_write(struct virtio_pci *v, uint32_t off, const uint8_t *data, uint32_t len)
{
	static const uint32_t writable[] = { offsetof(struct virtio_balloon_config, actual),
					     offsetof(struct virtio_balloon_config, poison_val) };

	for (size_t i = 0; i < ARRAY_LEN(writable); i++)
		if (off == writable[i] && len == 4)
			memcpy(v->config + off, data, len);
}

static const struct virtio_type balloon_type = {
	.name = "virtio-balloon",
	.id = VIRTIO_ID_BALLOON,
	.pci_class = 0x00ff00,
	.queue_size = QUEUE_SIZE,
	.max_chain = MAX_CHAIN,
	.kick = balloon_kick,
	.stop = balloon_stop,
	.config_write = config_write,
};

int balloon_resize(struct device *dev, uint64_t bytes)
{
	struct balloon *b = container_of(dev, struct balloon, dev);
	uint64_t n = bytes >> VIRTIO_BALLOON_PFN_SHIFT;

	if (n >= b->npages)
		return -EINVAL;
	if (b->v.env->dma_pinned)
		return -EBUSY;
	le32_store(FIELD(b, num_pages), (uint32_t)n);
	virtio_pci_config_changed(&b->v);
	return 0;
}

/* ---- life ---- */

static void balloon_destroy(struct device *dev)
{
	struct balloon *b = container_of(dev, struct balloon, dev);

	virtio_pci_close(&b->v);
	free(b->inside);
	free(b);
}

static void offer(struct balloon *b, const struct balloon_conf *conf)
{
	bool pinned = b->v.env->dma_pinned;

	b->v.config_len = sizeof(struct virtio_balloon_config);
	b->v.offered |= BIT(VIRTIO_BALLOON_F_MUST_TELL_HOST);
	if (conf->deflate_on_oom)
		b->v.offered |= BIT(VIRTIO_BALLOON_F_DEFLATE_ON_OOM);
	if (conf->free_page_reporting && !pinned)
		b->v.offered |= BIT(VIRTIO_BALLOON_F_REPORTING) | BIT(VIRTIO_BALLOON_F_PAGE_POISON);
	le32_store(FIELD(b, num_pages),
		   pinned ? 0 : (uint32_t)(conf->size >> VIRTIO_BALLOON_PFN_SHIFT));
	if (pinned)
		log_warn("%s: it takes no memory: passed-through devices reach all of guest RAM, "
			 "which is pinned for them: remove [balloon], or each [[vfio]]",
			 b->v.id);
}

static int balloon_open(struct balloon *b, const struct device_env *env, const char *id,
			uint8_t devfn)
{
	int r;

	b->npages = gmem_end(env->mem) >> VIRTIO_BALLOON_PFN_SHIFT;
	b->inside = calloc(b->npages / 64 + 1, sizeof(*b->inside));
	r = b->inside ? virtio_pci_init(&b->v, &balloon_type, env, id, devfn, NQUEUES, false)
		      : -ENOMEM;
	if (r < 0)
		log_error("%s: %s", id, strerror(-r));
	return r;
}

static int balloon_create(struct device **out, const struct device_env *env, const void *conf,
			  const char *id, uint8_t devfn, enum blame *blame)
{
	struct balloon *b = calloc(1, sizeof(*b));
	int r;

	(void)blame; /* what fails here is the host's */
	if (!b) {
		log_error("%s: out of memory", id);
		return -ENOMEM;
	}
	r = balloon_open(b, env, id, devfn);
	if (r < 0) {
		balloon_destroy(&b->dev);
		return r;
	}
	b->dev = (struct device){ .model = &virtio_balloon, .func = &b->v.func };
	offer(b, conf);
	*out = &b->dev;
	return 0;
}

static void balloon_check_all(struct conf *c, const void *confs, size_t n, uint64_t ram)
{
	const struct balloon_conf *conf = confs;

	if (n > 0 && ram > 0 && conf->size >= ram)
		conf_error(c, conf_at_value(conf_find(c, "balloon", 0, "size")),
			   "balloon.size: %s of the guest's %s: leave it some",
			   conf_size_text(conf->size).text, conf_size_text(ram).text);
}

static const struct conf_key balloon_keys[] = {
	{ "size", CONF_SIZE, offsetof(struct balloon_conf, size), .def = "0",
	  .max = 1ULL << (32 + VIRTIO_BALLOON_PFN_SHIFT - 1), .multiple = 64 * KiB,
	  .help = "memory that the guest has to give back" },
	{ "deflate_on_oom", CONF_BOOL, offsetof(struct balloon_conf, deflate_on_oom), .def = "true",
	  .help = "a guest that runs out of memory may take it back" },
	{ "free_page_reporting", CONF_BOOL, offsetof(struct balloon_conf, free_page_reporting),
	  .def = "true", .help = "the guest tells which pages are free, and the host has them" },
	{ 0 },
};

const struct device_model virtio_balloon = {
	.name = "virtio-balloon",
	.section = "balloon",
	.once = true,
	.help = "memory of the guest for the host, not with [[vfio]]",
	.keys = balloon_keys,
	.conf_size = sizeof(struct balloon_conf),
	.check_all = balloon_check_all,
	.create = balloon_create,
	.destroy = balloon_destroy,
};
