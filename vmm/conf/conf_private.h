/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_CONF_CONF_PRIVATE_H
#define VMM_CONF_CONF_PRIVATE_H

/* What the files of conf share among themselves. */

#include "vmm/conf/conf.h"
#include "vmm/conf/toml.h"

#define CONF_PATH_LEN 96 /* a dotted path in a message; a longer one is cut */

/* Read one value into its field, or note what is wrong with it. @path names it in messages. */
void conf_value_read(struct conf *c, const struct conf_key *key, const struct toml_node *node,
		     const char *path, void *object);

/* The same for conf_key.def. */
void conf_value_default(struct conf *c, const struct conf_key *key, const char *path, void *object);

/* @s as a TOML string with its quotes. */
void conf_print_string(FILE *out, const char *s);

static inline void *conf_field(const void *object, size_t offset)
{
	return (char *)(uintptr_t)object + offset;
}

#endif
