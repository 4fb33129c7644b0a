/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPHAPR_HCALL_H
#define SPHAPR_HCALL_H

/*
 * Hypercalls as rows. A row stands beside its function in hcall_<topic>.c; hcall.c lists the
 * topics, finds rows by number, dispatches, and derives from the rows what the tree announces
 * (ibm,hypertas-functions) and which calls KVM is asked to serve itself.
 *
 * Numbers and return codes: LoPAR 2.8, "Hypervisor Call Functions".
 */

#include "vmm/base/papr.h"
#include "vmm/base/types.h"

struct spapr;

enum {
	H_SUCCESS = 0,
	H_BUSY = 1,
	H_NOT_AVAILABLE = 3,
	H_HARDWARE = -1,
	H_FUNCTION = -2,
	H_PRIVILEGE = -3,
	H_PARAMETER = -4,
	H_NOT_FOUND = -7,
	H_AUTHORITY = -10,
	H_RESOURCE = -16,
	H_NOT_ENOUGH_RESOURCES = -44,
	H_P2 = -55,
	H_P3 = -56,
	H_P4 = -57,
	H_P5 = -58,
	H_NOOP = -63,
	H_UNSUPPORTED = -67,
	H_UNSUPPORTED_FLAG = -256, /* the lowest flag; minus the bit number, counted from 0 */
};

enum {
	H_REMOVE = 0x04,
	H_ENTER = 0x08,
	H_READ = 0x0c,
	H_CLEAR_MOD = 0x10,
	H_CLEAR_REF = 0x14,
	H_PROTECT = 0x18,
	H_GET_TCE = 0x1c,
	H_PUT_TCE = 0x20,
	H_SET_SPRG0 = 0x24,
	H_SET_DABR = 0x28,
	H_PAGE_INIT = 0x2c,
	H_LOGICAL_CI_LOAD = 0x3c,
	H_LOGICAL_CI_STORE = 0x40,
	H_LOGICAL_CACHE_LOAD = 0x44,
	H_LOGICAL_CACHE_STORE = 0x48,
	H_LOGICAL_ICBI = 0x4c,
	H_LOGICAL_DCBF = 0x50,
	H_GET_TERM_CHAR = 0x54,
	H_PUT_TERM_CHAR = 0x58,
	H_EOI = 0x64,
	H_CPPR = 0x68,
	H_IPI = 0x6c,
	H_IPOLL = 0x70,
	H_XIRR = 0x74,
	H_REGISTER_VPA = 0xdc,
	H_CEDE = 0xe0,
	H_CONFER = 0xe4,
	H_PROD = 0xe8,
	H_BULK_REMOVE = 0x124,
	H_SET_XDABR = 0x134,
	H_STUFF_TCE = 0x138,
	H_PUT_TCE_INDIRECT = 0x13c,
	H_GET_CPU_CHARACTERISTICS = 0x1c8,
	H_XIRR_X = 0x2fc,
	H_RANDOM = 0x300,
	H_SET_MODE = 0x31c,
	H_RESIZE_HPT_PREPARE = 0x36c,
	H_RESIZE_HPT_COMMIT = 0x370,
	H_CLEAN_SLB = 0x374,
	H_INVALIDATE_PID = 0x378,
	H_REGISTER_PROC_TBL = 0x37c,
	H_SIGNAL_SYS_RESET = 0x380,
	H_INT_GET_SOURCE_INFO = 0x3a8,
	H_INT_SET_SOURCE_CONFIG = 0x3ac,
	H_INT_GET_SOURCE_CONFIG = 0x3b0,
	H_INT_GET_QUEUE_INFO = 0x3b4,
	H_INT_SET_QUEUE_CONFIG = 0x3b8,
	H_INT_GET_QUEUE_CONFIG = 0x3bc,
	H_INT_ESB = 0x3c8,
	H_INT_SYNC = 0x3cc,
	H_INT_RESET = 0x3d0,
	H_RPT_INVALIDATE = 0x448,
};

#define HCALL_MAX_ARGS 9

/* @a: r4 and up, on entry and for the guest on return; what is not answered stays as it is. */
typedef long hcall_fn(struct spapr *sp, uint64_t *a);

/* Who serves a row. */
enum hcall_server {
	HCALL_USER,        /* always comes to us */
	HCALL_KERNEL,      /* KVM serves it unasked; its leftovers come to us */
	HCALL_KERNEL_ASK,  /* KVM serves it after KVM_CAP_PPC_ENABLE_HCALL */
	HCALL_KERNEL_PUT,  /* as KERNEL, but off where KVM's is not safe: vmm/machine/tce_plan.h */
	HCALL_KERNEL_BULK, /* as ASK, but only with tce = "kernel" */
};

struct hcall_desc {
	uint32_t nr;
	const char *name;     /* NULL ends a list */
	hcall_fn *fn;         /* hcall_in_kernel: nothing is left for us to do */
	const char *hypertas; /* string in ibm,hypertas-functions that announces it, or NULL */
	enum hcall_server server;
	bool (*offered)(const struct spapr *sp); /* NULL: always */
};

/* The function of a call that KVM finishes (in_kernel.c): answers H_FUNCTION. */
hcall_fn hcall_in_kernel;

/**
 * hcall_dispatch - answer one hypercall of the vCPU named by sp->caller
 * @a: HCALL_MAX_ARGS words, r4 to r12
 * Return what goes into r3; H_FUNCTION for a number without a row.
 */
long hcall_dispatch(struct spapr *sp, uint64_t nr, uint64_t *a);

/*
 * Logs for each call, as a line of level debug, how often it reached hcall_dispatch() since the start.
 * Calls that KVM has served are not counted.
 */
void hcall_log_counts(const struct spapr *sp);

/* Slots by number: PAPR's calls are multiples of 4, then come those of H_RTAS and up. */
#define HCALL_PAPR_SLOTS 0x120
#define HCALL_SLOTS (HCALL_PAPR_SLOTS + 8)

/*
 * Fills sp->hcalls[], where a call finds its row without a search. Of rows that share a number, the
 * one that this machine offers is entered.
 */
void hcall_index(struct spapr *sp);

/* The @i-th row of all topics that this machine offers, or NULL past the last. */
const struct hcall_desc *hcall_row(const struct spapr *sp, size_t i);

#endif
