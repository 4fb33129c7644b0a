/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * iodisk - requests to a disk, past the page cache, and how long they took
 *
 * For guests where nothing but busybox is installed, and where a program of a known number of
 * instructions for each request is wanted: io_submit(2) by hand. Prints a line that
 * tests/lab/tools/iometer.c waits for before it begins, and one with the result:
 *
 *	io-begin NAME
 *	io-end NAME REQUESTS BYTES NANOSECONDS
 */
#define _GNU_SOURCE
#include "tests/lab/tools/tool.h"

#include <fcntl.h>
#include <linux/aio_abi.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_DEPTH 64
#define BUFFER_ALIGN 65536
#define SETTLE_US 20000 /* for whoever reads "io-begin" */

static const char usage[] =
	"usage: iodisk NAME DISK read|write random|sequential BYTES DEPTH COUNT\n"
	"COUNT requests of BYTES, DEPTH of them at a time. What is on the disk is overwritten.\n";

struct plan {
	int fd;
	bool write, random;
	size_t bytes;
	unsigned int depth;
	uint64_t count, places; /* requests; positions on the disk */
};

static uint64_t mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

/* Request @n into @cb, which keeps its buffer. */
static void prepare(const struct plan *p, struct iocb *cb, uint64_t n)
{
	uint64_t place = p->random ? mix(n + 1) % p->places : n % p->places;

	cb->aio_lio_opcode = p->write ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD;
	cb->aio_fildes = (uint32_t)p->fd;
	cb->aio_nbytes = p->bytes;
	cb->aio_offset = (int64_t)(place * p->bytes);
	cb->aio_data = (uint64_t)(uintptr_t)cb;
}

static void submit(aio_context_t ctx, struct iocb **cbs, long n)
{
	while (n > 0) {
		long r = syscall(SYS_io_submit, ctx, n, cbs);

		if (r < 0)
			die("io_submit");
		cbs += r;
		n -= r;
	}
}

/* All requests; those that are done make room for as many. */
static void run(const struct plan *p, aio_context_t ctx, struct iocb *all)
{
	uint64_t next = 0, done = 0;
	struct io_event events[MAX_DEPTH];
	struct iocb *batch[MAX_DEPTH];
	long n = 0;

	for (; next < p->depth && next < p->count; next++, n++) {
		prepare(p, &all[next], next);
		batch[n] = &all[next];
	}
	submit(ctx, batch, n);
	while (done < p->count) {
		long got = syscall(SYS_io_getevents, ctx, 1, p->depth, events, NULL);

		if (got < 0 && errno != EINTR)
			die("io_getevents");
		n = 0;
		for (long i = 0; i < got; i++, done++) {
			if (events[i].res != (int64_t)p->bytes) {
				errno = events[i].res < 0 ? (int)-events[i].res : EIO;
				die("a request");
			}
			if (next == p->count)
				continue;
			batch[n] = (struct iocb *)(uintptr_t)events[i].data;
			prepare(p, batch[n++], next++);
		}
		submit(ctx, batch, n);
	}
}

static struct iocb *make_buffers(const struct plan *p)
{
	static struct iocb all[MAX_DEPTH];
	size_t room = (p->bytes + BUFFER_ALIGN - 1) / BUFFER_ALIGN * BUFFER_ALIGN;

	for (unsigned int i = 0; i < p->depth; i++) {
		void *buf = aligned_alloc(BUFFER_ALIGN, room);

		if (!buf)
			die("memory");
		memset(buf, (int)i + 1, room);
		all[i].aio_buf = (uint64_t)(uintptr_t)buf;
	}
	return all;
}

int main(int argc, char **argv)
{
	struct plan p = { 0 };
	aio_context_t ctx = 0;
	struct iocb *all;
	uint64_t ns;

	if (argc != 8) {
		fputs(usage, stderr);
		return 2;
	}
	p.write = strcmp(argv[3], "write") == 0;
	p.random = strcmp(argv[4], "random") == 0;
	p.bytes = strtoull(argv[5], NULL, 10);
	p.depth = (unsigned int)atoi(argv[6]);
	p.count = strtoull(argv[7], NULL, 10);
	if (!p.bytes || !p.depth || p.depth > MAX_DEPTH || !p.count) {
		fputs(usage, stderr);
		return 2;
	}
	p.fd = open(argv[2], O_DIRECT | (p.write ? O_RDWR : O_RDONLY));
	if (p.fd < 0)
		die(argv[2]);
	p.places = (uint64_t)lseek(p.fd, 0, SEEK_END) / p.bytes;
	all = make_buffers(&p);
	if (!p.places || syscall(SYS_io_setup, p.depth, &ctx) < 0)
		die("io_setup");
	printf("io-begin %s\n", argv[1]);
	fflush(stdout);
	usleep(SETTLE_US);
	ns = now_ns();
	run(&p, ctx, all);
	ns = now_ns() - ns;
	printf("io-end %s %llu %llu %llu\n", argv[1], (unsigned long long)p.count,
	       (unsigned long long)(p.count * p.bytes), (unsigned long long)ns);
	return 0;
}
