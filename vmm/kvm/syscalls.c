/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls by which this folder speaks to KVM while a guest runs. */
#include "vmm/base/callrules.h"
#include "vmm/kvm/uapi.h"

#include <sys/mman.h>

/* Of a vCPU's thread alone. */
CALL_RULES(vcpu_syscalls) = {
	{ CALL_IOCTL(KVM_RUN), .first = true, WHY("the guest runs") },
	{ CALL(sched_yield), WHY("who started this processor goes on first") },
};

/* Under the machine lock; a reboot; the end. */
CALL_RULES(kvm_syscalls) = {
	{ CALL_IOCTL(KVM_GET_ONE_REG), WHY("a register: H_SET_MODE, a start, a report") },
	{ CALL_IOCTL(KVM_SET_ONE_REG), WHY("the same") },
	{ CALL_IOCTL(KVM_GET_REGS), SELDOM("general registers: a start, an RTAS call, a report") },
	{ CALL_IOCTL(KVM_SET_REGS), WHY("the same") },
	{ CALL_IOCTL(KVM_GET_SREGS), WHY("a start: which processor this is stays") },
	{ CALL_IOCTL(KVM_SET_SREGS), WHY("the same") },
	{ CALL_IOCTL(KVM_IRQ_LINE), WHY("an interrupt") },
	{ CALL_IOCTL(KVM_IRQFD), WHY("a device's way to interrupt without us") },
	{ CALL_IOCTL(KVM_IOEVENTFD), WHY("a queue's doorbell") },
	{ CALL_IOCTL(KVM_SET_USER_MEMORY_REGION), WHY("a BAR comes or goes") },
	{ CALL_IOCTL(KVM_SET_DEVICE_ATTR), WHY("the interrupt controller; a group's windows") },
	{ CALL_IOCTL(KVM_GET_DEVICE_ATTR), WHY("the interrupt controller") },
	{ CALL_IOCTL(KVM_CREATE_DEVICE), WHY("a guest chose another interrupt controller") },
	{ CALL_IOCTL(KVM_ENABLE_CAP), WHY("its vCPUs, and the calls that KVM then serves") },
	{ CALL_IOCTL(KVM_PPC_RTAS_DEFINE_TOKEN), WHY("the same") },
	{ CALL_IOCTL(KVM_CREATE_SPAPR_TCE_64), WHY("the table of a window") },
	{ CALL_IOCTL(KVM_PPC_CONFIGURE_V3_MMU),
	  WHY("H_REGISTER_PROC_TBL; a reboot; a guest chose radix") },
	{ CALL_IOCTL(KVM_PPC_ALLOCATE_HTAB),
	  WHY("a reboot empties the hash table; a guest chose one") },
	{ CALL(mmap), .args = { CALL_NOT_CODE(2), { 3, MAP_TYPE, MAP_SHARED } },
	  WHY("that table; a BAR of the host's device; XIVE") },
	{ CALL(munmap), WHY("and gone") },
};
