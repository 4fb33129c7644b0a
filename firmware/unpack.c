/* SPDX-License-Identifier: BSD-2-Clause */
#define LOG_PREFIX ""
#include "firmware/unpack.h"

#include "firmware/unpack_private.h"
#include "vmm/base/file.h"
#include "vmm/base/log.h"
#include "vmm/base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PIECE ((size_t)64 * KiB)

enum unpack_format unpack_recognize(const uint8_t *head, size_t n)
{
	static const struct {
		const char *magic;
		size_t len;
		enum unpack_format format;
	} known[] = {
		{ "\x1f\x8b\x08", 3, UNPACK_GZIP },
		{ "\xfd\x37zXZ\0", 6, UNPACK_XZ },
		{ "\x28\xb5\x2f\xfd", 4, UNPACK_ZSTD },
	};

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (n >= known[i].len && memcmp(head, known[i].magic, known[i].len) == 0)
			return known[i].format;
	return UNPACK_NONE;
}

const char *unpack_name(enum unpack_format format)
{
	static const char *const names[] = { "", "gzip", "xz", "zstd" };

	return names[format];
}

/* What comes out, into the file. -EFBIG: more than @limit. */
static int pump(int from, int to, uint64_t limit, uint64_t *size)
{
	uint8_t *buf = malloc(PIECE);
	int r = buf ? 0 : -ENOMEM;

	*size = 0;
	while (r == 0) {
		ssize_t n = sys_read(from, buf, PIECE);

		if (n == -EINTR)
			continue;
		if (n <= 0) {
			r = (int)n;
			break;
		}
		*size += (uint64_t)n;
		r = *size > limit ? -EFBIG : file_write_all(to, buf, (size_t)n);
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

static int status_error(const struct unpack_source *src, int status)
{
	const char *format = unpack_name(src->format);
	int why = WIFEXITED(status) ? WEXITSTATUS(status) : -1;

	if (why == UNPACK_DONE)
		return 0;
	if (why == UNPACK_NO_LIBRARY)
		log_error("kernel %s: is %s data, and this host lacks the library for it: "
			  "install Debian's package %s",
			  src->path, format, unpack_package(src->format));
	else if (why == UNPACK_NOT_CONFINED)
		log_error("kernel %s: is %s data, and the process that unpacks it cannot be "
			  "confined: this needs /proc, and Linux 5.9 or later with seccomp",
			  src->path, format);
	else if (why == UNPACK_NO_MEMORY)
		log_error("kernel %s: no memory to unpack it: free some on this host", src->path);
	else
		log_error("kernel %s: its %s data is corrupt or cut short: copy it again",
			  src->path, format);
	return -ENOEXEC;
}

/* The process's own end is @pipe_fds[1], which is open there alone once this returns. */
static int run(const struct unpack_source *src, int to, uint64_t limit, uint64_t *size,
	       int pipe_fds[2], int words)
{
	pid_t parent = getpid();
	pid_t pid = fork();
	int error = pid < 0 ? -errno : 0, status = 0, r;

	if (pid == 0)
		unpack_process(src, pipe_fds[1], words, parent);
	close(pipe_fds[1]);
	pipe_fds[1] = -1;
	if (error < 0)
		return error;
	r = pump(pipe_fds[0], to, limit, size);
	close(pipe_fds[0]); /* a process that still writes is told so */
	pipe_fds[0] = -1;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return r < 0 ? r : status_error(src, status);
}

static int unpack_by_process(const struct unpack_source *src, int to, uint64_t limit,
			     uint64_t *size)
{
	int data[2] = { -1, -1 }, words[2] = { -1, -1 }, r = -EMFILE;

	if (pipe2(data, O_CLOEXEC) == 0 && pipe2(words, O_CLOEXEC) == 0)
		r = run(src, to, limit, size, data, words[1]);
	for (int i = 0; i < 2; i++) {
		if (data[i] >= 0)
			close(data[i]);
		if (words[i] >= 0)
			close(words[i]);
	}
	return r;
}

int unpack(const struct unpack_source *src, uint64_t limit, int *out_fd, uint64_t *out_size)
{
	int fd = sys_memfd("kernel", MFD_CLOEXEC | MFD_ALLOW_SEALING), r = fd;

	if (fd >= 0)
		r = src->format ? unpack_by_process(src, fd, limit, out_size)
				: copy(src, fd, limit, out_size);
	if (r == 0 && fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK) < 0)
		r = -errno;
	if (r == -EFBIG)
		log_error("kernel %s: unpacks to more than the guest's RAM, %llu MiB: "
			  "raise machine.memory",
			  src->path, (unsigned long long)(limit / MiB));
	else if (r < 0 && r != -ENOEXEC)
		log_error("kernel %s: cannot be unpacked: %s", src->path, strerror(-r));
	if (r < 0 && fd >= 0)
		sys_close(fd);
	*out_fd = r < 0 ? -1 : fd;
	return r;
}
