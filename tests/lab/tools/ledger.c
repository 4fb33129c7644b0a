/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ledger - write to a disk, and say what must be on it from now on
 *
 * Writers fill a disk, each its own part, in an order that only numbers decide; after some writes
 * each flushes and then says so: "flushed WRITER WRITES". Whatever happens to the machine then, a
 * later "check" with those lines knows what each sector must hold: the write that was the last one
 * to it before the flush, or a later one. Each sector names its place and its write.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECTOR 512u
#define UNIT 4096u     /* of offsets and lengths */
#define MAX_UNITS 32u  /* of one write: 128 KiB */
#define FLUSH_EVERY 8u /* writes */
#define MAX_WRITERS 16

static const char usage[] =
	"usage: ledger write DISK MIB WRITERS [SECONDS]   until killed, or for so long\n"
	"       ledger check DISK MIB WRITERS             the lines of \"write\" on standard input\n"
	"MIB is the size of the part of the disk that is used.\n";

struct stamp {
	uint64_t sector, write, sum; /* the writer's write, from 1 on; in the writer's byte order */
};

struct extent {
	uint64_t unit, units;
};

static uint64_t mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

/* Where write @n of a writer goes: in [first, first + units). */
static struct extent place(uint64_t n, uint64_t first, uint64_t units)
{
	struct extent e = { .units = 1 + mix(2 * n) % MAX_UNITS };

	e.unit = first + mix(2 * n + 1) % (units - e.units);
	return e;
}

static uint64_t sum(uint64_t sector, uint64_t write)
{
	return mix(sector * 0x9e3779b97f4a7c15u + write);
}

static void fill(uint8_t *buf, uint64_t sector, uint64_t write)
{
	uint64_t word = sum(sector, write);
	struct stamp s = { sector, write, word };

	for (size_t i = 0; i < SECTOR; i += sizeof(word), word = mix(word))
		memcpy(buf + i, &word, sizeof(word));
	memcpy(buf, &s, sizeof(s));
}

static int writer(int fd, unsigned int who, uint64_t first, uint64_t units)
{
	uint8_t *buf = aligned_alloc(UNIT, MAX_UNITS * UNIT);

	for (uint64_t n = 1; buf; n++) {
		struct extent e = place(n, first, units);
		size_t len = e.units * UNIT;

		for (size_t i = 0; i < len; i += SECTOR)
			fill(buf + i, (e.unit * UNIT + i) / SECTOR, n);
		if (pwrite(fd, buf, len, (off_t)(e.unit * UNIT)) != (ssize_t)len) {
			printf("write %u %llu: %s\n", who, (unsigned long long)n, strerror(errno));
			return 1;
		}
		if (n % FLUSH_EVERY)
			continue;
		if (fdatasync(fd) < 0) {
			printf("flush %u %llu: %s\n", who, (unsigned long long)n, strerror(errno));
			return 1;
		}
		printf("flushed %u %llu\n", who, (unsigned long long)n);
		fflush(stdout);
	}
	return 1;
}

static int write_all(int fd, uint64_t units, unsigned int writers, unsigned int seconds)
{
	int status;

	for (unsigned int i = 0; i < writers; i++) {
		if (fork() == 0) {
			if (seconds)
				alarm(seconds);
			_exit(writer(fd, i, i * units, units));
		}
	}
	while (wait(&status) > 0)
		;
	return 0;
}

/* Is the sector what its stamp says, and the stamp what may be here? Prints what is wrong. */
static bool check_sector(const uint8_t *buf, uint64_t sector, uint64_t least)
{
	uint8_t expected[SECTOR] = { 0 };
	struct stamp s;

	memcpy(&s, buf, sizeof(s));
	if (s.write)
		fill(expected, sector, s.write);
	if (memcmp(buf, expected, SECTOR) != 0) {
		printf("sector %llu: torn or of another place: says sector %llu, write %llu\n",
		       (unsigned long long)sector, (unsigned long long)s.sector,
		       (unsigned long long)s.write);
		return false;
	}
	if (s.write >= least)
		return true;
	printf("sector %llu: holds write %llu, but write %llu was flushed\n",
	       (unsigned long long)sector, (unsigned long long)s.write, (unsigned long long)least);
	return false;
}

/* The least write that each unit of a writer's part must have seen: @least. */
static void replay(uint64_t *least, uint64_t flushed, uint64_t units)
{
	for (uint64_t n = 1; n <= flushed; n++) {
		struct extent e = place(n, 0, units);

		for (uint64_t i = 0; i < e.units; i++)
			least[e.unit + i] = n;
	}
}

static int check(int fd, uint64_t units, unsigned int writers)
{
	unsigned long long flushed[MAX_WRITERS] = { 0 }, n, total = 0, bad = 0;
	uint8_t *buf = aligned_alloc(UNIT, UNIT);
	char line[256];
	unsigned int who;

	while (fgets(line, sizeof(line), stdin)) {
		const char *word = strstr(line, "flushed ");

		/* A line that the end cut off has no newline. */
		if (word && strchr(line, '\n') && sscanf(word, "flushed %u %llu", &who, &n) == 2 &&
		    who < writers && n > flushed[who])
			flushed[who] = n;
	}
	for (who = 0; who < writers; who++) {
		uint64_t *least = calloc(units, sizeof(*least));

		total += flushed[who];
		replay(least, flushed[who], units);
		for (uint64_t u = 0; u < units; u++) {
			uint64_t unit = who * units + u;

			if (pread(fd, buf, UNIT, (off_t)(unit * UNIT)) != (ssize_t)UNIT) {
				printf("read at unit %llu: %s\n", (unsigned long long)unit,
				       strerror(errno));
				return 1;
			}
			for (uint64_t i = 0; i < UNIT / SECTOR && bad < 10; i++)
				bad += !check_sector(buf + i * SECTOR, unit * UNIT / SECTOR + i,
						     least[u]);
		}
		free(least);
	}
	printf("%llu writes were flushed, %llu sectors are wrong\n", total, bad);
	return bad || !total;
}

int main(int argc, char **argv)
{
	unsigned int writers = argc > 4 ? (unsigned int)atoi(argv[4]) : 0;
	bool writes = argc > 1 && strcmp(argv[1], "write") == 0;
	uint64_t units;
	int fd;

	if (!writers || writers > MAX_WRITERS || (!writes && strcmp(argv[1], "check") != 0)) {
		fputs(usage, stderr);
		return 2;
	}
	units = strtoull(argv[3], NULL, 10) * (1 << 20) / UNIT / writers;
	fd = open(argv[2], writes ? O_RDWR | O_DIRECT : O_RDONLY);
	if (fd < 0) {
		perror(argv[2]);
		return 2;
	}
	return writes ? write_all(fd, units, writers, argc > 5 ? (unsigned int)atoi(argv[5]) : 0)
		      : check(fd, units, writers);
}
