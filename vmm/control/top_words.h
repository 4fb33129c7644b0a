/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_CONTROL_TOP_WORDS_H
#define VMM_CONTROL_TOP_WORDS_H

/* Numbers as `spapr-vmm top` has room for them: six characters. */

#include "vmm/base/types.h"

struct top_words {
	char text[24];
};

/* 12345 as "12.3K", in units of @unit: 1000 or 1024. */
struct top_words top_number(uint64_t n, uint64_t unit);

/* The same of bytes. */
struct top_words top_bytes(uint64_t n);

#endif
