/* SPDX-License-Identifier: BSD-2-Clause */
#include "firmware/boot.h"

#include "firmware/initrd.h"
#include "firmware/kernel.h"
#include "firmware/rtas_stub.h"
#include "vmm/base/log.h"

#include <errno.h>

#define PAGE (64 * KiB)
#define LOWEST PAGE            /* above the exception vectors, 0 to 0x3000 */
#define TABLES_LIMIT (1 * GiB) /* Linux calls RTAS in 32-bit mode, and keeps both this low itself */
#define FDT_ROOM(ncpus) (64 * KiB + (uint64_t)(ncpus) * 4 * KiB)

/* RTAS and tree above the kernel; below it only when the kernel itself lies that high. */
static int place_tables(struct boot_plan *p, const struct gmem *g, uint32_t ncpus)
{
	uint64_t span = p->kernel.end - p->kernel.start;
	uint64_t need;
	gpa_t at = ALIGN_UP(p->kernel.end > span ? p->kernel.end : span, PAGE);

	p->rtas_size = rtas_stub_size(ncpus);
	p->fdt_room = ALIGN_UP(FDT_ROOM(ncpus), PAGE);
	need = ALIGN_UP(p->rtas_size, PAGE) + p->fdt_room;
	if (at < LOWEST)
		at = LOWEST;
	if (at + need > TABLES_LIMIT && p->kernel.start >= span + LOWEST + need)
		at = ALIGN_UP(span + LOWEST, PAGE); /* clear of the kernel's copy at 0, too */
	if (!gmem_contains(g, at, need) || at + need > TABLES_LIMIT) {
		log_error("kernel: leaves no room for RTAS and the device tree (%llu KiB): "
			  "raise machine.memory",
			  (unsigned long long)(need / KiB));
		return -EFBIG;
	}
	p->rtas = at;
	p->fdt = at + ALIGN_UP(p->rtas_size, PAGE);
	return rtas_stub_write(g, p->rtas);
}

int boot_open(struct boot_files *files, const char *kernel, const char *initrd)
{
	int r = image_open(&files->kernel, kernel, "kernel");

	files->initrd.fd = -1;
	return r == 0 && initrd ? image_open(&files->initrd, initrd, "initrd") : r;
}

void boot_close(struct boot_files *files)
{
	image_close(&files->kernel);
	image_close(&files->initrd);
}

static int load_initrd(struct boot_plan *plan, const struct gmem *g, struct image_file *initrd)
{
	gpa_t after = plan->fdt + plan->fdt_room;
	int r = image_size(initrd);

	if (after < plan->kernel.end)
		after = ALIGN_UP(plan->kernel.end, PAGE);
	if (r == 0)
		r = initrd_check(initrd);
	if (r == 0)
		r = image_load_file(g, initrd, after);
	if (r == 0) {
		plan->initrd = after;
		plan->initrd_end = after + initrd->size;
	}
	return r;
}

static int load_kernel(struct boot_plan *plan, const struct gmem *g, struct boot_files *files)
{
	int r = image_size(&files->kernel);

	*plan = (struct boot_plan){ 0 };
	return r < 0 ? r : image_load_kernel(g, &files->kernel, &plan->kernel);
}

int boot_load(struct boot_plan *plan, const struct gmem *g, struct boot_files *files,
	      uint32_t ncpus)
{
	int r = load_kernel(plan, g, files);

	if (r == 0)
		r = place_tables(plan, g, ncpus);
	if (r == 0 && files->initrd.fd >= 0)
		r = load_initrd(plan, g, &files->initrd);
	return r;
}

int boot_load_images(struct boot_plan *plan, const struct gmem *g, struct boot_files *files)
{
	int r = load_kernel(plan, g, files);

	return r == 0 && files->initrd.fd >= 0 ? load_initrd(plan, g, &files->initrd) : r;
}
