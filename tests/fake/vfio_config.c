/* SPDX-License-Identifier: BSD-2-Clause */
/* Configuration of a function as vfio-pci passes it on: drivers/vfio/pci/vfio_pci_config.c. */
#include "tests/fake/vfio_impl.h"

#include <errno.h>
#include <linux/pci_regs.h>
#include <string.h>

static bool is_in_d3(const struct fake_hostdev *d)
{
	return d->pm && (d->config[d->pm + PCI_PM_CTRL] & PCI_PM_CTRL_STATE_MASK) == 3;
}

/* __vfio_pci_memory_enabled() */
bool fake_config_has_memory(const struct fake_hostdev *d)
{
	return d->config[PCI_COMMAND] & PCI_COMMAND_MEMORY && !is_in_d3(d);
}

static void wake(struct fake_hostdev *d)
{
	if (d->pm)
		d->config[d->pm + PCI_PM_CTRL] &= (uint8_t)~PCI_PM_CTRL_STATE_MASK;
}

/* A reset keeps what vfio-pci saves and restores around it, but no user's bits. */
void fake_config_reset(struct fake_hostdev *d)
{
	d->resets++;
	d->config[PCI_COMMAND] = d->config[PCI_COMMAND + 1] = 0;
	d->line = false;
	wake(d);
}

/* As runtime power management of Linux 6.12 does after a user who held the PE in reset was killed. */
void fake_config_lose_bars(struct fake_hostdev *d)
{
	memset(d->config + PCI_BASE_ADDRESS_1, 0xff, 4);
}

/* vfio_exp_config_write(): pci_try_reset_function() puts back what it found. */
static void reset_when_asked(struct fake_hostdev *d)
{
	uint8_t *control = &d->config[d->exp + PCI_EXP_DEVCTL + 1];

	if (!d->exp || !(*control & PCI_EXP_DEVCTL_BCR_FLR >> 8))
		return;
	*control &= (uint8_t)~(PCI_EXP_DEVCTL_BCR_FLR >> 8);
	if (!d->flr)
		return;
	fake_sleep();
	d->resets++;
	d->line = false;
	wake(d);
}

static bool inside(const struct fake_hostdev *d, size_t len, uint64_t off)
{
	return off < d->config_size && len <= d->config_size - off;
}

ssize_t fake_config_read(struct fake_hostdev *d, void *buf, size_t len, uint64_t off)
{
	if (!inside(d, len, off))
		return -EFAULT;
	if (fake_eeh_dark())
		memset(buf, 0xff, len);
	else
		memcpy(buf, d->config + off, len);
	return (ssize_t)len;
}

ssize_t fake_config_write(struct fake_hostdev *d, const void *buf, size_t len, uint64_t off)
{
	const uint8_t *p = buf;

	if (!inside(d, len, off))
		return -EFAULT;
	for (size_t i = 0; i < len && !fake_eeh_dark(); i++) {
		uint8_t *c = &d->config[off + i], w = d->wmask[off + i];

		*c = (uint8_t)((*c & ~w) | (p[i] & w));
		d->touched[off + i] = true;
	}
	reset_when_asked(d);
	return (ssize_t)len;
}
