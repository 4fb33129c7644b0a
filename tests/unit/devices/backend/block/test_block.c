/* SPDX-License-Identifier: BSD-2-Clause */
/* Opening images: whose they are, what they are. Requests are tested with their device. */
#include "devices/backend/block/private.h"

#include "tests/fake/sys.h"
#include "tests/unit/said.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[] = "/tmp/test_block.XXXXXX";
static int file;
static struct loop loop;
static struct block b;
static struct block_conf conf;
static enum blame blame;

static void setup(void)
{
	fake_reset();
	said_catch(LOG_WARN);
	file = mkstemp(path);
	cr_assert(eq(int, ftruncate(file, 1 * MiB), 0));
	cr_assert(eq(int, loop_init(&loop, NULL), 0));
	conf = (struct block_conf){ .path = path };
}

static void teardown(void)
{
	block_close(&b);
	loop_close(&loop);
	close(file);
	unlink(path);
	log_set_sink(NULL);
	cr_assert(eq(int, fake_open_fds(), 0));
}

TestSuite(block, .init = setup, .fini = teardown);

static int try(void)
{
	int r = block_open(&b, &conf, &loop, "disk0", &blame);

	cr_assert(eq(int, said_lines(), r < 0), "one line: %s", said_last());
	cr_assert(eq(int, blame, r == -EINVAL ? BLAME_CONFIG : BLAME_HOST));
	blame = BLAME_HOST;
	return r;
}

static bool says(const char *text)
{
	return strstr(said_last(), text) && strncmp(said_last(), "disk0: ", 7) == 0;
}

Test(block, a_raw_file)
{
	cr_assert(eq(int, try(), 0));
	cr_assert(eq(u64, b.size, 1 * MiB));
	cr_assert(eq(u32, b.block_size, 512));
	cr_assert(ge(u32, b.physical_size, 512));
}

Test(block, size_is_in_whole_blocks)
{
	cr_assert(eq(int, ftruncate(file, 1000), 0));
	cr_assert(eq(int, try(), 0));
	cr_assert(eq(u64, b.size, 512));
	cr_assert(not(block_poll_size(&b)));
	cr_assert(eq(int, ftruncate(file, 5000), 0));
	cr_assert(block_poll_size(&b));
	cr_assert(eq(u64, b.size, 4608));
}

Test(block, an_empty_file_is_refused)
{
	cr_assert(eq(int, ftruncate(file, 511), 0));
	cr_assert(eq(int, try(), -EINVAL));
	cr_assert(says("is empty"));
}

struct format {
	char magic[12];
	int len, off;
	char name[8];
};

ParameterizedTestParameters(block, other_formats)
{
	static struct format f[] = {
		{ "QFI\xfb", 4, 0, "qcow2" },         { "KDMV", 4, 0, "VMDK" },
		{ "vhdxfile", 8, 0, "VHDX" },         { "conectix", 8, 0, "VHD" },
		{ "\x7f\x10\xda\xbe", 4, 64, "VDI" }, { "QED", 4, 0, "QED" },
	};

	return cr_make_param_array(struct format, f, ARRAY_LEN(f));
}

ParameterizedTest(struct format *f, block, other_formats)
{
	(void)!pwrite(file, f->magic, (size_t)f->len, f->off);
	cr_assert(eq(int, try(), -EINVAL));
	cr_assert(says(f->name));
	cr_assert(says("raw"));
}

/* A guest may have written the magic: the message must not send such an image through qemu-img. */
Test(block, the_user_says_that_it_is_raw)
{
	(void)!pwrite(file, "QFI\xfb", 4, 0);
	cr_assert(eq(int, try(), -EINVAL));
	cr_expect(says("set format = \"raw\""));
	cr_expect(says("-f raw"));
	said_forget();
	conf.raw = true;
	cr_assert(eq(int, try(), 0));
}

Test(block, a_second_writer_is_refused)
{
	struct block first;

	cr_assert(eq(int, block_open(&first, &conf, &loop, "disk1", &blame), 0));
	cr_assert(eq(int, try(), -EAGAIN));
	cr_assert(says("another program uses it"));
	said_forget();
	conf.read_only = true;
	cr_assert(eq(int, try(), -EAGAIN));
	cr_assert(says("another program writes it"));
	block_close(&first);
	said_forget();
	cr_assert(eq(int, try(), 0));
}

Test(block, readers_share)
{
	struct block first;

	conf.read_only = true;
	cr_assert(eq(int, block_open(&first, &conf, &loop, "disk1", &blame), 0));
	cr_assert(eq(int, try(), 0));
	block_close(&first);
}

