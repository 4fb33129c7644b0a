/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_POPULATE_H
#define VMM_POPULATE_H

/*
 * Give every page of a mapping memory now, by several threads at once, before it is pinned. Says
 * how far it is when it takes more than a second. 0 or -errno (-ENOMEM: the host has too little).
 */

#include "vmm/base/types.h"

int populate(void *host, uint64_t size);

#endif
