/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Private calls of SLOF, for a machine that boots by such a firmware. Source: how SLOF uses them
 * (lib/libhvcall, board-qemu/slof); their numbers are QEMU's.
 */
#include "sphapr/hcall.h"
#include "sphapr/spapr.h"

#include <stdlib.h>

#define MEMOP_MAX (16 * MiB) /* bytes of one call: it is done under the machine lock */
#define CAS_VERSION 1u       /* the word in front of the tree */

static bool has_blob(const struct spapr *sp)
{
	return sp->cfg.blob_rtas_size;
}

static void invert(uint8_t *p, uint64_t len)
{
	for (uint64_t i = 0; i < len; i++)
		p[i] = (uint8_t)~p[i];
}

/* a: to, from, log2 of an element's bytes, elements, 0 copy or 1 invert. They may overlap. */
static long h_memop(struct spapr *sp, uint64_t *a)
{
	uint64_t len = a[2] <= 3 && a[3] <= MEMOP_MAX >> a[2] ? a[3] << a[2] : UINT64_MAX;
	uint8_t *copy;
	int r;

	if (a[4] > 1 || len > MEMOP_MAX || !IS_ALIGNED(a[0] | a[1], 1ULL << a[2]) ||
	    !gmem_contains(sp->mem, a[0], len) || !gmem_contains(sp->mem, a[1], len))
		return H_PARAMETER;
	copy = malloc(len + 1);
	if (!copy)
		return H_RESOURCE;
	r = gmem_read(sp->mem, a[1], copy, len);
	if (a[4] == 1)
		invert(copy, len);
	if (r == 0)
		r = gmem_write(sp->mem, a[0], copy, len);
	free(copy);
	return r < 0 ? H_PARAMETER : H_SUCCESS;
}

/*
 * ibm,client-architecture-support; a: vectors, buffer, its size. The machine is what its tree has said
 * from the start, and so the answer is the tree as it is.
 */
static long h_cas(struct spapr *sp, uint64_t *a)
{
	uint8_t version[4];
	size_t size;
	void *fdt;
	int r = sp->plat.tree(sp->plat.ctx, &fdt, &size);

	if (r < 0)
		return H_HARDWARE;
	be32_store(version, CAS_VERSION);
	r = a[2] < sizeof(version) || size > a[2] - sizeof(version) ? -1 : 0;
	if (r == 0)
		r = gmem_write(sp->mem, a[1], version, sizeof(version));
	if (r == 0)
		r = gmem_write(sp->mem, a[1] + sizeof(version), fdt, size);
	free(fdt);
	return r < 0 ? H_PARAMETER : H_SUCCESS;
}

const struct hcall_desc hcalls_blob[] = {
	{ H_BLOB_MEMOP, "H_BLOB_MEMOP", h_memop, NULL, .offered = has_blob },
	{ H_BLOB_CAS, "H_BLOB_CAS", h_cas, NULL, .offered = has_blob },
	{ 0 },
};
