/* SPDX-License-Identifier: BSD-2-Clause */
/* `spapr-vmm check` for each [[vfio]] device: group, companions, rights, locked memory, windows. */
#include "vmm/machine/check.h"

#include "vfio/in_use.h"
#include "vmm/base/sys.h"
#include "vmm/machine/passthrough.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

struct companions {
	struct check *check;
	const struct options *opt;
};

static const struct opt_vfio *entry_of(const struct options *opt, const char *bdf)
{
	for (size_t i = 0; i < opt->nvfio; i++)
		if (strcmp(opt->vfio[i].host, bdf) == 0)
			return &opt->vfio[i];
	return NULL;
}

/* Every function of the group must be free of host drivers. */
static bool companion(void *ctx, const char *bdf)
{
	struct companions *c = ctx;
	char driver[VFIO_DRIVER_NAME_LEN] = "", why[160];
	const struct opt_vfio *v = entry_of(c->opt, bdf);

	vfio_sysfs_driver(bdf, driver);
	if (strcmp(driver, "vfio-pci") == 0 || (!v && vfio_group_harmless(driver)))
		check_line(c->check, CHECK_OK, "  %s: driver %s", bdf, *driver ? driver : "none");
	else if (v && v->bind == OPT_BIND_MANUAL)
		check_line(c->check, CHECK_FAIL,
			   "  %s: driver %s: set bind = \"auto\", or " VFIO_BIND_BY_HAND, bdf,
			   *driver ? driver : "none", VFIO_BIND_ARGS(bdf));
	else if (v && vfio_in_use(bdf, why, sizeof(why)))
		check_line(c->check, CHECK_FAIL, "  %s: driver %s, and the host uses it: %s", bdf,
			   driver, why);
	else if (v && vfio_bind_may(bdf) < 0)
		check_line(c->check, CHECK_FAIL,
			   "  %s: driver %s: this user may not take it: " VFIO_BIND_BY_HAND, bdf,
			   *driver ? driver : "none", VFIO_BIND_ARGS(bdf));
	else if (v)
		check_line(c->check, CHECK_OK,
			   "  %s: driver %s: taken at the start, given back at the end", bdf,
			   *driver ? driver : "none");
	else
		check_line(c->check, CHECK_FAIL,
			   "  %s: driver %s makes the group not viable: \"echo %s > "
			   "/sys/bus/pci/devices/%s/driver/unbind\"",
			   bdf, driver, bdf, bdf);
	return true;
}

static void check_windows(struct check *c, struct vfio_container *ct)
{
	char sizes[128] = "";

	for (uint32_t shift = 12; shift <= 34; shift++)
		if (ct->pgsizes >> shift & 1) {
			size_t n = strlen(sizes);

			snprintf(sizes + n, sizeof(sizes) - n, " %llu%s",
				 (1ULL << shift) / (shift < 20   ? KiB
						    : shift < 30 ? MiB
								 : GiB),
				 shift < 20   ? "K"
				 : shift < 30 ? "M"
					      : "G");
		}
	check_line(c, CHECK_OK,
		   "  IOMMU pages%s; %u windows, %u table levels, 32-bit window %llu MiB", sizes,
		   ct->max_windows, ct->levels, (unsigned long long)(ct->dma32_size / MiB));
}

/* Opening the group for a moment answers rights and windows at once, if a device is bound. */
static void check_group(struct check *c, const char *host, int group, bool v2)
{
	struct vfio_container ct;
	struct vfio_group g;
	char path[32];
	int fd, r;

	snprintf(path, sizeof(path), "/dev/vfio/%d", group);
	fd = sys_open(path, O_RDWR, 0);
	if (fd == -ENOENT || fd == -ENODEV) {
		check_line(c, CHECK_NOTE,
			   "  %s: there once a device of the group is bound to vfio-pci", path);
		return;
	}
	if (fd < 0) {
		check_line(c, CHECK_FAIL, "  %s: %s: \"%s %s\"%s", path, strerror(-fd),
			   fd == -EBUSY ? "fuser -v" : "chown USER", path,
			   fd == -EBUSY ? " says which program uses it: end that first" : "");
		return;
	}
	sys_close(fd);
	check_line(c, CHECK_OK, "  %s: may be opened", path);
	if (!v2 || vfio_container_open(&ct) < 0)
		return;
	if (vfio_group_open(&g, &ct, group, host) == 0) {
		r = vfio_container_start(&ct, host);
		if (r == 0)
			check_windows(c, &ct);
		if (r == 0)
			r = vfio_eeh_release(&ct, host);
		if (r > 0)
			check_line(c, CHECK_NOTE,
				   "  %s: a program that was killed had left it in reset: released",
				   host);
		c->bad |= r < 0;
		vfio_group_close(&g);
	} else {
		c->bad = true;
	}
	vfio_container_close(&ct);
}

static void check_entry(struct check *c, const struct options *opt, const char *host, int group,
			bool v2)
{
	struct companions comp = { c, opt };

	if (group < 0) {
		check_line(c, CHECK_FAIL, "vfio %s: %s", host,
			   group == -ENOENT ? "no such PCI function: \"lspci -D\" lists them"
					    : "no IOMMU group: it cannot be passed through");
		return;
	}
	check_line(c, CHECK_OK, "vfio %s: IOMMU group %d", host, group);
	vfio_sysfs_group_each(group, companion, &comp);
	check_group(c, host, group, v2);
}

/* Is there a v2 container? */
static bool check_modules(struct check *c, const struct options *opt)
{
	bool takes = false, v2 = vfio_container_probe() == 0;

	for (size_t i = 0; i < opt->nvfio; i++)
		takes |= opt->vfio[i].bind == OPT_BIND_AUTO;
	if (!vfio_sysfs_driver_loaded("vfio-pci"))
		check_line(c, takes ? CHECK_FAIL : CHECK_NOTE,
			   "vfio-pci is not loaded: \"modprobe vfio-pci\"");
	if (v2)
		check_line(c, CHECK_OK, "vfio: SPAPR TCE v2 through /dev/vfio/vfio");
	else /* vfio_container_probe() has said why, and what to do */
		check_line(c, CHECK_FAIL, "vfio: /dev/vfio/vfio gives no SPAPR TCE v2 container");
	return v2;
}

static void check_memory(struct check *c, const struct options *opt, const struct vfio_memlock_need *need)
{
	if (vfio_memlock_allows(need, opt->vfio[0].host))
		check_line(c, CHECK_OK, "locked memory: %llu MiB needed, allowed",
			   (unsigned long long)((need->ram + need->tables + MiB - 1) / MiB));
	else
		check_line(c, CHECK_FAIL, "locked memory: the limit is too low");
}

void check_vfio(struct check *c, const struct options *opt)
{
	struct pass_groups groups;
	bool v2;

	if (opt->nvfio == 0)
		return;
	if (pass_groups_make(&groups, opt) < 0) {
		check_line(c, CHECK_FAIL, "vfio: out of memory");
		return;
	}
	v2 = check_modules(c, opt);
	for (size_t i = 0; i < opt->nvfio; i++)
		check_entry(c, opt, opt->vfio[i].host, groups.ids[i], v2);
	check_memory(c, opt, &groups.need);
	pass_groups_free(&groups);
}
