/* SPDX-License-Identifier: BSD-2-Clause */
/* Reset values of the registers that KVM names one by one. A register this host lacks is passed over. */
#include "vmm/kvm/cpu.h"

#include "vmm/base/sys.h"

#include <errno.h>
#include <string.h>

struct reset_row {
	uint64_t reg;
	uint64_t value;
};

#define MMCR0_FREEZE 0x80000000ULL

static const struct reset_row rows[] = {
	{ KVM_REG_PPC_DSCR, 0 },     { KVM_REG_PPC_AMR, 0 },   { KVM_REG_PPC_UAMOR, 0 },
	{ KVM_REG_PPC_IAMR, 0 },     { KVM_REG_PPC_FSCR, 0 },  { KVM_REG_PPC_CIABR, 0 },
	{ KVM_REG_PPC_DAWR, 0 },     { KVM_REG_PPC_DAWRX, 0 }, { KVM_REG_PPC_TAR, 0 },
	{ KVM_REG_PPC_PSPB, 0 },     { KVM_REG_PPC_PID, 0 },   { KVM_REG_PPC_TIDR, 0 },
	{ KVM_REG_PPC_PSSCR, 0 },    { KVM_REG_PPC_PPR, 0 },   { KVM_REG_PPC_BESCR, 0 },
	{ KVM_REG_PPC_EBBHR, 0 },    { KVM_REG_PPC_EBBRR, 0 }, { KVM_REG_PPC_DPDES, 0 },
	{ KVM_REG_PPC_VTB, 0 },      { KVM_REG_PPC_PTCR, 0 },  { KVM_REG_PPC_MMCR0, MMCR0_FREEZE },
	{ KVM_REG_PPC_MMCR1, 0 },    { KVM_REG_PPC_MMCRA, 0 }, { KVM_REG_PPC_MMCR2, 0 },
	{ KVM_REG_PPC_SIAR, 0 },     { KVM_REG_PPC_SDAR, 0 },  { KVM_REG_PPC_SIER, 0 },
	{ KVM_REG_PPC_PMC1, 0 },     { KVM_REG_PPC_PMC2, 0 },  { KVM_REG_PPC_PMC3, 0 },
	{ KVM_REG_PPC_PMC4, 0 },     { KVM_REG_PPC_PMC5, 0 },  { KVM_REG_PPC_PMC6, 0 },
	{ KVM_REG_PPC_FPSCR, 0 },    { KVM_REG_PPC_VSCR, 0 },  { KVM_REG_PPC_VRSAVE, 0 },
	{ KVM_REG_PPC_DAR, 0 },      { KVM_REG_PPC_DSISR, 0 }, { KVM_REG_PPC_DABR, 0 },
	{ KVM_REG_PPC_VPA_ADDR, 0 }, /* after the areas that hang on it */
};

static size_t reg_size(uint64_t reg)
{
	return 1ULL << ((reg & KVM_REG_SIZE_MASK) >> KVM_REG_SIZE_SHIFT);
}

/* Little- or big-endian host: a narrow register is read from the start of its own type. */
static int set_value(const struct kvm_cpu *c, uint64_t reg, uint64_t value)
{
	uint64_t wide[2] = { value, 0 };
	uint32_t narrow = (uint32_t)value;

	return kvm_cpu_set(c, reg, reg_size(reg) == sizeof(narrow) ? (void *)&narrow : wide);
}

static int reset_sregs(const struct kvm_cpu *c)
{
	struct kvm_sregs s, fresh;
	int r = sys_ioctl(c->fd, KVM_GET_SREGS, &s);

	if (r < 0)
		return r;
	memset(&fresh, 0, sizeof(fresh));
	fresh.pvr = s.pvr; /* any other is refused */
	return sys_ioctl(c->fd, KVM_SET_SREGS, &fresh);
}

#define ICP_PRIORITY_NONE 0xffULL
#define ICP_RESET                                                                                  \
	(ICP_PRIORITY_NONE << KVM_REG_PPC_ICP_MFRR_SHIFT | ICP_PRIORITY_NONE                       \
								   << KVM_REG_PPC_ICP_PPRI_SHIFT)

int kvm_cpu_reset(const struct kvm_cpu *c, bool xics)
{
	int r = reset_sregs(c);

	if (r < 0)
		return r;
	/* Areas registered by H_REGISTER_VPA: SLB shadow and dispatch log first, then the VPA. */
	set_value(c, KVM_REG_PPC_VPA_SLB, 0);
	set_value(c, KVM_REG_PPC_VPA_DTL, 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		r = set_value(c, rows[i].reg, rows[i].value);
		if (r < 0 && r != -EINVAL && r != -ENXIO)
			return r;
	}
	for (unsigned int i = 0; i < 32; i++) {
		set_value(c, KVM_REG_PPC_VSR(i), 0); /* FPRs are the upper halves of these */
		set_value(c, KVM_REG_PPC_VR(i), 0);  /* VSRs 32 to 63 */
	}
	return xics ? set_value(c, KVM_REG_PPC_ICP_STATE, ICP_RESET) : 0;
}
