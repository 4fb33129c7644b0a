/* SPDX-License-Identifier: BSD-2-Clause */
#include "firmware/unpack.h"

#include "firmware/unpack_private.h"
#include "vmm/base/file.h"
#include "vmm/base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PIECE ((size_t)64 * KiB)
#define STOP_MS 100 /* so late is a wish to stop heard */

/* There is something to read, or the end is. The signals to stop are for another thread: none comes here. */
static int wait_for(int from, bool (*stop)(void))
{
	struct pollfd p = { .fd = from, .events = POLLIN };
	int n;

	do {
		if (stop && stop())
			return -ECANCELED;
		n = poll(&p, 1, STOP_MS);
	} while (n == 0 || (n < 0 && errno == EINTR));
	return n < 0 ? -errno : 0;
}

/* What comes out, into the file. */
static int pump(int from, int to, const struct unpack_bounds *bounds, uint64_t *size)
{
	uint8_t *buf = malloc(PIECE);
	int r = buf ? 0 : -ENOMEM;

	for (*size = 0; r == 0;) {
		ssize_t n = wait_for(from, bounds->stop);

		if (n == 0)
			n = sys_read(from, buf, PIECE);
		if (n == -EINTR)
			continue;
		if (n <= 0) {
			r = (int)n;
			break;
		}
		*size += (uint64_t)n;
		r = *size > bounds->limit ? -EFBIG : file_write_all(to, buf, (size_t)n);
	}
	free(buf);
	return r;
}

static int copy(const struct unpack_source *src, int to, uint64_t limit, uint64_t *size)
{
	uint8_t *buf = malloc(PIECE);
	int r = !buf ? -ENOMEM : src->len > limit ? -EFBIG : 0;

	for (*size = 0; r == 0 && *size < src->len;) {
		uint64_t left = src->len - *size;
		ssize_t n = sys_pread(src->fd, buf, left < PIECE ? left : PIECE, src->off + *size);

		if (n == -EINTR)
			continue;
		r = n < 0 ? (int)n : n == 0 ? -ENODATA : file_write_all(to, buf, (size_t)n);
		*size += n > 0 ? (uint64_t)n : 0;
	}
	free(buf);
	return r;
}

static int status_error(enum unpack_format format, int status, char why[UNPACK_WHY])
{
	/* What "too wide" is to who packs with xz, and zstd; zlib needs 32 KiB for each file. */
	static const char *const widths[] = { "", "", "dictionary (xz -9 or less)",
					      "window (zstd without --long)" };
	const char *name = unpack_name(format);

	switch (WIFEXITED(status) ? WEXITSTATUS(status) : UNPACK_CORRUPT) {
	case UNPACK_DONE:
		return 0;
	case UNPACK_NO_LIBRARY:
		snprintf(why, UNPACK_WHY,
			 "is %s data, and this host lacks the library for it: "
			 "install Debian's package %s",
			 name, unpack_package(format));
		break;
	case UNPACK_NOT_CONFINED:
		snprintf(why, UNPACK_WHY,
			 "is %s data, and the process that unpacks it cannot be "
			 "confined: this needs /proc, and Linux 5.9 or later with seccomp",
			 name);
		break;
	case UNPACK_NO_MEMORY:
		snprintf(why, UNPACK_WHY, "no memory to unpack it: free some on this host");
		break;
	case UNPACK_TOO_WIDE:
		snprintf(why, UNPACK_WHY,
			 "its %s data needs more than %llu MiB of memory to be unpacked: "
			 "pack it with a smaller %s",
			 name, (unsigned long long)(UNPACK_MEMORY / MiB), widths[format]);
		break;
	default:
		snprintf(why, UNPACK_WHY, "its %s data is corrupt or cut short: copy it again",
			 name);
	}
	return -ENOEXEC;
}

/*
 * The process's own end is @pipe_fds[1], which is open there alone once this returns. A process whose work is
 * in vain is killed; where root has no right to do so, it ends when it writes to nobody.
 */
static int run(const struct unpack_source *src, int to, const struct unpack_bounds *bounds,
	       uint64_t *size, int pipe_fds[2], int words, int *status)
{
	pid_t parent = getpid();
	pid_t pid = fork();
	int error = pid < 0 ? -errno : 0, r;

	if (pid == 0)
		unpack_process(src, pipe_fds[1], words, parent);
	close(pipe_fds[1]);
	pipe_fds[1] = -1;
	if (error < 0)
		return error;
	r = pump(pipe_fds[0], to, bounds, size);
	close(pipe_fds[0]);
	pipe_fds[0] = -1;
	if (r < 0)
		kill(pid, SIGKILL);
	while (waitpid(pid, status, 0) < 0 && errno == EINTR)
		;
	return r;
}

static int unpack_by_process(const struct unpack_source *src, int to,
			     const struct unpack_bounds *bounds, uint64_t *size,
			     char why[UNPACK_WHY])
{
	int data[2] = { -1, -1 }, words[2] = { -1, -1 }, r = -EMFILE, status = 0;

	if (pipe2(data, O_CLOEXEC) == 0 && pipe2(words, O_CLOEXEC) == 0)
		r = run(src, to, bounds, size, data, words[1], &status);
	for (int i = 0; i < 2; i++) {
		if (data[i] >= 0)
			close(data[i]);
		if (words[i] >= 0)
			close(words[i]);
	}
	return r < 0 ? r : status_error(src->format, status, why);
}

int unpack(const struct unpack_source *src, const struct unpack_bounds *bounds, int *out_fd,
	   uint64_t *out_size, char why[UNPACK_WHY])
{
	int fd = sys_memfd("kernel", MFD_CLOEXEC | MFD_ALLOW_SEALING), r = fd;

	why[0] = '\0';
	if (fd >= 0)
		r = src->format ? unpack_by_process(src, fd, bounds, out_size, why)
				: copy(src, fd, bounds->limit, out_size);
	if (r == 0 && fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW) < 0)
		r = -errno;
	if (r < 0 && !why[0])
		snprintf(why, UNPACK_WHY, "cannot be unpacked: %s", strerror(-r));
	if (r < 0 && fd >= 0)
		sys_close(fd);
	*out_fd = r < 0 ? -1 : fd;
	return r;
}

int unpack_keep(int fd, uint64_t size)
{
	(void)!ftruncate(fd, (off_t)size);
	return fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) < 0 ? -errno : 0;
}
