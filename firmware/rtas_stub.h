/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FIRMWARE_RTAS_STUB_H
#define FIRMWARE_RTAS_STUB_H

/* The few instructions at linux,rtas-entry: they turn an RTAS call into the hypercall H_RTAS. */

#include "vmm/base/gmem.h"

/* Bytes of the RTAS area for @ncpus: stub, error log, and 16 bytes a CPU for machine checks. */
uint32_t rtas_stub_size(uint32_t ncpus);

/* 0, or -EFAULT outside RAM. */
int rtas_stub_write(const struct gmem *g, gpa_t base);

#endif
