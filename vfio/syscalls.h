/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VFIO_SYSCALLS_H
#define VFIO_SYSCALLS_H

/* System calls that this folder makes while a guest runs. */

#include "vmm/base/callfilter.h"

extern const struct call_list vfio_syscalls;    /* under the machine lock, or where it was left */
extern const struct call_list vfio_io_syscalls; /* of the I/O thread alone: the end */

#endif
