/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_BASE_IOV_H
#define VMM_BASE_IOV_H

/* Scattered memory: copies between a buffer and an array of iovecs, and parts of such an array. */

#include "vmm/base/types.h"

#include <sys/uio.h>

/* Copy at @off bytes behind the start. Return the bytes copied: less than @len when the array ends. */
size_t iov_to_buf(const struct iovec *iov, uint32_t n, uint64_t off, void *buf, size_t len);
size_t iov_from_buf(const struct iovec *iov, uint32_t n, uint64_t off, const void *buf, size_t len);

/*
 * Make @iov (of *@n elements, changed in place) begin @skip bytes later and hold no more than @len
 * bytes. Returns the first element that is left.
 */
struct iovec *iov_cut(struct iovec *iov, uint32_t *n, uint64_t skip, uint64_t len);

#endif
