/* SPDX-License-Identifier: BSD-2-Clause */
#define LOG_PREFIX "boot"
#include "vmm/machine/power_on.h"

#include "vmm/base/file.h"
#include "vmm/base/log.h"
#include "vmm/base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

void power_on_init(struct power_on *p)
{
	*p = (struct power_on){ .files = { .kernel.fd = -1, .initrd.fd = -1 } };
}

int power_on_open(struct power_on *p, const struct opt_boot *opt)
{
	return boot_open(&p->files, opt->kernel, opt->initrd);
}

int power_on_load(struct power_on *p, const struct gmem *mem, uint32_t ncpus)
{
	return boot_load(&p->plan, mem, &p->files, ncpus);
}

int power_on_build_tree(struct power_on *p, const struct spapr *sp, const char *cmdline)
{
	const struct boot_plan *plan = &p->plan;
	struct spapr_boot boot = {
		.bootargs = cmdline,
		.initrd_start = plan->initrd,
		.initrd_end = plan->initrd_end,
		.rtas_base = plan->rtas,
		.rtas_size = plan->rtas_size,
	};
	int r = sys_random(boot.rng_seed, sizeof(boot.rng_seed));

	free(p->fdt);
	p->fdt = NULL;
	if (r == 0)
		r = spapr_fdt_build(sp, &boot, &p->fdt, &p->fdt_size);
	if (r == 0 && p->fdt_size > plan->fdt_room)
		r = -ENOSPC;
	if (r < 0)
		log_error("device tree: %s", strerror(-r));
	return r;
}

int power_on_write_tree(const struct power_on *p, const char *path)
{
	bool to_stdout = strcmp(path, "-") == 0;
	int fd = to_stdout ? 1 : sys_open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	int r = fd < 0 ? fd : file_write_all(fd, p->fdt, p->fdt_size);

	if (!to_stdout && fd >= 0) {
		int c = sys_close(fd);

		r = r < 0 ? r : c;
	}
	if (r < 0)
		log_error("%s: %s: the tree is not written", path, strerror(-r));
	return r;
}

int power_on_place_tree(struct power_on *p, const struct gmem *mem)
{
	const struct boot_plan *plan = &p->plan;
	int r = gmem_write(mem, plan->fdt, p->fdt, p->fdt_size);

	if (!p->keeps_fdt) {
		free(p->fdt);
		p->fdt = NULL;
	}
	log_debug("kernel 0x%llx-0x%llx entry 0x%llx, rtas 0x%llx, tree 0x%llx (%zu bytes), initrd "
		  "0x%llx-0x%llx",
		  (unsigned long long)plan->kernel.start, (unsigned long long)plan->kernel.end,
		  (unsigned long long)plan->kernel.entry, (unsigned long long)plan->rtas,
		  (unsigned long long)plan->fdt, p->fdt_size, (unsigned long long)plan->initrd,
		  (unsigned long long)plan->initrd_end);
	return r;
}

int power_on_start(const struct power_on *p, const struct spapr *sp, struct vcpus *cpus)
{
	return vcpus_start(cpus, spapr_server(sp, 0), p->plan.kernel.entry, p->plan.fdt);
}

void power_on_close(struct power_on *p)
{
	free(p->fdt);
	p->fdt = NULL;
	boot_close(&p->files);
}
