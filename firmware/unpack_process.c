/* SPDX-License-Identifier: BSD-2-Clause */
/* The process that unpacks: from fork to exit. */
#include "firmware/unpack_private.h"

#include "vmm/base/confine.h"
#include "vmm/base/sys.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#define DATA (UNPACK_MEMORY + 256 * MiB)
#define FDS 16

static bool put(const void *buf, size_t len)
{
	const char *p = buf;

	while (len > 0) {
		ssize_t n = write(CONFINE_FD, p, len);

		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

/* The file, before its descriptor goes. One that becomes shorter meanwhile ends the process. */
static const uint8_t *map(const struct unpack_source *src)
{
	uint64_t page = sys_page_size(), from = ALIGN_DOWN(src->off, page);
	void *p;
	int r = sys_mmap(&p, NULL, src->off - from + src->len, PROT_READ, MAP_PRIVATE, src->fd,
			 from);

	return r < 0 ? NULL : (const uint8_t *)p + (src->off - from);
}

void unpack_process(const struct unpack_source *src, int out, int words, pid_t parent)
{
	const struct confine_limits limits = {
		.calls = { .program = &unpack_program, .rest = CALL_REFUSE },
		.data = DATA,
		.fds = FDS,
	};
	const uint8_t *in = map(src);
	void *lib;
	struct confined done;

	prctl(PR_SET_NAME, "spapr-unpack", 0, 0, 0);
	if (!in)
		_exit(UNPACK_NO_MEMORY);
	lib = unpack_lib_load(src->format);
	if (!lib)
		_exit(UNPACK_NO_LIBRARY);
	if (confine_begin(out, words) < 0 || confine_end(parent, &limits, &done) < 0)
		_exit(UNPACK_NOT_CONFINED);
	_exit((int)unpack_lib_run(src->format, lib, in, src->len, put));
}
