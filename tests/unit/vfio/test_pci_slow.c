/* SPDX-License-Identifier: BSD-2-Clause */
/* pci_slow.c: resets, power states and VPD by configuration writes; no lock, no mapped BARs. */
#include "tests/unit/vfio/fixture.h"

#define BAR 0x80000000u
#define PM (0x60 + PCI_PM_CTRL)
#define DEVCTL (0x80 + PCI_EXP_DEVCTL)
#define AF 0x70
#define VPD 0x78

static struct fake_hostdev *dev;
static struct vfio_pci *v, *sibling;
static unsigned int met; /* how often another vCPU came by */

static void setup(void)
{
	vx_setup();
	dev = fake_hostdev_new(FAKE_NVME, VX_BDF, VX_GROUP, "vfio-pci");
	dev->config[0x60 + 1] = VPD; /* the last of the list, and behind it these two */
	dev->config[VPD] = PCI_CAP_ID_VPD;
	dev->config[VPD + 1] = AF;
	dev->config[AF] = PCI_CAP_ID_AF;
	memset(dev->wmask + VPD + 2, 0xff, 6);
	dev->wmask[AF + PCI_AF_CTRL] = PCI_AF_CTRL_FLR;
	fake_hostdev_new(FAKE_E1000E, "0004:01:00.1", VX_GROUP, "vfio-pci");
	vx_open(INTC_XICS);
	v = vx_function(dev);
	cr_assert(eq(int, vfio_pe_add_func(&vx.pe, "0004:01:00.1", 1, VFIO_RESET_AUTO), 0), "%s",
		  said_all());
	sibling = vx.pe.funcs[1];
	pci_func_config_write(&v->func, PCI_BASE_ADDRESS_0, 4, BAR);
	pci_func_config_write(&v->func, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	met = 0;
}

static void stop(void)
{
	vx.plat.meanwhile = NULL;
	vx_close();
	VX_NOTHING_LEFT();
}

TestSuite(pci_slow, .init = setup, .timeout = 30);

static gpa_t bar_gpa(void)
{
	return phb_range(0, PHB_MEM32).gpa + (BAR - 0x80000000u);
}

static bool is_mapped(void)
{
	return fake_guest_memory(bar_gpa(), 1) != NULL;
}

static uint32_t load(void)
{
	uint8_t b[4] = { 0 };

	cr_assert(phb_mmio(&vx.sp, bar_gpa(), b, 4, false));
	return le32_load(b);
}

static int32_t call(const char *name, uint32_t nret, uint32_t a0, uint32_t a3, uint32_t *ret)
{
	const struct rtas_desc *row = rtas_row(rtas_token(name) - RTAS_TOKEN_BASE);
	struct rtas_call c = { .nargs = row->nargs,
			       .nret = nret,
			       .args = { a0, (uint32_t)(PHB_BUID_BASE >> 32),
					 (uint32_t)PHB_BUID_BASE, a3, 1, 1 } };
	int32_t status = rtas_dispatch(&vx.sp, rtas_token(name), &c);

	*ret = c.rets[1];
	return status;
}

/* What another vCPU finds while the host's kernel sleeps. */
static void others_find_a_busy_function(void)
{
	int reads = fake_count("pread device " VX_BDF),
	    writes = fake_count("pwrite device " VX_BDF);
	uint32_t ret;

	met++;
	cr_assert(eq(int, call("ibm,read-pci-config", 2, 0, 4, &ret), RTAS_OK));
	cr_assert(eq(u32, ret, UINT32_MAX));
	cr_assert(eq(int, call("ibm,write-pci-config", 1, PCI_COMMAND, 2, &ret), RTAS_OK));
	cr_assert(eq(u32, load(), UINT32_MAX));
	cr_assert(eq(int, call("ibm,set-slot-reset", 1, 0, 1, &ret), RTAS_WAIT_100MS));
	cr_assert(eq(int, call("ibm,set-eeh-option", 1, 0, 1, &ret), RTAS_WAIT_100MS));
	cr_assert(eq(int, call("ibm,configure-pe", 1, 0, 0, &ret), RTAS_WAIT_100MS));
	cr_assert(eq(int, call("ibm,change-msi", 4, 0, 4, &ret), RTAS_WAIT_100MS));
	cr_assert(eq(int, fake_count("pread device " VX_BDF), reads), "the function is asked");
	cr_assert(eq(int, fake_count("pwrite device " VX_BDF), writes));
	/* Only this function. */
	cr_assert(eq(int, call("ibm,read-pci-config", 2, 0x100, 4, &ret), RTAS_OK));
	cr_assert(eq(u32, ret, 0x10d38086));
}

static void others_find_no_bar(void)
{
	others_find_a_busy_function();
	cr_assert(eq(int, is_mapped(), 0));
}

struct write_case {
	uint32_t off, size, value;
	bool slow;
	bool bars; /* have no slots meanwhile */
};

ParameterizedTestParameters(pci_slow, which_writes_leave_the_lock)
{
	static struct write_case cases[] = {
		{ DEVCTL, 2, PCI_EXP_DEVCTL_BCR_FLR, true, true },
		{ DEVCTL, 4, 0x2810 | PCI_EXP_DEVCTL_BCR_FLR, true, true },
		{ DEVCTL + 1, 1, PCI_EXP_DEVCTL_BCR_FLR >> 8, true, true },
		{ DEVCTL, 1, 0x80, false, false },
		{ DEVCTL, 2, 0x2810, false, false },
		{ DEVCTL + 2, 2, PCI_EXP_DEVCTL_BCR_FLR, false, false },
		{ AF + PCI_AF_CTRL, 1, PCI_AF_CTRL_FLR, true, true },
		{ AF + PCI_AF_CTRL, 2, 0, false, false },
		{ AF + PCI_AF_CTRL + 1, 1, PCI_AF_CTRL_FLR, false, false },
		{ PM, 2, 3, true, true },
		{ PM, 4, 3, true, true },
		{ PM, 2, 0x100, false, false }, /* D0 as before: a mapped BAR stays so */
		{ PM, 1, 1, false, false },
		{ PM + 1, 1, 3, false, false },
		{ VPD + PCI_VPD_ADDR, 2, 0, true, false },
		{ VPD + PCI_VPD_ADDR, 2, PCI_VPD_ADDR_F, true, false },
		{ VPD + PCI_VPD_DATA, 4, PCI_VPD_ADDR_F, false, false },
	};

	return cr_make_param_array(struct write_case, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct write_case *p, pci_slow, which_writes_leave_the_lock)
{
	vx.plat.meanwhile = p->bars ? others_find_no_bar : others_find_a_busy_function;
	pci_func_config_write(&v->func, p->off, p->size, p->value);
	cr_assert(eq(uint, met, p->slow));
	cr_assert(not(phb_unreachable(vx.pe.phb, &v->func)));
	cr_assert(dev->touched[p->off], "it was not written");
	stop();
}

Test(pci_slow, a_reset_brings_the_bars_back)
{
	unsigned int resets = dev->resets;

	pci_func_config_write(&v->func, DEVCTL, 2, PCI_EXP_DEVCTL_BCR_FLR);
	cr_assert(eq(uint, dev->resets, resets + 1));
	cr_assert(is_mapped());
	stop();
}

Test(pci_slow, asleep_no_bar_has_a_slot)
{
	pci_func_config_write(&v->func, PM, 2, 3);
	cr_assert(eq(int, is_mapped(), 0));
	cr_assert(lt(int, fake_last_at("KVM_SET_USER_MEMORY_REGION vm"),
		     fake_last_at("pwrite device " VX_BDF)),
		  "it had one when it fell asleep");
	cr_assert(eq(u32, load(), UINT32_MAX));
	/* Neither by a BAR that moves, nor by decode off and on. */
	pci_func_config_write(&v->func, PCI_COMMAND, 2, 0);
	pci_func_config_write(&v->func, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	cr_assert(eq(int, is_mapped(), 0));
	pci_func_config_write(&v->func, PM, 2, 3);
	cr_assert(eq(int, is_mapped(), 0));
	pci_func_config_write(&v->func, PM, 2, 0);
	cr_assert(is_mapped());
	cr_assert(ne(u32, load(), UINT32_MAX));
	stop();
}

/* A device that stays asleep, whatever the guest writes. */
Test(pci_slow, what_does_not_wake_stays_unmapped)
{
	pci_func_config_write(&v->func, PM, 2, 3);
	dev->wmask[PM] = 0;
	pci_func_config_write(&v->func, PM, 2, 0);
	cr_assert(eq(int, is_mapped(), 0));
	dev->wmask[PM] = 3;
	pci_func_config_write(&v->func, PM, 2, 0);
	cr_assert(is_mapped());
	stop();
}

Test(pci_slow, a_reset_wakes)
{
	pci_func_config_write(&v->func, PM, 2, 3);
	pci_func_config_write(&v->func, DEVCTL, 2, PCI_EXP_DEVCTL_BCR_FLR);
	cr_assert(is_mapped());
	pci_func_config_write(&v->func, PM, 2, 3);
	cr_assert(eq(int, spapr_reset(&vx.sp), 0));
	pci_func_config_write(&v->func, PCI_BASE_ADDRESS_0, 4, BAR);
	pci_func_config_write(&v->func, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	cr_assert(is_mapped());
	cr_assert(ne(u32, load(), UINT32_MAX));
	stop();
}

/* The host's power management sees nothing of such a reset: it is told. */
Test(pci_slow, a_reset_of_the_pe_wakes)
{
	uint32_t ret;

	pci_func_config_write(&v->func, PM, 2, 3);
	cr_assert(eq(int, call("ibm,set-slot-reset", 1, 0, 1, &ret), RTAS_OK));
	dev->touched[PM] = false;
	cr_assert(eq(int, call("ibm,set-slot-reset", 1, 0, 0, &ret), RTAS_OK));
	cr_assert(dev->touched[PM]);
	pci_func_config_write(&v->func, PCI_BASE_ADDRESS_0, 4, BAR);
	pci_func_config_write(&v->func, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	cr_assert(is_mapped());
	cr_assert(ne(u32, load(), UINT32_MAX));
	stop();
}

Test(pci_slow, nothing_is_mapped_or_written_while_held_in_reset)
{
	uint32_t ret;

	cr_assert(eq(int, call("ibm,set-slot-reset", 1, 0, 1, &ret), RTAS_OK));
	cr_assert(eq(int, is_mapped(), 0));
	cr_assert(eq(int, call("ibm,write-pci-config", 1, 0x10, 4, &ret), RTAS_OK));
	cr_assert(eq(int, call("ibm,read-pci-config", 2, 0x10, 4, &ret), RTAS_OK));
	cr_assert(eq(u32, ret, UINT32_MAX));
	for (uint32_t option = 1; option <= 3; option++)
		cr_assert(eq(int, call("ibm,set-eeh-option", 1, 0, option, &ret), -7));
	cr_assert(eq(int, fake_count("VFIO_EEH_PE_OP container 0 2"), 0));
	cr_assert(eq(int, fake_count("VFIO_EEH_PE_OP container 0 3"), 0));
	cr_assert(eq(int, call("ibm,set-slot-reset", 1, 0, 0, &ret), RTAS_OK));
	cr_assert(eq(int, call("ibm,read-pci-config", 2, 0, 4, &ret), RTAS_OK));
	cr_assert(eq(u32, ret, 0x00101b36));
	cr_assert(eq(int, call("ibm,set-eeh-option", 1, 0, 2, &ret), RTAS_OK));
	stop();
}
