/* SPDX-License-Identifier: BSD-2-Clause */
#define LOG_PREFIX "boot"
#include "vmm/machine/power_on.h"

#include "firmware/kernel.h"
#include "vmm/base/file.h"
#include "vmm/base/log.h"
#include "vmm/base/sys.h"
#include "vmm/machine/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define BLOB_ENTRY 0x100
#define BLOB_TREE_ROOM (2 * MiB)
#define BLOB_TREE_LIMIT (2 * GiB)

/* There is firmware, ours or a blob. */
static bool chooses(const struct opt_boot *opt)
{
	return firmware_wanted(opt) || firmware_is_blob(opt);
}

void power_on_init(struct power_on *p, const struct opt_boot *opt, struct firmware *firmware,
		   struct machine_cas *cas)
{
	*p = (struct power_on){ .files = { .kernel.fd = -1, .initrd.fd = -1 },
				.blob.fd = -1,
				.firmware = firmware_wanted(opt) ? firmware : NULL,
				.cas = chooses(opt) ? cas : NULL };
}

int power_on_open(struct power_on *p, const struct opt_boot *opt)
{
	int r = firmware_is_blob(opt) ? image_open(&p->blob, opt->firmware, "firmware") : 0;

	if (r < 0 || !opt->kernel)
		return r;
	r = boot_open(&p->files, opt->kernel, opt->initrd);
	if (p->firmware)
		p->files.kernel.lowest = OF_CLAIM_FIRST;
	return r;
}

struct guest_kind power_on_kind(const struct opt_boot *opt)
{
	const struct kernel_unpacking how = { .ram = KERNEL_MOST, .quiet = true };
	struct guest_kind kind = { .chooses = chooses(opt) };
	struct image_file f = { .path = opt->kernel, .what = "kernel", .fd = -1 };

	if (kind.chooses)
		return kind;
	f.fd = sys_open(opt->kernel, O_RDONLY | O_NONBLOCK, 0);
	if (f.fd >= 0 && sys_file_size(f.fd, &f.size) == 0 && kernel_unpack(&f, &how) == 0)
		kind.bare = kernel_is_bare(&f) > 0;
	image_close(&f);
	return kind;
}

int power_on_unpack(struct power_on *p, uint64_t ram)
{
	const struct kernel_unpacking how = { .ram = ram,
					      .has_initrd = p->files.initrd.fd >= 0,
					      .stop = signals_end_came };
	int r = p->files.kernel.fd >= 0 ? kernel_unpack(&p->files.kernel, &how) : 0;

	if (r < 0 || p->files.kernel.fd < 0 || p->cas)
		return r;
	r = kernel_is_bare(&p->files.kernel);
	p->bare = r > 0;
	return r < 0 ? r : 0;
}

/* The kernel that a blob shall start lies behind the blob and before the tree. */
static int load_kernel_of_blob(struct power_on *p, const struct gmem *mem, gpa_t end)
{
	const struct image *kernel = &p->plan.kernel;
	int r;

	p->files.kernel.lowest = p->blob.size;
	r = boot_load_images(&p->plan, mem, &p->files);
	if (r < 0)
		return r;
	if (kernel->start < p->blob.size || kernel->end > end || p->plan.initrd_end > end) {
		log_error("kernel: there is no room for it between firmware (0x%llx bytes) "
			  "and the device tree (at 0x%llx): "
			  "raise machine.memory, or take smaller firmware",
			  (unsigned long long)p->blob.size, (unsigned long long)end);
		return -EFBIG;
	}
	return 0;
}

/* SLOF uses 35 MiB below the tree; where it is entered, and how, is what QEMU does. */
static int load_blob(struct power_on *p, const struct gmem *mem, const struct spapr *sp)
{
	uint64_t end = gmem_end(mem) < sp->cfg.rma_size ? gmem_end(mem) : sp->cfg.rma_size;
	int r = image_size(&p->blob);

	if (end > BLOB_TREE_LIMIT)
		end = BLOB_TREE_LIMIT;
	end -= BLOB_TREE_ROOM;
	p->plan = (struct boot_plan){ 0 };
	if (r == 0 && p->blob.size > end) {
		log_error("firmware: %s: its %llu bytes reach the device tree (at 0x%llx): "
			  "correct boot.firmware, or raise machine.memory",
			  p->blob.path, (unsigned long long)p->blob.size, (unsigned long long)end);
		r = -EFBIG;
	}
	if (r == 0 && p->files.kernel.fd >= 0)
		r = load_kernel_of_blob(p, mem, end);
	p->plan.fdt = end;
	p->plan.fdt_room = BLOB_TREE_ROOM;
	p->plan.rtas_size = sp->cfg.blob_rtas_size;
	return r < 0 ? r : image_load_file(mem, &p->blob, 0);
}

