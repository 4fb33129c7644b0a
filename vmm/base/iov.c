/* SPDX-License-Identifier: BSD-2-Clause */
/* Copies between a buffer and scattered memory. */
#include "vmm/base/iov.h"

#include <string.h>

/* Piece by piece, as the elements cut [off, off + len). */
static size_t copy(const struct iovec *iov, uint32_t n, uint64_t off, uint8_t *buf, size_t len,
		   bool to_iov)
{
	size_t done = 0;

	for (uint32_t i = 0; i < n && done < len; i++) {
		size_t room, part;
		uint8_t *p;

		if (off >= iov[i].iov_len) {
			off -= iov[i].iov_len;
			continue;
		}
		room = iov[i].iov_len - off;
		part = room < len - done ? room : len - done;
		p = (uint8_t *)iov[i].iov_base + off;
		if (to_iov)
			memcpy(p, buf + done, part);
		else
			memcpy(buf + done, p, part);
		done += part;
		off = 0;
	}
	/* The guest may change what was read: nothing is loaded from there again. */
	__asm__ volatile("" ::: "memory");
	return done;
}

size_t iov_to_buf(const struct iovec *iov, uint32_t n, uint64_t off, void *buf, size_t len)
{
	return copy(iov, n, off, buf, len, false);
}

size_t iov_from_buf(const struct iovec *iov, uint32_t n, uint64_t off, const void *buf, size_t len)
{
	return copy(iov, n, off, (uint8_t *)buf, len, true); /* only read */
}

struct iovec *iov_cut(struct iovec *iov, uint32_t *n, uint64_t skip, uint64_t len)
{
	uint32_t i = 0;

	while (*n > 0 && skip >= iov->iov_len) {
		skip -= iov->iov_len;
		iov++;
		--*n;
	}
	if (*n > 0) {
		iov->iov_base = (uint8_t *)iov->iov_base + skip;
		iov->iov_len -= skip;
	}
	while (i < *n && len > 0) {
		if (iov[i].iov_len > len)
			iov[i].iov_len = len;
		len -= iov[i++].iov_len;
	}
	*n = i;
	return iov;
}
