/* SPDX-License-Identifier: BSD-2-Clause */
/* The calls of both interrupt controllers, of which a machine offers one, with nonsense. */
#include "guest.h"

static const uint32_t calls[] = {
	0x3a8, 0x3ac, 0x3b0, 0x3b4, 0x3b8, 0x3bc, 0x3c0, 0x3c4, 0x3c8, 0x3cc, 0x3d0, /* XIVE */
	0x64,  0x68,  0x6c,  0x70,  0x74,  0x2fc,                                    /* XICS */
};

/* Numbers of sources and servers that exist, now and then. */
static uint64_t number(void)
{
	uint64_t r = odd_random();

	switch (r >> 32 & 3) {
	case 0:
		return r & 7;
	case 1:
		return 0x1000 + (r & 0x7ff);
	default:
		return odd_value();
	}
}

void topic_irq(void)
{
	uint64_t args[9];

	for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
		for (unsigned int n = 0; n < 300; n++) {
			args[0] = n & 1 ? 0 : odd_value(); /* flags of the XIVE calls */
			args[1] = number();
			args[2] = number();
			args[3] = odd_value();
			args[4] = n & 2 ? 12 + (odd_random() & 15)
					: odd_value(); /* size of a queue */
			for (size_t a = 5; a < ARRAY_LEN(args); a++)
				args[a] = odd_value();
			hostile_hcall(calls[i], args);
		}
	}
}
