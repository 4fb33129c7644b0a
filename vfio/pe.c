/* SPDX-License-Identifier: BSD-2-Clause */
#include "vfio/pe.h"

#include "vfio/pci.h"
#include "vmm/base/log.h"
#include "vmm/base/sys.h"
#include "vmm/kvm/tce.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void vfio_pe_init(struct vfio_pe *pe, const struct vfio_env *env, struct phb *phb, int group_id)
{
	*pe = (struct vfio_pe){
		.env = env,
		.phb = phb,
		.container = { .fd = -1 },
		.group = { .fd = -1, .id = group_id },
	};
}

static int too_many(const struct vfio_pe *pe, const char *bdf)
{
	log_error("vfio %s: at most %d functions of group %d can be passed through", bdf,
		  VFIO_PE_MAX_FUNCS, pe->group.id);
	return -E2BIG;
}

int vfio_pe_take(struct vfio_pe *pe, const char *bdf)
{
	int r;

	if (pe->nbinds == VFIO_PE_MAX_FUNCS)
		return too_many(pe, bdf);
	r = vfio_bind_take(&pe->binds[pe->nbinds], bdf);
	pe->nbinds += r == 0;
	return r;
}

int vfio_pe_attach(struct vfio_container *c, struct vfio_group *g, int group_id, const char *who,
		   struct finding *f)
{
	int r;

	*g = (struct vfio_group){ .fd = -1, .id = group_id };
	r = vfio_container_open(c, f);
	if (r == 0)
		r = vfio_group_open(g, c, group_id, who, f);
	if (r == 0)
		r = vfio_container_start(c, who, f);
	return r < 0 ? r : vfio_eeh_release(c, who, f);
}

int vfio_pe_open(struct vfio_pe *pe, const char *who)
{
	struct finding f;
	int r = vfio_pe_attach(&pe->container, &pe->group, pe->group.id, who, &f);

	for (uint32_t i = 0; i < pe->nbinds; i++)
		pe->binds[i].in_use = pe->group.attached;
	if (r != 0)
		finding_log(&f);
	return r < 0 ? r : 0;
}

static void register_failed(const struct vfio_pe *pe, int r)
{
	const char *why = strerror(-r);
	char who[24];
	uint64_t limit;

	snprintf(who, sizeof(who), "group %d", pe->group.id);
	switch (-r) {
	case ENOMEM:
		if (sys_memlock_limit(&limit)) { /* something else of this process is locked, too */
			struct finding f;

			vfio_memlock_refused(&pe->env->need, who, &f);
			finding_log(&f);
			return;
		}
		why = "the host is short of memory: lower machine.memory";
		break;
	case EFAULT:
		why = "its pages cannot be pinned: choose another machine.huge_pages";
		break;
	case EINVAL:
	case EBUSY:
		why = "it overlaps a registration of this process: this is a bug, please report it";
		break;
	case EPERM:
		why = "the container belongs to another process: this is a bug, please report it";
		break;
	case ENOTTY:
		why = "the container is not of SPAPR TCE v2: this is a bug, please report it";
		break;
	default:
		break;
	}
	log_error("vfio %s: registering guest RAM: %s", who, why);
}

int vfio_pe_register(struct vfio_pe *pe)
{
	const struct gmem *mem = pe->env->mem;
	int r = 0;

	for (int i = 0; i < mem->nbanks && r == 0; i++)
		r = vfio_container_register(&pe->container, mem->banks[i].host, mem->banks[i].size);
	if (r < 0)
		register_failed(pe, r);
	return r;
}

int vfio_pe_start(struct vfio_pe *pe, bool ddw)
{
	struct dma_caps caps = vfio_window_caps(pe);
	char why[160];
	int r = pe_dma_init(&pe->phb->pe, &vfio_window_ops, pe, &caps, pe->phb->index, ddw);

	if (r < 0) {
		vfio_container_create_why(&pe->container, r, why, sizeof(why));
		log_error("vfio group %d: its 32-bit DMA window of %llu MiB: %s", pe->group.id,
			  (unsigned long long)(caps.default_size / MiB), why);
		return r;
	}
	if (vfio_container_has_eeh(&pe->container) && vfio_eeh_ops.set_option(pe, EEH_ENABLE) == 0)
		pe_eeh_init(&pe->phb->pe, &vfio_eeh_ops, pe);
	return 0;
}

int vfio_pe_add_func(struct vfio_pe *pe, const char *bdf, uint8_t devfn, enum vfio_reset how)
{
	struct vfio_pci *f;
	int r;

	if (pe->nfuncs == VFIO_PE_MAX_FUNCS)
		return too_many(pe, bdf);
	f = vfio_pci_new(pe);
	if (!f)
		return -ENOMEM;
	pe->funcs[pe->nfuncs++] = f;
	r = vfio_pci_open(f, bdf, devfn, how);
	if (r < 0)
		return r;
	r = phb_add_func(pe->env->sp, pe->phb, vfio_pci_func(f));
	if (r < 0)
		log_error("vfio %s: PHB %u: %s", bdf, pe->phb->index, strerror(-r));
	else
		vfio_pci_start(f);
	return r < 0 ? r : 0;
}

void vfio_pe_stop_functions(struct vfio_pe *pe)
{
	/* The guest may have left the functions held in reset, where no reset and no driver works. */
	if (pe->nfuncs > 0)
		pe_eeh_recover(&pe->phb->pe);
	for (uint32_t i = pe->nfuncs; i-- > 0;)
		vfio_pci_stop(pe->funcs[i]);
}

/*
 * The kernel tries again when the container goes, and unpins what is no longer mapped then. A lost
 * count (docs/SECURITY.md) stays: only a reboot of the host frees those pages.
 */
static void still_registered(const struct vfio_pe *pe, int r)
{
	uint64_t bytes = 0;

	for (int i = 0; i < pe->container.nregs; i++)
		bytes += pe->container.regs[i].size;
	log_warn(
		"vfio group %d: unregistering guest RAM: %s: the host counts %llu MiB of it as mapped, "
		"and may keep them until it reboots",
		pe->group.id, strerror(-r), (unsigned long long)(bytes / MiB));
}

/*
 * Functions are quiet by now. Descriptors of functions go after all calls of the container: an unbind that the
 * host has begun waits for the last of them, then detaches the group, and the kernel does not guard the
 * container's calls against that.
 */
void vfio_pe_close(struct vfio_pe *pe)
{
	int r;

	if (!pe->env)
		return;
	/* KVM finds its entry by the group's descriptor, and ends its links while windows exist. */
	if (pe->in_kvm)
		kvm_vfio_del(pe->env->kvm_vfio_fd, pe->group.fd);
	pe->in_kvm = false;
	/* Windows can be removed, and TCEs cleared, only while a group is attached. */
	pe_dma_close(&pe->phb->pe);
	r = vfio_container_unregister_all(&pe->container);
	if (r < 0)
		still_registered(pe, r);
	while (pe->nfuncs > 0)
		vfio_pci_close(pe->funcs[--pe->nfuncs]);
	vfio_group_close(&pe->group);
	vfio_container_close(&pe->container);
	for (uint32_t i = 0; i < pe->nbinds; i++)
		vfio_bind_give_back(&pe->binds[i]);
	pe->nbinds = 0;
	pe->env = NULL;
}
