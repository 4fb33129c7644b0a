/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPHAPR_CPU_H
#define SPHAPR_CPU_H

/*
 * CPU facts: what a processor generation is (a table by PVR, cpu.c), and what the host's processor
 * says of itself. What the host says replaces the table's defaults: vmm/machine/host.c reads the
 * host's device tree, vmm/kvm/facts.c asks KVM.
 */

#include "vmm/base/types.h"

/* A bit of ibm,pa-features: byte counted from the first attribute byte. */
struct pa_bit {
	uint8_t byte, mask;
	const char *what;
};

struct cpu_model {
	const char *name;                    /* node name: PowerPC,POWER9 */
	uint32_t pvr, mask;                  /* real PVRs */
	uint32_t logical_pvr;                /* 0x0f00000n of the architecture level */
	uint8_t pa_bytes;                    /* length of the pa-features attribute */
	const struct pa_bit *const *pa_sets; /* lists ended by mask 0; the list ended by NULL */
	uint32_t dec_bits;
};

struct cpu_cache {
	uint32_t line, size, sets; /* bytes, bytes, count; 0 = not told */
};

#define CPU_MAX_AP 8
#define CPU_MAX_SPS_CELLS 128

struct cpu_facts {
	/* Whose features the guest sees: cpu = "power9" on POWER10. */
	const struct cpu_model *model;
	uint32_t pvr;     /* of the host */
	uint32_t version; /* cpu-version: pvr, or logical PVR in a compatibility mode */
	uint64_t timebase_hz, clock_hz;
	struct cpu_cache l1d, l1i, l2, l3;
	uint32_t dec_bits; /* 32: the decrementer is small */
	uint32_t slb_size;
	uint32_t ap[CPU_MAX_AP]; /* ibm,processor-radix-AP-encodings: shift | AP << 29 */
	uint32_t nap;
	uint32_t sps[CPU_MAX_SPS_CELLS]; /* ibm,segment-page-sizes, as cells */
	uint32_t nsps;
	bool dawr1, htm;
	uint64_t character, behaviour; /* H_GET_CPU_CHARACTERISTICS */
};

/*
 * By a real PVR, by what a tree's cpu-version holds (a real or a logical PVR), or by name; NULL: this
 * generation is not known.
 */
const struct cpu_model *cpu_model_by_pvr(uint32_t pvr);
const struct cpu_model *cpu_model_by_version(uint32_t version);
const struct cpu_model *cpu_model_by_name(const char *name);

/* The generation before @m; NULL: @m is the oldest that is known. */
const struct cpu_model *cpu_model_before(const struct cpu_model *m);

/* Is it a logical PVR, of an architecture level? Real ones begin otherwise. */
static inline bool cpu_is_mode(uint32_t version)
{
	return version >> 24 == 0x0f;
}

/* Defaults of a model: every field that a host could leave untold. */
void cpu_facts_init(struct cpu_facts *f, const struct cpu_model *model, uint32_t pvr);

/* The guest sees another processor: @version is the host's PVR, or a logical one of a model here. */
void cpu_facts_become(struct cpu_facts *f, uint32_t version);

/*
 * ibm,pa-features with its two header bytes into @out (at least 2 + pa_bytes); returns the length.
 * @radix: the guest's MMU is radix
 */
size_t cpu_pa_features(const struct cpu_facts *f, bool radix, uint8_t *out);

/*
 * ibm,segment-page-sizes without pages of more than 2^@max_shift bytes, into @out, of CPU_MAX_SPS_CELLS.
 * Returns the number of cells.
 */
uint32_t cpu_segment_pages(const struct cpu_facts *f, uint32_t max_shift, uint32_t *out);

#endif
