/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/kvm/vm.h"

#include "vmm/base/sys.h"
#include "vmm/kvm/uapi.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define KVM_PATH "/dev/kvm"
#define VM_TYPE_HV 1 /* 0 would fall back to KVM-PR, which runs no radix guest */

static int open_failed(int r, struct finding *f)
{
	switch (-r) {
	case ENOENT:
	case ENODEV:
	case ENXIO:
		finding_fail(f, "", "kvm", KVM_PATH ": %s: this kernel has no KVM loaded",
			     strerror(-r));
		finding_remedy(f, "\"modprobe kvm_hv\" (on a POWER host in hypervisor mode)");
		break;
	case EACCES:
	case EPERM:
		finding_fail(f, "", "kvm", KVM_PATH ": %s", strerror(-r));
		finding_remedy(
			f, "join the group that owns it (\"usermod -aG kvm USER\") or run as root");
		break;
	default:
		finding_fail(f, "", "kvm", KVM_PATH ": %s: cannot be opened", strerror(-r));
	}
	return r;
}

static int create_failed(int r, struct finding *f)
{
	if (r == -EINVAL) {
		finding_fail(f, "", "kvm",
			     "KVM_CREATE_VM: no KVM-HV, which wants a POWER9 host or later");
		finding_remedy(f,
			       "\"modprobe kvm_hv\"; \"dmesg | grep -i kvm\" says why it refuses");
	} else if (r == -ENOTTY) {
		finding_fail(f, "", "kvm", KVM_PATH ": not a KVM device");
		finding_remedy(f, "\"rm " KVM_PATH "; mknod " KVM_PATH " c 10 232\"");
	} else {
		finding_fail(f, "", "kvm", "KVM_CREATE_VM: %s", strerror(-r));
	}
	return r;
}

static int create_vm(struct kvm_vm *vm, struct finding *f)
{
	int r = sys_ioctl(vm->kvm_fd, KVM_GET_API_VERSION, NULL);

	if (r < 0)
		return create_failed(r, f);
	if (r != KVM_API_VERSION) {
		finding_fail(f, "", "kvm", KVM_PATH ": API version %d, but this program speaks %d",
			     r, KVM_API_VERSION);
		return -ENOTSUP;
	}
	r = sys_ioctl(vm->kvm_fd, KVM_CREATE_VM, (void *)VM_TYPE_HV);
	if (r < 0)
		return create_failed(r, f);
	vm->fd = r;
	r = sys_ioctl(vm->kvm_fd, KVM_GET_VCPU_MMAP_SIZE, NULL);
	if (r < 0) {
		finding_fail(f, "", "kvm", "KVM_GET_VCPU_MMAP_SIZE: %s", strerror(-r));
		return r;
	}
	vm->run_size = (size_t)r;
	return 0;
}

int kvm_vm_open(struct kvm_vm *vm, struct finding *f)
{
	int r;

	*vm = (struct kvm_vm){ .kvm_fd = -1, .fd = -1 };
	r = sys_open(KVM_PATH, O_RDWR, 0);
	if (r < 0)
		return open_failed(r, f);
	vm->kvm_fd = r;
	r = create_vm(vm, f);
	if (r < 0)
		kvm_vm_close(vm);
	return r;
}

void kvm_vm_close(struct kvm_vm *vm)
{
	if (vm->fd >= 0)
		sys_close(vm->fd);
	if (vm->kvm_fd >= 0)
		sys_close(vm->kvm_fd);
	vm->fd = vm->kvm_fd = -1;
}

int kvm_vm_check(const struct kvm_vm *vm, uint32_t cap)
{
	int r = sys_ioctl(vm->fd, KVM_CHECK_EXTENSION, (void *)(uintptr_t)cap);

	return r < 0 ? 0 : r;
}

int kvm_vm_enable(const struct kvm_vm *vm, uint32_t cap, uint64_t arg0, uint64_t arg1)
{
	struct kvm_enable_cap e = { .cap = cap, .args = { arg0, arg1 } };

	return sys_ioctl(vm->fd, KVM_ENABLE_CAP, &e);
}

