/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_UNIT_DEVICES_BACKEND_CHARDEV_FIXTURE_H
#define TESTS_UNIT_DEVICES_BACKEND_CHARDEV_FIXTURE_H

/* A stream on a loop whose receiver records, and takes what the test lets it take. */

#include "devices/backend/chardev/chardev.h"
#include "tests/unit/looped.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LOG_PREFIX "test"
#include "tests/unit/said.h"

#define PASTE (64 * 1024)

static struct fixture {
	struct looped h;
	struct chardev cd;
	uint8_t got[2 * PASTE];
	size_t len, allow; /* allow: bytes taken before the next resume */
	int quits, refusals;
	bool patient;
	int fds; /* before */
	char dir[64], path[100], spec[120];
} f;

static inline size_t receive(void *ctx, const uint8_t *buf, size_t len)
{
	size_t n = len < f.allow ? len : f.allow;

	cr_assert(eq(ptr, ctx, &f));
	cr_assert(gt(sz, len, 0));
	cr_assert(le(sz, f.len + n, sizeof(f.got)));
	memcpy(f.got + f.len, buf, n);
	f.len += n;
	f.allow -= n;
	f.refusals += n < len;
	return n;
}

static inline void quit(void *ctx)
{
	cr_assert(eq(ptr, ctx, &f));
	f.quits++;
}

static inline void setup(void)
{
	f.allow = SIZE_MAX;
	snprintf(f.dir, sizeof(f.dir), "/tmp/spapr-chardev.XXXXXX");
	cr_assert(ne(ptr, mkdtemp(f.dir), NULL));
	snprintf(f.path, sizeof(f.path), "%s/it", f.dir);
	said_catch(LOG_DEBUG);
	f.fds = open_fds();
	looped_init(&f.h);
}

/* Whatever the test did, nothing is left open. */
static inline void teardown(void)
{
	chardev_close(&f.cd);
	chardev_close(&f.cd);
	loop_close(&f.h.l);
	unlink(f.path);
	rmdir(f.dir);
	if (open_fds() != f.fds) /* an assertion would be printed, but not counted, here */
		abort();
}

static inline int cd_open(const char *spec)
{
	struct chardev_callbacks cb = { &f, receive, quit, NULL, f.patient };

	return chardev_open(&f.cd, spec, &f.h.l, &cb);
}

/* @kind is "file:" or "unix:" */
static inline int cd_open_path(const char *kind)
{
	snprintf(f.spec, sizeof(f.spec), "%s%s", kind, f.path);
	return cd_open(f.spec);
}

/* Rounds until nothing happens for a moment. Fails when the loop is busy for ever. */
static inline void settle(void)
{
	int rounds = 0;

	while (loop_run_once(&f.h.l, 20) > 0)
		cr_assert(lt(int, ++rounds, 20000), "the loop does not come to rest");
}

static inline bool say(const char *s)
{
	return chardev_write(&f.cd, (const uint8_t *)s, strlen(s));
}

/* A terminal's bytes pass a worker of the kernel, which a busy machine may keep waiting. */
static inline void expect_got(const char *s)
{
	for (int i = 0; i < 150 && f.len < strlen(s); i++)
		loop_run_once(&f.h.l, 20);
	cr_assert(eq(sz, f.len, strlen(s)), "%zu bytes came: \"%.*s\"", f.len, (int)f.len,
		  (char *)f.got);
	cr_assert(eq(int, memcmp(f.got, s, f.len), 0));
	f.len = 0;
}

/* What @fd yields is @s: at once, but for a terminal on a busy machine. */
static inline void expect_read(int fd, const char *s)
{
	char buf[4096];
	size_t len = 0;
	struct pollfd p = { .fd = fd, .events = POLLIN };

	while (len < strlen(s) && len < sizeof(buf) && poll(&p, 1, 10000) > 0) {
		ssize_t n = read(fd, buf + len, sizeof(buf) - len);

		if (n <= 0)
			break;
		len += (size_t)n;
	}
	cr_assert(eq(sz, len, strlen(s)), "read \"%.*s\"", (int)len, buf);
	cr_assert(eq(int, memcmp(buf, s, len), 0));
}

