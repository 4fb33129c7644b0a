/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_BASE_CALLGEN_CALLGEN_H
#define VMM_BASE_CALLGEN_CALLGEN_H

/*
 * A program of the machine that builds: tables of vmm/base/callrules.h, compiled for the target, become
 * programs for the seccomp of the target's kernel, in a C file for vmm/base/callfilter.h.
 *
 *	source_read()   the tables of object files
 *	code_make()     one program: a few instructions of ours, then libseccomp's
 *	code_check()    walks that program: does it answer each call as the tables say?
 *
 * libseccomp writes programs for any architecture. The machine that builds must be little endian, as
 * all targets are.
 */

#include "vmm/base/callfilter.h"
#include "vmm/base/callrules.h"

#include <linux/filter.h>
#include <linux/seccomp.h>

#define SOURCE_FILES 32u
#define SOURCE_TABLES 64u
#define PROGRAM_TABLES 16u

struct rule_table {
	const char *name;
	const struct call_rule *rules;
	size_t n;
};

struct program {
	const char *name;
	const struct rule_table *tables[PROGRAM_TABLES]; /* ends with NULL */
};

struct source {
	uint32_t arch; /* AUDIT_ARCH_*, as libseccomp's SCMP_ARCH_*; 0: nothing was read */
	struct rule_table tables[SOURCE_TABLES];
	size_t ntables;
	struct program programs[SOURCE_TABLES];
	const char *lists[SOURCE_TABLES]; /* of each program: "name, name, ..." */
	size_t nprograms;
	void *files[SOURCE_FILES]; /* what all pointers above point to */
	size_t nfiles;
};

struct code {
	struct sock_filter insns[BPF_MAXINSNS];
	size_t n;
};

/* Add what the object file at @path has. false, said on stderr: it is none, or of another target. */
bool source_read(struct source *s, const char *path);

/* After the last file: each program finds its tables. false, said: there is none of a name. */
bool source_link(struct source *s);
void source_free(struct source *s);

/* false, said on stderr. */
bool code_make(struct code *c, const struct source *s, const struct program *p);

/* What the program returns (SECCOMP_RET_*) for @data; @steps: out, instructions until then. */
uint32_t code_walk(const struct code *c, const struct seccomp_data *data, unsigned int *steps);

/* false, said on stderr: for some call it does not return what the tables say. */
bool code_check(const struct code *c, const struct source *s, const struct program *p);

/* All bits of the arguments that @r does not look at are those of @rest. */
struct seccomp_data call_of(const struct call_rule *r, uint32_t arch, uint64_t rest);

#endif
