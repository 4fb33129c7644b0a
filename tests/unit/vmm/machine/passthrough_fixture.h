/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_UNIT_VMM_MACHINE_PASSTHROUGH_FIXTURE_H
#define TESTS_UNIT_VMM_MACHINE_PASSTHROUGH_FIXTURE_H

/* A guest with a disk of the host: one NVMe function in group 26, driven by nvme until we come. */

#include "tests/unit/vmm/machine/fixture.h"

#include "sphapr/hcall.h"
#include "tests/fake/vfio.h"
#include "vfio/pci.h"

#include <linux/pci_regs.h>
#include <linux/vfio.h>

#define BDF "0004:01:00.0"
#define ONE "vfio.0.host=" BDF " "
#define LIOBN 0x80000000ul
#define BUID_HI (uint32_t)(PHB_BUID_BASE >> 32)
#define BUID_LO (uint32_t)PHB_BUID_BASE

static struct fake_hostdev *nvme;

static inline void pt_setup(void)
{
	fx_setup();
	nvme = fake_hostdev_new(FAKE_NVME, BDF, 26, "nvme");
}

#define ALL_IS_GIVEN_BACK()                                                                        \
	do {                                                                                       \
		FX_NOTHING_LEFT();                                                                 \
		cr_assert(eq(str, chars(fake_vfio_left()), ""), "%s", said_all());                 \
		cr_assert(eq(str, chars(fake_faults()), ""), "%s", said_all());                    \
		cr_assert(eq(str, nvme->driver, "nvme"), "%s", said_all());                        \
		cr_assert(eq(str, nvme->override, ""), "%s", said_all());                          \
	} while (0)

/* The guest's whole life with its disk: window, TCEs in the kernel and by list, MSI-X, reboot. */
static inline void use_disk(struct guest *g)
{
	uint64_t list = 0x100000, gpa;
	uint8_t be[8];

	guest_check(guest_hcall(g, H_PUT_TCE, 3, LIOBN, 0x1000ul, 0x20003ul) == H_SUCCESS, "put");
	guest_write(g, 0x20000, "sector", 7);
	guest_check(fake_dma(26, 0x1000, false) &&
			    memcmp(fake_dma(26, 0x1000, false), "sector", 7) == 0,
		    "the device does not see it");
	for (uint64_t i = 0; i < 8; i++) {
		gpa = (0x200000 + (i << 12)) | 3;
		be64_store(be, gpa);
		guest_write(g, list + 8 * i, be, 8);
	}
	guest_check(guest_hcall(g, H_PUT_TCE_INDIRECT, 4, LIOBN, 0x8000ul, list, 8ul) == H_SUCCESS,
		    "list");
	guest_check(guest_hcall(g, H_GET_TCE, 2, LIOBN, 0xf000ul) == H_SUCCESS, "get");
	guest_check(g->args[0] == (0x207000 | 3), "what was put");
	guest_check(guest_rtas(g, "ibm,change-msi", 6, 4, 0, BUID_HI, BUID_LO, 4, 3, 1) == 0,
		    "msi");
	guest_check(g->args[1] == 3, "vectors");
	guest_check(guest_rtas(g, "ibm,write-pci-config", 5, 1, PCI_COMMAND, BUID_HI, BUID_LO, 2,
			       PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER) == 0,
		    "command");
	guest_check(guest_rtas(g, "ibm,write-pci-config", 5, 1, 0x42, BUID_HI, BUID_LO, 2,
			       PCI_MSIX_FLAGS_ENABLE) == 0,
		    "enable");
	guest_check(fake_send_msi(nvme, 2), "vector 2 is not armed");
	if (g->starts == 1)
		guest_rtas(g, "system-reboot", 0, 1);
	guest_rtas(g, "power-off", 2, 1, 0, 0);
}

#endif
