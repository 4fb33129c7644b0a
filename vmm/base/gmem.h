/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_BASE_GMEM_H
#define VMM_BASE_GMEM_H

/*
 * Guest RAM as a list of banks, and the only way from a guest address to bytes.
 *
 * Banks are added before the guest runs and stay; they borrow their memory (vmm/machine/ram.c owns the
 * mapping). Every access is held against its bank by subtraction, so that no sum can wrap and the
 * last byte is usable; an access may not cross from one bank to the next.
 */

#include "vmm/base/types.h"

#include <sys/types.h>

#define GMEM_MAX_BANKS 8

struct gmem_bank {
	gpa_t base;
	uint64_t size; /* bytes, not 0 */
	uint8_t *host; /* borrowed */
};

struct gmem {
	struct gmem_bank banks[GMEM_MAX_BANKS]; /* ascending, disjoint */
	int nbanks;
};

/* 0; -ENOSPC too many banks; -EINVAL empty, wrapping, overlapping or not above the last bank. */
int gmem_add(struct gmem *g, gpa_t base, uint64_t size, void *host);

/* Copy between guest RAM and @buf. 0, or -EFAULT when not all of it is in one bank. */
int gmem_read(const struct gmem *g, gpa_t gpa, void *buf, size_t len);
int gmem_write(const struct gmem *g, gpa_t gpa, const void *buf, size_t len);
int gmem_set(const struct gmem *g, gpa_t gpa, uint8_t byte, size_t len);

/* Within guest RAM, without a copy of it; the ranges may overlap. 0, or -EFAULT as above. */
int gmem_move(const struct gmem *g, gpa_t to, gpa_t from, uint64_t len);

/* Is all of [gpa, gpa + len) RAM of one bank? An empty range is, inside a bank. */
bool gmem_contains(const struct gmem *g, gpa_t gpa, uint64_t len);

/* For registering DMA, where the kernel wants the process's address: NULL when not all is one bank. */
void *gmem_dma_host(const struct gmem *g, gpa_t gpa, uint64_t len);

/*
 * Bytes of a file straight into guest RAM, so that an image is copied once.
 * 0; -EFAULT outside RAM; -ENODATA the file is shorter; or -errno of the read.
 */
int gmem_load_file(const struct gmem *g, gpa_t gpa, int fd, uint64_t offset, uint64_t len);

/* The first address above all banks; 0: there are none, or the last one ends where addresses do. */
gpa_t gmem_end(const struct gmem *g);

/* Bytes of RAM in all banks. */
uint64_t gmem_size(const struct gmem *g);

#endif
