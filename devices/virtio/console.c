/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * virtio-console, one port: another hvc for the guest, on a stream of
 * devices/backend/chardev/chardev.h.
 *
 * Input for which the guest offers no buffer stays in the stream. While the stream takes no output,
 * the guest's request and the ones behind that wait. A request held at a reset is forgotten.
 *
 * Source: VIRTIO 1.2, 5.3 "Console Device".
 */
#include "devices/backend/chardev/chardev.h"
#include "devices/models.h"
#include "devices/virtio/round.h"
#include "vmm/base/log.h"

#include <errno.h>
#include <linux/virtio_console.h>
#include <linux/virtio_ids.h>
#include <stdlib.h>
#include <string.h>

enum { RX, TX, NQUEUES };

#define QUEUE_SIZE 128u
#define MAX_IOV 128u
#define PIECE (4 * KiB)
#define MAX_CHAIN (1 * MiB)
#define RETRY_NS 10000000ULL /* of a stream that is full */
#define DRAIN_MS 1000        /* for the last words */

struct console_conf {
	char *backend;
	bool iommu;
};

struct console {
	struct device dev;
	struct virtio_pci v;
	struct chardev stream;
	struct loop_timer retry;

	/* Output. */
	bool holds; /* tx was popped, and its bytes from sent on are still to go */
	struct virtq_chain tx;
	uint64_t sent;

	struct iovec tx_iov[MAX_IOV], rx_iov[MAX_IOV];
};

static struct console *of(struct virtio_pci *v)
{
	return container_of(v, struct console, v);
}

/* ---- output ---- */

/* Sends one piece of the request that is held. False: the stream is full. */
static bool send_piece(struct console *d, struct virtio_round *r)
{
	uint8_t buf[PIECE];
	size_t n = virtq_chain_read(&d->tx, d->sent, buf, sizeof(buf));

	if (n && !chardev_write(&d->stream, buf, n))
		return false;
	d->sent += n;
	virtio_round_charge(r, n ? WORK_CALL + 2 * n : 0); /* copied, then written */
	if (d->sent < d->tx.out_len)
		return true;
	virtq_push(virtio_pci_vq(&d->v, TX), d->tx.head, 0);
	d->holds = false;
	return true;
}

/* Is there something to send, first the rest of what is held, and time for it? */
static bool has_output(struct console *d, struct virtio_round *r)
{
	if (d->holds)
		return virtio_pci_runs(&d->v) && !virtio_round_is_over(r);
	d->holds = virtio_round_pop(r, &d->tx) > 0;
	d->sent = 0;
	return d->holds;
}

static void run_tx(struct console *d);

static void retry(void *ctx)
{
	run_tx(ctx);
}

static void run_tx(struct console *d)
{
	struct virtio_round r;
	bool full = false;

	loop_timer_cancel(d->v.env->loop, &d->retry);
	virtio_round_begin(&r, &d->v, TX);
	do {
		while (!full && has_output(d, &r))
			full = !send_piece(d, &r);
	} while (!full && virtio_round_more(&r));
	if (!full) {
		virtio_round_end(&r);
		return;
	}
	virtio_round_stop(&r);
	loop_timer_set(d->v.env->loop, &d->retry, RETRY_NS, retry, d);
}

/* ---- input ---- */

/* The stream has input. Returns how many bytes the guest had room for. */
static size_t receive(void *ctx, const uint8_t *buf, size_t len)
{
	struct console *d = ctx;
	struct virtq_chain c = { .iov = d->rx_iov, .max_iov = MAX_IOV };
	struct virtio_round r;
	size_t done = 0;

	virtio_round_begin(&r, &d->v, RX);
	do {
		while (done < len && virtio_round_pop(&r, &c) > 0) {
			size_t n = virtq_chain_write(&c, 0, buf + done, len - done);

			virtio_round_charge(&r, n);
			virtq_push(virtio_pci_vq(&d->v, RX), c.head, (uint32_t)n);
			done += n;
		}
	} while (done < len && virtio_round_more(&r));
	virtio_round_end(&r); /* buffers without room may have used it up: the kick resumes */
	return done;
}

static void quit(void *ctx)
{
	const struct device_env *env = ((struct console *)ctx)->v.env;

	env->quit(env->ctx);
}

/* ---- what the driver says ---- */

static void console_kick(struct virtio_pci *v, uint32_t q)
{
	struct console *d = of(v);

	if (q == TX)
		run_tx(d);
	else
		chardev_resume(&d->stream);
}

static bool console_stop(struct virtio_pci *v)
{
	struct console *d = of(v);

	loop_timer_cancel(v->env->loop, &d->retry);
	d->holds = false;
	return true;
}

static const struct virtio_type console_type = {
	.name = "virtio-console",
	.id = VIRTIO_ID_CONSOLE,
	.pci_class = 0x078000,
	.queue_size = QUEUE_SIZE,
	.max_chain = MAX_CHAIN,
	.kick = console_kick,
	.stop = console_stop,
};

/* ---- life ---- */

static void console_destroy(struct device *dev)
{
	struct console *d = container_of(dev, struct console, dev);

	if (d->v.env)
		loop_timer_cancel(d->v.env->loop, &d->retry);
	virtio_pci_close(&d->v);
	chardev_drain(&d->stream, DRAIN_MS);
	chardev_close(&d->stream);
	free(d);
}

static int console_create(struct device **out, const struct device_env *env, const void *conf_,
			  const char *id, uint8_t devfn, enum blame *blame)
{
	const struct console_conf *conf = conf_;
	struct console *d = calloc(1, sizeof(*d));
	int r;

	r = d ? virtio_pci_init(&d->v, &console_type, env, id, devfn, NQUEUES, conf->iommu)
	      : -ENOMEM;
	if (r < 0) {
		log_error("%s: %s", id, strerror(-r));
		free(d);
		return r;
	}
	d->dev = (struct device){ .model = &virtio_console,
				  .func = &d->v.func,
				  .iommu = conf->iommu };
	d->v.config_len = sizeof(struct virtio_console_config);
	d->tx = (struct virtq_chain){ .iov = d->tx_iov, .max_iov = MAX_IOV };
	r = chardev_open(&d->stream, env->tree_only ? "none" : conf->backend, env->loop,
			 &(struct chardev_callbacks){ d, receive, quit, d->v.id, true });
	if (r < 0) {
		console_destroy(&d->dev);
		*blame = BLAME_CONFIG; /* as for the first console: another back end can be had */
		return r;
	}
	*out = &d->dev;
	return 0;
}

static const struct conf_key console_keys[] = {
	{ "backend", CONF_STRING, offsetof(struct console_conf, backend), .def = "pty",
	  .check = chardev_check_spec, .form = CHARDEV_SPEC_FORM,
	  .help = "where it goes, pty logs the terminal's name" },
	{ "iommu", CONF_BOOL, offsetof(struct console_conf, iommu), .def = "false",
	  .help = "the guest maps each buffer in its DMA window first" },
	{ 0 },
};

const struct device_model virtio_console = {
	.name = "virtio-console",
	.section = "virtio_console",
	.help = "further consoles, any number: hvc1 and so on in the guest",
	.keys = console_keys,
	.conf_size = sizeof(struct console_conf),
	.create = console_create,
	.destroy = console_destroy,
};
