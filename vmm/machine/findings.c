/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/machine/findings.h"

#include "vmm/base/sys.h"
#include "vmm/machine/host.h"
#include "vmm/machine/numa.h"
#include "vmm/machine/tce_plan.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

bool findings_log(void *ctx, const struct finding *f)
{
	(void)ctx;
	if (f->verdict >= VERDICT_WARN)
		finding_log(f);
	return true;
}

bool findings_first_fail(void *ctx, const struct finding *f)
{
	findings_log(ctx, f);
	return f->verdict != VERDICT_FAIL;
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

static void capability(void *ctx, const struct finding *f)
{
	findings_say(ctx, f);
}

/* What a guest needs that no option changes: the choice among controllers fails where there is none. */
static void controllers(struct findings *to, const struct kvm_caps *caps)
{
	struct spapr_mode mode;
	struct finding f;

	choices_judge_irqchip(&f, &mode, OPT_IRQCHIP_AUTO, caps, (struct guest_kind){ 0 });
	if (f.verdict == VERDICT_FAIL)
		findings_say(to, &f);
}

void findings_offer(struct findings *to, const struct kvm_caps *caps)
{
	const char *no_xive = caps->xive_no_map ? "; xive needs a host kernel with 64K pages" : "";
	struct spapr_mode mode;
	struct finding f;

	choices_judge_mmu(&f, &mode, OPT_MMU_AUTO, caps, (struct guest_kind){ 0 });
	findings_add(to, f.verdict, "mmu", "%s%s", f.text,
		     caps->radix && caps->hash ? " (auto), hash" : "");
	choices_judge_irqchip(&f, &mode, OPT_IRQCHIP_AUTO, caps, (struct guest_kind){ 0 });
	findings_add(to, f.verdict, "irqchip", "%s%s", mode.intc == INTC_XIVE ? "xive" : "xics",
		     caps->xive && caps->xics ? " (auto), xics" : no_xive);
}

void findings_choices(struct findings *to, const struct options *opt, const struct kvm_caps *caps,
		      struct guest_kind guest)
{
	const struct opt_machine *o = &opt->machine;
	struct spapr_mode mode;
	struct finding f;

	choices_judge_mmu(&f, &mode, o->mmu, caps, guest);
	findings_say(to, &f);
	choices_judge_irqchip(&f, &mode, o->irqchip, caps, guest);
	findings_say(to, &f);
	choices_judge_vcpus(&f, o, caps);
	findings_say(to, &f);
	if (o->threads_per_core == 1)
		return;
	choices_judge_threads(&f, o, caps);
	findings_say(to, &f);
}

void findings_tce(struct findings *to, const struct options *opt, const struct kvm_caps *caps)
{
	bool trusted = opt->machine.tce == OPT_TCE_KERNEL;
	struct tce_plan plan = tce_plan(opt, caps);

	findings_add(to, trusted ? VERDICT_NOTE : VERDICT_OK, "tce", "%s: %s",
		     trusted ? "kernel" : "checked", plan.why);
}

typedef int place_fn(const struct opt_machine *opt, size_t i, struct finding *f);

static void places(struct findings *to, const struct opt_machine *opt, const char *key, size_t n,
		   place_fn *try)
{
	struct finding f;
	size_t bad = 0;

	for (size_t i = 0; i < n; i++) {
		if (try(opt, i, &f) == 0)
			continue;
		findings_say(to, &f);
		bad++;
	}
	if (n && !bad)
		findings_add(to, VERDICT_OK, key, "all that it names are there");
}

void findings_places(struct findings *to, const struct options *opt)
{
	places(to, &opt->machine, "machine.cpus", opt->machine.ncpus, numa_try_cpus);
	places(to, &opt->machine, "machine.numa", opt->machine.nnuma, numa_try_node);
}

static void not_power(struct findings *to)
{
	struct finding f;

	finding_fail(&f, "", "host", "this is not a POWER machine");
	finding_remedy(&f, "run on POWER9 or later, bare metal or in a partition with nested KVM");
	findings_say(to, &f);
}

static int judge_kvm(struct findings *to, struct kvm_vm *vm, struct kvm_caps *caps)
{
	findings_add(to, VERDICT_OK, "kvm", "KVM-HV through /dev/kvm");
	if (kvm_caps_read(caps, vm, capability, to) == 0)
		controllers(to, caps);
	return to->failed ? -ENOTSUP : 0;
}

int findings_kvm(struct findings *to, struct kvm_vm *vm, struct kvm_caps *caps)
{
	struct finding f;
	int r = kvm_vm_open(vm, &f);

	/* Without KVM the host's tree says why; with it, a tree that cannot be read does not matter. */
	if (r < 0 && !host_is_power()) {
		not_power(to);
		return r;
	}
	findings_add(to, VERDICT_OK, "host", "POWER, pages of %zu KiB", sys_page_size() / 1024);
	if (r < 0) {
		findings_say(to, &f);
		return r;
	}
	r = judge_kvm(to, vm, caps);
	if (r < 0)
		kvm_vm_close(vm);
	return r;
}
