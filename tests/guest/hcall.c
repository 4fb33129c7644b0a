/* SPDX-License-Identifier: BSD-2-Clause */
/* Every hypercall number, defined or not, with arguments of no sense. */
#include "guest.h"

static const struct {
	uint32_t from, to, step, times;
} ranges[] = {
	{ 0x0, 0x4fc, 4, 40 },                                 /* PAPR */
	{ 0x1, 0x4ff, 2, 1 },                                  /* none is odd */
	{ 0x500, 0x1000, 4, 1 },                               /* undefined */
	{ 0xe000, 0xe100, 4, 2 },   { 0xef00, 0xef20, 4, 10 }, /* of secure guests */
	{ 0xf000, 0xf010, 1, 100 },                            /* KVM's and QEMU's own */
	{ 0xf100, 0xf150, 4, 4 },   { 0xf800, 0xf810, 4, 20 }, /* nested guests, API v1 */
};

void topic_hcall(void)
{
	static const uint64_t huge[] = { 0x100000000, 0x7ffffffffffffffc, 0x8000000000000000,
					 ~0ull };
	uint64_t args[9];

	for (size_t i = 0; i < ARRAY_LEN(ranges); i++) {
		for (uint32_t nr = ranges[i].from; nr <= ranges[i].to; nr += ranges[i].step) {
			for (uint32_t n = 0; n < ranges[i].times; n++) {
				for (size_t a = 0; a < ARRAY_LEN(args); a++)
					args[a] = n ? odd_value() : 0;
				hostile_hcall(nr, args);
			}
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(huge); i++) {
		memset(args, 0xff, sizeof(args));
		hostile_hcall(huge[i], args);
	}
}
