/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_MACHINE_PHASES_H
#define VMM_MACHINE_PHASES_H

/*
 * The phases that build a machine, for startup.c, whose table says when each runs and whose fault its
 * failure is. Each returns 0 or -errno, logged, and leaves what it made to machine_destroy().
 */

#include "vmm/machine/machine_impl.h"

/* phases_kvm.c: the machine as KVM has it */
int phase_kvm(struct machine *m);
int phase_choices(struct machine *m);
int phase_vcpus(struct machine *m);
int phase_compat(struct machine *m);
int phase_ram(struct machine *m);
int phase_slot(struct machine *m);
int phase_mmu(struct machine *m);
int phase_spapr(struct machine *m);
int phase_irqchip(struct machine *m);
int phase_calls(struct machine *m);
int phase_paper(struct machine *m);
int phase_paper_irqs(struct machine *m);
int phase_threads(struct machine *m);

/* phases_parts.c: what is around it */
int phase_watch(struct machine *m);
int phase_api(struct machine *m);
int phase_api_attach(struct machine *m);
int phase_nvram(struct machine *m);
int phase_loop(struct machine *m);
int phase_vfio(struct machine *m);
int phase_vfio_populate(struct machine *m);
int phase_vfio_open(struct machine *m);
int phase_vfio_start(struct machine *m);
int phase_vfio_register(struct machine *m);
int phase_sandbox(struct machine *m);
int phase_metrics(struct machine *m);
int phase_shut(struct machine *m);
int phase_devices(struct machine *m);
int phase_files(struct machine *m);
int phase_images(struct machine *m);
int phase_load(struct machine *m);
int phase_tree(struct machine *m);
int phase_place(struct machine *m);
int phase_console(struct machine *m);
int phase_readiness(struct machine *m);

#endif
