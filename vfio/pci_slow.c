/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Configuration writes in which the host's kernel sleeps: a reset of the function (0.1 s, up to a
 * minute for a device that does not come back), a change of its power state (10 ms) and an access
 * to its product data (0.1 s). The vCPU lets go of the machine lock for them, and the function is
 * busy: others find all ones there.
 *
 * Through a reset, and as long as the function is in D3hot, its BARs have no memory slots: there
 * the kernel takes their mappings away, and a guest's access would wait in the kernel, or end KVM_RUN
 * by EFAULT. A trapped access reads ones, as on a real machine.
 *
 * Source: drivers/vfio/pci/vfio_pci_config.c of Linux, the writefn of these capabilities.
 */
#include "vfio/pci.h"

#include "sphapr/spapr.h"

#include <linux/pci_regs.h>
#include <linux/vfio.h>

#define CONFIG VFIO_PCI_CONFIG_REGION_INDEX
#define D3HOT 3u

struct change {
	struct vfio_pci *v;
	uint32_t off, size, value;
};

/* The byte that @c writes at @at; false: none. */
static bool writes(const struct change *c, uint32_t at, uint8_t *byte)
{
	if (at < c->off || at - c->off >= c->size)
		return false;
	*byte = (uint8_t)(c->value >> 8 * (at - c->off));
	return true;
}

static bool resets(const struct change *c)
{
	const struct vfio_slow_caps *caps = &c->v->slow;
	uint8_t b;

	if (caps->exp && writes(c, caps->exp + PCI_EXP_DEVCTL + 1, &b) &&
	    b & PCI_EXP_DEVCTL_BCR_FLR >> 8)
		return true;
	return caps->af && writes(c, caps->af + PCI_AF_CTRL, &b) && b & PCI_AF_CTRL_FLR;
}

/* The other states are left and entered at once. */
static bool falls_asleep_or_wakes(const struct change *c)
{
	uint8_t pm = c->v->slow.pm, b;

	return pm && writes(c, pm + PCI_PM_CTRL, &b) &&
	       ((b & PCI_PM_CTRL_STATE_MASK) == D3HOT) != c->v->asleep;
}

static bool asks_for_vpd(const struct change *c)
{
	uint8_t vpd = c->v->slow.vpd, b;

	return vpd && writes(c, vpd + PCI_VPD_ADDR + 1, &b);
}

/* Asks the device, which may not have obeyed. A device that does not answer counts as asleep. */
static bool is_asleep(struct vfio_pci *v)
{
	return v->slow.pm && (vfio_device_read(&v->dev, CONFIG, v->slow.pm + PCI_PM_CTRL, 2) &
			      PCI_PM_CTRL_STATE_MASK) == D3HOT;
}

bool vfio_write_sleeps(struct vfio_pci *v, uint32_t off, uint32_t size, uint32_t value)
{
	const struct change c = { v, off, size, value };

	return resets(&c) || falls_asleep_or_wakes(&c) || asks_for_vpd(&c);
}

static int carry_out(void *arg)
{
	const struct change *c = arg;

	vfio_device_write(&c->v->dev, CONFIG, c->off, c->size, c->value);
	return 0;
}

void vfio_write_unlocked(struct vfio_pci *v, uint32_t off, uint32_t size, uint32_t value)
{
	const struct spapr_platform *plat = &v->pe->env->sp->plat;
	struct change c = { v, off, size, value };
	bool bars = resets(&c) || falls_asleep_or_wakes(&c);

	if (bars)
		vfio_bars_unmap(v);
	v->func.busy = true;
	plat->without_lock(plat->ctx, carry_out, &c);
	v->func.busy = false;
	if (!bars)
		return;
	v->asleep = is_asleep(v);
	if (!v->asleep)
		vfio_bars_map(v);
}

void vfio_pci_was_reset(struct vfio_pci *v)
{
	v->to_wake |= v->asleep;
	v->asleep = v->unmapped = false; /* of the image no BAR decodes */
}

void vfio_pci_wake(struct vfio_pci *v)
{
	if (v->to_wake)
		vfio_device_write(&v->dev, CONFIG, v->slow.pm + PCI_PM_CTRL, 2, 0);
	v->to_wake = false;
}
