/* SPDX-License-Identifier: BSD-2-Clause */
/* Error recovery of a PE: PAPR's functions to VFIO_EEH_PE_OP, which wants one group a container. */
#include "vfio/pe.h"

#include "vfio/pci.h"
#include "vfio/sysfs.h"

#include <errno.h>
#include <linux/vfio.h>

static int set_option(void *ctx, uint32_t option)
{
	static const uint32_t ops[] = {
		[EEH_DISABLE] = VFIO_EEH_PE_DISABLE,
		[EEH_ENABLE] = VFIO_EEH_PE_ENABLE,
		[EEH_THAW_MMIO] = VFIO_EEH_PE_UNFREEZE_IO,
		[EEH_THAW_DMA] = VFIO_EEH_PE_UNFREEZE_DMA,
	};
	struct vfio_pe *pe = ctx;

	return option < ARRAY_LEN(ops) ? vfio_container_eeh(&pe->container, ops[option]) : -EINVAL;
}

static int read_state(void *ctx)
{
	struct vfio_pe *pe = ctx;

	return vfio_container_eeh(&pe->container, VFIO_EEH_PE_GET_STATE);
}

static int release(struct vfio_pe *pe)
{
	int r = vfio_container_eeh(&pe->container, VFIO_EEH_PE_RESET_DEACTIVATE);

	for (uint32_t i = 0; i < pe->nfuncs; i++)
		vfio_pci_wake(pe->funcs[i]);
	return r;
}

static int reset(void *ctx, uint32_t how)
{
	struct vfio_pe *pe = ctx;

	switch (how) {
	case EEH_RESET_OFF:
		return release(pe);
	case EEH_RESET_HOT:
		return vfio_container_eeh(&pe->container, VFIO_EEH_PE_RESET_HOT);
	case EEH_RESET_FUNDAMENTAL:
		return vfio_container_eeh(&pe->container, VFIO_EEH_PE_RESET_FUNDAMENTAL);
	default:
		return -EINVAL;
	}
}

static int configure(void *ctx)
{
	struct vfio_pe *pe = ctx;

	return vfio_container_eeh(&pe->container, VFIO_EEH_PE_CONFIGURE);
}

static int inject(void *ctx, const struct eeh_error *e)
{
	struct vfio_pe *pe = ctx;

	return vfio_container_inject(&pe->container, &(struct vfio_eeh_pe_err){ .type = e->wide,
										.func = e->function,
										.addr = e->addr,
										.mask = e->mask });
}

const struct eeh_ops vfio_eeh_ops = {
	.set_option = set_option,
	.read_state = read_state,
	.reset = reset,
	.configure = configure,
	.inject = inject,
};

int vfio_eeh_release(struct vfio_container *c, const char *who, struct finding *f)
{
	bool silent = vfio_sysfs_is_silent(who);

	if (silent && vfio_container_has_eeh(c)) {
		vfio_container_eeh(c, VFIO_EEH_PE_RESET_DEACTIVATE);
		vfio_container_eeh(c, VFIO_EEH_PE_CONFIGURE);
		vfio_container_eeh(c, VFIO_EEH_PE_ENABLE);
	}
	if (vfio_sysfs_is_silent(who)) {
		finding_fail(f, "vfio", who, "the device does not answer");
		finding_remedy(
			f,
			"reset it (\"echo 1 > /sys/bus/pci/devices/%s/reset\"), or reboot the host",
			who);
		return -ENXIO;
	}
	/* A load from such a BAR ends the host. */
	if (vfio_sysfs_has_lost_bars(who)) {
		finding_fail(
			f, "vfio", who,
			"a program that was killed had left it in reset, and the host lost its BARs");
		finding_remedy(f, VFIO_RESCAN, who);
		return -ENXIO;
	}
	if (!silent)
		return 0;
	finding_set(f, VERDICT_NOTE, "vfio", who,
		    "a program that was killed had left it in reset: released");
	return 1;
}