Test(block, neither_file_nor_device)
{
	conf.path = "/dev/null";
	cr_assert(eq(int, try(), -EINVAL));
	cr_assert(says("neither a file nor a block device"));
	said_forget();
	conf.path = "/tmp";
	cr_assert(eq(int, try(), -EINVAL));
}

Test(block, not_there)
{
	conf.path = "/tmp/there-is-none";
	cr_assert(eq(int, try(), -ENOENT));
	cr_assert(says("/tmp/there-is-none"));
}

/* -EINVAL of a system call is no verdict on what the user wrote. */
Test(block, what_the_host_calls_invalid_is_the_hosts_fault)
{
	fake_fail_all("file_facts", -EINVAL);
	cr_expect(eq(int, block_open(&b, &conf, &loop, "disk0", &blame), -EINVAL));
	cr_expect(eq(int, blame, BLAME_HOST));
	fake_fail_all(NULL, 0);
}

Test(block, no_right_to_write)
{
	fake_fail_all("open", -EACCES);
	cr_assert(eq(int, try(), -EACCES));
	cr_assert(says("read_only = true"));
	fake_fail_all(NULL, 0);
}

Test(block, a_file_system_that_cannot_lock_is_a_warning)
{
	fake_fail_all("lock_file", -ENOLCK);
	cr_assert(eq(int, block_open(&b, &conf, &loop, "disk0", &blame), 0));
	cr_assert(eq(int, said_lines(), 1));
	fake_fail_all(NULL, 0);
}

/* ---- requests that only this side knows of ---- */

static int result, ndone;

static void done(struct block_req *r, int res)
{
	(void)r;
	result = res;
	ndone++;
}

static int run(enum block_op op, uint64_t off, struct iovec *iov, uint32_t n)
{
	static struct block_req r;

	r = (struct block_req){ .op = op, .off = off, .iov = iov, .niov = n, .done = done };
	for (uint32_t i = 0; i < n; i++)
		r.len += iov[i].iov_len;
	ndone = 0;
	block_submit(&b, &r);
	cr_assert(eq(int, ndone, 0), "not from within");
	block_drain(&b);
	cr_assert(eq(int, ndone, 1));
	return result;
}

ParameterizedTestParameters(block, direct_io_with_any_buffer)
{
	static int engines[] = { 0, 1 };

	return cr_make_param_array(int, engines, 2);
}

ParameterizedTest(int *no_ring, block, direct_io_with_any_buffer)
{
	static uint8_t buf[200 * 1024] __attribute__((aligned(4096)));
	struct iovec odd[3] = { { buf + 1, 1 }, { buf + 2, 100 * 1024 - 2 }, { buf + 150000, 1 } };
	struct iovec even[1] = { { buf, 4096 } };
	uint8_t back[100 * 1024];

	conf.direct = true;
	if (*no_ring)
		fake_fail_all("uring_init", -ENOSYS);
	if (block_open(&b, &conf, &loop, "disk0", &blame) < 0)
		cr_skip_test("no direct I/O in /tmp here: %s", said_last());
	for (size_t i = 0; i < sizeof(buf); i++)
		buf[i] = (uint8_t)(i * 7);
	cr_assert(eq(int, run(BLOCK_WRITE, 8192, odd, 3), 0));
	cr_assert(eq(sz, (size_t)pread(file, back, sizeof(back), 8192), sizeof(back)));
	cr_assert(eq(int, memcmp(back, buf + 1, 100 * 1024 - 1), 0));
	cr_assert(eq(u8, back[100 * 1024 - 1], buf[150000]));
	cr_assert(eq(int, run(BLOCK_READ, 8192, even, 1), 0));
	cr_assert(eq(int, memcmp(buf, back, 4096), 0));
}

Test(block, without_threads_there_is_no_disk)
{
	fake_fail_all("eventfd", -EMFILE);
	cr_assert(eq(int, try(), -EMFILE));
	cr_assert(says("a thread for its requests: Too many open files"), "%s", said_last());
	fake_fail_all(NULL, 0);
}

/* What block_work() charges nobody for, as the kernel's own threads copy it. */
Test(block, a_large_request_and_the_rest_of_any_are_asynchronous)
{
	struct block_req r = { .op = BLOCK_READ, .len = BLOCK_INLINE_MAX };

	cr_expect(not(block_is_async(&r)));
	r.moved = 512;
	cr_expect(block_is_async(&r), "it was cut short, and may be again");
	r = (struct block_req){ .op = BLOCK_WRITE, .len = BLOCK_INLINE_MAX + 512 };
	cr_expect(block_is_async(&r));
}

