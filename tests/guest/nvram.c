/* SPDX-License-Identifier: BSD-2-Clause */
/* How often has a guest with this NVRAM begun? It reboots once, so each start counts two. */
#include "guest.h"

#define PLACE 0x8000 /* of the count */

void topic_nvram(void)
{
	uint32_t at = (uint32_t)(uintptr_t)machine.scratch;
	uint32_t n;

	check(RTAS("nvram-fetch", 2, PLACE, at, 4), 0, "nvram-fetch");
	n = be32(machine.scratch) + 1;
	be32_put(machine.scratch, n);
	check(RTAS("nvram-store", 2, PLACE, at, 4), 0, "nvram-store");
	say("nvram: start %u\n", n);
	if (n % 2)
		rtas("system-reboot", 0, 1, NULL);
}
