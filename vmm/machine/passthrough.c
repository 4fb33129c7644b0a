/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/machine/passthrough.h"

#include "vfio/pci.h"
#include "vmm/base/log.h"
#include "vmm/base/sys.h"
#include "vmm/kvm/tce.h"
#include "vmm/machine/machine_impl.h"

#include <string.h>

int passthrough_populate(struct machine *m)
{
	if (m->opt->nvfio > 0)
		populate_start(&m->pass.populate, m->ram.host, m->ram.size);
	return 0;
}

/* An unbind on the host waits until the device is closed, and there is no unplugging it. */
static void wanted_back(void *ctx, const char *bdf)
{
	struct machine *m = ctx;

	for (size_t i = 0; i < m->opt->nvfio; i++)
		if (strcmp(m->opt->vfio[i].host, bdf) == 0 &&
		    m->opt->vfio[i].on_unbind == OPT_UNBIND_STOP)
			machine_host_asks_off(m);
}

static void open_env(struct machine *m)
{
	struct vfio_env *env = &m->pass.env;

	*env = (struct vfio_env){
		.vm = &m->vm,
		.kvm_vfio_fd = -1,
		.unlinked = m->tce.unlinked,
		.mem = &m->mem,
		.ram_page = m->ram.page,
		.sp = &m->sp,
		.loop = &m->loop,
		.resample = m->caps.irqfd_resample,
		.need = m->pass.groups.need,
		.wanted_back = wanted_back,
		.ctx = m,
	};
	if (!m->tce.linked)
		return;
	env->kvm_vfio_fd = kvm_vfio_open(&m->vm);
	if (env->kvm_vfio_fd < 0) {
		log_warn("vfio: KVM's VFIO device: %s: TCE calls are served in user space",
			 strerror(-env->kvm_vfio_fd));
		env->kvm_vfio_fd = -1;
	}
}

static int open_group(struct machine *m, struct pass_group *g)
{
	struct phb *phb = &m->sp.phbs[m->sp.nphbs];
	int r = 0;

	phb_init(phb, m->sp.nphbs);
	m->sp.nphbs++;
	vfio_pe_init(&g->pe, &m->pass.env, phb, g->id);
	for (uint32_t i = 0; i < g->nentries && r == 0; i++)
		if (g->entries[i].opt->bind == OPT_BIND_AUTO)
			r = vfio_pe_take(&g->pe, g->entries[i].opt->host);
	return r < 0 ? r : vfio_pe_open(&g->pe, pass_group_name(g));
}

int passthrough_open(struct machine *m)
{
	struct pass_groups *groups = &m->pass.groups;
	int r = 0;

	open_env(m);
	for (uint32_t i = 0; i < groups->n && r == 0; i++)
		r = open_group(m, &groups->group[i]);
	return r;
}

int passthrough_register(struct machine *m)
{
	struct pass_groups *groups = &m->pass.groups;
	int r;

	if (groups->n == 0)
		return 0;
	/* Registering alone would fault page after page in one thread. */
	r = populate_finish(&m->pass.populate);
	if (r < 0) {
		log_error("vfio: guest RAM: %s while it was populated: lower machine.memory",
			  strerror(-r));
		return r;
	}
	m->ram.pinned = true;
	for (uint32_t i = 0; i < groups->n && r == 0; i++)
		r = vfio_pe_register(&groups->group[i].pe);
	return r;
}

static int start_group(struct pass_group *g)
{
	int r = vfio_pe_start(&g->pe, g->ddw);

	for (uint32_t i = 0; i < g->nentries && r == 0; i++)
		r = vfio_pe_add_func(&g->pe, g->entries[i].opt->host, g->entries[i].devfn);
	return r;
}

int passthrough_start(struct machine *m)
{
	struct pass_groups *groups = &m->pass.groups;
	int r = 0;

	for (uint32_t i = 0; i < groups->n && r == 0; i++)
		r = start_group(&groups->group[i]);
	return r;
}

void passthrough_close(struct machine *m)
{
	struct passthrough *p = &m->pass;

	populate_cancel(&p->populate);
	for (uint32_t i = p->groups.n; i-- > 0;)
		vfio_pe_stop_functions(&p->groups.group[i].pe);
	for (uint32_t i = p->groups.n; i-- > 0;)
		vfio_pe_close(&p->groups.group[i].pe);
	if (p->env.kvm_vfio_fd >= 0)
		sys_close(p->env.kvm_vfio_fd);
	p->env.kvm_vfio_fd = -1;
	pass_groups_free(&p->groups);
}
