/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * initrd.c: a cut initrd is told, where it can be; a whole one is never called cut. The latter is
 * worse, since nothing would get past it: so everything the usual tools make is tried whole.
 */
#include "tests/unit/firmware/fixture.h"

#include "firmware/initrd.h"

TestSuite(initrd, .init = fx_setup, .fini = fx_teardown, .timeout = 120);

static uint8_t *data;
static size_t len;

/* mkfs.ext4 is not where every user's shell looks. */
static int run(const char *command)
{
	char full[512];

	snprintf(full, sizeof(full),
		 "set -e; PATH=$PATH:/usr/sbin:/sbin; cd %s; { %s; } >/dev/null 2>&1", fx.dir,
		 command);
	return system(full);
}

static void read_file(void)
{
	FILE *f = fopen(fx.path, "rb");

	data = malloc(64 * MiB);
	cr_assert(f != NULL);
	len = fread(data, 1, 64 * MiB, f);
	fclose(f);
}

/* @command makes "file" in our folder, from a small tree of files. */
static void make(const char *command)
{
	cr_assert(eq(int,
		     run("mkdir -p t/bin t/empty && cp /bin/ls t/bin/ls && "
			 "head -c 100003 /dev/urandom > t/noise && echo x > t/odd && "
			 "ln -s bin/ls t/link && find t | cpio -o -H newc -R 0:0 > cpio"),
		     0));
	cr_assert(eq(int, run(command), 0), "fails: %s: scripts/setup host installs its tools",
		  command);
	read_file();
	run("rm -r t cpio");
}

static int check(const char *path)
{
	struct image_file f;
	int r = image_open(&f, path, "initrd");

	if (r < 0)
		return r;
	r = initrd_check(&f);
	image_close(&f);
	return r;
}

static int check_bytes(size_t n)
{
	said_forget();
	file_write(fx.path, data, n);
	return check(fx.path);
}

struct format {
	char command[120];
	int missed; /* of 100 cuts, at most so many are not seen */
};

