/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPHAPR_PLATFORM_H
#define SPHAPR_PLATFORM_H

/*
 * What the PAPR core asks of its surroundings. The VMM fills it in vmm/machine/platform.c, tests in
 * tests/fake/platform.c, so a test owns time and CPUs. Every callback is made with the machine
 * lock held, from a vCPU thread (a guest's call) or from the I/O thread (a reset).
 */

#include "vmm/base/types.h"

enum stop_reason {
	STOP_NONE,
	STOP_OFF,    /* RTAS power-off */
	STOP_REBOOT, /* RTAS system-reboot */
	STOP_CRASH,  /* RTAS ibm,os-term, or a vCPU that cannot go on */
};

enum cpu_run_state { CPU_STOPPED = 0, CPU_STOPPING = 1, CPU_RUNNING = 2 }; /* PAPR's numbers */

/* The LPCR bits that H_SET_MODE changes, for all vCPUs of the partition at once. */
struct cpu_mode {
	bool ile;    /* interrupts are taken little-endian */
	uint8_t ail; /* alternate interrupt location: 0 or 3 */
};

struct spapr_platform {
	void *ctx;

	/* 0; -ENOENT no such server; -EBUSY it is not stopped. */
	int (*start_cpu)(void *ctx, uint32_t server, gpa_t entry, uint64_t r3);

	/* The calling vCPU runs no further instruction once its call returns. */
	void (*stop_self)(void *ctx);

	/* enum cpu_run_state, or -ENOENT. */
	int (*cpu_state)(void *ctx, uint32_t server);

	/* Every vCPU has @mode in its LPCR when this returns. 0 or -errno. */
	int (*set_cpu_mode)(void *ctx, struct cpu_mode mode);

	/* KVM_PPC_CONFIGURE_V3_MMU: @table is doubleword 1 of the partition table entry. */
	int (*set_proc_table)(void *ctx, bool radix, bool gtse, uint64_t table);

	/* SPRG0 of the calling vCPU. */
	int (*set_sprg0)(void *ctx, uint64_t value);

	/* System reset interrupt: to one server. 0; -ENOENT no such server, or it is stopped. */
	int (*system_reset)(void *ctx, uint32_t server);

	/* Returns; the run loop acts on it. The first reason stands. @text may be NULL. */
	void (*request_stop)(void *ctx, enum stop_reason why, const char *text);

	/*
	 * Run @fn(@arg) without the machine lock, for a call in which the host sleeps for seconds, and
	 * return what it does. Other vCPUs' calls are answered meanwhile, and the caller marks what
	 * they must not touch; neither a reset nor the teardown begins before @fn has returned.
	 */
	int (*without_lock)(void *ctx, int (*fn)(void *arg), void *arg);

	/* Gives the lock up until another vCPU's @fn has returned, or for less: the caller checks. */
	void (*wait)(void *ctx);

	/*
	 * No vCPU is inside KVM when this returns, nor before the guest's call is answered: so KVM is
	 * not in the middle of anything. Other vCPUs' calls are answered meanwhile: whoever calls this
	 * looks at what those may change only afterwards.
	 */
	void (*hold_cpus)(void *ctx);

	/* [@offset, @offset + @len) of the NVRAM has changed. NULL: nobody keeps it. */
	void (*nvram_stored)(void *ctx, uint32_t offset, uint32_t len);

	/*
	 * The client interface of Open Firmware is called with the block at @block; returns r3. NULL: no
	 * firmware is there.
	 */
	int64_t (*client_call)(void *ctx, gpa_t block);

	/*
	 * ibm,client-architecture-support of firmware of others, with the client's words at @vec: the machine
	 * becomes what they ask for, and tells by a tree, malloc'd. 0; -errno: it stays as it is, or stops.
	 */
	int (*cas)(void *ctx, gpa_t vec, void **fdt, size_t *size);

	uint64_t (*wall_ns)(void *ctx); /* host UTC since the epoch */
	int (*random)(void *ctx, void *buf, size_t len);
};

#endif
