/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * INTx of a passed-through function. The kernel masks the line when it fires, and somebody must unmask
 * the line once the guest has served the device. The controller decides how that moment is learned:
 *
 *   KVM tells (real XICS): an irqfd with resampling does it all in the kernel;
 *   the EOI passes through us (XIVE): unmask there;
 *   nobody tells (XICS on XIVE hardware): unmask after a delay that grows while the device keeps
 *   its line up, so that a slow guest costs few wake-ups and a quick one little latency.
 *
 * BARs stay mapped in all three.
 */
#include "vfio/pci.h"

#include "sphapr/spapr.h"
#include "vmm/base/sys.h"

#include <linux/vfio.h>

#define DELAY_MIN_NS 20000ULL
#define DELAY_MAX_NS 1000000ULL
#define QUIET_NS 4000000ULL /* so long without an interrupt: the last one was served */

static void unmask(struct vfio_pci *v)
{
	intc_set_line(&v->pe->env->sp->intc, v->func.intx_lisn, false);
	vfio_device_unmask_intx(&v->dev);
}

static void unmask_late(void *ctx)
{
	unmask(ctx);
}

static void eoi_seen(void *ctx, uint32_t lisn)
{
	(void)lisn;
	unmask(ctx);
}

static void fired(void *ctx, uint32_t events)
{
	struct vfio_pci *v = ctx;
	struct vfio_intx *x = &v->intx;
	struct intc *ic = &v->pe->env->sp->intc;
	uint64_t count, now;

	(void)events;
	if (sys_read(x->fd, &count, sizeof(count)) != sizeof(count))
		return;
	x->fired++;
	intc_set_line(ic, v->func.intx_lisn, true);
	if (intc_sees_eoi(ic))
		return;
	now = sys_now_ns();
	x->delay_ns = now - x->last_ns > QUIET_NS ? DELAY_MIN_NS : x->delay_ns * 2;
	if (x->delay_ns > DELAY_MAX_NS)
		x->delay_ns = DELAY_MAX_NS;
	x->last_ns = now;
	loop_timer_set(v->pe->env->loop, &x->unmask, x->delay_ns, unmask_late, v);
}

static int by_kvm(struct vfio_pci *v)
{
	struct vfio_intx *x = &v->intx;
	int r = sys_eventfd();

	if (r < 0)
		return r;
	x->resample_fd = r;
	r = kvm_vm_irqfd(v->pe->env->vm, x->fd, v->func.intx_lisn, true, x->resample_fd);
	return r < 0 ? r : vfio_device_unmask_intx_on(&v->dev, x->resample_fd);
}

int vfio_intx_on(struct vfio_pci *v)
{
	const struct vfio_env *env = v->pe->env;
	struct vfio_intx *x = &v->intx;
	int r;

	if (x->on)
		return 0;
	r = sys_eventfd();
	if (r < 0)
		return r;
	x->fd = r;
	x->on = true;
	x->delay_ns = DELAY_MIN_NS;
	if (!env->resample) {
		intc_set_eoi(&env->sp->intc, v->func.intx_lisn, eoi_seen, v);
		r = loop_add(env->loop, x->fd, EPOLLIN, fired, v);
	}
	if (r >= 0)
		r = vfio_device_set_irqs(&v->dev, VFIO_PCI_INTX_IRQ_INDEX, &x->fd, 1);
	if (r >= 0 && env->resample)
		r = by_kvm(v);
	if (r < 0)
		vfio_intx_off(v);
	return r < 0 ? r : 0;
}

void vfio_intx_off(struct vfio_pci *v)
{
	const struct vfio_env *env = v->pe->env;
	struct vfio_intx *x = &v->intx;

	if (!x->on)
		return;
	x->on = false;
	vfio_device_set_irqs(&v->dev, VFIO_PCI_INTX_IRQ_INDEX, NULL, 0);
	loop_timer_cancel(env->loop, &x->unmask);
	intc_set_eoi(&env->sp->intc, v->func.intx_lisn, NULL, NULL);
	if (x->resample_fd >= 0) {
		kvm_vm_irqfd(env->vm, x->fd, v->func.intx_lisn, false, -1);
		sys_close(x->resample_fd);
	} else {
		loop_del(env->loop, x->fd);
		intc_set_line(&env->sp->intc, v->func.intx_lisn, false);
	}
	sys_close(x->fd);
	x->fd = x->resample_fd = -1;
}
