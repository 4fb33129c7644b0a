/* SPDX-License-Identifier: BSD-2-Clause */
/* One-regs: which a KVM-HV of Linux 6.12 knows, at which size, and which values it refuses. */
#include "tests/fake/kernel.h"

#include <errno.h>
#include <string.h>

enum { ANY, POWER10, PRESENTER, READ_ONLY };

static const struct reg {
	uint64_t id;
	int kind;
} known[] = {
	{ KVM_REG_PPC_HIOR },
	{ KVM_REG_PPC_DABR },
	{ KVM_REG_PPC_DABRX },
	{ KVM_REG_PPC_DSCR },
	{ KVM_REG_PPC_PURR },
	{ KVM_REG_PPC_SPURR },
	{ KVM_REG_PPC_DAR },
	{ KVM_REG_PPC_DSISR },
	{ KVM_REG_PPC_AMR },
	{ KVM_REG_PPC_UAMOR },
	{ KVM_REG_PPC_IAMR },
	{ KVM_REG_PPC_MMCR0 },
	{ KVM_REG_PPC_MMCR1 },
	{ KVM_REG_PPC_MMCRA },
	{ KVM_REG_PPC_MMCR2 },
	{ KVM_REG_PPC_MMCRS },
	{ KVM_REG_PPC_MMCR3, POWER10 },
	{ KVM_REG_PPC_SIER2, POWER10 },
	{ KVM_REG_PPC_SIER3, POWER10 },
	{ KVM_REG_PPC_SIAR },
	{ KVM_REG_PPC_SDAR },
	{ KVM_REG_PPC_SIER },
	{ KVM_REG_PPC_FPSCR },
	{ KVM_REG_PPC_VSCR },
	{ KVM_REG_PPC_VRSAVE },
	{ KVM_REG_PPC_VPA_ADDR },
	{ KVM_REG_PPC_VPA_SLB },
	{ KVM_REG_PPC_VPA_DTL },
	{ KVM_REG_PPC_DEBUG_INST, READ_ONLY },
	{ KVM_REG_PPC_ICP_STATE, PRESENTER },
	{ KVM_REG_PPC_VP_STATE, PRESENTER },
	{ KVM_REG_PPC_TB_OFFSET },
	{ KVM_REG_PPC_FSCR },
	{ KVM_REG_PPC_PSPB },
	{ KVM_REG_PPC_EBBHR },
	{ KVM_REG_PPC_EBBRR },
	{ KVM_REG_PPC_BESCR },
	{ KVM_REG_PPC_TAR },
	{ KVM_REG_PPC_DPDES },
	{ KVM_REG_PPC_DAWR },
	{ KVM_REG_PPC_DAWRX },
	{ KVM_REG_PPC_DAWR1, POWER10 },
	{ KVM_REG_PPC_DAWRX1, POWER10 },
	{ KVM_REG_PPC_CIABR },
	{ KVM_REG_PPC_IC },
	{ KVM_REG_PPC_VTB },
	{ KVM_REG_PPC_CSIGR },
	{ KVM_REG_PPC_TACR },
	{ KVM_REG_PPC_TCSCR },
	{ KVM_REG_PPC_PID },
	{ KVM_REG_PPC_ACOP },
	{ KVM_REG_PPC_WORT },
	{ KVM_REG_PPC_TIDR },
	{ KVM_REG_PPC_PSSCR },
	{ KVM_REG_PPC_PPR },
	{ KVM_REG_PPC_LPCR_64 }, /* the 32-bit form would lose AIL: not in the fake */
	{ KVM_REG_PPC_ARCH_COMPAT },
	{ KVM_REG_PPC_DEC_EXPIRY },
	{ KVM_REG_PPC_ONLINE },
	{ KVM_REG_PPC_PTCR },
};

#define NUMBER(id) ((id) & 0xff)

static size_t size_of(uint64_t id)
{
	return 1ULL << ((id & KVM_REG_SIZE_MASK) >> KVM_REG_SIZE_SHIFT);
}

static bool in_range(uint64_t id, uint64_t first, unsigned int n)
{
	return id >= first && id < first + n;
}

