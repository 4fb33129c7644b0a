/* SPDX-License-Identifier: BSD-2-Clause */
/* What a VM asks KVM to serve: capabilities, hypercalls, RTAS tokens. */
#include "tests/fake/kernel.h"

#include <errno.h>
#include <string.h>

/* kvmppc_hcall_impl_hv(): the real-mode table and the ones that end in virtual mode. */
static bool is_implemented(uint64_t nr)
{
	static const uint16_t implemented[] = {
		0x04, 0x08,  0x0c,  0x10,  0x14,  0x18,  0x1c,  0x20,  0x28,  0x2c,
		0x3c, 0x40,  0x64,  0x68,  0x6c,  0x70,  0x74,  0xdc,  0xe0,  0xe4,
		0xe8, 0x124, 0x134, 0x138, 0x13c, 0x2fc, 0x300, 0x31c, 0x448,
	};

	if (nr == 0x300)
		return fake_cap(KVM_CAP_PPC_HWRNG);
	for (size_t i = 0; i < ARRAY_LEN(implemented); i++)
		if (implemented[i] == nr)
			return true;
	return false;
}

/* default_hcall_list[] of book3s_hv.c */
void fake_vm_default_hcalls(struct fake_vm *vm)
{
	static const uint16_t served[] = {
		0x04, 0x08, 0x0c, 0x18, 0x124, 0x1c, 0x20, 0x28, 0x134, 0xe0,
		0xe8, 0xe4, 0xdc, 0x64, 0x68,  0x6c, 0x70, 0x74, 0x2fc,
	};

	for (size_t i = 0; i < ARRAY_LEN(served); i++)
		vm->hcall_enabled[served[i] / 4] = true;
}

static int enable_hcall(struct fake_vm *vm, uint64_t nr, uint64_t on)
{
	if (!fake_cap(KVM_CAP_PPC_ENABLE_HCALL))
		return -EINVAL;
	if (nr & 3 || nr > FAKE_MAX_HCALL || on > 1)
		return -EINVAL;
	if (on && !is_implemented(nr))
		return -EINVAL;
	vm->hcall_enabled[nr / 4] = on;
	return 0;
}

static int set_smt(struct fake_vm *vm, uint64_t mode, uint64_t flags)
{
	if (mode > 8 || !is_power_of_2(mode) || flags)
		return -EINVAL;
	if (vm->ncpus)
		return -EBUSY;
	if (!((uint64_t)fake_cap(KVM_CAP_PPC_SMT_POSSIBLE) & mode))
		return -EINVAL;
	vm->smt = (uint32_t)mode;
	return 0;
}

int fake_vm_enable_cap(struct fake_vm *vm, const struct kvm_enable_cap *e, char *detail)
{
	snprintf(detail, FAKE_DETAIL, "%u 0x%llx", e->cap, (unsigned long long)e->args[0]);
	if (e->flags)
		return -EINVAL;
	switch (e->cap) {
	case KVM_CAP_PPC_ENABLE_HCALL:
		return enable_hcall(vm, e->args[0], e->args[1]);
	case KVM_CAP_PPC_SMT:
		return set_smt(vm, e->args[0], e->args[1]);
	case KVM_CAP_PPC_DAWR1:
		if (!fake_cap(e->cap))
			return -ENODEV;
		vm->dawr1 = true;
		return 0;
	}
	return -EINVAL;
}

int fake_vm_define_token(struct fake_vm *vm, const struct kvm_rtas_token_args *a, char *detail)
{
	static const char *const names[] = {
		"ibm,set-xive",
		"ibm,get-xive",
		"ibm,int-off",
		"ibm,int-on",
	};
	size_t free_slot = FAKE_MAX_TOKENS;
	bool known = false;

	snprintf(detail, FAKE_DETAIL, "%.60s 0x%llx", a->name, (unsigned long long)a->token);
	if (!fake_cap(KVM_CAP_PPC_RTAS))
		return -ENOTTY;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		known |= strncmp(names[i], a->name, sizeof(a->name)) == 0;
	for (size_t i = 0; i < FAKE_MAX_TOKENS; i++) {
		if (a->token == 0 && strcmp(vm->tokens[i].name, a->name) == 0) {
			memset(&vm->tokens[i], 0, sizeof(vm->tokens[i]));
			return 0;
		}
		if (a->token && vm->tokens[i].token == a->token)
			return -EEXIST;
		if (!vm->tokens[i].token)
			free_slot = i;
	}
	if (!known || a->token == 0 || free_slot == FAKE_MAX_TOKENS)
		return -ENOENT;
	memcpy(vm->tokens[free_slot].name, a->name, sizeof(a->name));
	vm->tokens[free_slot].token = a->token;
	return 0;
}
