/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_BASE_SYSCALLS_H
#define VMM_BASE_SYSCALLS_H

/* System calls that every thread may make, whatever it is for. */

#include "vmm/base/callfilter.h"

#include <sys/mman.h>

extern const struct call_list any_syscalls;

/* An ioctl is allowed by its request. */
#define CALL_IOCTL(request) CALL(ioctl), .args = { { 1, INT_BITS, (uint32_t)(request) } }

/* Memory that no rule lets become code: condition on the argument @prot of mmap or mprotect. */
#define CALL_NOT_CODE(prot) { prot, PROT_EXEC, 0 }

#endif
