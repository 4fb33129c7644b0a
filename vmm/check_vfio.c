/* SPDX-License-Identifier: BSD-2-Clause */
/* `spapr-vmm check` for each [[vfio]] device: group, companions, rights, locked memory, windows. */
#include "vmm/check.h"

#include "vfio/group.h"
#include "vfio/memlock.h"
#include "vfio/sysfs.h"
#include "vmm/base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

struct companions {
	struct check *check;
	const struct options *opt;
	const char *host;
};

static bool is_ours(const struct options *opt, const char *bdf, bool *auto_bind)
{
	for (size_t i = 0; i < opt->nvfio; i++)
		if (strcmp(opt->vfio[i].host, bdf) == 0) {
			*auto_bind = opt->vfio[i].bind == OPT_BIND_AUTO;
			return true;
		}
	return false;
}

/* Every function of the group must be free of host drivers. */
static bool companion(void *ctx, const char *bdf)
{
	struct companions *c = ctx;
	char driver[DRIVER_NAME_LEN] = "", why[128];
	bool auto_bind = false, ours = is_ours(c->opt, bdf, &auto_bind);
	bool vfio;

	sysfs_driver(bdf, driver);
	vfio = strncmp(driver, "vfio", 4) == 0;
	if (!*driver || vfio) {
		check_line(c->check, ours && !vfio && !auto_bind ? CHECK_FAIL : CHECK_OK,
			   "  %s: driver %s%s", bdf, *driver ? driver : "none",
			   ours && !vfio && !auto_bind ?
				   ": set bind = \"auto\", or bind it to vfio-pci" :
				   "");
	} else if (ours && auto_bind && sysfs_in_use(bdf, why, sizeof(why))) {
		check_line(c->check, CHECK_FAIL, "  %s: driver %s, and the host uses it: %s: free it",
			   bdf, driver, why);
	} else if (ours && auto_bind) {
		check_line(c->check, CHECK_OK, "  %s: driver %s: taken at the start, given back at the "
					       "end",
			   bdf, driver);
	} else {
		check_line(c->check, CHECK_FAIL,
			   "  %s: driver %s makes the group not viable: \"echo %s > "
			   "/sys/bus/pci/devices/%s/driver/unbind\"",
			   bdf, driver, bdf, bdf);
	}
	return true;
}

static void check_windows(struct check *c, struct vfio_container *ct)
{
	char sizes[128] = "";

	for (uint32_t shift = 12; shift <= 34; shift++)
		if (ct->pgsizes >> shift & 1) {
			size_t n = strlen(sizes);

			snprintf(sizes + n, sizeof(sizes) - n, " %llu%s",
				 (1ULL << shift) / (shift < 20 ? KiB : shift < 30 ? MiB : GiB),
				 shift < 20 ? "K" : shift < 30 ? "M" : "G");
		}
	check_line(c, CHECK_OK, "  IOMMU pages%s; %u windows, %u table levels, 32-bit window %llu MiB",
		   sizes, ct->max_windows, ct->levels, (unsigned long long)(ct->dma32_size / MiB));
}

/* Opening the group for a moment answers rights and windows at once, if a device is bound. */
static void check_group(struct check *c, const char *host, int group)
{
	struct vfio_container ct;
	struct vfio_group g;
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/dev/vfio/%d", group);
	fd = sys_open(path, O_RDWR, 0);
	if (fd == -ENOENT || fd == -ENODEV) {
		check_line(c, CHECK_NOTE, "  %s: there once a device of the group is bound to vfio-pci",
			   path);
		return;
	}
	if (fd < 0) {
		check_line(c, CHECK_FAIL, "  %s: %s: %s", path, strerror(-fd),
			   fd == -EBUSY ? "another program uses it (\"fuser\" says which)" :
					  "\"chown USER\" it");
		return;
	}
	sys_close(fd);
	check_line(c, CHECK_OK, "  %s: may be opened", path);
	if (container_open(&ct) < 0) {
		c->bad = true;
		return;
	}
	if (group_open(&g, &ct, group, host) == 0) {
		if (container_start(&ct, host) == 0)
			check_windows(c, &ct);
		else
			c->bad = true;
		group_close(&g);
	} else {
		c->bad = true;
	}
	container_close(&ct);
}

void check_vfio(struct check *c, const struct options *opt)
{
	struct memlock_need need =
		memlock_need(opt->machine.memory, (uint32_t)opt->nvfio, 1 * GiB, true,
			     sys_page_size());

	for (size_t i = 0; i < opt->nvfio; i++) {
		const char *host = opt->vfio[i].host;
		struct companions comp = { c, opt, host };
		int group = sysfs_iommu_group(host);

		if (group < 0) {
			check_line(c, CHECK_FAIL, "vfio %s: %s", host,
				   group == -ENOENT ? "no such PCI function: \"lspci -D\" lists them" :
						      "no IOMMU group: it cannot be passed through");
			continue;
		}
		check_line(c, CHECK_OK, "vfio %s: IOMMU group %d", host, group);
		sysfs_group_each(group, companion, &comp);
		check_group(c, host, group);
	}
	if (opt->nvfio == 0)
		return;
	if (!sysfs_driver_loaded("vfio-pci"))
		check_line(c, CHECK_FAIL, "vfio-pci is not loaded: \"modprobe vfio-pci\"");
	if (memlock_allows(&need, opt->vfio[0].host))
		check_line(c, CHECK_OK, "locked memory: %llu MiB needed, allowed",
			   (unsigned long long)((need.ram + need.tables) / MiB));
	else
		c->bad = true;
}
