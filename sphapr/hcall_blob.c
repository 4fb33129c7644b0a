/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Private calls of SLOF, for a machine that boots by such a firmware. Source: how SLOF uses them
 * (lib/libhvcall, board-qemu/slof); their numbers are QEMU's.
 */
#include "sphapr/hcall.h"
#include "sphapr/spapr.h"

#include <errno.h>
#include <stdlib.h>

#define MEMOP_MAX (16 * MiB) /* bytes of one call: the end of the machine waits for it */
#define PIECE 512u           /* bytes that are inverted at a time */
#define CAS_VERSION 1u       /* the word in front of the tree */

static bool has_blob(const struct spapr *sp)
{
	return sp->cfg.blob_rtas_size;
}

struct memop {
	const struct gmem *mem;
	gpa_t to, from;
	uint64_t len; /* bytes */
	bool invert;
};

static int invert(const struct gmem *mem, gpa_t at, uint64_t len)
{
	uint8_t piece[PIECE];
	size_t n;
	int r = 0;

	for (; r == 0 && len > 0; at += n, len -= n) {
		n = len < PIECE ? len : PIECE;
		r = gmem_read(mem, at, piece, n);
		for (size_t i = 0; i < n; i++)
			piece[i] = (uint8_t)~piece[i];
		if (r == 0)
			r = gmem_write(mem, at, piece, n);
	}
	return r;
}

static int move(void *arg)
{
	const struct memop *m = arg;
	int r = gmem_move(m->mem, m->to, m->from, m->len);

	return r == 0 && m->invert ? invert(m->mem, m->to, m->len) : r;
}

/*
 * a: to, from, log2 of an element's bytes, elements, 0 copy or 1 invert. Ranges may overlap. RAM stays
 * where it is, so other vCPUs need not wait.
 */
static long h_memop(struct spapr *sp, uint64_t *a)
{
	struct memop m = { .mem = sp->mem, .to = a[0], .from = a[1], .invert = a[4] == 1 };

	m.len = a[2] <= 3 && a[3] <= MEMOP_MAX >> a[2] ? a[3] << a[2] : UINT64_MAX;
	if (a[4] > 1 || m.len > MEMOP_MAX || !IS_ALIGNED(a[0] | a[1], 1ULL << a[2]))
		return H_PARAMETER;
	return sp->plat.without_lock(sp->plat.ctx, move, &m) < 0 ? H_PARAMETER : H_SUCCESS;
}

static int answer(const struct gmem *mem, gpa_t at, uint64_t room, const void *fdt, size_t size)
{
	uint8_t version[4];
	int r;

	be32_store(version, CAS_VERSION);
	if (size > room - sizeof(version))
		return -ENOSPC;
	r = gmem_write(mem, at, version, sizeof(version));
	return r == 0 ? gmem_write(mem, at + sizeof(version), fdt, size) : r;
}

/*
 * ibm,client-architecture-support; a: the client's words, buffer, its size. SLOF puts what the tree in
 * the buffer says over its own, and drops nodes that are not in there.
 */
static long h_cas(struct spapr *sp, uint64_t *a)
{
	size_t size;
	void *fdt;
	int r;

	if (a[2] < 4 || !gmem_contains(sp->mem, a[1], a[2]))
		return H_PARAMETER;
	if (sp->plat.cas(sp->plat.ctx, a[0], &fdt, &size) < 0)
		return H_HARDWARE;
	r = answer(sp->mem, a[1], a[2], fdt, size);
	free(fdt);
	return r < 0 ? H_PARAMETER : H_SUCCESS;
}

const struct hcall_desc hcalls_blob[] = {
	{ H_BLOB_MEMOP, "H_BLOB_MEMOP", h_memop, NULL, .offered = has_blob },
	{ H_BLOB_CAS, "H_BLOB_CAS", h_cas, NULL, .offered = has_blob },
	{ 0 },
};
