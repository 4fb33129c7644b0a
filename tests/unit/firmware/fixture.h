/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_UNIT_FIRMWARE_FIXTURE_H
#define TESTS_UNIT_FIRMWARE_FIXTURE_H

/* Guest RAM, a folder for files, and the log caught. */

#include "firmware/image.h"
#include "tests/fake/elf.h"
#include "tests/fake/sys.h"
#include "tests/unit/said.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct {
	struct gmem mem;
	uint8_t *ram;
	uint64_t size;
	char dir[64], path[96];
} fx;

static inline void fx_setup(void)
{
	fake_reset();
	said_catch(LOG_DEBUG);
	strcpy(fx.dir, "/tmp/spapr-unit-XXXXXX");
	if (!mkdtemp(fx.dir))
		abort();
	snprintf(fx.path, sizeof(fx.path), "%s/file", fx.dir);
}

static inline void fx_teardown(void)
{
	unlink(fx.path);
	rmdir(fx.dir);
	if (fx.ram)
		munmap(fx.ram, fx.size);
	cr_assert(eq(int, fake_open_fds(), 0));
}

/* New and zero; sparse, so that sizes of gibibytes cost nothing. */
static inline void fx_ram(uint64_t size)
{
	if (fx.ram)
		munmap(fx.ram, fx.size);
	fx.size = size;
	fx.ram = mmap(NULL, size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (fx.ram == MAP_FAILED)
		abort();
	fx.mem = (struct gmem){ .nbanks = 0 };
	cr_assert(eq(int, gmem_add(&fx.mem, 0, size, fx.ram), 0));
	said_forget();
}

/* One look at a file, as a start and a reboot take it. */
static inline int fx_kernel(const char *path, struct image *img)
{
	struct image_file f;
	int r = image_open(&f, path, "kernel");

	if (r < 0)
		return r;
	r = image_load_kernel(&fx.mem, &f, img);
	image_close(&f);
	return r;
}

static inline int fx_file(const char *path, gpa_t gpa, uint64_t *size)
{
	struct image_file f;
	int r = image_open(&f, path, "initrd");

	if (r < 0)
		return r;
	*size = f.size;
	r = image_load_file(&fx.mem, &f, gpa);
	image_close(&f);
	return r;
}

#endif
