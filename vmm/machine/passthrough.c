/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/machine/passthrough.h"

#include "sphapr/spapr.h"
#include "vmm/base/event.h"
#include "vmm/base/log.h"
#include "vmm/base/sys.h"
#include "vmm/kvm/calls.h"
#include "vmm/kvm/caps.h"
#include "vmm/kvm/tce.h"
#include "vmm/machine/findings.h"
#include "vmm/machine/ram.h"

#include <errno.h>
#include <string.h>

void passthrough_init(struct passthrough *p, const struct passthrough_env *env)
{
	*p = (struct passthrough){ .env = *env, .vfio = { .kvm_vfio_fd = -1 } };
}

int passthrough_check(struct passthrough *p)
{
	struct findings to = { .sink = findings_first_fail };
	int r;

	if (p->env.opt->nvfio == 0)
		return 0;
	r = pass_groups_make(&p->groups, p->env.opt);
	if (r < 0) {
		log_error("vfio: out of memory");
		return r;
	}
	log_debug("vfio: locked memory: %llu KiB guest RAM, %llu KiB DMA tables",
		  (unsigned long long)(p->groups.need.ram / KiB),
		  (unsigned long long)(p->groups.need.tables / KiB));
	findings_vfio(&to, p->env.opt, &p->groups, false);
	return to.failed ? -ENODEV : 0;
}

int passthrough_populate(struct passthrough *p)
{
	if (p->groups.n > 0)
		populate_start(&p->populate, p->env.ram->host, p->env.ram->size);
	return 0;
}

/* An unbind on the host waits until the device is closed: nothing can be unplugged from a guest. */
static void wanted_back(void *ctx, const char *bdf)
{
	const struct passthrough *p = ctx;

	event_emit(EVENT_WANTED_BACK, { .s = bdf });
	for (uint32_t i = 0; i < p->groups.n; i++) {
		const struct pass_entry *e = pass_group_entry(&p->groups.group[i], bdf);

		if (e && e->opt->on_unbind == OPT_UNBIND_STOP)
			p->env.wanted_back(p->env.ctx);
	}
}

/* KVM's VFIO device, or -1: the guest notices nothing but speed. */
static int open_kvm_vfio(struct kvm_vm *vm)
{
	int r = kvm_vfio_open(vm);

	if (r < 0)
		log_warn("vfio: KVM's VFIO device: %s: TCE calls are served in user space",
			 strerror(-r));
	return r < 0 ? -1 : r;
}

static int open_group(struct passthrough *p, struct pass_group *g)
{
	struct spapr *sp = p->env.sp;
	struct phb *phb = spapr_add_phb(sp); /* passthrough_check() has seen that there is room */
	int r = 0;

	vfio_pe_init(&g->pe, &p->vfio, phb, g->id);
	for (uint32_t i = 0; i < g->nentries && r == 0; i++)
		if (g->entries[i].opt->bind == OPT_BIND_AUTO)
			r = vfio_pe_take(&g->pe, g->entries[i].opt->host);
	return r < 0 ? r : vfio_pe_open(&g->pe, pass_group_name(g));
}

int passthrough_open(struct passthrough *p)
{
	const struct passthrough_env *env = &p->env;
	int r = 0;

	if (p->groups.n == 0)
		return 0;
	p->vfio = (struct vfio_env){
		.vm = env->vm,
		.kvm_vfio_fd = env->tce->linked ? open_kvm_vfio(env->vm) : -1,
		.unlinked = env->tce->unlinked,
		.mem = env->mem,
		.ram_page = env->ram->page,
		.sp = env->sp,
		.loop = env->loop,
		.resample = env->caps->irqfd_resample,
		.need = p->groups.need,
		.wanted_back = wanted_back,
		.ctx = p,
	};
	for (uint32_t i = 0; i < p->groups.n && r == 0; i++)
		r = open_group(p, &p->groups.group[i]);
	return r;
}

int passthrough_register(struct passthrough *p)
{
	int r;

	if (p->groups.n == 0)
		return 0;
	/* Registering alone would fault page after page in one thread. */
	r = populate_finish(&p->populate);
	if (r < 0) {
		log_error("vfio: guest RAM: %s while it was populated: lower machine.memory",
			  strerror(-r));
		return r;
	}
	p->env.ram->pinned = true;
	for (uint32_t i = 0; i < p->groups.n && r == 0; i++)
		r = vfio_pe_register(&p->groups.group[i].pe);
	return r;
}

static int start_group(struct pass_group *g)
{
	int r = vfio_pe_start(&g->pe, g->ddw);

	for (uint32_t i = 0; i < g->nentries && r == 0; i++) {
		const struct pass_entry *e = &g->entries[i];

		r = vfio_pe_add_func(&g->pe, e->opt->host, e->devfn, e->opt->reset);
	}
	return r;
}

int passthrough_start(struct passthrough *p)
{
	int r = 0;

	for (uint32_t i = 0; i < p->groups.n && r == 0; i++)
		r = start_group(&p->groups.group[i]);
	return r;
}

void passthrough_close(struct passthrough *p)
{
	populate_cancel(&p->populate);
	for (uint32_t i = p->groups.n; i-- > 0;)
		vfio_pe_stop_functions(&p->groups.group[i].pe);
	for (uint32_t i = p->groups.n; i-- > 0;) {
		struct vfio_pe *pe = &p->groups.group[i].pe;

		vfio_pe_close(pe);
		if (pe->phb)
			spapr_remove_phb(p->env.sp, pe->phb);
	}
	if (p->vfio.kvm_vfio_fd >= 0)
		sys_close(p->vfio.kvm_vfio_fd);
	p->vfio.kvm_vfio_fd = -1;
	pass_groups_free(&p->groups);
}
