/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Processor generations. The bits of ibm,pa-features are rows: byte and mask as LoPAR 2.8, "CPU Node
 * Properties" (ibm,pa-features) numbers them, counted from the first byte after the header.
 */
#include "sphapr/cpu.h"

#include <string.h>

/* ISA 2.07 and before. */
static const struct pa_bit pa_base[] = {
	{ 0, 0x80, "MMU" },
	{ 0, 0x40, "FPU" },
	{ 0, 0x20, "SLB" },
	{ 0, 0x10, "RUN latch" },
	{ 0, 0x04, "DABR" },
	{ 0, 0x02, "no-execute pages" },
	{ 1, 0x20, "cache-inhibited large pages" },
	{ 1, 0x10, "frin, friz, frip, frim" },
	{ 1, 0x08, "DABRX" },
	{ 1, 0x04, "SPRG3 readable" },
	{ 1, 0x02, "SLB entry 0 invalidated" },
	{ 1, 0x01, "page protection 110" },
	{ 2, 0x80, "virtualized partition memory" },
	{ 2, 0x40, "ISA 2.05 data streams" },
	{ 2, 0x04, "PPR" },
	{ 2, 0x02, "ISA 2.02 data streams" },
	{ 2, 0x01, "ISA 2.06 data streams" },
	{ 3, 0x80, "load stream depth" },
	{ 3, 0x40, "unaligned access performance" },
	{ 5, 0x80, "little endian" },
	{ 5, 0x40, "CFAR" },
	{ 5, 0x20, "elemental barriers" },
	{ 5, 0x10, "load, store quadword" },
	{ 6, 0x80, "ISA 2.07 data streams" },
	{ 16, 0x80, "vector" },
	{ 18, 0x80, "vector-scalar" },
	{ 20, 0x80, "vector XOR" },
	{ 0 },
};

/* ISA 3.0B */
static const struct pa_bit pa_isa30[] = {
	{ 24, 0x80, "extended decrementer" },
	{ 26, 0x80, "64-bit arithmetic features" },
	{ 28, 0x80, "performance monitor features" },
	{ 32, 0x80, "little-endian atomics" },
	{ 34, 0xc0, "event-based branches, extended" },
	{ 42, 0x80, "performance monitor" },
	{ 44, 0x80, "PC-relative addressing" },
	{ 46, 0x80, "system call vectored" },
	{ 48, 0x80, "SIMD" },
	{ 50, 0x80, "quad-precision floating point" },
	{ 52, 0x80, "string operations" },
	{ 54, 0x80, "decimal floating point" },
	{ 56, 0x80, "decimal integers" },
	{ 58, 0x80, "SHA" },
	{ 60, 0x80, "NAP modes" },
	{ 62, 0x80, "darn" },
	{ 0 },
};

/* ISA 3.1 */
static const struct pa_bit pa_isa31[] = {
	{ 68, 0xce, "DEXCR aspects" },
	{ 72, 0x80, "hashst, hashchk" },
	{ 0 },
};

#define PA_RADIX_BYTE 40
#define PA_HTM_BYTE 22
#define PA_DAWR1_BYTE 64

static const struct pa_bit *const pa_power9[] = { pa_base, pa_isa30, NULL };
static const struct pa_bit *const pa_power10[] = { pa_base, pa_isa30, pa_isa31, NULL };

/* Oldest first. */
static const struct cpu_model models[] = {
	{ "POWER9", 0x004e0000, 0xffff0000, 0x0f000005, 66, pa_power9, 56 },
	{ "POWER10", 0x00800000, 0xffff0000, 0x0f000006, 74, pa_power10, 56 },
	{ "POWER11", 0x00820000, 0xffff0000, 0x0f000007, 74, pa_power10, 56 },
};

const struct cpu_model *cpu_model_by_pvr(uint32_t pvr)
{
	for (size_t i = 0; i < ARRAY_LEN(models); i++)
		if ((pvr & models[i].mask) == models[i].pvr)
			return &models[i];
	return NULL;
}

const struct cpu_model *cpu_model_by_version(uint32_t version)
{
	for (size_t i = 0; i < ARRAY_LEN(models); i++)
		if (version == models[i].logical_pvr)
			return &models[i];
	return cpu_model_by_pvr(version);
}

const struct cpu_model *cpu_model_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(models); i++)
		if (strcmp(models[i].name, name) == 0)
			return &models[i];
	return NULL;
}

const struct cpu_model *cpu_model_before(const struct cpu_model *m)
{
	return m > models ? m - 1 : NULL;
}

void cpu_facts_become(struct cpu_facts *f, uint32_t version)
{
	f->model = cpu_model_by_version(version);
	f->version = version;
}

void cpu_facts_init(struct cpu_facts *f, const struct cpu_model *model, uint32_t pvr)
{
	/* Radix page sizes by hardware encoding: 4K, 64K, 2M, 1G. */
	static const uint32_t ap[] = { 0x0000000c, 0xa0000010, 0x20000015, 0x4000001e };

	*f = (struct cpu_facts){
		.model = model,
		.pvr = pvr,
		.version = pvr,
		.timebase_hz = 512000000,
		.clock_hz = 2000000000,
		.l1d = { .line = 128, .size = 32 * KiB, .sets = 32 },
		.l1i = { .line = 128, .size = 32 * KiB, .sets = 32 },
		.dec_bits = model->dec_bits,
		.slb_size = 32,
		.nap = ARRAY_LEN(ap),
	};
	memcpy(f->ap, ap, sizeof(ap));
}

static void set_bit(uint8_t *attr, size_t len, uint8_t byte, uint8_t mask)
{
	if (byte < len)
		attr[byte] |= mask;
}

size_t cpu_pa_features(const struct cpu_facts *f, bool radix, uint8_t *out)
{
	size_t len = f->model->pa_bytes;
	uint8_t *attr = out + 2;

	memset(out, 0, len + 2);
	out[0] = (uint8_t)len; /* header: length, attribute type 0 */
	for (const struct pa_bit *const *set = f->model->pa_sets; *set; set++)
		for (const struct pa_bit *b = *set; b->mask; b++)
			set_bit(attr, len, b->byte, b->mask);
	if (radix)
		set_bit(attr, len, PA_RADIX_BYTE, 0x80);
	if (f->htm)
		set_bit(attr, len, PA_HTM_BYTE, 0x80);
	/* A guest of ISA 3.0 has none, whatever the host has. */
	if (f->dawr1 && f->model->pa_sets != pa_power9)
		set_bit(attr, len, PA_DAWR1_BYTE, 0x80);
	return len + 2;
}

uint32_t cpu_segment_pages(const struct cpu_facts *f, uint32_t max_shift, uint32_t *out)
{
	uint32_t n = 0;

	for (uint32_t in = 0; in + 3 <= f->nsps;) {
		const uint32_t *head = &f->sps[in], *pairs = head + 3;
		uint32_t first = n, kept = 0;

		in += 3 + 2 * head[2];
		n += 3;
		for (uint32_t k = 0; k < head[2]; k++, pairs += 2) {
			if (pairs[0] > max_shift)
				continue;
			out[n++] = pairs[0];
			out[n++] = pairs[1];
			kept++;
		}
		if (head[0] > max_shift || kept == 0) {
			n = first;
			continue;
		}
		out[first] = head[0];
		out[first + 1] = head[1];
		out[first + 2] = kept;
	}
	return n;
}
