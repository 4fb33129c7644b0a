/* SPDX-License-Identifier: BSD-2-Clause */
#define LOG_PREFIX "bind"
#include "vmm/machine/hold.h"

#include "vfio/bind.h"
#include "vfio/share.h"
#include "vmm/base/log.h"
#include "vmm/machine/findings.h"
#include "vmm/machine/host.h"
#include "vmm/machine/passthrough_groups.h"

/* Whatever else fails: all that can be given back is. */
static enum exit_status give_back(const struct options *opt)
{
	enum exit_status status = STATUS_OFF;

	for (size_t i = opt->nvfio; i-- > 0;)
		if (opt->vfio[i].bind == OPT_BIND_AUTO && vfio_bind_release(opt->vfio[i].host) < 0)
			status = STATUS_HOST;
	return status;
}

static int take(const struct options *opt, const struct pass_groups *groups, const uint32_t *gid)
{
	int r = 0;

	for (size_t i = 0; i < opt->nvfio && r == 0; i++)
		if (opt->vfio[i].bind == OPT_BIND_AUTO)
			r = vfio_bind_hold(opt->vfio[i].host);
	for (uint32_t i = 0; gid && i < groups->n && r == 0; i++)
		r = vfio_group_share(groups->group[i].id, *gid);
	return r;
}

/* The same questions as of a start, but for what this process needs not: locked memory, a container. */
static bool allowed(const struct options *opt, const struct pass_groups *groups)
{
	struct findings to = { .sink = findings_first_fail };

	findings_vfio_drivers(&to, opt, groups);
	return !to.failed;
}

enum exit_status machine_bind(const struct options *opt, const char *group)
{
	enum exit_status status = STATUS_HOST;
	struct pass_groups groups;
	uint32_t gid = 0;

	if (group && !host_find_group(group, &gid)) {
		log_error(
			"--group %.60s: there is no group of this name: \"addgroup --system %.60s\"",
			group, group);
		return STATUS_USAGE;
	}
	if (opt->nvfio == 0)
		return STATUS_OFF;
	if (pass_groups_make(&groups, opt) < 0) {
		log_error("out of memory");
		return STATUS_INTERNAL;
	}
	if (allowed(opt, &groups)) {
		if (take(opt, &groups, group ? &gid : NULL) == 0)
			status = STATUS_OFF;
		else
			give_back(opt);
	}
	pass_groups_free(&groups);
	return status;
}

enum exit_status machine_unbind(const struct options *opt)
{
	return give_back(opt);
}
