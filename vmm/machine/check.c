/* SPDX-License-Identifier: BSD-2-Clause */
/* `spapr-vmm check`: what this host offers, line by line, and the command that mends what is missing. */
#include "vmm/machine/check.h"

#include "vmm/base/log.h"
#include "vmm/base/sys.h"
#include "vmm/machine/host.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/startup.h"
#include "vmm/machine/tce_plan.h"

#include <stdarg.h>
#include <stdio.h>

void check_line(struct check *c, enum check_verdict verdict, const char *fmt, ...)
{
	static const char *const words[] = { "ok", "note", "FAIL" };
	va_list ap;

	printf("%-5s", words[verdict]);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout); /* in step with messages on standard error */
	c->bad |= verdict == CHECK_FAIL;
}

static void cap_line(void *ctx, const char *name, int value, bool needed, const char *price)
{
	struct check *c = ctx;

	if (value)
		check_line(c, CHECK_OK, "%s", name);
	else
		check_line(c, needed ? CHECK_FAIL : CHECK_NOTE, "%s: %s", name, price);
}

static void check_choices(struct check *c, const struct kvm_caps *caps)
{
	if (caps->radix)
		check_line(c, CHECK_OK, "mmu: %s", caps->hash ? "radix (auto), hash" : "radix");
	else if (caps->hash)
		check_line(c, CHECK_OK, "mmu: hash");
	else
		check_line(c, CHECK_FAIL, "mmu: KVM offers neither radix nor hash guests");
	if (caps->xive)
		check_line(c, CHECK_OK, "irqchip: %s", caps->xics ? "xive (auto), xics" : "xive");
	else if (caps->xics)
		check_line(c, CHECK_OK, "irqchip: xics%s",
			   caps->xive_no_map ? "; xive needs a host kernel with 64K pages" : "");
	else
		check_line(c, CHECK_FAIL, "irqchip: no in-kernel controller: a kernel with "
					  "CONFIG_KVM_XICS is needed");
}

/* Of the guest that was configured; what it means is in docs/SECURITY.md. */
static void check_tce(struct check *c, const struct options *opt, const struct kvm_caps *caps)
{
	struct tce_plan plan = tce_plan(opt, caps);

	check_line(c, opt->machine.tce == OPT_TCE_KERNEL ? CHECK_NOTE : CHECK_OK,
		   "tce: %s: %s", opt->machine.tce == OPT_TCE_KERNEL ? "kernel" : "checked", plan.why);
}

static void check_kvm(struct check *c, const struct options *opt)
{
	struct kvm_caps caps;
	struct kvm_vm vm;

	if (!host_is_power()) {
		check_line(c, CHECK_FAIL,
			   "host: this is not a POWER machine: run on POWER9 or later, bare metal or "
			   "in a partition with nested KVM");
		return;
	}
	check_line(c, CHECK_OK, "host: POWER, pages of %zu KiB", sys_page_size() / 1024);
	if (kvm_vm_open(&vm) < 0) { /* has said why, and what to do */
		check_line(c, CHECK_FAIL, "kvm: /dev/kvm gives no virtual machine");
		return;
	}
	check_line(c, CHECK_OK, "kvm: KVM-HV through /dev/kvm");
	kvm_caps_each(&vm, cap_line, c);
	if (!c->bad && kvm_caps_read(&caps, &vm) == 0) {
		check_choices(c, &caps);
		if (opt)
			check_tce(c, opt, &caps);
	}
	kvm_vm_close(&vm);
}

enum exit_status machine_check(const struct options *opt)
{
	struct check c = { 0 };
	struct machine *m = NULL;
	enum exit_status status;

	log_set_level(LOG_ERROR);
	check_kvm(&c, opt);
	if (opt && !c.bad)
		check_vfio(&c, opt);
	if (c.bad)
		return STATUS_HOST;
	if (!opt)
		return STATUS_OFF;
	/* The guest itself: build it as a run would, and take it down before it runs. */
	status = machine_create(&m, opt);
	if (status == STATUS_OFF)
		check_line(&c, CHECK_OK, "guest: this host can run it");
	machine_destroy(m);
	return status;
}
