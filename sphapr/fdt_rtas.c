/* SPDX-License-Identifier: BSD-2-Clause */
/* /rtas: tokens from the rows of rtas.c, ibm,hypertas-functions from those of hcall.c. */
#include "sphapr/fdt_tree.h"
#include "sphapr/hcall.h"
#include "sphapr/rtas.h"
#include "sphapr/spapr.h"

#include <errno.h>
#include <string.h>

#define HYPERTAS_MAX 1024
#define LMB_SIZE (256 * MiB) /* unit of memory hotplug; named even where there is none */

static bool listed(const char *list, size_t len, const char *s)
{
	for (size_t i = 0; i < len; i += strlen(list + i) + 1)
		if (strcmp(list + i, s) == 0)
			return true;
	return false;
}

static void hypertas(const struct spapr *sp, struct fdtb *b)
{
	char list[HYPERTAS_MAX];
	const struct hcall_desc *d;
	size_t len = 0;

	for (size_t i = 0; (d = hcall_row(sp, i)); i++) {
		size_t n = d->hypertas ? strlen(d->hypertas) + 1 : 0;

		if (n == 0 || listed(list, len, d->hypertas))
			continue;
		if (n > sizeof(list) - len) {
			b->err = b->err ? b->err : -ENOSPC;
			return;
		}
		memcpy(list + len, d->hypertas, n);
		len += n;
	}
	fdtb_bytes(b, "ibm,hypertas-functions", list, len);
}

static void tokens(const struct spapr *sp, struct fdtb *b)
{
	const struct rtas_desc *d;

	for (uint32_t i = 0; (d = rtas_row(i)); i++)
		if (rtas_offered(sp, d))
			fdtb_u32(b, d->name, RTAS_TOKEN_BASE + i);
}

static void errinjct_tokens(struct fdtb *b)
{
	static const uint8_t list[] = "ioa-bus-error\0\0\0\0\7ioa-bus-error-64\0\0\0\0\17";

	_Static_assert(ERRINJCT_IOA_BUS_ERROR == 7 && ERRINJCT_IOA_BUS_ERROR_64 == 017,
		       "in the list");
	fdtb_bytes(b, "ibm,errinjct-tokens", list, sizeof(list) - 1);
}

void fdt_rtas(const struct spapr *sp, const struct spapr_boot *boot, struct fdtb *b)
{
	uint64_t top = gmem_size(sp->mem);

	fdtb_begin(b, "rtas");
	fdtb_u32(b, "linux,rtas-base", (uint32_t)boot->rtas_base);
	fdtb_u32(b, "linux,rtas-entry", (uint32_t)boot->rtas_base);
	fdtb_u32(b, "rtas-size", boot->rtas_size);
	fdtb_u32(b, "rtas-version", 1);
	fdtb_u32(b, "rtas-error-log-max", RTAS_ERROR_LOG_MAX);
	fdtb_u32(b, "rtas-event-scan-rate", 1);
	fdtb_empty(b, "ibm,extended-os-term"); /* Linux calls ibm,os-term at a panic only with it */
	/* Highest address ever, LMB size, most CPUs ever: Linux sizes its DMA windows by the first. */
	FDTB_CELLS(b, "ibm,lrdr-capacity", (uint32_t)(top >> 32), (uint32_t)top,
		   (uint32_t)(LMB_SIZE >> 32), (uint32_t)LMB_SIZE, spapr_max_vcpus(sp));
	FDTB_CELLS(b, "ibm,associativity-reference-points", 4);
	FDTB_CELLS(b, "ibm,max-associativity-domains", 4, 1, 1, 1,
		   sp->cfg.nnodes ? sp->cfg.nnodes : 1);
	if (sp->nphbs)
		fdtb_empty(b, "ibm,change-msix-capable"); /* functions 3 and up of ibm,change-msi */
	if (rtas_has_eeh(sp))
		errinjct_tokens(b);
	hypertas(sp, b);
	tokens(sp, b);
	fdtb_end(b);
}
