/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/base/dir.h"

#include "vmm/base/sys.h"

#include <errno.h>
#include <string.h>

struct wanted {
	const char *prefix;
	char *name;
	size_t size;
	bool found;
};

static bool is_wanted(void *ctx, const char *name)
{
	struct wanted *w = ctx;

	if (strncmp(name, w->prefix, strlen(w->prefix)) != 0 || strlen(name) >= w->size)
		return true;
	strcpy(w->name, name);
	w->found = true;
	return false;
}

int dir_find(const char *dir, const char *prefix, char *name, size_t size)
{
	struct wanted w = { prefix, name, size, false };
	int r = sys_list(dir, is_wanted, &w);

	return r < 0 ? r : w.found ? 0 : -ENOENT;
}
