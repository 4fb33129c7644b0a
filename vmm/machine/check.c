/* SPDX-License-Identifier: BSD-2-Clause */
/* `spapr-vmm check`: what this host offers, row by row, and the commands that mend the rest. */
#include "vmm/base/log.h"
#include "vmm/machine/check_out.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/passthrough_groups.h"
#include "vmm/machine/power_on.h"

static void check_vfio(struct findings *to, const struct options *opt)
{
	struct pass_groups groups;

	if (opt->nvfio == 0)
		return;
	if (pass_groups_make(&groups, opt) < 0) {
		findings_add(to, VERDICT_FAIL, "vfio", "out of memory");
		return;
	}
	findings_vfio(to, opt, &groups, true);
	pass_groups_free(&groups);
}

static void check_kvm(struct findings *to, const struct options *opt)
{
	struct kvm_caps caps;
	struct kvm_vm vm;

	if (findings_kvm(to, &vm, &caps) < 0)
		return;
	kvm_vm_close(&vm);
	if (!opt) {
		findings_offer(to, &caps);
		return;
	}
	findings_choices(to, opt, &caps, power_on_kind(&opt->boot));
	findings_places(to, opt);
	findings_tce(to, opt, &caps);
}

/*
 * A check leaves nothing that a run makes for others to read, or to connect to: its folder may be one that
 * a service manager makes with the run, and files of the root who checks would keep the run's user out.
 */
static struct options without_traces(const struct options *opt)
{
	static char none[] = "none";
	struct options o = *opt;

	o.console = (struct opt_console){ .backend = none };
	o.events.path = o.metrics.path = o.api.socket = o.nvram.path = NULL;
	o.timeline = NULL;
	return o;
}

/* The guest itself: build it as a run would, and take it down before it runs. */
static enum exit_status check_guest(struct findings *to, const struct options *opt)
{
	const struct options o = without_traces(opt);
	struct machine *m = NULL;
	enum exit_status status = machine_create(&m, &o);

	if (status == STATUS_OFF)
		findings_add(to, VERDICT_OK, "guest", "this host can run it");
	machine_destroy(m);
	return status;
}

enum exit_status machine_check(const struct options *opt, bool json)
{
	struct check_out out;
	struct findings to = { .sink = check_out_row, .ctx = &out };
	enum exit_status status = STATUS_OFF;

	log_set_level(LOG_ERROR);
	check_out_begin(&out, json);
	check_kvm(&to, opt);
	if (opt && !to.failed)
		check_vfio(&to, opt);
	if (to.failed)
		status = STATUS_HOST;
	else if (opt)
		status = check_guest(&to, opt);
	check_out_end(&out);
	return status;
}
