/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICES_NET_SLIRP_LIB_H
#define DEVICES_NET_SLIRP_LIB_H

/* libslirp's functions under its names, found at run time. Only slirp*.c may include this. */

#include <slirp/libslirp.h>

#define SLIRP_LIBRARY "libslirp.so.0"

/* name: the types come from the header, so that a wrong use does not compile. */
#define SLIRP_FUNCTIONS(X)                                                                         \
	X(slirp_new)                                                                               \
	X(slirp_pollfds_fill)                                                                      \
	X(slirp_pollfds_poll)                                                                      \
	X(slirp_input)                                                                             \
	X(slirp_handle_timer)                                                                      \
	X(slirp_add_hostfwd)

struct slirp_lib {
#define SLIRP_MEMBER(name) __typeof__(&(name)) name;
	SLIRP_FUNCTIONS(SLIRP_MEMBER)
#undef SLIRP_MEMBER
};

/* NULL; or what is missing, in dlerror()'s words. */
const char *slirp_lib_load(struct slirp_lib *lib);

#endif
