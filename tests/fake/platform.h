/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_FAKE_PLATFORM_H
#define TESTS_FAKE_PLATFORM_H

/*
 * The surroundings of the PAPR core, as a test likes them: a platform that records what it was
 * asked and whose clock and CPUs the test owns, an interrupt controller backend that does the same,
 * and a machine on top of both with some malloc'd RAM and one console.
 *
 *	struct fake_machine *m = fake_machine_new(INTC_XIVE, 4, 16);
 *	status = fake_rtas(m, "start-cpu", 3, args, 1, rets);
 *	cr_assert(eq(int, m->plat.nstarts, 1));
 *	fake_machine_free(m);
 */

#include "sphapr/spapr.h"

#define FAKE_MAX_CPUS 64  /* server numbers of the fake are below this */
#define FAKE_LOG 32       /* calls remembered of a kind; the count goes on */
#define FAKE_BLOCK 0x8000 /* where fake_rtas() puts its argument block */

struct fake_start {
	uint32_t server;
	gpa_t entry;
	uint64_t r3;
};

struct fake_platform {
	/* The test sets. */
	uint64_t wall_ns;
	int cpu[FAKE_MAX_CPUS]; /* enum cpu_run_state, or -ENOENT */
	int start_result;       /* not 0: start_cpu fails with it, for a stopped CPU too */
	int mode_result, proc_table_result, random_result, sprg0_result;
	uint8_t random_byte;     /* what random bytes look like */
	uint32_t *caller;        /* whose call is answered; &sp->caller */
	void (*meanwhile)(void); /* what other CPUs do while one is without the lock */
	void (*awaited)(void);   /* what they do while one waits for them */

	/* The core did. */
	unsigned int nstarts, nstop_self, nresets, nstops, nmodes, ntables, nholds;
	bool unlocked; /* now */
	struct fake_start start[FAKE_LOG];
	uint32_t reset[FAKE_LOG];
	enum stop_reason stop_reason; /* the first one */
	char stop_text[512];
	bool stop_has_text;
	struct cpu_mode mode; /* the last one */
	bool radix, gtse;
	uint64_t table, sprg0;
};

/* What a call of intc_ops looked like: fields that the call does not have are 0. */
struct fake_intc_call {
	/* claim, line, reset, source_config, sYnc, queue_set, esb Load and Store */
	char op; /* one of c l r s y q L S */
	uint32_t lisn, server, eisn, offset;
	uint8_t prio;
	bool level, up, masked;
	uint64_t value;
	struct xive_queue queue;
};

struct fake_intc {
	/* The test sets. */
	int fail; /* not 0: every operation but is_enabled answers it */
	bool enabled[LISN_END];
	uint64_t esb_value; /* what esb_load reads */

	/* The core did. */
	bool claimed[LISN_END], level[LISN_END], line[LISN_END];
	unsigned int raised[LISN_END]; /* set_line(up) calls */
	struct xive_queue queues[FAKE_MAX_CPUS][8];
	unsigned int ncalls;
	struct fake_intc_call calls[256]; /* calls[n % 256] */
};

struct fake_machine {
	struct spapr sp;
	struct gmem mem;
	uint8_t *ram; /* guest address 0 */
	uint64_t ram_size;
	struct fake_platform plat;
	struct fake_intc intc;
	struct phb *phb;    /* the last that fake_machine_add_phb() added */
	char console[4096]; /* what the guest wrote to its vty */
	size_t console_len;
	bool console_full; /* the test sets: the back end takes nothing */
};

extern const struct intc_ops fake_intc_ops; /* ctx is a struct fake_intc */

/* A platform of @ncpus running CPU 0 and stopped others. 2024-02-29 12:34:56 and 789 ns. */
void fake_platform_init(struct fake_platform *f, uint32_t ncpus);
struct spapr_platform fake_platform_ops(struct fake_platform *f);
#define FAKE_WALL_NS 1709210096000000789ULL

/*
 * A machine of @ncpus single-threaded cores (servers 0..) with @ram_mib MiB of zeroed RAM at 0,
 * sources claimed, one vty. Aborts when it cannot be made. The log of calls starts empty.
 */
struct fake_machine *fake_machine_new(enum intc_kind kind, uint32_t ncpus, uint64_t ram_mib);
void fake_machine_free(struct fake_machine *m);

/* The most recent call of the interrupt backend, or NULL. */
const struct fake_intc_call *fake_intc_last(const struct fake_intc *f);

/*
 * One RTAS call through guest memory (block at FAKE_BLOCK), as the stub makes it. Words after the
 * block are checked: aborts when a word that is not a return value was written.
 * Return the status, rets[0]. For an unknown name the token is 0.
 */
int32_t fake_rtas(struct fake_machine *m, const char *name, uint32_t nargs, const uint32_t *args,
		  uint32_t nret, uint32_t *rets);

#endif
