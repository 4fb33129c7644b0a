/* SPDX-License-Identifier: BSD-2-Clause */
/* `spapr-vmm check`: what this host offers, line by line, and the commands that mend the rest. */
#include "vmm/base/log.h"
#include "vmm/machine/findings.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/passthrough_groups.h"

#include <stdio.h>

/* A finding about the object of the line before is indented, and leaves out the object's kind. */
static bool print(void *ctx, const struct finding *f)
{
	static const char *const words[] = { "ok", "note", "note", "FAIL" };
	struct finding shown = *f;
	char line[FINDING_LINE];

	(void)ctx;
	if (f->inner)
		shown.kind = "";
	finding_line(&shown, line);
	printf("%-5s%s%s\n", words[f->verdict], f->inner ? "  " : "", line);
	fflush(stdout); /* in step with messages on standard error */
	return true;
}

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
	if (!opt)
		return;
	findings_vcpus(to, opt, &caps);
	findings_tce(to, opt, &caps);
}

enum exit_status machine_check(const struct options *opt)
{
	struct findings to = { .sink = print };
	struct machine *m = NULL;
	enum exit_status status;

	log_set_level(LOG_ERROR);
	check_kvm(&to, opt);
	if (opt && !to.failed)
		check_vfio(&to, opt);
	if (to.failed)
		return STATUS_HOST;
	if (!opt)
		return STATUS_OFF;
	/* The guest itself: build it as a run would, and take it down before it runs. */
	status = machine_create(&m, opt);
	if (status == STATUS_OFF)
		findings_add(&to, VERDICT_OK, "guest", "this host can run it");
	machine_destroy(m);
	return status;
}
