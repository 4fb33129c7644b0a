/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FIRMWARE_OF_CLAIM_H
#define FIRMWARE_OF_CLAIM_H

/*
 * Which guest memory a client of Open Firmware has taken. Cells are 32 bits, so all of it lies below
 * 4 GiB. Neighbours become one: what is left is as short a list as can be.
 */

#include "vmm/base/types.h"

#define OF_ERROR UINT32_MAX
#define OF_CLAIMS_MAX 256
#define OF_CLAIM_FIRST 0x20000u /* below: vectors, the client entry, the client's stack */
#define OF_AVAILABLE_MAX 32     /* GRUB has no room for more ranges */

struct of_range {
	uint64_t start, end; /* end exclusive */
};

struct of_claims {
	struct of_range taken[OF_CLAIMS_MAX]; /* ascending, with room between any two */
	uint32_t n;
	uint64_t end; /* exclusive, of what may be claimed */
};

/* @end: of the memory that real mode reaches; more than 4 GiB count as 4 GiB. */
void of_claims_init(struct of_claims *c, uint64_t end);

/**
 * of_claim - take memory
 * @align: 0: exactly @virt, any byte; else the lowest place that is a multiple of @align, which is
 *         rounded up to a power of two
 * Return the address; OF_ERROR: @size is 0, it overlaps, it does not fit, or there are too many.
 * Source: IEEE 1275-1994, "Client interface", claim.
 */
uint32_t of_claim(struct of_claims *c, uint32_t virt, uint32_t size, uint32_t align);

/* Is all of it taken? */
bool of_claim_holds(const struct of_claims *c, uint32_t start, uint32_t size);

/* Gives back what of the range was taken. Nothing, if that would make too many pieces. */
void of_release(struct of_claims *c, uint32_t virt, uint32_t size);

/*
 * What is left, ascending, into @out[OF_AVAILABLE_MAX]; of more ranges than that the smallest are left
 * out. Returns how many there are.
 */
uint32_t of_available(const struct of_claims *c, struct of_range *out);

#endif
