/* SPDX-License-Identifier: BSD-2-Clause */
/* populate.c: every page of guest RAM gets memory, by several threads, or the first error. */
#include "tests/unit/vfio/fixture.h"

#include "vmm/machine/populate.h"

#define ADVICE "madvise 23" /* MADV_POPULATE_WRITE */

TestSuite(populate, .init = vx_setup, .timeout = 60);

static int populate(void *host, uint64_t size)
{
	struct populate p;

	populate_start(&p, host, size);
	return populate_finish(&p);
}

/* Resident pages of a range. */
static uint64_t resident(const void *p, uint64_t size)
{
	uint64_t pages = size / 4096, n = 0;
	unsigned char *vec = malloc(pages);

	cr_assert(eq(int, mincore(pointer(p), size, vec), 0));
	for (uint64_t i = 0; i < pages; i++)
		n += vec[i] & 1;
	free(vec);
	return n;
}

Test(populate, every_page_has_memory_afterwards)
{
	uint64_t size = 130 * MiB; /* two whole pieces and a rest */
	void *p = vx_mmap(size, 0);

	fake_populates = true;
	cr_assert(eq(u64, resident(p, size), 0));
	cr_assert(eq(int, populate(p, size), 0));
	cr_assert(eq(u64, resident(p, size), size / 4096));
	cr_assert(eq(int, fake_count(ADVICE), 3));
	sys_munmap(p, size);
	VX_NOTHING_LEFT();
}

Test(populate, less_than_a_piece_is_one_call)
{
	void *p = vx_mmap(64 * KiB, 0);

	cr_assert(eq(int, populate(p, 64 * KiB), 0));
	cr_assert(eq(int, fake_count(ADVICE), 1));
	sys_munmap(p, 64 * KiB);
}

Test(populate, nothing_is_nothing)
{
	cr_assert(eq(int, populate(NULL, 0), 0));
	cr_assert(eq(int, fake_count("madvise"), 0));
}

Test(populate, a_host_without_memory_is_an_error_and_the_others_stop)
{
	uint64_t size = 16 * 64 * MiB;
	void *p = vx_mmap(size, MAP_NORESERVE);

	fake_fail_all(ADVICE, -ENOMEM);
	cr_assert(eq(int, populate(p, size), -ENOMEM));
	cr_assert(le(int, fake_count(ADVICE), 8)); /* one piece for each thread at most */
	fake_fail_all(NULL, 0);
	sys_munmap(p, size);
	VX_NOTHING_LEFT();
}

Test(populate, one_piece_that_fails_fails_it_all)
{
	uint64_t size = 3 * 64 * MiB;

	for (unsigned int n = 1; n <= 3; n++) {
		void *p = vx_mmap(size, 0);

		fake_populates = true;
		fake_fail_nth(n, -EFAULT);
		cr_assert(eq(int, populate(p, size), -EFAULT));
		sys_munmap(p, size);
	}
	VX_NOTHING_LEFT();
}

Test(populate, an_old_kernel_leaves_it_to_registration)
{
	uint64_t size = 128 * MiB;
	void *p = vx_mmap(size, 0);

	fake_fail_all(ADVICE, -EINVAL);
	cr_assert(eq(int, populate(p, size), 0));
	cr_assert(eq(int, fake_count(ADVICE), 2));
	fake_fail_all(NULL, 0);
	sys_munmap(p, size);
	VX_NOTHING_LEFT();
}

Test(populate, cancelled_it_takes_no_more_pieces)
{
	uint64_t size = 1ULL << 44; /* a second's worth of calls that do nothing */
	void *host = vx_mmap(size, MAP_NORESERVE);
	struct populate p;

	populate_start(&p, host, size);
	populate_cancel(&p);
	cr_assert(lt(int, fake_count(ADVICE), (int)(size / (64 * MiB))));
	populate_cancel(&p);
	sys_munmap(host, size);
	VX_NOTHING_LEFT();
}

Test(populate, what_was_never_started_can_be_cancelled)
{
	struct populate p = { 0 };

	populate_cancel(&p);
	cr_assert(eq(int, fake_count("madvise"), 0));
}
