/* SPDX-License-Identifier: BSD-2-Clause */
/* From files to the first instruction: used by the first boot and by every reboot in place. */
#define LOG_PREFIX "boot"
#include "vmm/machine/machine_impl.h"

#include "vmm/base/log.h"
#include "vmm/base/sys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int machine_load_images(struct machine *m)
{
	const struct opt_boot *boot = &m->opt->boot;

	return boot_load(&m->plan, &m->mem, boot->kernel, boot->initrd,
			 (uint32_t)m->opt->machine.vcpus);
}

int machine_build_tree(struct machine *m)
{
	const struct boot_plan *p = &m->plan;
	struct spapr_boot boot = {
		.bootargs = m->opt->boot.cmdline,
		.initrd_start = p->initrd,
		.initrd_end = p->initrd_end,
		.rtas_base = p->rtas,
		.rtas_size = p->rtas_size,
	};
	int r = sys_random(boot.rng_seed, sizeof(boot.rng_seed));

	if (r == 0)
		r = spapr_fdt_build(&m->sp, &boot, &m->fdt, &m->fdt_size);
	if (r == 0 && m->fdt_size > p->fdt_room)
		r = -ENOSPC;
	if (r < 0)
		log_error("device tree: %s", strerror(-r));
	return r;
}

int machine_place_tree(struct machine *m)
{
	int r = gmem_write(&m->mem, m->plan.fdt, m->fdt, m->fdt_size);

	free(m->fdt);
	m->fdt = NULL;
	log_debug("kernel 0x%llx-0x%llx entry 0x%llx, rtas 0x%llx, tree 0x%llx (%zu bytes), initrd "
		  "0x%llx-0x%llx",
		  (unsigned long long)m->plan.kernel.start, (unsigned long long)m->plan.kernel.end,
		  (unsigned long long)m->plan.kernel.entry, (unsigned long long)m->plan.rtas,
		  (unsigned long long)m->plan.fdt, m->fdt_size, (unsigned long long)m->plan.initrd,
		  (unsigned long long)m->plan.initrd_end);
	return r;
}

int machine_start_boot_cpu(struct machine *m)
{
	return vcpus_start(&m->cpus, spapr_server(&m->sp, 0), m->plan.kernel.entry, m->plan.fdt);
}
