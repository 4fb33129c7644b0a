/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls of code that firmware has put into guest memory: its client interface, and its vectors. */
#include "sphapr/hcall.h"
#include "sphapr/spapr.h"

#include <stdio.h>

static bool has_firmware(const struct spapr *sp)
{
	return sp->plat.client_call;
}

/* a: address of the block -> r3 of the client */
static long h_client(struct spapr *sp, uint64_t *a)
{
	return sp->plat.client_call(sp->plat.ctx, a[0]);
}

/* a: vector, address of the instruction */
static long h_client_crash(struct spapr *sp, uint64_t *a)
{
	char text[96];

	snprintf(text, sizeof(text), "the boot program had exception 0x%x at 0x%llx",
		 (uint32_t)a[0], (unsigned long long)a[1]);
	sp->plat.request_stop(sp->plat.ctx, STOP_CRASH, text);
	return H_SUCCESS;
}

const struct hcall_desc hcalls_client[] = {
	{ H_CLIENT, "H_CLIENT", h_client, NULL, .offered = has_firmware },
	{ H_CLIENT_CRASH, "H_CLIENT_CRASH", h_client_crash, NULL, .offered = has_firmware },
	{ 0 }
};
