/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel counts, read from files that look like the kernel's. */
#include "vmm/kvm/stats.h"

#include "tests/fake/sys.h"
#include "tests/unit/said.h"
#include "vmm/kvm/uapi.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

TestSuite(kvm_stats, .init = fake_reset, .timeout = 10);

#define NAME 48u

struct row {
	struct kvm_stats_desc d;
	char name[NAME];
};

static int made_of(const char *const *names, uint32_t n, uint32_t name_size)
{
	int fd = memfd_create("stats", 0);
	struct kvm_stats_header h = { .name_size = name_size,
				      .num_desc = n,
				      .desc_offset = sizeof(h),
				      .data_offset = sizeof(h) + n * (uint32_t)sizeof(struct row) };

	write(fd, &h, sizeof(h));
	for (uint32_t i = 0; i < n; i++) {
		struct row r = { .d = { .size = 1, .offset = i * 8 } };

		strcpy(r.name, names[i]);
		write(fd, &r, sizeof(r));
	}
	for (uint64_t i = 0; i < n; i++)
		write(fd, &(uint64_t){ 100 + i }, 8);
	return fd;
}

Test(kvm_stats, numbers_are_found_by_their_names)
{
	static const char *const names[] = { "mmio_exits", "dec_exits", "halt_wakeup",
					     "sum_exits" };
	int fd = made_of(names, 4, NAME);
	struct kvm_stats s;
	uint64_t n;

	cr_assert(eq(int, kvm_stats_find(&s, fd), 0));
	cr_expect(kvm_stats_read(&s, fd, KVM_STAT_EXITS, &n) && n == 103);
	cr_expect(kvm_stats_read(&s, fd, KVM_STAT_DECREMENTER, &n) && n == 101);
	cr_expect(kvm_stats_read(&s, fd, KVM_STAT_WAKEUPS, &n) && n == 102);
	cr_expect(not(kvm_stats_read(&s, fd, KVM_STAT_INTERRUPTS, &n)), "this kernel has none");
	close(fd);
}

Test(kvm_stats, what_is_too_large_or_cut_short_is_refused)
{
	static const char *const names[] = { "sum_exits" };
	int fd = made_of(names, 1, 100000);
	struct kvm_stats s;

	cr_expect(eq(int, kvm_stats_find(&s, fd), -EIO));
	close(fd);
	fd = made_of(names, 1, NAME);
	ftruncate(fd, 60);
	cr_expect(eq(int, kvm_stats_find(&s, fd), -EIO));
	close(fd);
	fd = memfd_create("empty", 0);
	cr_expect(lt(int, kvm_stats_find(&s, fd), 0));
	close(fd);
}
