/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_BASE_TYPES_H
#define VMM_BASE_TYPES_H

/*
 * The words every folder shares: guest and bus addresses, sizes, and big- and little-endian access
 * by bytes.
 *
 * A gpa_t becomes bytes only in gmem.c; an ioba_t becomes a gpa_t only through a DMA window.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t gpa_t;  /* guest physical ("logical real") address, bytes */
typedef uint64_t ioba_t; /* bus address inside a DMA window, bytes */

#define KiB (1024ULL)
#define MiB (1024 * KiB)
#define GiB (1024 * MiB)
#define TiB (1024 * GiB)

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define BIT(n) (1ULL << (n))

/*
 * The struct of type @type whose @member @ptr points to. A @ptr to anything else does not compile:
 * pointers to different types are not to be compared.
 */
#define container_of(ptr, type, member)                                                            \
	((type *)((char *)(ptr) - offsetof(type, member) -                                         \
		  0 * sizeof((ptr) == &((type *)NULL)->member)))

/* @align must be a power of two. */
#define ALIGN_UP(x, align) (((x) + ((align) - 1)) & ~((uint64_t)(align) - 1))
#define ALIGN_DOWN(x, align) ((x) & ~((uint64_t)(align) - 1))
#define IS_ALIGNED(x, align) (((x) & ((uint64_t)(align) - 1)) == 0)

static inline bool is_power_of_2(uint64_t x)
{
	return x != 0 && (x & (x - 1)) == 0;
}

/* The smallest n with 2^n >= x; 0 for x <= 1. */
static inline unsigned int log2_ceil(uint64_t x)
{
	return x <= 1 ? 0 : 64 - (unsigned int)__builtin_clzll(x - 1);
}

/* An instruction or two on POWER; -Os would call them, 512 times for a list of TCEs. */
#define LOAD_INLINE static inline __attribute__((always_inline))

LOAD_INLINE uint16_t be16_load(const void *p)
{
	const uint8_t *b = p;

	return (uint16_t)(b[0] << 8 | b[1]);
}

LOAD_INLINE uint32_t be32_load(const void *p)
{
	const uint8_t *b = p;

	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

LOAD_INLINE uint64_t be64_load(const void *p)
{
	return (uint64_t)be32_load(p) << 32 | be32_load((const uint8_t *)p + 4);
}

static inline void be16_store(void *p, uint16_t v)
{
	uint8_t *b = p;

	b[0] = (uint8_t)(v >> 8);
	b[1] = (uint8_t)v;
}

static inline void be32_store(void *p, uint32_t v)
{
	uint8_t *b = p;

	b[0] = (uint8_t)(v >> 24);
	b[1] = (uint8_t)(v >> 16);
	b[2] = (uint8_t)(v >> 8);
	b[3] = (uint8_t)v;
}

static inline void be64_store(void *p, uint64_t v)
{
	be32_store(p, (uint32_t)(v >> 32));
	be32_store((uint8_t *)p + 4, (uint32_t)v);
}

LOAD_INLINE uint16_t le16_load(const void *p)
{
	const uint8_t *b = p;

	return (uint16_t)(b[1] << 8 | b[0]);
}

LOAD_INLINE uint32_t le32_load(const void *p)
{
	const uint8_t *b = p;

	return (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0];
}

LOAD_INLINE uint64_t le64_load(const void *p)
{
	return (uint64_t)le32_load((const uint8_t *)p + 4) << 32 | le32_load(p);
}

static inline void le16_store(void *p, uint16_t v)
{
	uint8_t *b = p;

	b[0] = (uint8_t)v;
	b[1] = (uint8_t)(v >> 8);
}

static inline void le32_store(void *p, uint32_t v)
{
	uint8_t *b = p;

	b[0] = (uint8_t)v;
	b[1] = (uint8_t)(v >> 8);
	b[2] = (uint8_t)(v >> 16);
	b[3] = (uint8_t)(v >> 24);
}

static inline void le64_store(void *p, uint64_t v)
{
	le32_store(p, (uint32_t)v);
	le32_store((uint8_t *)p + 4, (uint32_t)(v >> 32));
}

#endif
