/* SPDX-License-Identifier: BSD-2-Clause */
/* Text files that tell how the host uses its devices, and /run/spapr-vmm, where we keep notes. */
#include "tests/fake/vfio_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FILES 16

static struct text_file {
	char path[96];
	char *text;
	int refs; /* open descriptors, and one while it has its name */
} files[MAX_FILES];
static bool has_run; /* /run/spapr-vmm was made */

struct position {
	struct text_file *file;
	size_t at;
};

static struct text_file *find(const char *path)
{
	for (int i = 0; i < MAX_FILES; i++)
		if (files[i].refs && strcmp(files[i].path, path) == 0)
			return &files[i];
	return NULL;
}

/* Files of sysfs are ours where a test wrote one. */
bool fake_files_own(const char *path)
{
	static const char *const ours[] = { "/proc/mounts",   "/proc/swaps", "/proc/net/",
					    "/run/spapr-vmm", "/dev/nvme",   "/dev/sd" };

	for (size_t i = 0; i < ARRAY_LEN(ours); i++)
		if (strncmp(path, ours[i], strlen(ours[i])) == 0)
			return true;
	return find(path);
}

static void put(struct text_file *f)
{
	if (--f->refs > 0)
		return;
	free(f->text);
	memset(f, 0, sizeof(*f));
}

static void remove_name(struct text_file *f)
{
	f->path[0] = '\0';
	put(f);
}

static struct text_file *make(const char *path, const char *text)
{
	struct text_file *f = files;

	while (f < files + MAX_FILES && f->refs)
		f++;
	if (f == files + MAX_FILES)
		abort();
	snprintf(f->path, sizeof(f->path), "%s", path);
	f->text = strdup(text);
	f->refs = 1;
	return f;
}

void fake_files_reset(void)
{
	for (int i = 0; i < MAX_FILES; i++)
		if (files[i].refs)
			remove_name(&files[i]);
	has_run = false;
}

void fake_text(const char *path, const char *text)
{
	struct text_file *f;

	pthread_mutex_lock(&fake_lock);
	f = find(path);
	if (f)
		remove_name(f);
	if (text)
		make(path, text);
	has_run |= strncmp(path, "/run/", 5) == 0;
	pthread_mutex_unlock(&fake_lock);
}

const char *fake_text_of(const char *path)
{
	const struct text_file *f;

	pthread_mutex_lock(&fake_lock);
	f = find(path);
	pthread_mutex_unlock(&fake_lock);
	return f ? f->text : NULL;
}

int fake_files_unlink(const char *path)
{
	struct text_file *f = find(path);

	if (!f)
		return -ENOENT;
	remove_name(f);
	return 0;
}

int fake_files_mkdir(const char *path)
{
	(void)path;
	if (has_run)
		return -EEXIST;
	has_run = true;
	return 0;
}

static ssize_t text_read(struct fake_file *ff, void *buf, size_t len)
{
	struct position *p = ff->obj;
	size_t left = strlen(p->file->text) - p->at;

	len = len < left ? len : left;
	memcpy(buf, p->file->text + p->at, len);
	p->at += len;
	return (ssize_t)len;
}

/* Only ever at the end of an empty file. */
static ssize_t text_write(struct fake_file *ff, const void *buf, size_t len)
{
	struct position *p = ff->obj;
	size_t old = strlen(p->file->text);

	p->file->text = realloc(p->file->text, old + len + 1);
	if (!p->file->text)
		abort();
	memcpy(p->file->text + old, buf, len);
	p->file->text[old + len] = '\0';
	return (ssize_t)len;
}

static void text_close(struct fake_file *ff)
{
	struct position *p = ff->obj;

	put(p->file);
	free(p);
}

static const struct fake_ops text_ops = {
	.read = text_read,
	.write = text_write,
	.close = text_close,
};

int fake_files_open(const char *path, int flags)
{
	struct text_file *f = find(path);
	struct position *p;

	if (!f && !(flags & O_CREAT))
		return -ENOENT;
	if (strncmp(path, "/dev/", 5) == 0 && flags & O_EXCL && strcmp(f->text, "claimed") == 0)
		return -EBUSY;
	if (!f && strncmp(path, "/run/", 5) == 0 && !has_run)
		return -ENOENT;
	if (!f)
		f = make(path, "");
	if (flags & O_TRUNC)
		f->text[0] = '\0';
	p = calloc(1, sizeof(*p));
	if (!p)
		abort();
	p->file = f;
	f->refs++;
	return fake_file_new(&text_ops, p, 0, "%.39s", path);
}
