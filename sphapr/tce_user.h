/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPHAPR_TCE_USER_H
#define SPHAPR_TCE_USER_H

/*
 * Windows of emulated devices: a table in our memory and nothing behind it. The devices look up
 * each access by tce_translate().
 */

#include "sphapr/window.h"

extern const struct dma_backend_ops tce_user_ops; /* ctx is not used */

/* 1 GiB at 0, and a second window where PowerNV hosts have theirs. */
extern const struct dma_caps tce_user_caps;

#endif
