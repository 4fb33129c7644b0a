/* SPDX-License-Identifier: BSD-2-Clause */
#define LOG_PREFIX "console"
#include "devices/backend/chardev/log_file.h"

#include "vmm/base/log.h"
#include "vmm/base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define SECOND_NS 1000000000ULL
#define REST_NS (SECOND_NS / 5)   /* a line that has not ended waits so long at most */
#define LATER_NS (SECOND_NS / 10) /* what the rate does not allow yet */
#define AGAIN_NS (10 * SECOND_NS) /* a disk that refused is tried again */
#define BURST_SECONDS 4ULL
#define PIECE_MAX (4 * KiB) /* a line that does not end is written from here on */

/* ---- how much may be written ---- */

static void earn(struct log_file *f)
{
	uint64_t now = sys_now_ns(), since = now - f->may_ns, rate = f->conf.rate;
	uint64_t earned, most = BURST_SECONDS * rate;

	if (!rate) {
		f->may = UINT64_MAX;
		return;
	}
	if (since >= BURST_SECONDS * SECOND_NS) {
		f->may = most;
		f->may_ns = now;
		return;
	}
	earned = since * rate / SECOND_NS;
	f->may_ns += earned * SECOND_NS / rate; /* the rest of a byte is earned next time */
	f->may = most - f->may < earned ? most : f->may + earned;
}

/* ---- writing ---- */

static void later(struct log_file *f, uint64_t ns);

static void failed(struct log_file *f, int r)
{
	if (!f->failed)
		log_error("log %s: %s: what the guest says is not kept there; "
			  "it is tried again every ten seconds",
			  f->conf.path, strerror(-r));
	f->failed = true;
	later(f, AGAIN_NS);
}

/* Bytes written, fewer than @len only where there is no room; or -errno. */
static ssize_t write_some(struct log_file *f, const void *buf, size_t len)
{
	ssize_t r;

	do {
		r = sys_write(f->file.fd, buf, len);
	} while (r == -EINTR);
	if (r > 0)
		f->size += (uint64_t)r;
	return r ? r : -EIO;
}

/* What the ring has no more. 0 or -errno: then the mark is still due. */
static int mark_lost(struct log_file *f)
{
	char text[64];
	uint64_t to;
	ssize_t r;

	if (f->at >= ring_oldest(f->ring))
		return 0;
	to = ring_first_line(f->ring);
	snprintf(text, sizeof(text), "\n[... %" PRIu64 " bytes lost]\n", to - f->at);
	r = write_some(f, text, strlen(text));
	if (r < 0)
		return (int)r;
	f->lost += to - f->at;
	f->at = to;
	return 0;
}

/* One piece. False: no more for now. */
static bool write_piece(struct log_file *f)
{
	const uint8_t *p;
	ssize_t r = mark_lost(f);
	size_t n = ring_peek(f->ring, f->at, &p);

	if (r == 0)
		r = write_some(f, p, n < f->may ? n : (size_t)f->may);
	if (r < 0) {
		failed(f, (int)r);
		return false;
	}
	f->at += (uint64_t)r;
	if (f->conf.rate)
		f->may -= (uint64_t)r;
	return true;
}

static void flush(struct log_file *f)
{
	bool goes = true;

	earn(f);
	while (goes && f->at < f->ring->end) {
		f->limited = !f->may;
		if (f->limited) {
			later(f, LATER_NS);
			return;
		}
		goes = write_piece(f);
	}
	if (goes && f->failed) {
		log_info("log %s: goes on", f->conf.path);
		f->failed = false;
	}
}

static bool is_full(const struct log_file *f)
{
	return f->conf.size && f->size >= f->conf.size;
}

/* On the I/O thread, which alone may open files. */
static void on_timer(void *ctx)
{
	struct log_file *f = ctx;
	int r;

	f->timed = f->limited = false;
	if (is_full(f)) {
		r = named_file_set_aside(&f->file);
		if (r < 0)
			log_warn("log %s: %s: it cannot be moved to \"%s.1\", and grows on",
				 f->conf.path, strerror(-r), f->conf.path);
		f->size = 0; /* where it could not be moved, too: tried again after as many bytes */
	}
	flush(f);
}

static void later(struct log_file *f, uint64_t ns)
{
	if (f->timed)
		return;
	f->timed = true;
	loop_timer_set(f->loop, &f->timer, ns, on_timer, f);
}

void log_file_kick(struct log_file *f)
{
	const struct ring *ring = f->ring;

	if (!ring || f->failed || f->limited || f->at == ring->end)
		return;
	if (ring_byte(ring, ring->end - 1) != '\n' && ring->end - f->at < PIECE_MAX) {
		later(f, REST_NS);
		return;
	}
	flush(f);
	if (is_full(f)) {
		loop_timer_cancel(f->loop, &f->timer);
		f->timed = false;
		later(f, 0);
	}
}

/* ---- life ---- */

static uint64_t size_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 ? (uint64_t)st.st_size : 0;
}

void log_file_rotate(struct log_file *f)
{
	int r;

	if (!f->ring)
		return;
	if (!f->failed)
		flush(f);
	r = named_file_reopen(&f->file);
	if (r < 0)
		log_warn("log %s: %s: it cannot be opened anew, and goes on in the old file",
			 f->conf.path, strerror(-r));
	else
		f->size = size_of(f->file.fd);
}

int log_file_open(struct log_file *f, const struct log_file_conf *conf, const struct ring *ring,
		  struct loop *l)
{
	int r;

	*f = (struct log_file){ .conf = *conf, .loop = l, .at = ring->end };
	r = named_file_open(&f->file, conf->path, O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600);
	if (r == 0 && f->file.dir_fd < 0) {
		named_file_close(&f->file);
		r = -EINVAL;
	}
	if (r == -EINVAL)
		log_error("log %s: this is no regular file: choose another path, or use "
			  "backend = \"file:%s\"",
			  conf->path, conf->path);
	else if (r == -ELOOP)
		log_error("log %s: this is a symbolic link: name the file itself", conf->path);
	else if (r < 0)
		log_error("log %s: cannot open for writing: %s: choose a path that can be written",
			  conf->path, strerror(-r));
	if (r < 0)
		return r;
	f->ring = ring;
	f->size = size_of(f->file.fd);
	return 0;
}

void log_file_close(struct log_file *f)
{
	if (!f->ring)
		return;
	f->conf.rate = 0; /* the last words may be what the file is for */
	flush(f);
	loop_timer_cancel(f->loop, &f->timer);
	named_file_close(&f->file);
	f->ring = NULL;
}
