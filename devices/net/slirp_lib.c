/* SPDX-License-Identifier: BSD-2-Clause */
#include "devices/net/slirp_lib.h"

#include <dlfcn.h>
#include <string.h>

/* ISO C knows no way from an object's pointer to a function's; POSIX says the bytes are the same. */
static const char *find(void *handle, const char *name, void *member)
{
	void *symbol = dlsym(handle, name);

	memcpy(member, &symbol, sizeof(symbol));
	return symbol ? NULL : dlerror();
}

const char *slirp_lib_load(struct slirp_lib *lib)
{
	void *handle = dlopen(SLIRP_LIBRARY, RTLD_NOW | RTLD_LOCAL);
	const char *why;

	if (!handle)
		return dlerror();
#define SLIRP_FIND(name)                                                                           \
	why = find(handle, #name, &lib->name);                                                     \
	if (why)                                                                                   \
		return why;
	SLIRP_FUNCTIONS(SLIRP_FIND)
#undef SLIRP_FIND
	return NULL;
}