/* A client, non-blocking. */
static inline int dial(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	memcpy(a.sun_path, f.path, strlen(f.path) + 1);
	cr_assert(eq(int, connect(fd, (struct sockaddr *)&a, sizeof(a)), 0));
	settle();
	return fd;
}

static inline void type_in(int fd, const char *s)
{
	cr_assert(eq(long, write(fd, s, strlen(s)), (long)strlen(s)));
	settle();
}

/* What @fd yields begins with @s; the rest stays. The loop goes on meanwhile. */
static inline void expect_next(int fd, const char *s)
{
	uint64_t end = now_ms() + 20000;

	while (*s) {
		char c;

		if (read(fd, &c, 1) == 1)
			cr_assert(eq(chr, c, *s++), "before \"%s\"", s);
		else
			loop_run_once(&f.h.l, 1);
		cr_assert(lt(u64, now_ms(), end), "\"%s\" does not come", s);
	}
}

/* Whatever waits for @fd (non-blocking) is read and forgotten. */
static inline void drop_input(int fd)
{
	char buf[4096];

	settle();
	while (read(fd, buf, sizeof(buf)) > 0)
		settle();
}

/* ---- the paste ---- */

static inline uint8_t paste_byte(size_t i)
{
	return (uint8_t)(i * 7 + i / 251);
}

static inline void paste_make(uint8_t *buf)
{
	for (size_t i = 0; i < PASTE; i++)
		buf[i] = paste_byte(i);
}

/*
 * The receiver takes @step bytes at a time until PASTE bytes are there; the sender puts @buf into
 * @fd (non-blocking) as room permits.
 */
static inline void paste_through(int fd, const uint8_t *buf, size_t step)
{
	uint64_t end = now_ms() + 20000;
	size_t sent = 0;

	f.allow = step;
	while (f.len < PASTE) {
		ssize_t n = sent < PASTE ? write(fd, buf + sent, PASTE - sent) : 0;

		cr_assert(n >= 0 || errno == EAGAIN);
		sent += n > 0 ? (size_t)n : 0;
		loop_run_once(&f.h.l, 1);
		if (!f.allow) {
			f.allow = step;
			chardev_resume(&f.cd);
		}
		cr_assert(lt(u64, now_ms(), end), "stuck at %zu sent, %zu received", sent, f.len);
	}
	cr_assert(eq(sz, f.len, PASTE));
	for (size_t i = 0; i < PASTE; i++)
		cr_assert(eq(int, f.got[i], paste_byte(i)), "byte %zu", i);
	cr_assert(gt(int, f.refusals, 0));
}

/* ---- the flood ---- */

/* Write pieces of 1 to 16 bytes until refused or @max are taken; returns the bytes taken. */
static inline size_t flood(size_t from, size_t max)
{
	size_t at = from, end = from + max;

	while (at < end) {
		size_t len = 1 + at % 16;
		uint8_t piece[16];

		len = len < end - at ? len : end - at;
		for (size_t i = 0; i < len; i++)
			piece[i] = paste_byte(at + i);
		if (!chardev_write(&f.cd, piece, len))
			break;
		at += len;
	}
	return at - from;
}

/* Read from @fd, with the loop running, @len bytes of the flood. */
static inline void drink(int fd, size_t len)
{
	uint64_t end = now_ms() + 20000;
	size_t at = 0;

	while (at < len) {
		uint8_t buf[1000];
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t n;

		loop_run_once(&f.h.l, 0);
		cr_assert(lt(u64, now_ms(), end), "%zu of %zu bytes came", at, len);
		if (poll(&p, 1, 1) <= 0)
			continue;
		n = read(fd, buf, sizeof(buf));
		cr_assert(gt(long, n, 0));
		for (ssize_t i = 0; i < n; i++)
			cr_assert(eq(int, buf[i], paste_byte(at + (size_t)i)));
		at += (size_t)n;
	}
	cr_assert(eq(sz, at, len));
}

#endif