ParameterizedTestParameters(initrd, whole_ones_pass_and_cut_ones_are_told)
{
	static struct format cases[] = {
		{ "cp cpio file", 1 },
		{ "cat cpio cpio > file", 2 },
		{ "gzip -1 < cpio > file", 3 },
		{ "gzip -9n < cpio > file", 3 },
		{ "xz --check=crc32 < cpio > file", 1 },
		{ "xz -0 --check=none < cpio > file", 1 },
		{ "zstd -q -1 < cpio > file", 1 },
		{ "zstd -q -19 < cpio > file", 1 },
		{ "zstd -q --no-check < cpio > file", 1 },
		{ "zstd -q --content-size -T2 cpio -o file", 1 },
		{ "{ cat cpio; zstd -q < cpio; } > file", 2 },
		{ "{ cat cpio; gzip < cpio; } > file", 4 },
		{ "{ cat cpio; xz --check=crc32 < cpio; } > file", 2 },
	};

	return cr_make_param_array(struct format, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct format *p, initrd, whole_ones_pass_and_cut_ones_are_told)
{
	int missed = 0;

	make(p->command);
	cr_assert(eq(int, check_bytes(len), 0), "%s: %s", p->command, said_last());
	cr_assert(eq(int, said_lines(), 0));
	for (size_t i = 0; i < 100; i++) {
		size_t cut = 64 + (len - 64) / 100 * i + i * 7 % 64;
		int r = check_bytes(cut < len ? cut : len - 1);

		cr_assert(eq(int, said_lines(), r < 0));
		missed += r == 0;
	}
	cr_assert(le(int, missed, p->missed), "%s: %d of 100 cuts are not seen", p->command,
		  missed);
	free(data);
}

/* Ways of being whole that look unusual: padding, several parts, unknown formats. */
ParameterizedTestParameters(initrd, whole_ones_of_any_kind_pass)
{
	static struct format cases[] = {
		{ "{ cat cpio; head -c 4096 /dev/zero; } > file", 0 },
		{ "{ cat cpio; head -c 512 /dev/zero; gzip < cpio; } > file", 0 },
		{ "{ gzip < cpio; head -c 511 /dev/zero; } > file", 0 },
		{ "{ gzip < cpio; head -c 6 /dev/zero; } > file", 0 },
		{ "{ gzip < cpio; gzip < cpio; } > file", 0 },
		{ "{ gzip < cpio; cat cpio; } > file", 0 },
		{ "{ gzip < cpio; zstd -q < cpio; } > file", 0 },
		{ "{ gzip < cpio; xz --check=crc32 < cpio; } > file", 0 },
		{ "{ zstd -q < cpio; zstd -q < cpio; } > file", 0 },
		{ "{ zstd -q < cpio; head -c 100 /dev/zero; } > file", 0 },
		{ "{ zstd -q < cpio; head -c 3 /dev/zero; } > file", 0 },
		{ "{ xz --check=crc32 < cpio; head -c 512 /dev/zero; } > file", 0 },
		{ "{ xz --check=crc32 < cpio; head -c 3 /dev/zero; } > file", 0 },
		{ "{ xz --check=crc32 < cpio; cat cpio; } > file", 0 },
		{ "head -c 1000000 /dev/zero | gzip -9 > file", 0 },
		{ "head -c 5000000 /dev/zero | xz -9 --check=crc32 > file", 0 },
		{ "printf abc | gzip > file", 0 },
		{ "{ xz --check=crc32 < cpio; gzip -n < cpio; } > file", 0 },
		{ "{ xz --check=crc32 < cpio; gzip cpio; cat cpio.gz; } > file; rm cpio.gz; touch cpio",
		  0 },
		{ "{ xz --check=crc32 < cpio; zstd -q < cpio; } > file", 0 },
		{ "{ cat cpio; head -c 30000000 /dev/zero; cat cpio; } > file", 0 },
		{ "gzip < /dev/null > file", 0 },
		{ "bzip2 < cpio > file", 0 },
		{ "lzma < cpio > file", 0 },
		{ "lz4 -q -l < cpio > file", 0 },
		{ "head -c 100000 /dev/urandom > file", 0 },
		{ "head -c 4096 /dev/zero > file", 0 },
		{ "printf x > file", 0 },
		{ "find t | cpio -o -H crc > file", 0 },
		{ "find t | cpio -o -H odc > file", 0 },
		{ "find t | cpio -o -H bin > file", 0 },
		{ "zstd -q --ultra -22 --long=27 < cpio > file", 0 },
		{ "zstd -q --no-content-size < cpio > file", 0 },
		{ "head -c 3000000 /dev/zero | zstd -q > file", 0 },
		{ "zstd -q < /dev/null > file", 0 },
		{ "mkfs.ext4 -q -F file 2M", 0 },
	};

	return cr_make_param_array(struct format, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct format *p, initrd, whole_ones_of_any_kind_pass)
{
	make(p->command);
	cr_assert(eq(int, check_bytes(len), 0), "%s: %s", p->command, said_last());
	free(data);
}

/* cpio with hostile sizes, zstd with hostile blocks: an end, whatever it is. */
Test(initrd, hostile_headers_come_to_an_end)
{
	uint64_t s = 1;

	make("{ cat cpio; zstd -q < cpio; } > file");
	for (int i = 0; i < 2000; i++) {
		size_t at, n = len < 4096 ? len : 4096;
		uint8_t old;

		s = s * 6364136223846793005ULL + 1442695040888963407ULL;
		at = (size_t)(s >> 33) % n;
		old = data[at];
		data[at] = (uint8_t)(s >> 20);
		check_bytes(n);
		data[at] = old;
	}
	free(data);
}

Test(initrd, what_cannot_be_opened_is_said)
{
	cr_assert(eq(int, check("/nonexistent"), -ENOENT));
	cr_assert(said("initrd /nonexistent: No such file"), "%s", said_last());
	cr_assert(eq(int, check(fx.dir), -EISDIR));
	file_write(fx.path, "", 0);
	cr_assert(eq(int, check(fx.path), -ENODATA));
}
