/* SPDX-License-Identifier: BSD-2-Clause */
#define LOG_PREFIX "machine"
#include "vmm/machine/machine_impl.h"

#include "sphapr/hcall.h"
#include "vmm/base/event.h"
#include "vmm/base/log.h"
#include "vmm/base/sys.h"
#include "vmm/kvm/mmu.h"
#include "vmm/machine/host.h"
#include "vmm/machine/signals.h"
#include "vmm/machine/startup.h"

#include <stdlib.h>
#include <string.h>

#define DRAIN_MS 1000 /* for the console's last words */

enum exit_status machine_create(struct machine **out, const struct options *opt)
{
	struct machine *m = startup_alloc(opt);
	enum exit_status status;

	*out = NULL;
	if (!m)
		return STATUS_INTERNAL;
	status = startup_run(m);
	if (status != STATUS_OFF || signals_end_came())
		machine_destroy(m);
	else
		*out = m;
	return status;
}

/* Power-on state again, in place: same process, same descriptors, same console. */
static int reboot(struct machine *m)
{
	uint64_t from_ns = sys_now_ns();
	int r;

	event_emit(EVENT_REBOOTING, { .s = "guest" });
	signals_waiting_for("the guest's devices in its reboot");
	service_reboots(&m->service, true);
	vcpus_reset(&m->cpus);
	r = spapr_reset(&m->sp);
	if (r == 0)
		r = machine_cas_reset(&m->cas); /* no device interrupts any more */
	if (r == 0) {
		ram_clear(&m->ram, &m->cpus);
		r = kvm_mmu_reset(&m->vm, &m->sp);
	}
	if (r < 0) {
		log_error("reboot: %s", strerror(-r));
		return r;
	}
	r = power_on_load(&m->boot, &m->mem, &m->sp);
	if (r == 0)
		r = power_on_build_tree(&m->boot, &m->sp, m->opt->boot.cmdline);
	if (r == 0)
		r = power_on_place_tree(&m->boot, &m->mem);
	if (r == 0)
		r = power_on_start(&m->boot, &m->sp, &m->cpus);
	if (r == 0)
		watch_rebooted(&m->watch, from_ns);
	signals_waiting_for("the guest");
	service_reboots(&m->service, false);
	return r;
}

static bool crashed(struct machine *m, enum exit_status *status)
{
	/* Linux 6.12 calls ibm,os-term with address 0, where its own code is. */
	log_error("guest crashed: %s",
		  m->stop.text[0] ? m->stop.text : "it gave no reason: see its console");
	watch_crashed(&m->watch, m->stop.text);
	*status = STATUS_CRASH;
	return true;
}

/* Has the guest come to its end? If not, it has been rebooted and goes on. */
static bool ended(struct machine *m, enum exit_status *status)
{
	switch (m->stop.why) {
	case STOP_OFF:
		event_emit(EVENT_OFF, { .s = m->stop.by ? m->stop.by : "guest" });
		*status = STATUS_OFF;
		return true;
	case STOP_CRASH:
		return crashed(m, status);
	case STOP_REBOOT:
		*status = STATUS_REBOOT;
		if (m->opt->machine.on_reboot == OPT_REBOOT_EXIT &&
		    !firmware_tries_next(&m->firmware))
			return true;
		if (m->stop.asks) { /* the user wants an end: this is one */
			*status = STATUS_OFF;
			return true;
		}
		*status = STATUS_INTERNAL;
		stop_forget(&m->stop);
		if (reboot(m) < 0) /* the guest's doing, if it left nothing that boots */
			return m->stop.why == STOP_CRASH ? crashed(m, status) : true;
		console_rebooted(&m->console);
		api_rebooted(&m->api);
		if (log_may(&m->said_reboot))
			log_info("the guest rebooted");
		return false;
	default:
		*status = STATUS_INTERNAL;
		return true;
	}
}

struct stop *machine_stop(struct machine *m)
{
	return &m->stop;
}

enum exit_status machine_run(struct machine *m)
{
	enum exit_status status = STATUS_INTERNAL;
	bool over = false;
	int r;

	signals_waiting_for("the guest");
	vcpus_lock(&m->cpus);
	api_begin(&m->api);
	watch_started(&m->watch);
	r = power_on_start(&m->boot, &m->sp, &m->cpus);
	if (r == 0)
		service_started(&m->service);
	vcpus_unlock(&m->cpus);
	while (r == 0 && !over) {
		r = loop_run(&m->loop);
		vcpus_lock(&m->cpus);
		vcpus_pause(&m->cpus);
		if (r == 0)
			over = ended(m, &status);
		if (over)
			api_ended(&m->api);
		else if (api_lets_go(&m->api))
			vcpus_resume(&m->cpus);
		vcpus_unlock(&m->cpus);
	}
	if (r < 0)
		log_error("I/O loop: %s", strerror(-r));
	service_stopping(&m->service);
	hcall_log_counts(&m->sp);
	chardev_drain(&m->console.dev, DRAIN_MS);
	watch_ended(&m->watch);
	m->status = status;
	return status;
}

/* Reverse of acquisition (startup.c). Each step tolerates what was never opened. */
void machine_destroy(struct machine *m)
{
	if (!m)
		return;
	signals_waiting_for("the virtual CPUs");
	vcpus_close(&m->cpus); /* nothing of the guest runs below this line */
	if (m->has_loop)
		console_close(&m->console); /* the terminal is the user's again */
	api_close(&m->api);
	service_unlisten(&m->service);
	/* Not in reverse: a disk may be stuck for ever, and must not keep the host's devices. */
	signals_waiting_for("passed-through devices");
	/* Functions, KVM's links, windows, registrations, groups: vfio/pe.c. */
	passthrough_close(&m->pass);
	emulated_close(&m->emu); /* requests in flight end; nobody uses RAM, interrupts, loop */
	if (m->has_loop)
		loop_close(&m->loop);
	spapr_close(&m->sp);
	irqchip_close(&m->chip); /* KVM device before the VM that it belongs to */
	kvm_vm_close(&m->vm);
	ram_close(&m->ram); /* last: slots of the VM pointed into it */
	free(m->node_end);
	power_on_close(&m->boot);
	nvram_file_close(&m->nvram);
	firmware_close(&m->firmware);
	watch_close(&m->watch, m->status); /* the last word */
	sandbox_close(&m->sandbox);
	service_close(&m->service);
	free(m);
}

enum exit_status machine_dump_dtb(const struct options *opt, const char *path)
{
	struct machine *m = startup_alloc(opt);
	enum exit_status status = STATUS_INTERNAL;

	if (!m)
		return status;
	m->tree_only = true;
	m->paper = !host_is_power();
	if (m->paper)
		log_warn("this host is not POWER: the tree is that of a POWER9 host with XIVE");
	status = startup_tree(m);
	if (status == STATUS_OFF && power_on_write_tree(&m->boot, path) < 0)
		status = STATUS_USAGE;
	machine_destroy(m);
	return status;
}
