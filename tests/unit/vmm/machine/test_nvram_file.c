/* SPDX-License-Identifier: BSD-2-Clause */
/* nvram_file.c: what a guest stores is there at the next start; a file that is none costs a line. */
#include "vmm/machine/nvram_file.h"

#include "tests/fake/elf.h"
#include "tests/fake/sys.h"
#include "tests/unit/said.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char dir[64], path[96];
static struct nvram nv;
static struct nvram_file file;

static void setup(void)
{
	fake_reset();
	said_catch(LOG_DEBUG);
	strcpy(dir, "/tmp/spapr-unit-XXXXXX");
	if (!mkdtemp(dir))
		abort();
	snprintf(path, sizeof(path), "%s/nvram", dir);
	nvram_file_init(&file);
	cr_assert(eq(int, nvram_init(&nv), 0));
}

static void teardown(void)
{
	nvram_file_close(&file);
	nvram_close(&nv);
	unlink(path);
	rmdir(dir);
	cr_assert(eq(int, fake_open_fds(), 0));
}

TestSuite(nvram_file, .init = setup, .fini = teardown, .timeout = 30);

static void start_anew(void)
{
	nvram_file_close(&file);
	nvram_close(&nv);
	cr_assert(eq(int, nvram_init(&nv), 0));
	cr_assert(eq(int, nvram_file_open(&file, path, &nv), 0), "%s", said_last());
}

Test(nvram_file, what_is_stored_is_there_at_the_next_start)
{
	cr_assert(eq(int, nvram_file_open(&file, path, &nv), 0), "%s", said_last());
	memcpy(nvram_at(&nv, NVRAM_SIZE - 4, 4), "last", 4);
	nvram_file_store(&file, &nv, NVRAM_SIZE - 4, 4);
	memcpy(nvram_at(&nv, 100, 5), "bytes", 5);
	nvram_file_store(&file, &nv, 101, 3);
	nvram_file_store(&file, &nv, 0, 0);
	start_anew();
	cr_assert(eq(u8, nv.bytes[0], NVRAM_SYSTEM)); /* the partition that a new one begins with */
	cr_assert(memcmp(nv.bytes + 100, "\0yte\0", 5) == 0);
	cr_assert(memcmp(nv.bytes + NVRAM_SIZE - 4, "last", 4) == 0);
	cr_assert(eq(int, said_lines(), 0));
}

Test(nvram_file, an_empty_file_is_a_new_one)
{
	file_write(path, "", 0);
	start_anew();
	start_anew();
	cr_assert(eq(u8, nv.bytes[0], NVRAM_SYSTEM));
}

/* As one that was made before there were settings. */
Test(nvram_file, a_file_of_free_space_gets_room_for_settings)
{
	struct nvram_range changed, all = { 0, NVRAM_SIZE };

	memset(nv.bytes, 0, NVRAM_SIZE);
	nvram_put_header(&nv, all, NVRAM_FREE, "", 0x77);
	file_write(path, nv.bytes, NVRAM_SIZE);
	start_anew();
	cr_assert(eq(int, nvram_set(&nv, "a", "b", &changed), 0));
	nvram_file_store(&file, &nv, changed.offset, changed.len);
	start_anew();
	cr_assert(memcmp(nv.bytes + NVRAM_HEADER, "a=b", 4) == 0);
}

Test(nvram_file, a_file_of_another_size_is_left_alone)
{
	file_write(path, "important", 9);
	cr_assert(eq(int, nvram_file_open(&file, path, &nv), -EFBIG));
	cr_assert(said("has not 65536 bytes: correct nvram.path"), "%s", said_last());
	nvram_file_close(&file);
	cr_assert(eq(int, nvram_file_open(&file, dir, &nv), -EISDIR));
	cr_assert(said("Is a directory: correct nvram.path"), "%s", said_last());
}

Test(nvram_file, two_guests_do_not_share_one)
{
	struct nvram_file other;

	cr_assert(eq(int, nvram_file_open(&file, path, &nv), 0));
	cr_assert(eq(int, nvram_file_open(&other, path, &nv), -EAGAIN));
	cr_assert(said("another program uses it"), "%s", said_last());
	nvram_file_close(&other);
}

