/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_MACHINE_MACHINE_IMPL_H
#define VMM_MACHINE_MACHINE_IMPL_H

/*
 * The machine's inside: its parts. startup.c opens them in order and gives each what it needs of
 * the others, machine.c runs, reboots and destroys. No part knows the machine.
 */

#include "vmm/base/log_limit.h"
#include "vmm/base/loop.h"
#include "vmm/kvm/caps.h"
#include "vmm/kvm/irqchip.h"
#include "vmm/kvm/vcpus.h"
#include "vmm/machine/api.h"
#include "vmm/machine/cas.h"
#include "vmm/machine/console.h"
#include "vmm/machine/emulated.h"
#include "vmm/machine/firmware.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/nvram_file.h"
#include "vmm/machine/passthrough.h"
#include "vmm/machine/platform.h"
#include "vmm/machine/power_on.h"
#include "vmm/machine/ram.h"
#include "vmm/machine/sandbox.h"
#include "vmm/machine/service.h"
#include "vmm/machine/stop.h"
#include "vmm/machine/tce_plan.h"
#include "vmm/machine/watch.h"

struct machine {
	const struct options *opt; /* borrowed, constant */
	bool paper;                /* no KVM: only good for its device tree */
	bool tree_only; /* nothing is to run: devices have no need of what is behind them */

	struct watch watch;
	enum exit_status status; /* how it ends, as far as is known */
	struct sandbox sandbox;
	struct kvm_vm vm;
	struct kvm_caps caps;
	struct ram ram;
	uint64_t *node_end; /* owned; where the RAM of each node ends, NULL: there is one */
	struct gmem mem;
	struct vcpus cpus;
	struct irqchip chip;
	struct tce_plan tce; /* who serves TCE calls; kvm_calls_enable() makes it so */
	struct spapr sp;     /* cfg and mode are gathered by the phases before spapr_init() */
	enum blame blame; /* of the phase that failed: BLAME_CONFIG counts, whatever its row says */
	struct platform platform;
	struct machine_cas cas; /* used where firmware runs */
	struct loop loop;
	bool has_loop;
	struct passthrough pass;
	struct emulated emu;
	struct firmware firmware; /* unused where a kernel is named */
	struct power_on boot;
	struct nvram_file nvram;
	struct console console;
	struct stop stop;
	struct service service;
	struct api api;
	struct log_limit said_reboot;
};

#endif
