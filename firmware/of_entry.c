/* SPDX-License-Identifier: BSD-2-Clause */
/* What a client calls, and what its exceptions meet. */
#include "firmware/of.h"
#include "vmm/base/papr.h"

#define VECTORS 0x100u /* below: a kernel copies code there while it still calls us */
#define VECTOR_STEP 0x20u

/* As the RTAS stub: entered big-endian, in 32-bit real mode, with the block's address in r3. */
static const uint32_t entry[] = {
	0x7c641b78,            /* mr    r4,r3 */
	0x3c600000,            /* lis   r3,0 */
	0x60630000 | H_CLIENT, /* ori   r3,r3,H_CLIENT */
	0x44000022,            /* sc    1 */
	0x4e800020,            /* blr */
};

static const uint32_t vector[] = {
	0x7cba02a6,                  /* mfsrr0 r5 */
	0x38800000,                  /* li    r4,VECTOR */
	0x3c600000,                  /* lis   r3,0 */
	0x60630000 | H_CLIENT_CRASH, /* ori   r3,r3,H_CLIENT_CRASH */
	0x44000022,                  /* sc    1 */
	0x48000000,                  /* b     . */
};

static int put(const struct gmem *g, gpa_t at, const uint32_t *code, size_t n, uint32_t number)
{
	uint8_t bytes[sizeof(vector)];

	for (size_t i = 0; i < n; i++)
		be32_store(bytes + 4 * i, code[i] | (i == 1 ? number : 0));
	return gmem_write(g, at, bytes, 4 * n);
}

int of_entry_write(const struct gmem *g)
{
	int r = put(g, OF_ENTRY, entry, ARRAY_LEN(entry), 0);

	_Static_assert(sizeof(vector) <= VECTOR_STEP, "they follow each other");
	for (uint32_t v = VECTORS; r == 0 && v < OF_ENTRY; v += VECTOR_STEP)
		r = put(g, v, vector, ARRAY_LEN(vector), v);
	return r;
}
