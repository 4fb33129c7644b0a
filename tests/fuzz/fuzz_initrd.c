/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Initial RAM disks: any bytes, or archives and frames that the input's bytes describe. Beyond the
 * sanitizers' checks: what was built whole passes, the same with its end cut off does not, whatever
 * cannot be recognized passes, and the check ends soon.
 */
#include "firmware/initrd.h"
#include "tests/fake/sys.h"
#include "tests/fuzz/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MAX_FILE (64 * KiB)
#define MAX_PARTS 8

static struct {
	uint8_t data[MAX_FILE];
	size_t len;
	size_t last; /* where the last part begins */
} built;

static void put(const void *data, size_t len)
{
	must(len <= MAX_FILE - built.len);
	memcpy(built.data + built.len, data, len);
	built.len += len;
}

static void zeros(size_t len)
{
	must(len <= MAX_FILE - built.len);
	memset(built.data + built.len, 0, len);
	built.len += len;
}

static void member(const char *name, size_t size)
{
	char header[256];

	/* magic; inode, mode, owners, links, time; size; devices; length of the name; checksum */
	snprintf(header, sizeof(header), "070701%08x%08x%08x%08x%08x%08x%08zX%032x%08zX%08x", 1,
		 0100644, 0, 0, 1, 0, size, 0, strlen(name) + 1, 0);
	put(header, 110);
	put(name, strlen(name) + 1);
	zeros(ALIGN_UP(built.len, 4) - built.len);
	for (size_t i = 0; i < size; i++)
		put(&(uint8_t){ (uint8_t)(i | 1) }, 1);
	zeros(ALIGN_UP(built.len, 4) - built.len);
}

static void archive(struct input *in)
{
	for (uint8_t n = byte(in) & 3; n > 0; n--)
		member(n & 1 ? "init" : "bin/busybox", byte(in));
	member("TRAILER!!!", 0);
}

/* RFC 8878: blocks that are raw, or runs of one byte. */
static void frame(struct input *in)
{
	static const uint8_t did[] = { 0, 1, 2, 4 }, fcs[] = { 0, 2, 4, 8 };
	uint8_t d = byte(in) & 0xe7, nblocks = 1 + (byte(in) & 3);

	put("\x28\xb5\x2f\xfd", 4);
	put(&d, 1);
	for (size_t i = !(d & 0x20) + did[d & 3] + (d >> 6 == 0 && d & 0x20 ? 1u : fcs[d >> 6]); i;
	     i--)
		put("\x11", 1);
	while (nblocks--) {
		uint32_t size = byte(in), run = byte(in) & 1;
		uint32_t h = size << 3 | run << 1 | (nblocks == 0);
		uint8_t raw[3] = { (uint8_t)h, (uint8_t)(h >> 8), (uint8_t)(h >> 16) };

		put(raw, 3);
		for (uint32_t i = run ? 1 : size; i; i--)
			put("\x22", 1);
	}
	if (d & 4)
		put("\x33\x33\x33\x33", 4);
}

static void build(struct input *in)
{
	built.len = built.last = 0;
	for (uint8_t n = 1 + byte(in) % MAX_PARTS; n > 0; n--) {
		uint8_t how = byte(in);

		zeros(4u * (how >> 4));
		if (how & 1) /* archives are aligned */
			zeros(ALIGN_UP(built.len, 4) - built.len);
		built.last = built.len;
		if (how & 1)
			archive(in);
		else
			frame(in);
	}
}

static int check(const uint8_t *data, size_t len)
{
	struct image_file f = file_of(data, len);
	unsigned int before = fake_calls();
	int r = initrd_check(&f);

	must(r == 0 || r == -ENODATA);
	must(fake_calls() - before <= 2 * len + 16);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, data + size };

	log_set_sink(unread);
	fake_reset();
	if (!(byte(&in) & 1)) {
		check(in.p, (size_t)(in.end - in.p));
		fake_reset();
		return 0;
	}
	build(&in);
	must(check(built.data, built.len) == 0);
	/* Six bytes tell that something begins; padding behind the last archive may be missing. */
	if (built.len - built.last > 16) {
		size_t kept = built.last + 6 + raw32(&in) % (built.len - built.last - 6 - 3);

		must(check(built.data, kept) == -ENODATA);
	}
	fake_reset();
	return 0;
}

size_t fuzz_seed(unsigned int index, uint8_t *out, size_t max)
{
	struct input in = { out, out + 64 };

	if (index >= 32)
		return 0;
	any_bytes(index, 32, out, 64);
	if (index < 16) {
		out[0] |= 1;
		return 64;
	}
	/* The same as a file. */
	build(&in);
	out[0] = 0;
	if (built.len + 1 > max)
		built.len = max - 1;
	memcpy(out + 1, built.data, built.len);
	return built.len + 1;
}
