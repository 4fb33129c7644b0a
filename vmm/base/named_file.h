/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_BASE_NAMED_FILE_H
#define VMM_BASE_NAMED_FILE_H

/*
 * A file that is written to for long, and that somebody may move away meanwhile to begin a new one
 * (logrotate(8)). The file's folder stays open, so that the I/O thread can open the name again when the
 * sandbox is shut: the filter lets that thread open files to append to, Landlock lets it do so in
 * these folders.
 *
 * Only a regular file is opened again: a FIFO or a terminal stays what it is, and of its folder
 * nothing is kept.
 *
 * All of them form a list of the process, as the sandbox is the process's: opened and closed while
 * there is no other thread that does so.
 */

#include "vmm/base/types.h"

#include <sys/types.h>

struct named_file {
	int fd;     /* -1: not open; the number stays the same over a named_file_reopen() */
	int dir_fd; /* -1: not a regular file */
	char *name; /* in the folder */
	int flags;
	mode_t mode;
	struct named_file *next;
};

/**
 * named_file_open - open to append, made if it is not there
 * @flags: O_NOFOLLOW, O_NONBLOCK or 0, besides what appending needs
 * @mode:  of a file that is made
 * Return 0, or -errno with nothing left open. Undone by named_file_close().
 */
int named_file_open(struct named_file *f, const char *path, int flags, mode_t mode);

/*
 * Open the name anew. Others may write to f->fd meanwhile: each byte is in the one file or in the
 * other. 0, also for what is no regular file; or -errno, and the old file stays. On the I/O thread.
 */
int named_file_reopen(struct named_file *f);

/*
 * Rename the file to "NAME.1" in its folder, in the place of an older one, and open the name anew.
 * As named_file_reopen(); -EINVAL for what is no regular file.
 */
int named_file_set_aside(struct named_file *f);

/* Tolerates a zeroed one that was never open, and a second call. */
void named_file_close(struct named_file *f);

/* The folders of those that are open, for Landlock: @fn for each; the first result below 0 ends it. */
int named_file_dirs(int (*fn)(void *ctx, int dir_fd), void *ctx);

#endif
