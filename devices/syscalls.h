/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICES_SYSCALLS_H
#define DEVICES_SYSCALLS_H

/* System calls that devices and their back ends make while a guest runs. */

#include "vmm/base/callfilter.h"

/* Under the machine lock: of the I/O thread, and of a vCPU whose guest rings a doorbell. */
extern const struct call_list device_syscalls;

/* Of the I/O thread alone: what comes from the host, and the end. */
extern const struct call_list device_io_syscalls;

/* Of a disk's worker (backend/block/pool.c). */
extern const struct call_list disk_syscalls;

#endif
