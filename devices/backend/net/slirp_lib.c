/* SPDX-License-Identifier: BSD-2-Clause */
#include "devices/backend/net/slirp_lib.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SLIRP_LIBRARY "libslirp.so.0" /* 4.5 or later, for slirp_add_hostxfwd */

/* ISO C has no cast from a data pointer to a function's; POSIX says that the bytes are the same. */
static bool find(void *handle, const char *name, void *member)
{
	void *symbol = dlsym(handle, name);

	memcpy(member, &symbol, sizeof(symbol));
	return symbol;
}

int slirp_lib_load(struct slirp_lib *lib, char *why, size_t size)
{
	void *handle = dlopen(SLIRP_LIBRARY, RTLD_NOW | RTLD_LOCAL);

#define SLIRP_FIND(name) &&find(handle, #name, &lib->name)
	if (handle SLIRP_FUNCTIONS(SLIRP_FIND))
		return 0;
#undef SLIRP_FIND
	snprintf(why, size,
		 "backend \"user\" needs libslirp: %.200s: "
		 "install Debian's package libslirp0, or take backend = \"tap\"",
		 dlerror());
	return -ENOPKG;
}
