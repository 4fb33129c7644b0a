/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/base/named_file.h"

#include "vmm/base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static struct named_file *the_files;

static void enlist(struct named_file *f)
{
	f->next = the_files;
	the_files = f;
}

static void strike(struct named_file *f)
{
	struct named_file **p = &the_files;

	while (*p && *p != f)
		p = &(*p)->next;
	if (*p)
		*p = f->next;
}

/* The folder and the name in it. */
static int split(struct named_file *f, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir;

	f->name = strdup(slash ? slash + 1 : path);
	dir = !slash ? strdup(".") : strndup(path, slash == path ? 1 : (size_t)(slash - path));
	if (dir && f->name)
		f->dir_fd = sys_open(dir, O_PATH | O_DIRECTORY, 0);
	else
		f->dir_fd = -ENOMEM;
	free(dir);
	return f->dir_fd;
}

static int open_name(const struct named_file *f)
{
	return sys_openat(f->dir_fd, f->name, f->flags, f->mode);
}

static void release(struct named_file *f)
{
	if (f->fd >= 0)
		sys_close(f->fd);
	if (f->dir_fd >= 0)
		sys_close(f->dir_fd);
	free(f->name);
	*f = (struct named_file){ .fd = -1, .dir_fd = -1 };
}

int named_file_open(struct named_file *f, const char *path, int flags, mode_t mode)
{
	struct stat st;
	int r;

	*f = (struct named_file){
		.fd = -1, .dir_fd = -1, .flags = O_WRONLY | O_CREAT | O_APPEND | flags, .mode = mode
	};
	r = split(f, path);
	if (r >= 0)
		r = f->fd = open_name(f);
	if (r < 0) {
		release(f);
		return r;
	}
	if (fstat(f->fd, &st) == 0 && !S_ISREG(st.st_mode)) {
		sys_close(f->dir_fd);
		f->dir_fd = -1;
	}
	enlist(f);
	return 0;
}

int named_file_reopen(struct named_file *f)
{
	int fd, r;

	if (f->dir_fd < 0)
		return 0;
	fd = open_name(f);
	if (fd < 0)
		return fd;
	r = sys_dup_onto(fd, f->fd);
	sys_close(fd);
	return r < 0 ? r : 0;
}

int named_file_set_aside(struct named_file *f)
{
	char aside[NAME_MAX + 1];
	int r;

	if (f->dir_fd < 0 || snprintf(aside, sizeof(aside), "%s.1", f->name) >= (int)sizeof(aside))
		return -EINVAL;
	r = sys_renameat(f->dir_fd, f->name, aside);
	return r < 0 ? r : named_file_reopen(f);
}

void named_file_close(struct named_file *f)
{
	if (!f->name)
		return;
	strike(f);
	release(f);
}

int named_file_dirs(int (*fn)(void *ctx, int dir_fd), void *ctx)
{
	int r = 0;

	for (struct named_file *f = the_files; f && r >= 0; f = f->next)
		if (f->dir_fd >= 0)
			r = fn(ctx, f->dir_fd);
	return r < 0 ? r : 0;
}
