/* SPDX-License-Identifier: BSD-2-Clause */
/* Files of the host that we play, and its huge pages, which it tells of in such files. */
#include "tests/fake/kernel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct {
	struct {
		char path[160];
		uint8_t data[64];
		size_t len;
	} files[64];
	size_t nfiles;
	struct {
		uint64_t page, free, reserved;
	} huge[4];
} host;

void fake_served_reset(void)
{
	memset(&host, 0, sizeof(host));
}

static size_t find(const char *path)
{
	size_t i = 0;

	while (i < host.nfiles && strcmp(host.files[i].path, path) != 0)
		i++;
	return i;
}

void fake_serve(const char *path, const void *data, size_t len)
{
	size_t i = find(path);

	if (!data) {
		if (i < host.nfiles)
			host.files[i] = host.files[--host.nfiles];
		return;
	}
	if (i == ARRAY_LEN(host.files) || len > sizeof(host.files[i].data))
		abort();
	host.nfiles += i == host.nfiles;
	snprintf(host.files[i].path, sizeof(host.files[i].path), "%s", path);
	memcpy(host.files[i].data, data, len);
	host.files[i].len = len;
}

const void *fake_served(const char *path, size_t *len)
{
	size_t i = find(path);

	if (i == host.nfiles)
		return NULL;
	*len = host.files[i].len;
	return host.files[i].data;
}

int fake_list_served(const char *dir, bool (*fn)(void *ctx, const char *name), void *ctx)
{
	char want[256], name[160], last[160] = "";
	size_t n = (size_t)snprintf(want, sizeof(want), "%s/", dir);
	bool any = false;

	for (size_t i = 0; i < host.nfiles; i++) {
		if (strncmp(host.files[i].path, want, n) != 0)
			continue;
		any = true;
		snprintf(name, sizeof(name), "%s", host.files[i].path + n);
		name[strcspn(name, "/")] = '\0';
		if (strcmp(name, last) != 0 && !fn(ctx, name))
			break;
		strcpy(last, name);
	}
	if (any)
		return 0;
	return strncmp(dir, "/proc/device-tree", 17) == 0 ? -ENOENT : -ENXIO;
}

/* ---- huge pages ---- */

static void serve_huge(uint64_t page, uint64_t n)
{
	char path[160], text[32];

	snprintf(path, sizeof(path), "/sys/kernel/mm/hugepages/hugepages-%llukB/free_hugepages",
		 (unsigned long long)(page / KiB));
	fake_serve(path, text, (size_t)sprintf(text, "%llu\n", (unsigned long long)n));
}

void fake_set_huge_pages(uint64_t page, uint64_t n)
{
	size_t i = 0;

	while (i < ARRAY_LEN(host.huge) - 1 && host.huge[i].page && host.huge[i].page != page)
		i++;
	host.huge[i].page = page;
	host.huge[i].free = n;
	serve_huge(page, n);
}

void fake_reserve_huge_pages(uint64_t page, uint64_t n)
{
	for (size_t i = 0; i < ARRAY_LEN(host.huge); i++)
		if (host.huge[i].page == page)
			host.huge[i].reserved = n;
}

int fake_take_huge_pages(uint64_t page, uint64_t n)
{
	for (size_t i = 0; i < ARRAY_LEN(host.huge); i++)
		if (host.huge[i].page == page)
			return host.huge[i].free >= n + host.huge[i].reserved ? 0 : -ENOMEM;
	return -EINVAL; /* no such size */
}
