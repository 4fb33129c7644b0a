/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPHAPR_RTAS_H
#define SPHAPR_RTAS_H

/*
 * RTAS calls as rows, like hypercalls. The token of a call is its position among all rows plus
 * RTAS_TOKEN_BASE, offered or not, so a token never depends on the configuration. The dispatcher
 * copies the argument block once, checks it, swaps the words, and always writes a status.
 *
 * Source: LoPAR 2.8, "Run-Time Abstraction Services".
 */

#include "vmm/base/papr.h"
#include "vmm/base/types.h"

struct phb;
struct spapr;

enum {
	RTAS_OK = 0,
	RTAS_NO_ERRORS = 1, /* check-exception, event-scan: nothing to report */
	RTAS_HARDWARE = -1,
	RTAS_BUSY = -2,
	RTAS_PARAMETER = -3,    /* also: not supported */
	RTAS_WAIT_FIRST = 9900, /* extended delays: not now, try again after it */
	RTAS_WAIT_100MS = 9902,
	RTAS_WAIT_LAST = 9905,
	RTAS_NOT_AUTHORIZED = -9002,
	RTAS_PARAMETER_ERROR = -9999, /* system parameters: -3 means "no such parameter" there */
};

#define RTAS_TOKEN_BASE 0x2000
#define RTAS_MAX_WORDS 16
#define RTAS_MAX_ROWS 64u

/* How a call ended, as it is counted. */
enum { RTAS_COUNT_OK, RTAS_COUNT_BUSY, RTAS_COUNT_ERROR, RTAS_RESULTS };

struct rtas_call {
	uint32_t nargs, nret;
	uint32_t args[RTAS_MAX_WORDS];
	uint32_t rets[RTAS_MAX_WORDS]; /* [0] is the status: the dispatcher writes it */
};

/* Return the status; rets[1..nret-1] are zero on entry. */
typedef int32_t rtas_fn(struct spapr *sp, struct rtas_call *c);

struct rtas_desc {
	const char *name; /* property name under /rtas; NULL ends a list */
	uint8_t nargs, nret_min, nret_max;
	rtas_fn *fn; /* rtas_in_kernel: KVM answers, and is told the token */
	bool (*offered)(const struct spapr *sp); /* NULL: always */
	uint8_t nargs_opt;                       /* this many more arguments may follow */
};

/* The function of a call that KVM finishes (in_kernel.c): RTAS_PARAMETER. */
rtas_fn rtas_in_kernel;

/*
 * H_RTAS: a[0] is the address of the block. H_SUCCESS with a status in the block; H_PARAMETER when
 * the block is not all RAM or has no place for a status (nret 0, or RTAS_MAX_WORDS arguments).
 */
long rtas_hcall(struct spapr *sp, uint64_t *a);

/*
 * One call on words that are already copied; what rtas_hcall does between its copies. Wants
 * nargs + nret <= RTAS_MAX_WORDS and nret > 0. Return the status, which is in rets[0] too.
 */
int32_t rtas_dispatch(struct spapr *sp, uint32_t token, struct rtas_call *c);

/* The @i-th row of all topics, offered or not, or NULL past the last; its token is BASE + @i. */
const struct rtas_desc *rtas_row(size_t i);
bool rtas_offered(const struct spapr *sp, const struct rtas_desc *d);

/* 0 when no row has that name. */
uint32_t rtas_token(const char *name);

/*
 * For calls about PEs with error recovery. Is there one? The PHB whose PE the call's first three arguments
 * name, address and BUID; NULL, with the answer in *@status: there is none, or the call must wait. The
 * status for the result of a function of struct eeh_ops.
 */
bool rtas_has_eeh(const struct spapr *sp);
struct phb *rtas_idle_pe(struct spapr *sp, const struct rtas_call *c, int32_t *status);
int32_t rtas_eeh_status(int r);

/* What ibm,errinjct takes, and the tree lists: an error on a PE's bus, by 32-bit or 64-bit address. */
enum { ERRINJCT_IOA_BUS_ERROR = 7, ERRINJCT_IOA_BUS_ERROR_64 = 15 };

/* A moment of the guest's clock, UTC, proleptic Gregorian. */
struct rtas_date {
	uint32_t year, month, day, hour, minute, second, ns; /* month and day from 1 */
};

struct rtas_date rtas_now(const struct spapr *sp);

#endif
