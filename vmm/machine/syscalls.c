/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls of this folder, and which tables each kind of thread has. */
#include "vmm/base/callrules.h"

CALL_RULES(load_syscalls) = {
	{ CALL(pread64), WHY("kernel and initrd are read, again by each reboot") },
};

/* Of a vCPU that runs a boot program, and of what loads that program. */
CALL_RULES(firmware_syscalls) = {
	{ CALL(preadv), WHY("firmware reads a disk") },
	{ CALL(pread64),
	  SELDOM("the same, where the disk's blocks are larger than what is asked for") },
	{ CALL(pwritev), SELDOM("a boot program keeps its settings on the disk") },
};

CALL_RULES(nvram_syscalls) = {
	{ CALL(pwrite64), WHY("what the guest stores in its NVRAM goes to the file") },
};

CALL_RULES(signal_syscalls) = {
	{ CALL(rt_sigtimedwait), WHY("it waits for signals") },
	{ CALL(clock_nanosleep), SELDOM("so long the program may take to end in order") },
	{ CALL(poll), SELDOM("may the last word be written without waiting?") },
	{ CALL(ppoll), SELDOM("the same, by another C library") },
};

CALL_RULES(populate_syscalls) = {
	{ CALL(madvise), WHY("guest RAM gets its pages") },
};

/* The I/O thread and vCPUs share what is done under the machine lock, whoever holds it. */
CALL_PROGRAM(vcpu_program, vcpu_syscalls, any_syscalls, kvm_syscalls, vfio_syscalls,
	     device_syscalls, firmware_syscalls, nvram_syscalls);
CALL_PROGRAM(io_program, any_syscalls, device_syscalls, device_io_syscalls, kvm_syscalls,
	     vfio_syscalls, vfio_io_syscalls, load_syscalls, firmware_syscalls);
CALL_PROGRAM(disk_program, any_syscalls, disk_syscalls);
CALL_PROGRAM(populate_program, any_syscalls, populate_syscalls);
CALL_PROGRAM(signals_program, any_syscalls, signal_syscalls);