Test(block, and_the_ring_is_told_so)
{
	static uint8_t bytes[2 * BLOCK_INLINE_MAX];
	struct iovec iov[] = { { bytes, BLOCK_INLINE_MAX }, { bytes, 2 * BLOCK_INLINE_MAX } };
	struct block_req r[2] = {
		{ .op = BLOCK_READ,
		  .iov = &iov[0],
		  .niov = 1,
		  .len = iov[0].iov_len,
		  .done = done },
		{ .op = BLOCK_READ,
		  .iov = &iov[1],
		  .niov = 1,
		  .len = iov[1].iov_len,
		  .done = done },
	};
	const struct io_uring_sqe *sqes;

	cr_assert(eq(int, ftruncate(file, sizeof(bytes)), 0));
	cr_assert(eq(int, try(), 0));
	if (!b.ring)
		cr_skip_test("no io_uring on this host");
	sqes = b.ring->uring.sq.sqes;
	for (int i = 0; i < 2; i++)
		block_submit(&b, &r[i]);
	cr_expect(eq(u8, sqes[0].flags & IOSQE_ASYNC, 0));
	cr_expect(ne(u8, sqes[1].flags & IOSQE_ASYNC, 0), "its bytes are copied in our time");
	block_drain(&b);
	cr_expect(eq(int, ndone, 2));
}

/* /dev/null knows no fallocate(): the ring finds out, and threads ask again, where there are any. */
Test(block, what_a_ring_cannot_do_is_for_threads)
{
	struct block_req r = { .op = BLOCK_DISCARD, .len = 4096, .done = done };
	int image;

	cr_assert(eq(int, try(), 0));
	if (!b.ring)
		cr_skip_test("no io_uring on this host");
	image = b.fd;
	b.fd = open("/dev/null", O_RDWR);
	cr_expect(eq(int, fake_count("fallocate"), 0));
	block_submit(&b, &r);
	block_drain(&b);
	cr_expect(eq(int, result, -ENODEV));
	cr_expect(eq(int, fake_count("fallocate"), 1));
	cr_expect(eq(int, ndone, 1));
	close(b.fd);
	b.fd = image;
}

/* ---- what is taken back ---- */

#define NREQS 6

static struct block_req reqs[NREQS];
static int ncancelled;

static void count(struct block_req *r, int res)
{
	(void)r;
	ncancelled += res == -ECANCELED;
	ndone++;
}

static void submit_all(const struct block_req *like)
{
	ndone = ncancelled = 0;
	for (int i = 0; i < NREQS; i++) {
		reqs[i] = *like;
		reqs[i].done = count;
		block_submit(&b, &reqs[i]);
	}
	block_kick(&b);
}

/* Reads of a pipe that nobody writes: they are in the ring, and never end by themselves. */
Test(block, a_ring_gives_back_what_waits, .timeout = 20)
{
	static uint8_t buf[512];
	struct iovec iov[1] = { { buf, sizeof(buf) } };
	int p[2], image;

	cr_assert(eq(int, try(), 0));
	if (!b.ring)
		cr_skip_test("no io_uring on this host");
	cr_assert(eq(int, pipe(p), 0));
	image = b.fd;
	b.fd = p[0];
	submit_all(&(struct block_req){ .op = BLOCK_READ, .len = 512, .iov = iov, .niov = 1 });
	cr_expect(eq(u64, b.inflight_bytes, NREQS * 512));
	block_cancel(&b);
	cr_expect(eq(int, ndone, 0), "not from within");
	block_drain(&b);
	cr_expect(eq(int, ndone, NREQS));
	cr_expect(eq(int, ncancelled, NREQS));
	cr_expect(eq(u64, b.inflight_bytes, 0));
	cr_expect(not(b.cancelled));
	b.fd = image;
	close(p[0]);
	close(p[1]);
}

