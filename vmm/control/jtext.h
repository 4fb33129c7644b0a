/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_CONTROL_JTEXT_H
#define VMM_CONTROL_JTEXT_H

/*
 * JSON, written. All of it is ASCII: a client may decode the bytes in pieces of any size. The writer
 * keeps its first failure, and jtext_finish() reports it.
 *
 *	jtext_object(j, NULL);
 *	jtext_string(j, "state", "Running");
 *	jtext_end(j);
 *
 * A key is NULL in an array and at the top.
 */

#include "vmm/base/types.h"

#define JTEXT_MAX (256 * KiB)
#define JTEXT_DEPTH 16u

struct jtext {
	char *buf; /* owned */
	size_t size, len;
	bool failed; /* no memory, or more than JTEXT_MAX */
	bool more;   /* a comma is due */
	char ends[JTEXT_DEPTH];
	uint32_t depth;
};

void jtext_object(struct jtext *j, const char *key);
void jtext_array(struct jtext *j, const char *key);
void jtext_end(struct jtext *j);

void jtext_string(struct jtext *j, const char *key, const char *value); /* NULL: null */
void jtext_number(struct jtext *j, const char *key, uint64_t value);
/* As "0x...": JavaScript and others round numbers above 2^53. */
void jtext_address(struct jtext *j, const char *key, uint64_t value);
void jtext_bool(struct jtext *j, const char *key, bool value);
void jtext_null(struct jtext *j, const char *key);

/* Bytes as they are, in place of JSON: a device tree, a text. */
void jtext_bytes(struct jtext *j, const void *bytes, size_t len);

/* Room for @len bytes more, of which jtext_filled() tells how many were written; NULL: none. */
char *jtext_room(struct jtext *j, size_t len);
void jtext_filled(struct jtext *j, size_t len);

/* 0; -EMSGSIZE: there was no room. */
int jtext_finish(const struct jtext *j);

/* Empty again, with the memory it has. */
void jtext_reset(struct jtext *j);
void jtext_free(struct jtext *j);

#endif
