/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/machine/findings.h"

#include "vmm/base/sys.h"
#include "vmm/kvm/caps.h"
#include "vmm/machine/host.h"
#include "vmm/machine/tce_plan.h"

#include <stdarg.h>
#include <stdio.h>

bool findings_first_fail(void *ctx, const struct finding *f)
{
	(void)ctx;
	if (f->verdict != VERDICT_FAIL)
		return true;
	finding_log(f);
	return false;
}

void findings_say(struct findings *to, const struct finding *f)
{
	if (to->enough)
		return;
	to->failed |= f->verdict == VERDICT_FAIL;
	to->enough = !to->sink(to->ctx, f);
}

void findings_add(struct findings *to, enum verdict verdict, const char *object, const char *fmt,
		  ...)
{
	struct finding f;
	char text[sizeof(f.text)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	finding_set(&f, verdict, "", object, "%s", text);
	findings_say(to, &f);
}

static void capability(void *ctx, const char *name, int value, bool needed, const char *price)
{
	enum verdict missing = needed ? VERDICT_FAIL : VERDICT_NOTE;

	findings_add(ctx, value ? VERDICT_OK : missing, name, "%s%s", value ? "" : price,
		     value || !needed ? "" : ": a newer kernel with kvm_hv is needed");
}

/* What "auto" chooses, and what else there is. */
static void choices(struct findings *to, const struct kvm_caps *caps)
{
	const char *xics =
		caps->xive_no_map ? "xics; xive needs a host kernel with 64K pages" : "xics";

	findings_add(to, VERDICT_OK, "mmu", "%s",
		     !caps->radix ? "hash"
		     : caps->hash ? "radix (auto), hash"
				  : "radix");
	if (caps->xive)
		findings_add(to, VERDICT_OK, "irqchip", "%s",
			     caps->xics ? "xive (auto), xics" : "xive");
	else if (caps->xics)
		findings_add(to, VERDICT_OK, "irqchip", "%s", xics);
	else
		findings_add(to, VERDICT_FAIL, "irqchip",
			     "this host's KVM has no in-kernel controller: a kernel with "
			     "CONFIG_KVM_XICS is needed");
}

/* Of the guest that was configured; what it means is in docs/SECURITY.md. */
static void tce_calls(struct findings *to, const struct options *opt, const struct kvm_caps *caps)
{
	bool trusted = opt->machine.tce == OPT_TCE_KERNEL;
	struct tce_plan plan = tce_plan(opt, caps);

	findings_add(to, trusted ? VERDICT_NOTE : VERDICT_OK, "tce", "%s: %s",
		     trusted ? "kernel" : "checked", plan.why);
}

static void not_power(struct findings *to)
{
	struct finding f;

	finding_fail(&f, "", "host", "this is not a POWER machine");
	finding_remedy(&f, "run on POWER9 or later, bare metal or in a partition with nested KVM");
	findings_say(to, &f);
}

void findings_kvm(struct findings *to, const struct options *opt)
{
	struct kvm_caps caps;
	struct finding f;
	struct kvm_vm vm;

	if (!host_is_power()) {
		not_power(to);
		return;
	}
	findings_add(to, VERDICT_OK, "host", "POWER, pages of %zu KiB", sys_page_size() / 1024);
	if (kvm_vm_try(&vm, &f) < 0) {
		findings_say(to, &f);
		return;
	}
	findings_add(to, VERDICT_OK, "kvm", "KVM-HV through /dev/kvm");
	kvm_caps_each(&vm, capability, to);
	if (!to->failed && kvm_caps_read(&caps, &vm) == 0) {
		choices(to, &caps);
		if (opt)
			tce_calls(to, opt, &caps);
	}
	kvm_vm_close(&vm);
}
