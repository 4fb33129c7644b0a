/* SPDX-License-Identifier: BSD-2-Clause */
#include "firmware/rtas_stub.h"

#include "vmm/base/papr.h"

#define BYTES_PER_CPU 16
#define TRAILER_BYTES 8

/* RTAS is entered big-endian, in 32-bit real mode, with the argument block's address in r3. */
static const uint32_t stub[] = {
	0x7c641b78,          /* mr    r4,r3      the block is H_RTAS's first argument */
	0x3c600000,          /* lis   r3,0 */
	0x60630000 | H_RTAS, /* ori   r3,r3,H_RTAS */
	0x44000022,          /* sc    1 */
	0x4e800020,          /* blr */
};

uint32_t rtas_stub_size(uint32_t ncpus)
{
	uint64_t bytes =
		sizeof(stub) + RTAS_ERROR_LOG_MAX + BYTES_PER_CPU * (uint64_t)ncpus + TRAILER_BYTES;

	return (uint32_t)ALIGN_UP(bytes, 4 * KiB);
}

int rtas_stub_write(const struct gmem *g, gpa_t base)
{
	uint8_t bytes[sizeof(stub)];

	for (size_t i = 0; i < ARRAY_LEN(stub); i++)
		be32_store(bytes + 4 * i, stub[i]);
	return gmem_write(g, base, bytes, sizeof(bytes));
}
