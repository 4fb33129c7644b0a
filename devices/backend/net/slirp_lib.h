/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICES_BACKEND_NET_SLIRP_LIB_H
#define DEVICES_BACKEND_NET_SLIRP_LIB_H

/* libslirp, loaded at run time. */

#include "vmm/base/types.h"

#include <slirp/libslirp.h>

/* glib's, which libslirp brings along; all of glib's headers for one function would be too much. */
typedef void glib_log_fn(const char *domain, int level, const char *message, void *ctx);
glib_log_fn *g_log_set_default_handler(glib_log_fn *fn, void *ctx);

/* libslirp's functions. The types come from its header, so that a wrong use does not compile. */
#define SLIRP_FUNCTIONS(X)                                                                         \
	X(slirp_new)                                                                               \
	X(slirp_pollfds_fill)                                                                      \
	X(slirp_pollfds_poll)                                                                      \
	X(slirp_input)                                                                             \
	X(slirp_add_hostxfwd)                                                                      \
	X(g_log_set_default_handler)

struct slirp_lib {
#define SLIRP_MEMBER(name) __typeof__(&(name)) name;
	SLIRP_FUNCTIONS(SLIRP_MEMBER)
#undef SLIRP_MEMBER
};

/* For the process's life. 0; or -ENOPKG and a sentence in @why. */
int slirp_lib_load(struct slirp_lib *lib, char *why, size_t size);

#endif
