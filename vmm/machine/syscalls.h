/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_MACHINE_SYSCALLS_H
#define VMM_MACHINE_SYSCALLS_H

/* What the threads of this process may ask of the kernel: vmm/machine/syscalls.c. */

#include "vmm/base/callfilter.h"

extern const struct call_program vcpu_program, io_program, disk_program, populate_program,
	signals_program;

#endif
