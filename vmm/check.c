/* SPDX-License-Identifier: BSD-2-Clause */
/* `spapr-vmm check`: what this host offers, line by line, and the command that mends what is missing. */
#include "vmm/machine.h"

#include "vmm/base/log.h"
#include "vmm/base/sys.h"
#include "vmm/host.h"
#include "vmm/startup.h"

#include <stdio.h>

struct findings {
	bool bad;
};

static void line(const char *verdict, const char *what, const char *text)
{
	printf("%-5s %s%s%s\n", verdict, what, *text ? ": " : "", text);
}

static void cap_line(void *ctx, const char *name, int value, bool needed, const char *price)
{
	struct findings *f = ctx;

	if (value)
		line("ok", name, "");
	else
		line(needed ? "FAIL" : "note", name, price);
	f->bad |= !value && needed;
}

static void mmu_line(const struct kvm_caps *caps, struct findings *f)
{
	if (caps->radix)
		line("ok", "mmu", caps->hash ? "radix guests (auto), hash guests" : "radix guests");
	else
		line(caps->hash ? "ok" : "FAIL", "mmu", caps->hash ? "hash guests" : "no guests");
	f->bad |= !caps->radix && !caps->hash;
}

static void irqchip_line(const struct kvm_caps *caps, struct findings *f)
{
	if (caps->xive)
		line("ok", "irqchip", caps->xics ? "xive (auto), xics" : "xive");
	else if (caps->xics)
		line("ok", "irqchip",
		     caps->xive_no_map ? "xics; xive needs a host kernel with 64K pages" : "xics");
	else
		line("FAIL", "irqchip", "no in-kernel controller: a kernel with CONFIG_KVM_XICS");
	f->bad |= !caps->xive && !caps->xics;
}

static enum exit_status check_host(void)
{
	struct findings f = { 0 };
	struct kvm_caps caps;
	struct kvm_vm vm;

	if (!host_is_power()) {
		line("FAIL", "host", "this is not a POWER machine: run on POWER9 or later, bare metal "
				     "or in a partition with nested KVM");
		return STATUS_HOST;
	}
	line("ok", "host", "POWER");
	if (kvm_vm_open(&vm) < 0) { /* has said why, and what to do */
		line("FAIL", "kvm", "/dev/kvm gives no virtual machine: see the message");
		return STATUS_HOST;
	}
	line("ok", "kvm", "KVM-HV through /dev/kvm");
	kvm_caps_each(&vm, cap_line, &f);
	if (!f.bad && kvm_caps_read(&caps, &vm) == 0) {
		mmu_line(&caps, &f);
		irqchip_line(&caps, &f);
	}
	kvm_vm_close(&vm);
	return f.bad ? STATUS_HOST : STATUS_OFF;
}

enum exit_status machine_check(const struct options *opt)
{
	enum exit_status status;
	struct machine *m;

	log_set_level(LOG_ERROR);
	status = check_host();
	fflush(stdout);
	if (!opt || status != STATUS_OFF)
		return status;
	/* The guest itself: build it as `run` would, and take it down before it runs. */
	status = machine_create(&m, opt);
	if (status == STATUS_OFF)
		line("ok", "guest", "this host can run it");
	machine_destroy(m);
	return status;
}
