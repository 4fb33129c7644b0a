/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory by logical address: sizes in bytes, and pages initialized in RAM only, up to its last one. */
#include "guest.h"

#define PAGE 0x1000ull
#define ZERO 0x8000
#define COPY 0x4000

static const struct {
	uint64_t load, store;
	const char *name;
} pairs[] = { { H_LOGICAL_CI_LOAD, H_LOGICAL_CI_STORE, "cache-inhibited" },
	      { H_LOGICAL_CACHE_LOAD, H_LOGICAL_CACHE_STORE, "cached" } };

/* Bytes of @p that are no longer 0xa5. */
static uint64_t changed(const uint8_t *p, unsigned int n)
{
	uint64_t k = 0;

	while (n-- > 0)
		k += *p++ != 0xa5;
	return k;
}

static void sizes(unsigned int i)
{
	uint8_t *p = machine.scratch + PAGE;
	uint64_t at = (uintptr_t)p, last = machine.ram_size, value;

	for (uint64_t size = 0; size <= 16; size++) {
		bool exists = size == 1 || size == 2 || size == 4 || size == 8;
		int64_t want = exists ? H_SUCCESS : H_PARAMETER;

		memset(p, 0xa5, 32);
		check(hcall(pairs[i].store, size, at, 0x1122334455667788, 0, NULL), want,
		      "%s store, size %u", pairs[i].name, size);
		check((int64_t)changed(p, 32), exists ? (int64_t)size : 0, "bytes that it wrote");
		value = 0;
		check(hcall(pairs[i].load, size, at, 0, 0, &value), want, "%s load, size %u",
		      pairs[i].name, size);
		if (!exists)
			continue;
		check((int64_t)value, (int64_t)(0x1122334455667788 & (~0ull >> (64 - 8 * size))),
		      "its value");
		check(hcall(pairs[i].load, size, last - size, 0, 0, NULL), H_SUCCESS,
		      "%s load at the end of memory", pairs[i].name);
		check(hcall(pairs[i].load, size, last, 0, 0, NULL), H_PARAMETER,
		      "%s load behind it", pairs[i].name);
	}
}

static void pages(void)
{
	uint8_t *p = machine.scratch + 2 * PAGE;
	uint64_t at = (uintptr_t)p, last = machine.ram_size - PAGE;
	/* Where BARs are, and a controller's pages may be. */
	const uint64_t elsewhere[] = { machine.ram_size, 0x200080000000, 0x210000000000,
				       0x6030203180000, ~0ull << 12 };

	memset(p, 0xa5, 3 * PAGE);
	memset(p + 2 * PAGE, 0x5a, PAGE);
	check(hcall(H_PAGE_INIT, ZERO, at + PAGE, 0, 0, NULL), H_SUCCESS, "a page zeroed");
	check((int64_t)changed(p, 2 * PAGE), PAGE, "bytes that it wrote");
	check(hcall(H_PAGE_INIT, COPY, at + PAGE, at + 2 * PAGE, 0, NULL), H_SUCCESS,
	      "a page copied");
	check(memcmp(p + PAGE, p + 2 * PAGE, PAGE), 0, "its content");
	check(hcall(H_PAGE_INIT, ZERO, last, 0, 0, NULL), H_SUCCESS, "the last page zeroed");
	check(hcall(H_PAGE_INIT, COPY, at, last, 0, NULL), H_SUCCESS, "the last page copied");
	check((int64_t)changed(p, PAGE), PAGE, "bytes that it wrote");
	for (unsigned int i = 0; i < ARRAY_LEN(elsewhere); i++) {
		check(hcall(H_PAGE_INIT, ZERO, elsewhere[i], 0, 0, NULL), H_PARAMETER,
		      "zeroes to 0x%x", elsewhere[i]);
		check(hcall(H_PAGE_INIT, COPY, elsewhere[i], at, 0, NULL), H_PARAMETER,
		      "a copy to 0x%x", elsewhere[i]);
		check(hcall(H_PAGE_INIT, COPY, at, elsewhere[i], 0, NULL), H_PARAMETER,
		      "a copy from 0x%x", elsewhere[i]);
	}
}

void topic_mem(void)
{
	for (unsigned int i = 0; i < ARRAY_LEN(pairs); i++)
		sizes(i);
	pages();
}
