/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPHAPR_CAS_H
#define SPHAPR_CAS_H

/*
 * ibm,client-architecture-support: a client program of the firmware tells which processors it knows
 * and what of a platform it can use, and the platform chooses: MMU, interrupt controller, processor
 * mode. Here are the client's words, copied and bounded, and the choice; the machine makes the choice
 * true (vmm/machine/cas.c), and the tree tells it (fdt_root.c).
 *
 * Source: LoPAR 2.8 "ibm,client-architecture-support"; Linux arch/powerpc/kernel/prom_init.c.
 */

#include "sphapr/mode.h"
#include "vmm/base/gmem.h"

/* Option vector 5, byte by byte as LoPAR counts: from 1, behind the byte of the length. */
enum {
	OV5_FLAGS = 1,
	OV5_IGNORE = 0x80, /* the vector is as good as absent */
	OV5_PARTITION = 2,
	OV5_LPAR = 0x80,
	OV5_SPLPAR = 0x40,
	OV5_MSI = 0x01,
	OV5_AFFINITY = 5,
	OV5_FORM1 = 0x80,
	OV5_MAX_CORES = 9, /* four bytes */
	OV5_INTC = 23,
	OV5_XIVE = 0x40,
	OV5_MMU = 24,
	OV5_RADIX = 0x40,
	OV5_EITHER = 0x80, /* of bytes 23 and 24: offered, both; asked, nonsense */
	OV5_CHOICE = 0xc0,
	OV5_RADIX_EXT = 26,
	OV5_GTSE = 0x40,
	OV5_BYTES = 27, /* of the property; Linux needs more than 24 to believe in radix */
};

#define CAS_MAX_PVRS 128
#define CAS_VECTORS 5 /* what is behind the fifth is not asked about */
#define CAS_VECTOR_BYTES 32

/* What the client asked for, as copied. */
struct cas_ask {
	struct {
		uint32_t mask, value;
	} pvrs[CAS_MAX_PVRS]; /* the one that ends the list included */
	uint32_t npvrs;
	/* [n][i]: byte i of vector n, both from 1; what the client left out is 0. */
	uint8_t vec[CAS_VECTORS + 1][CAS_VECTOR_BYTES];
};

/* What this machine can be. */
struct cas_offer {
	bool radix, hash; /* at least one of each pair */
	bool xive, xics;
	uint32_t pvr;     /* of the host */
	uint32_t version; /* the newest that the guest may be: @pvr, or a logical one */
	uint32_t ncores;  /* that the tree shows */
};

struct cas_result {
	struct spapr_mode mode;
	uint32_t version;        /* cpu-version: the offer's pvr, or a logical PVR */
	uint8_t vec5[OV5_BYTES]; /* ibm,architecture-vec-5 */
	const char *why;         /* a clause: what the client cannot have, and the remedy */
};

/**
 * cas_read - copy the client's words; guest memory is read once
 * @at: guest address of the list of PVRs, behind which are the vectors
 * Return 0; -EFAULT not all of it is RAM; -E2BIG the list of PVRs has no end.
 */
int cas_read(const struct gmem *g, gpa_t at, struct cas_ask *ask);

/**
 * cas_decide - choose
 * Return 0; -EINVAL the client asks for what no platform can be; -ENOTSUP for what this one cannot be.
 * In both cases nothing but out->why is set.
 */
int cas_decide(const struct cas_offer *offer, const struct cas_ask *ask, struct cas_result *out);

/* Vector 5 of a guest that was not asked: it gets all that there is. */
void cas_vec5_unasked(const struct spapr_mode *mode, uint8_t vec5[OV5_BYTES]);

/* ibm,arch-vec-5-platform-support: pairs of byte number and value; returns the length. */
#define CAS_SUPPORT_BYTES 8
size_t cas_support(const struct cas_offer *offer, uint8_t out[CAS_SUPPORT_BYTES]);

#endif
