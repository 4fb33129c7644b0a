/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_UNIT_SPHAPR_CAS_WORDS_H
#define TESTS_UNIT_SPHAPR_CAS_WORDS_H

/*
 * What real clients say to ibm,client-architecture-support, byte by byte. Sources: Linux 6.12
 * arch/powerpc/kernel/prom_init.c, GRUB 2.14, FreeBSD's loader.
 */

#include "vmm/base/types.h"

#include <string.h>

#define WORDS_MAX 512

/* The list of processors: a pair of mask and value each. */
struct words {
	uint8_t b[WORDS_MAX];
	size_t len;
};

static inline void words_pvr(struct words *w, uint32_t mask, uint32_t value)
{
	be32_store(w->b + w->len, mask);
	be32_store(w->b + w->len + 4, value);
	w->len += 8;
}

/* The byte that counts the vectors: @n of them follow. */
static inline void words_count(struct words *w, uint8_t n)
{
	w->b[w->len++] = (uint8_t)(n - 1);
}

/* A vector of @n bytes; those that are not in @bytes are zero. Returns where byte 1 is, less one. */
static inline uint8_t *words_vector(struct words *w, size_t n)
{
	uint8_t *v = w->b + w->len;

	v[0] = (uint8_t)(n - 1);
	w->len += n + 1;
	return v;
}

/* Linux's own processors and levels; a kernel from before POWER9 or POWER10 has fewer: @newest. */
static inline void words_linux_pvrs(struct words *w, uint32_t newest)
{
	static const uint32_t real[] = { 0x003e0000, 0x003f0000, 0x004b0000, 0x004c0000,
					 0x004d0000, 0x004e0000, 0x00800000, 0x00820000 };
	uint32_t n = 5 + newest - 0x0f000004;

	words_pvr(w, 0xfffe0000, 0x003a0000);
	for (uint32_t i = 0; i < n && i < ARRAY_LEN(real); i++)
		words_pvr(w, 0xffff0000, real[i]);
	for (uint32_t level = newest; level > 0x0f000001; level--)
		words_pvr(w, 0xffffffff, level);
	words_pvr(w, 0xfffffffe, 0x0f000001);
}

/* @mmu and @intc: bytes 24 and 23 of vector 5. Returns that vector, for a test to change. */
static inline uint8_t *words_linux(struct words *w, uint32_t newest, uint8_t mmu, uint8_t intc)
{
	uint8_t *v, *five;

	memset(w, 0, sizeof(*w));
	words_linux_pvrs(w, newest);
	words_count(w, 6);
	v = words_vector(w, 3);
	v[2] = 0xff;
	v[3] = 0xc0;
	v = words_vector(w, 33);
	v[1] = 0x20;
	memset(v + 2, 0xff, 16);
	v = words_vector(w, 2);
	v[2] = 0xe0;
	v = words_vector(w, 2);
	v[2] = 1;
	five = words_vector(w, 26);
	five[2] = 0xf3;
	five[5] = 0xe0;
	five[6] = 0x05;
	be32_store(five + 9, 2048);
	five[17] = 0xe0;
	five[21] = 1;
	five[22] = 0xc0;
	five[23] = intc;
	five[24] = mmu;
	five[26] = mmu ? 0x40 : 0;
	v = words_vector(w, 3);
	v[3] = 2;
	v = words_vector(w, 256); /* outside the count */
	memcpy(v + 1, "Linux version", 13);
	return five;
}

/* Any processor; hash and XICS, since its vector 5 ends before the bytes that ask for others. */
static inline void words_grub(struct words *w)
{
	memset(w, 0, sizeof(*w));
	words_pvr(w, 0, 0xffffffff);
	words_count(w, 5);
	words_vector(w, 1)[1] = 0x80;
	words_vector(w, 33)[1] = 0x20;
	words_vector(w, 2)[1] = 0x80;
	words_vector(w, 2)[1] = 0x80;
	words_vector(w, 22)[2] = 0xe0;
}

/* Vectors 1 to 3 are "ignore"; XICS always, and the MMU @mmu. */
static inline void words_freebsd(struct words *w, uint8_t mmu)
{
	uint8_t *v;

	memset(w, 0, sizeof(*w));
	words_pvr(w, 0xffff0000, 0x003f0000);
	words_pvr(w, 0xffff0000, 0x004d0000);
	words_pvr(w, 0xffff0000, 0x004e0000);
	words_pvr(w, 0xffffffff, 0x0f000005);
	words_pvr(w, 0xffffffff, 0x0f000004);
	words_pvr(w, 0, 0xffffffff);
	words_count(w, 5);
	for (int i = 0; i < 3; i++)
		words_vector(w, 1)[1] = 0x80;
	words_vector(w, 2)[1] = 0;
	v = words_vector(w, 26);
	v[2] = 0x80 | 0x20;
	v[5] = 0x80;
	v[24] = mmu;
	v[26] = mmu ? 0x40 : 0;
}

#endif
