/* SPDX-License-Identifier: BSD-2-Clause */
/* Error recovery of a PE: PAPR's functions to VFIO_EEH_PE_OP. One group a container, as it needs. */
#include "vfio/pe.h"

#include <errno.h>
#include <linux/vfio.h>

static int set_option(void *ctx, uint32_t option)
{
	static const uint32_t ops[] = { VFIO_EEH_PE_DISABLE, VFIO_EEH_PE_ENABLE,
					VFIO_EEH_PE_UNFREEZE_IO, VFIO_EEH_PE_UNFREEZE_DMA };
	struct vfio_pe *pe = ctx;

	return option < ARRAY_LEN(ops) ? container_eeh(&pe->container, ops[option]) : -EINVAL;
}

static int read_state(void *ctx)
{
	struct vfio_pe *pe = ctx;

	return container_eeh(&pe->container, VFIO_EEH_PE_GET_STATE);
}

static int reset(void *ctx, uint32_t how)
{
	struct vfio_pe *pe = ctx;

	switch (how) {
	case 0:
		return container_eeh(&pe->container, VFIO_EEH_PE_RESET_DEACTIVATE);
	case 1:
		return container_eeh(&pe->container, VFIO_EEH_PE_RESET_HOT);
	case 3:
		return container_eeh(&pe->container, VFIO_EEH_PE_RESET_FUNDAMENTAL);
	default:
		return -EINVAL;
	}
}

static int configure(void *ctx)
{
	struct vfio_pe *pe = ctx;

	return container_eeh(&pe->container, VFIO_EEH_PE_CONFIGURE);
}

const struct eeh_ops vfio_eeh_ops = {
	.set_option = set_option,
	.read_state = read_state,
	.reset = reset,
	.configure = configure,
};
