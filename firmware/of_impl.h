/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FIRMWARE_OF_IMPL_H
#define FIRMWARE_OF_IMPL_H

/* The parts of the client interface to each other. */

#include "firmware/of.h"

struct of_args {
	uint32_t nargs, nret;
	uint32_t in[OF_MAX_CELLS], out[OF_MAX_CELLS]; /* out is zero at first */
};

/* Returns the first result. What more there is, is in @a->out. */
typedef uint32_t of_fn(struct of *of, struct of_args *a);

struct of_service {
	const char *name; /* NULL ends a list */
	uint32_t nargs;   /* at least */
	of_fn *fn;
};

extern const struct of_service of_services_props[], of_services_files[], of_services_claims[],
	of_services_methods[];

/* All rows, a list a topic; NULL ends them. */
extern const struct of_service *const of_topics[];

/* The row of a service; NULL: none. */
const struct of_service *of_find_service(const char *name);

/* A string of the client's, NUL-terminated in @buf; false: not RAM, or it does not end in @size bytes. */
bool of_string(const struct of *of, gpa_t gpa, char *buf, size_t size);

/* Firmware's own nodes and properties into a tree that was just loaded (of_nodes.c). 0 or -errno. */
int of_nodes_add(struct of *of, struct of_tree *t);

/* The instances that /chosen names, open from the start. */
enum {
	OF_STDIN = 0x10,
	OF_STDOUT,
	OF_MEMORY_INSTANCE,
	OF_MMU_INSTANCE,
	OF_FIRST_INSTANCE, /* of a client */
};
void of_open_chosen(struct of *of);

struct of_file *of_file(struct of *of, uint32_t handle); /* NULL: not open */

/* Node 0 of the memory: all that real mode reaches, and what may be claimed. */
#define OF_MEMORY_PATH "/memory@0"
#define OF_OPTIONS "/options"

#endif
