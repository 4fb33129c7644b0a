/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/machine/passthrough.h"

#include "vfio/pci.h"
#include "vmm/base/log.h"
#include "vmm/base/sys.h"
#include "vmm/kvm/tce.h"
#include "vmm/machine/machine_impl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* First entry of the same group, or @i itself. */
static size_t first_of_group(const struct passthrough *p, size_t i)
{
	size_t k = 0;

	while (p->groups[k] != p->groups[i])
		k++;
	return k;
}

static int bind_entries(struct machine *m, struct vfio_pe *pe, int group)
{
	const struct options *opt = m->opt;
	int r = 0;

	for (size_t i = 0; i < opt->nvfio && r == 0; i++) {
		if (m->pass.groups[i] != group || opt->vfio[i].bind != OPT_BIND_AUTO)
			continue;
		if (pe->nbinds == VFIO_PE_MAX_FUNCS) {
			log_error("vfio %s: more than %d functions of group %d", opt->vfio[i].host,
				  VFIO_PE_MAX_FUNCS, group);
			return -E2BIG;
		}
		r = vfio_bind_take(&pe->binds[pe->nbinds], opt->vfio[i].host);
		pe->nbinds += r == 0;
	}
	return r;
}

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

int passthrough_open(struct machine *m)
{
	struct passthrough *p = &m->pass;
	const struct options *opt = m->opt;
	int r = 0;

	p->env.vm = &m->vm;
	p->env.mem = &m->mem;
	p->env.ram_page = m->ram.page;
	p->env.sp = &m->sp;
	p->env.loop = &m->loop;
	p->env.resample = m->caps.irqfd_resample;
	p->env.wanted_back = wanted_back;
	p->env.ctx = m;
	p->env.unlinked = m->tce.unlinked;
	if (m->tce.linked) {
		p->env.kvm_vfio_fd = kvm_vfio_open(&m->vm);
		if (p->env.kvm_vfio_fd < 0) {
			log_warn("vfio: KVM's VFIO device: %s: TCE calls are served in user space",
				 strerror(-p->env.kvm_vfio_fd));
			p->env.kvm_vfio_fd = -1;
		}
	}
	for (size_t i = 0; i < opt->nvfio && r == 0; i++) {
		struct vfio_pe *pe = &p->pes[p->npes];
		struct phb *phb;

		if (first_of_group(p, i) != i)
			continue;
		phb = &m->sp.phbs[m->sp.nphbs];
		phb_init(phb, m->sp.nphbs);
		m->sp.nphbs++;
		p->npes++; /* closed from here on, whatever happens */
		pe->env = &p->env;
		pe->group.fd = pe->container.fd = -1;
		pe->phb = phb;
		r = bind_entries(m, pe, p->groups[i]);
		if (r == 0)
			r = vfio_pe_open(pe, &p->env, phb, p->groups[i], opt->vfio[i].host);
	}
	return r;
}

int passthrough_register(struct machine *m)
{
	struct passthrough *p = &m->pass;
	int r;

	if (p->npes == 0)
		return 0;
	/* Registering alone would fault page after page in one thread. */
	r = populate_finish(&p->populate);
	if (r < 0) {
		log_error("vfio: guest RAM: %s while it was populated: lower machine.memory",
			  strerror(-r));
		return r;
	}
	m->ram.pinned = true;
	for (uint32_t i = 0; i < p->npes && r == 0; i++)
		r = vfio_pe_register(&p->pes[i]);
	return r;
}

/* Guest device number and function: functions of one host slot stay together, slots are counted. */
static uint8_t devfn_of(const struct machine *m, size_t entry)
{
	const struct options *opt = m->opt;
	const size_t slot_len = BDF_LEN - 3; /* dddd:bb:dd */
	unsigned int slot = 0, fn = 0;
	bool has_fn0 = false;

	for (size_t i = 0; i < opt->nvfio; i++) {
		const char *host = opt->vfio[i].host;
		bool same = strncmp(host, opt->vfio[entry].host, slot_len) == 0;
		bool first = true;

		if (m->pass.groups[i] != m->pass.groups[entry])
			continue;
		if (same) {
			has_fn0 |= host[slot_len + 1] == '0';
			fn += i < entry;
			continue;
		}
		for (size_t k = 0; k < i; k++)
			if (m->pass.groups[k] == m->pass.groups[i] &&
			    strncmp(opt->vfio[k].host, host, slot_len) == 0)
				first = false;
		slot += first && i < entry;
	}
	/* Function numbers are the host's, unless nobody would be function 0. */
	if (has_fn0)
		fn = (unsigned int)(opt->vfio[entry].host[slot_len + 1] - '0');
	return (uint8_t)(slot << 3 | fn);
}

static bool group_wants_ddw(const struct machine *m, int group)
{
	bool ddw = true;

	for (size_t i = 0; i < m->opt->nvfio; i++)
		if (m->pass.groups[i] == group)
			ddw &= m->opt->vfio[i].ddw;
	return ddw;
}

int passthrough_start(struct machine *m)
{
	struct passthrough *p = &m->pass;
	int r = 0;

	for (uint32_t i = 0; i < p->npes && r == 0; i++) {
		struct vfio_pe *pe = &p->pes[i];

		r = vfio_pe_start(pe, group_wants_ddw(m, pe->group.id));
		for (size_t k = 0; k < m->opt->nvfio && r == 0; k++)
			if (p->groups[k] == pe->group.id)
				r = vfio_pe_add_func(pe, m->opt->vfio[k].host, devfn_of(m, k));
	}
	return r;
}

void passthrough_close(struct machine *m)
{
	struct passthrough *p = &m->pass;

	populate_cancel(&p->populate);
	for (uint32_t i = p->npes; i-- > 0;)
		vfio_pe_stop_functions(&p->pes[i]);
	for (uint32_t i = p->npes; i-- > 0;)
		vfio_pe_close(&p->pes[i]);
	if (p->env.kvm_vfio_fd >= 0)
		sys_close(p->env.kvm_vfio_fd);
	p->env.kvm_vfio_fd = -1;
	free(p->pes);
	free(p->groups);
	p->pes = NULL;
	p->groups = NULL;
	p->npes = 0;
}