static int free_slot(const struct kvm_vm *vm)
{
	for (int i = 0; i < KVM_VM_MAX_SLOTS; i++)
		if (!(vm->slots[i / 64] >> i % 64 & 1))
			return i;
	return -ENOSPC;
}

int kvm_vm_add_slot(struct kvm_vm *vm, gpa_t gpa, uint64_t size, void *host)
{
	struct kvm_userspace_memory_region region = {
		.guest_phys_addr = gpa,
		.memory_size = size,
		.userspace_addr = (uintptr_t)host,
	};
	int slot = free_slot(vm), r;

	if (slot < 0)
		return slot;
	region.slot = (uint32_t)slot;
	r = sys_ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region);
	if (r < 0)
		return r;
	vm->slots[slot / 64] |= 1ULL << slot % 64;
	return slot;
}

int kvm_vm_del_slot(struct kvm_vm *vm, int slot)
{
	struct kvm_userspace_memory_region region = { .slot = (uint32_t)slot }; /* size 0 deletes */
	int r = sys_ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region);

	if (r == 0)
		vm->slots[slot / 64] &= ~(1ULL << slot % 64);
	return r;
}

int kvm_vm_irq_line(const struct kvm_vm *vm, uint32_t lisn, bool up)
{
	struct kvm_irq_level level = { .irq = lisn, .level = up };

	return sys_ioctl(vm->fd, KVM_IRQ_LINE, &level);
}

int kvm_vm_irqfd(struct kvm_vm *vm, int fd, uint32_t lisn, bool on, int resample_fd)
{
	struct kvm_irqfd irqfd = {
		.fd = (uint32_t)fd,
		.gsi = lisn,
		.flags = on ? 0 : KVM_IRQFD_FLAG_DEASSIGN,
	};
	int r;

	if (on && resample_fd >= 0) {
		irqfd.flags |= KVM_IRQFD_FLAG_RESAMPLE;
		irqfd.resamplefd = (uint32_t)resample_fd;
	}
	r = sys_ioctl(vm->fd, KVM_IRQFD, &irqfd);
	if (r == 0)
		vm->nirqfds += on ? 1 : -1U;
	return r;
}

int kvm_vm_ioeventfd(const struct kvm_vm *vm, gpa_t gpa, int fd, bool on)
{
	struct kvm_ioeventfd io = {
		.addr = gpa,
		.fd = fd,
		.flags = on ? 0 : KVM_IOEVENTFD_FLAG_DEASSIGN,
	};

	return sys_ioctl(vm->fd, KVM_IOEVENTFD, &io);
}

int kvm_vm_define_rtas(const struct kvm_vm *vm, const char *name, uint32_t token)
{
	struct kvm_rtas_token_args args = { .token = token };

	strncpy(args.name, name, sizeof(args.name) - 1);
	return sys_ioctl(vm->fd, KVM_PPC_RTAS_DEFINE_TOKEN, &args);
}

int kvm_vm_alloc_hpt(const struct kvm_vm *vm, uint32_t order)
{
	uint32_t got = order;
	int r = sys_ioctl(vm->fd, KVM_PPC_ALLOCATE_HTAB, &got);

	/* KVM may make a smaller table than asked for, and says so; the tree tells ours. */
	return r < 0 ? r : got == order ? 0 : -ENOMEM;
}

int kvm_vm_configure_mmu(const struct kvm_vm *vm, bool radix, bool gtse, uint64_t table)
{
	struct kvm_ppc_mmuv3_cfg cfg = {
		.flags = (radix ? KVM_PPC_MMUV3_RADIX : 0) | (gtse ? KVM_PPC_MMUV3_GTSE : 0),
		.process_table = table,
	};

	return sys_ioctl(vm->fd, KVM_PPC_CONFIGURE_V3_MMU, &cfg);
}