int power_on_load(struct power_on *p, const struct gmem *mem, const struct spapr *sp)
{
	bool named = p->files.kernel.fd >= 0;
	int r;

	if (p->blob.fd >= 0)
		return load_blob(p, mem, sp);
	r = named ? boot_load(&p->plan, mem, &p->files, spapr_max_vcpus(sp)) : 0;
	return r == 0 && p->firmware ? firmware_load(p->firmware, named ? &p->plan : NULL) : r;
}

/* @cmdline: NULL leaves it as the client has set it */
static int make_tree(const struct power_on *p, const struct spapr *sp, const char *cmdline,
		     void **fdt, size_t *size)
{
	const struct boot_plan *plan = &p->plan;
	struct spapr_boot boot = {
		.bootargs = cmdline,
		.boot_list = p->boot_list[0] ? p->boot_list : NULL,
		.initrd_start = plan->initrd,
		.initrd_end = plan->initrd_end,
		.rtas_base = plan->rtas,
		.rtas_size = plan->rtas_size,
		.offer = p->cas ? &p->cas->offer : NULL,
		.chosen = p->cas && p->cas->called ? &p->cas->chosen : NULL,
	};
	int r = sys_random(boot.rng_seed, sizeof(boot.rng_seed));

	if (p->blob.fd >= 0) {
		boot.kernel_start = plan->kernel.start;
		boot.kernel_end = plan->kernel.end;
		boot.kernel_le = plan->kernel.little_endian;
	}
	return r == 0 ? spapr_fdt_build(sp, &boot, fdt, size) : r;
}

static int build_tree(struct power_on *p, const struct spapr *sp, const char *cmdline)
{
	int r;

	free(p->fdt);
	p->fdt = NULL;
	r = make_tree(p, sp, cmdline, &p->fdt, &p->fdt_size);
	if (r == 0 && p->fdt_size > p->plan.fdt_room)
		r = -ENOSPC;
	return r;
}

int power_on_build_tree(struct power_on *p, const struct spapr *sp, const char *cmdline)
{
	int r = p->firmware ? firmware_build_tree(p->firmware, &p->fdt, &p->fdt_size)
			    : build_tree(p, sp, cmdline);

	if (r < 0)
		log_error("device tree: %s", strerror(-r));
	return r;
}

int power_on_cas(struct power_on *p, const struct spapr *sp, gpa_t vec, void **fdt, size_t *size)
{
	int r = machine_cas_call(p->cas, vec);

	if (r < 0)
		return r;
	r = make_tree(p, sp, NULL, fdt, size);
	if (r < 0)
		stop_request(p->cas->stop, STOP_CRASH, "no memory for another device tree");
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
	void *fdt = p->fdt;
	int r;

	if (p->firmware) {
		p->fdt = NULL;
		return firmware_reset(p->firmware, fdt);
	}
	r = gmem_write(mem, plan->fdt, fdt, p->fdt_size);
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
	struct vcpu_entry entry = {
		.pc = p->blob.fd >= 0 ? BLOB_ENTRY : p->plan.kernel.entry,
		.r3 = p->plan.fdt,
		.mode32 = p->blob.fd >= 0,
	};

	if (p->firmware)
		entry = firmware_entry(p->firmware);
	return vcpus_start(cpus, spapr_server(sp, 0), &entry);
}

const void *power_on_tree(const struct power_on *p, size_t *size)
{
	if (p->firmware)
		return firmware_tree(p->firmware, size);
	*size = p->fdt_size;
	return p->fdt;
}

void power_on_close(struct power_on *p)
{
	free(p->fdt);
	p->fdt = NULL;
	boot_close(&p->files);
	image_close(&p->blob);
}