/* GiBs of zeroes by hand: what has begun stops at its next piece, the rest does not begin. */
Test(block, threads_give_back_what_they_have_not_done, .timeout = 60)
{
	struct stat st;

	cr_assert(eq(int, ftruncate(file, 16 * GiB), 0));
	fake_fail_all("uring_init", -ENOSYS);
	cr_assert(eq(int, try(), 0));
	fake_fail_all("fallocate", -EOPNOTSUPP);
	submit_all(&(struct block_req){ .op = BLOCK_ZERO, .len = 16 * GiB });
	cr_expect(eq(u64, b.inflight_bytes, NREQS * BLOCK_RANGE_WEIGHT));
	cr_expect(block_is_full(&b));
	while (fake_count("fallocate") == 0) /* one has begun */
		usleep(1000);
	block_cancel(&b);
	block_drain(&b);
	fake_fail_all(NULL, 0);
	cr_expect(eq(int, ncancelled, NREQS));
	fstat(file, &st);
	cr_expect(lt(i64, (int64_t)st.st_blocks, (int64_t)(8 * GiB / 512)));
}

/* What is submitted meanwhile ends as well: a flush behind a write that was taken back. */
Test(block, nothing_begins_until_all_are_back)
{
	struct block_req late = { .op = BLOCK_FLUSH, .done = count };

	fake_fail_all("uring_init", -ENOSYS);
	cr_assert(eq(int, try(), 0));
	submit_all(&(struct block_req){ .op = BLOCK_FLUSH });
	block_cancel(&b);
	block_submit(&b, &late);
	block_drain(&b);
	cr_expect(eq(int, ndone, NREQS + 1));
	cr_expect(ge(int, ncancelled, 1));
	cr_expect(eq(int, run(BLOCK_FLUSH, 0, NULL, 0), 0), "and then all is as before");
}

/* ---- no recursion ---- */

static void kick_from_within(void *ctx)
{
	block_kick(ctx);
}

Test(block, batch_does_not_kick, .signal = SIGABRT)
{
	fake_fail_all("uring_init", -ENOSYS);
	cr_assert(eq(int, try(), 0));
	b.batch = kick_from_within;
	b.ctx = &b;
	run(BLOCK_FLUSH, 0, NULL, 0);
}

static int links;

/* Each request that is done submits another one. */
static void submit_again(struct block_req *r, int res)
{
	ndone++;
	cr_assert(eq(int, res, -ECANCELED));
	r->block->cancelled = true;
	if (--links > 0)
		block_submit(r->block, r);
}

static int nbatches;

static void count_batch(void *ctx)
{
	(void)ctx;
	nbatches++;
}

Test(block, a_long_row_of_requests_is_one_kick)
{
	struct block_req r = { .op = BLOCK_FLUSH, .done = submit_again };

	fake_fail_all("uring_init", -ENOSYS);
	cr_assert(eq(int, try(), 0));
	b.batch = count_batch;
	b.cancelled = true; /* as all that follow are: each ends at once */
	log_set_sink(NULL);
	log_set_level(LOG_ERROR - 1);
	links = 100000;
	block_submit(&b, &r);
	block_kick(&b);
	cr_expect(eq(int, ndone, 100000));
	cr_expect(eq(int, nbatches, 1));
	fake_fail_all(NULL, 0);
}

/* ---- bytes for firmware, which knows no blocks ---- */

Test(block, firmware_moves_any_bytes)
{
	static uint8_t want[1 * MiB], got[1 * MiB];
	static const struct {
		uint64_t off;
		size_t len;
	} moves[] = {
		{ 0, 512 },     { 5, 3 },         { 511, 2 },         { 1000, 100000 },
		{ 512, 65536 }, { 70000, 65536 }, { 1 * MiB - 1, 1 }, { 1 * MiB - 70000, 70000 },
		{ 0, 1 * MiB },
	};

	cr_assert(eq(int, try(), 0));
	b.block_size = 4096; /* so that most of these are no blocks */
	for (size_t i = 0; i < ARRAY_LEN(moves); i++) {
		for (size_t k = 0; k < moves[i].len; k++)
			want[moves[i].off + k] = (uint8_t)(k * 7 + i + 1);
		cr_assert(eq(int,
			     block_move(&b, BLOCK_WRITE, moves[i].off, want + moves[i].off,
					moves[i].len),
			     0));
		cr_assert(pread(file, got, sizeof(got), 0) == sizeof(got));
		cr_assert(memcmp(got, want, sizeof(got)) == 0, "written: %zu", i);
		memset(got, 0, moves[i].len);
		cr_assert(eq(int, block_move(&b, BLOCK_READ, moves[i].off, got, moves[i].len), 0));
		cr_assert(memcmp(got, want + moves[i].off, moves[i].len) == 0, "read: %zu", i);
	}
	cr_assert(eq(int, ftruncate(file, 8192), 0));
	cr_assert(eq(int, block_move(&b, BLOCK_READ, 10000, got, 10), -EIO));
}
