/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_MACHINE_MACHINE_IMPL_H
#define VMM_MACHINE_MACHINE_IMPL_H

/* The machine's inside, shared by the files of this folder. */

#include "devices/backend/chardev/chardev.h"
#include "firmware/boot.h"
#include "sphapr/spapr.h"
#include "vmm/base/log_limit.h"
#include "vmm/base/loop.h"
#include "vmm/kvm/caps.h"
#include "vmm/kvm/irqchip.h"
#include "vmm/kvm/vcpus.h"
#include "vmm/machine/emulated.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/passthrough.h"
#include "vmm/machine/ram.h"
#include "vmm/machine/tce_plan.h"

struct machine {
	const struct options *opt; /* borrowed, constant */
	bool paper;                /* no KVM: only good for its device tree */
	bool tree_only;            /* nothing is to run: devices have no need of what is behind them */

	struct kvm_vm vm;
	struct kvm_caps caps;
	struct ram ram;
	struct gmem mem;
	struct vcpus cpus;
	struct irqchip chip;
	struct tce_plan tce;     /* who serves TCE calls; by kvm_calls_enable() it is so */
	struct spapr sp;         /* cfg and mode are gathered by the phases before spapr_init() */
	struct passthrough pass;
	struct emulated emu;
	struct boot_plan plan;
	void *fdt; /* the tree, kept until it is in guest RAM */
	size_t fdt_size;

	struct loop loop;
	bool has_loop;
	struct chardev console;
	struct loop_timer off_timer; /* how long an asked guest may take to power off */
	atomic_uint asks;            /* machine_ask_off() calls */
	unsigned int asks_seen;

	enum stop_reason stop; /* machine lock */
	char stop_text[320];
	struct log_limit said_reboot;
};

/* platform.c: what struct spapr asks of a machine. */
extern const struct spapr_platform machine_platform; /* ctx still to be filled */
extern const struct vcpu_ops machine_vcpu_ops;       /* likewise */

/* boot.c: (re)load the images, build the tree, place it. 0 or -errno, logged. */
int machine_load_images(struct machine *m);
int machine_build_tree(struct machine *m);
int machine_place_tree(struct machine *m);
int machine_start_boot_cpu(struct machine *m);

/* choices.c: what guest on this host. 0 or -errno, logged. */
int machine_choose(struct machine *m);

/* cpus.c, console.c: phases of a start. 0 or -errno, logged. */
int machine_open_vcpus(struct machine *m);
int machine_set_compat(struct machine *m);
int machine_create_threads(struct machine *m);
int machine_open_console(struct machine *m);

/* stop.c: what ends a guest. Under the lock; the first reason counts. @text: of a crash, or NULL. */
void machine_request_stop(struct machine *m, enum stop_reason why, const char *text);

/* SIGTERM and SIGINT. On the I/O thread, under the lock. */
void machine_asked(struct machine *m);

/* The same, asked by the host again and again: only the first time counts, and none after a signal. */
void machine_host_asks_off(struct machine *m);

#endif
