/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_CONTROL_VERBS_H
#define VMM_CONTROL_VERBS_H

/*
 * What can be asked of a running program: one row a verb. Dispatch, `spapr-vmm ctl`, docs/openapi.yaml,
 * the manual and the shells' completion are made of these rows. Paths and functions are Cloud
 * Hypervisor's where the function is the same.
 */

#include "vmm/base/types.h"

#define VERB_PREFIX "/api/v1/"
#define VERB_MAX_FIELDS 3u

enum verb_id {
	VERB_PING, /* the helper answers by itself */
	VERB_INFO,
	VERB_COUNTERS,
	VERB_DMA_WINDOWS,
	VERB_DEVICE_TREE,
	VERB_EVENTS,
	VERB_CONSOLE,
	VERB_METRICS,
	VERB_GETS, /* so many are rendered */
	VERB_PAUSE = VERB_GETS,
	VERB_RESUME,
	VERB_BOOT,
	VERB_POWER_BUTTON,
	VERB_REBOOT,
	VERB_SHUTDOWN,
	VERB_NMI,
	VERB_RESIZE,
	VERB_ATTACH,
	VERB_ROTATE,
	VERB_LOG_LEVEL,
	VERB_LATER, /* known, and not built */
};

/* What a number of a body, or of a query, means. */
enum verb_type {
	VERB_UINT,
	VERB_BOOL,  /* true is 1 */
	VERB_LEVEL, /* a word: error, warn, info, debug; the number is enum log_level */
};

struct verb_field {
	const char *name; /* NULL ends the list */
	enum verb_type type;
	bool required;
	const char *help;
};

/* Statuses that a verb may have besides those that any may have. */
#define VERB_200 1u
#define VERB_204 2u
#define VERB_409 4u
#define VERB_501 8u
#define VERB_101 16u /* the connection is the program's from then on */

struct verb {
	const char *path;                /* below VERB_PREFIX; NULL ends the table */
	bool put;                        /* PUT changes something; else GET */
	uint8_t id;                      /* enum verb_id */
	uint8_t statuses;                /* VERB_200 | ... */
	const char *type;                /* of the body of a 200 */
	const struct verb_field *fields; /* of a PUT's body, or of a GET's query; NULL: none */
	const char *help;
};

/* In the order in which they are shown. */
extern const struct verb verbs[];

/* A status that the API has, with its place in an answer. */
struct verb_status {
	uint16_t status;
	uint8_t bit;      /* VERB_... | ...; 0: of any verb */
	const char *name; /* "No Content" */
	const char *help;
};
extern const struct verb_status verb_statuses[]; /* status 0 ends */

/* What came with a verb, in the order of its fields. */
struct verb_args {
	uint32_t given; /* a bit a field */
	uint32_t unused;
	uint64_t value[VERB_MAX_FIELDS];
};

/* "vm.info", or "info" where the word is the end of a single path; NULL: none. */
const struct verb *verb_find(const char *name);

/* The row at a path of HTTP, which is /metrics for Prometheus; NULL: none. */
const struct verb *verb_at(const char *path);

/* "error" to "debug"; -1: another word. */
int verb_level(const char *word);

#endif