/* For "check" and --dry-run: the same judgement, and nothing is made or changed. */
Test(nvram_file, a_try_judges_as_the_opening_does_and_makes_nothing)
{
	char none[128];

	cr_assert(eq(int, nvram_file_try(path), 0), "%s", said_last());
	cr_assert(eq(int, access(path, F_OK), -1));
	file_write(path, "", 0);
	cr_assert(eq(int, nvram_file_try(path), 0), "%s", said_last());
	file_write(path, "important", 9);
	cr_assert(eq(int, nvram_file_try(path), -EFBIG));
	cr_assert(said("has not 65536 bytes: correct nvram.path"), "%s", said_last());
	cr_assert(eq(int, nvram_file_try(dir), -EISDIR));
	snprintf(none, sizeof(none), "%s/none/nvram", dir);
	cr_assert(eq(int, nvram_file_try(none), -ENOENT));
	cr_assert(said("none/nvram: No such file or directory: correct nvram.path"), "%s",
		  said_last());
	unlink(path);
	cr_assert(eq(int, nvram_file_open(&file, path, &nv), 0));
	cr_assert(eq(int, nvram_file_try(path), -EAGAIN));
	cr_assert(said("another program uses it"), "%s", said_last());
	nvram_file_close(&file);
	cr_assert(eq(int, nvram_file_try(path), 0));
}

Test(nvram_file, a_try_needs_the_right_to_write)
{
	fake_fail_nth(1, -EACCES);
	file_write(path, "", 0);
	cr_assert(eq(int, nvram_file_try(path), -EACCES));
	unlink(path);
	fake_fail_nth(2, -EROFS); /* of the folder */
	cr_assert(eq(int, nvram_file_try(path), -EROFS));
	cr_assert(said("Read-only file system: correct nvram.path"), "%s", said_last());
	fake_fail_nth(2, -EOPNOTSUPP);
	cr_assert(eq(int, nvram_file_try(path), 0));
	fake_fail_nth(0, 0);
}

Test(nvram_file, without_a_file_nothing_is_called)
{
	unsigned int before = fake_calls();

	nvram_file_store(&file, &nv, 0, 100);
	cr_assert(eq(u32, fake_calls(), before));
}

Test(nvram_file, a_disk_that_fails_costs_a_line_and_no_more_calls)
{
	unsigned int before;

	cr_assert(eq(int, nvram_file_open(&file, path, &nv), 0));
	fake_fail_nth(1, -ENOSPC);
	nvram_file_store(&file, &nv, 0, 100);
	cr_assert(said("No space left on device: what the guest stores from now on ends with it"),
		  "%s", said_last());
	before = fake_calls();
	nvram_file_store(&file, &nv, 0, 100);
	cr_assert(eq(u32, fake_calls(), before));
	cr_assert(eq(int, said_lines(), 1));
}

Test(nvram_file, an_interrupted_write_is_made_again)
{
	cr_assert(eq(int, nvram_file_open(&file, path, &nv), 0));
	nv.bytes[7] = 0x55;
	fake_fail_nth(1, -EINTR);
	nvram_file_store(&file, &nv, 0, 100);
	start_anew();
	cr_assert(eq(u8, nv.bytes[7], 0x55));
}

static void each_call_may_fail(void)
{
	int r = -1;

	for (unsigned int n = 1; r < 0; n++) {
		said_forget();
		fake_fail_nth(n, -EIO);
		r = nvram_file_open(&file, path, &nv);
		nvram_file_close(&file);
		cr_assert(eq(int, said_lines(), r < 0));
		cr_assert(eq(int, fake_open_fds(), 0));
	}
	fake_fail_nth(0, 0);
}

Test(nvram_file, each_call_of_an_opening_may_fail)
{
	each_call_may_fail(); /* it is made */
	each_call_may_fail(); /* it is read */
}
