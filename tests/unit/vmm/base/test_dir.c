/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/base/dir.h"

#include "tests/fake/sys.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>

#define CPUS "/proc/device-tree/cpus"

static void setup(void)
{
	fake_reset();
	fake_serve(CPUS "/cpus-version", "", 1);
	fake_serve(CPUS "/PowerPC,POWER9@0/reg", "", 1);
	fake_serve(CPUS "/PowerPC,POWER9@4/reg", "", 1);
}

TestSuite(dir, .init = setup);

Test(dir, the_first_entry_with_the_prefix_is_found)
{
	char name[32];

	cr_assert(eq(int, dir_find(CPUS, "PowerPC,", name, sizeof(name)), 0));
	cr_assert(eq(str, name, "PowerPC,POWER9@0"));
}

Test(dir, none_is_not_there)
{
	char name[32];

	cr_assert(eq(int, dir_find(CPUS, "Intel,", name, sizeof(name)), -ENOENT));
	cr_assert(eq(int, dir_find("/nowhere", "", name, sizeof(name)), -ENOENT));
}

/* 17 bytes with its NUL. */
Test(dir, what_does_not_fit_is_passed_over)
{
	char name[17];

	cr_assert(eq(int, dir_find(CPUS, "PowerPC,", name, 16), -ENOENT));
	cr_assert(eq(int, dir_find(CPUS, "PowerPC,", name, 17), 0));
}

Test(dir, a_folder_that_cannot_be_read_is_its_error)
{
	char name[32];

	fake_fail_all("list " CPUS, -EACCES);
	cr_assert(eq(int, dir_find(CPUS, "", name, sizeof(name)), -EACCES));
}