static int find(const struct fake_cpu *c, uint64_t id, bool set)
{
	if (in_range(id, KVM_REG_PPC_FPR0, 32) || in_range(id, KVM_REG_PPC_VR0, 32) ||
	    in_range(id, KVM_REG_PPC_VSR0, 32) || in_range(id, KVM_REG_PPC_PMC1, 8))
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		if (known[i].id != id)
			continue;
		if (known[i].kind == PRESENTER && !c->connected)
			return -ENXIO;
		if (known[i].kind == POWER10 && fake_facts.logical_pvr < 0x0f000006)
			return -EINVAL;
		return set && known[i].kind == READ_ONLY ? -EINVAL : 0;
	}
	return -EINVAL;
}

int fake_reg_get(struct fake_cpu *c, const struct kvm_one_reg *r)
{
	int e = find(c, r->id, false);

	if (e < 0)
		return e;
	if (!r->addr)
		return -EFAULT;
	if (size_of(r->id) == 4) { /* our table keeps values, not bytes */
		uint32_t narrow = (uint32_t)c->one_regs[NUMBER(r->id)][0];

		memcpy((void *)(uintptr_t)r->addr, &narrow, sizeof(narrow));
	} else {
		memcpy((void *)(uintptr_t)r->addr, c->one_regs[NUMBER(r->id)], size_of(r->id));
	}
	return 0;
}

/* kvmppc_set_lpcr(): only these; UPRT, HR and GTSE follow from KVM_PPC_CONFIGURE_V3_MMU. */
#define LPCR_MASK                                                                                  \
	(0xf000000000000000ULL /* DPFD */ | 0x2000000 /* ILE */ | 0x1800000 /* AIL */ |            \
	 0x200 /* TC */ | 0x20000 /* LD */)

#define ICP_FIELD(v, shift, mask) ((v) >> (shift) & (mask))

static bool icp_ok(uint64_t v)
{
	return ICP_FIELD(v, KVM_REG_PPC_ICP_XISR_SHIFT, KVM_REG_PPC_ICP_XISR_MASK) ||
	       ICP_FIELD(v, KVM_REG_PPC_ICP_PPRI_SHIFT, KVM_REG_PPC_ICP_PPRI_MASK) == 0xff;
}

/* Addresses of the areas that H_REGISTER_VPA names; the other two hang on the VPA. */
static bool vpa_ok(struct fake_cpu *c, uint64_t id, const uint64_t *v)
{
	uint64_t vpa = c->one_regs[NUMBER(KVM_REG_PPC_VPA_ADDR)][0];
	uint64_t slb = c->one_regs[NUMBER(KVM_REG_PPC_VPA_SLB)][0];
	uint64_t dtl = c->one_regs[NUMBER(KVM_REG_PPC_VPA_DTL)][0];

	if (v[0] & 127)
		return false;
	if (id == KVM_REG_PPC_VPA_ADDR)
		return v[0] || (!slb && !dtl);
	return !v[0] || (vpa && v[1] >= 48);
}

static int check(struct fake_cpu *c, uint64_t id, uint64_t *v)
{
	switch (id) {
	case KVM_REG_PPC_HIOR:
		return v[0] ? -EINVAL : 0;
	case KVM_REG_PPC_LPCR_64:
		v[0] &= LPCR_MASK;
		return 0;
	case KVM_REG_PPC_ARCH_COMPAT:
		return v[0] && (v[0] < 0x0f000003 || v[0] > fake_facts.logical_pvr) ? -EINVAL : 0;
	case KVM_REG_PPC_ICP_STATE:
		return icp_ok(v[0]) ? 0 : -EINVAL;
	case KVM_REG_PPC_TB_OFFSET:
		v[0] = ALIGN_UP(v[0], 1 << 24);
		return 0;
	case KVM_REG_PPC_VPA_ADDR:
	case KVM_REG_PPC_VPA_SLB:
	case KVM_REG_PPC_VPA_DTL:
		return vpa_ok(c, id, v) ? 0 : -EINVAL;
	}
	return 0;
}

int fake_reg_set(struct fake_cpu *c, const struct kvm_one_reg *r)
{
	uint64_t v[2] = { 0, 0 };
	uint32_t narrow;
	int e = find(c, r->id, true);

	if (e < 0)
		return e;
	if (!r->addr)
		return -EFAULT;
	if (size_of(r->id) == 4) {
		memcpy(&narrow, (const void *)(uintptr_t)r->addr, sizeof(narrow));
		v[0] = narrow;
	} else {
		memcpy(v, (const void *)(uintptr_t)r->addr, size_of(r->id));
	}
	e = check(c, r->id, v);
	if (e == 0)
		memcpy(c->one_regs[NUMBER(r->id)], v, sizeof(v));
	return e;
}
