/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/control/http_lib.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Debian 13's has the same name: its interface is the same here. */
#define HTTP_LIBRARY "libmicrohttpd.so.12"
#define JSON_LIBRARY "libjansson.so.4"

/* ISO C has no cast from a data pointer to a function's; POSIX says that the bytes are the same. */
static bool find(void *handle, const char *name, void *member)
{
	void *symbol = dlsym(handle, name);

	memcpy(member, &symbol, sizeof(symbol));
	return symbol;
}

int http_lib_load(struct http_lib *lib, char *why, size_t size)
{
	void *http = dlopen(HTTP_LIBRARY, RTLD_NOW | RTLD_LOCAL);
	void *json = http ? dlopen(JSON_LIBRARY, RTLD_NOW | RTLD_LOCAL) : NULL;

#define HTTP_FIND(name) &&find(http, #name, &lib->name)
#define JSON_FIND(name) &&find(json, #name, &lib->name)
	if (http && json HTTP_FUNCTIONS(HTTP_FIND) JSON_FUNCTIONS(JSON_FIND))
		return 0;
#undef HTTP_FIND
#undef JSON_FIND
	snprintf(why, size,
		 "the control API needs libmicrohttpd and jansson: %.160s: "
		 "install Debian's packages libmicrohttpd12 and libjansson4",
		 dlerror());
	return -ENOPKG;
}
