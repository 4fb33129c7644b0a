/* SPDX-License-Identifier: BSD-2-Clause */
#define LOG_PREFIX "boot"
#include "vmm/machine/firmware.h"

#include "firmware/rtas_stub.h"
#include "vmm/base/log.h"
#include "vmm/base/sys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define KEY_NS                                                                                     \
	1000000ULL /* a client that asks for keys waits so long for one: a menu need not spin */
#define WRITE_TRIES 1000     /* of KEY_NS each, until output that nobody takes is lost */
#define CAS_ERROR UINT32_MAX /* Linux only says that there was one */
#define TERM_CHARS 16u       /* what a vty's back end takes at a time */

/* ---- console ---- */

/* Others have called meanwhile. */
static void wait_for_key(const struct firmware *f)
{
	uint32_t server = f->env.sp->caller;

	vcpus_wait_ns(f->env.cpus, KEY_NS);
	f->env.sp->caller = server;
}

static uint32_t console_read(void *ctx, uint8_t *buf, uint32_t len)
{
	const struct firmware *f = ctx;
	struct vty *v = &f->env.sp->vty;
	size_t n = vty_take(v, buf, len);

	if (n == 0) {
		wait_for_key(f);
		n = vty_take(v, buf, len);
	}
	return (uint32_t)n;
}

static uint32_t console_write(void *ctx, const uint8_t *buf, uint32_t len)
{
	const struct firmware *f = ctx;
	struct vty *v = &f->env.sp->vty;
	uint32_t done = 0, n, tries = 0;

	if (!v->backend.write)
		return len;
	while (done < len) {
		n = len - done < TERM_CHARS ? len - done : TERM_CHARS;
		if (vty_print(v, buf + done, n))
			done += n;
		else if (f->env.stop->why != STOP_NONE || f->env.cpus->pausing ||
			 ++tries == WRITE_TRIES)
			break; /* others wait for this vCPU, or nobody takes it */
		else
			wait_for_key(f);
	}
	return done;
}

/* ---- the rest of what the client interface asks ---- */

static uint64_t now_ns(void *ctx)
{
	(void)ctx;
	return sys_now_ns();
}

/* The disk behind the one that was booted has its turn, in a life of its own. False: there is none. */
static bool try_next_disk(struct firmware *f)
{
	if (f->kernel || f->env.opt->device || f->booted + 1 >= f->ndisks)
		return false;
	if (log_may(&f->said_next))
		log_warn("%s: its boot program gave up: the next disk has its turn",
			 f->disks[f->booted].name);
	f->next = f->booted + 1;
	stop_request(f->env.stop, STOP_REBOOT, NULL);
	return true;
}

static void end(void *ctx, enum of_end why)
{
	struct firmware *f = ctx;
	struct stop *s = f->env.stop;

	if (s->why != STOP_NONE) /* another vCPU's end: this one changes nothing of it */
		return;
	if (why == OF_END_EXIT && try_next_disk(f))
		return;
	if (why == OF_END_OFF)
		stop_request(s, STOP_OFF, NULL);
	else if (why == OF_END_REBOOT)
		stop_request(s, STOP_REBOOT, NULL);
	else
		stop_request(s, STOP_CRASH, "the boot program gave up: see its console");
}

/* ---- from power-on to the first instruction ---- */

int firmware_open(struct firmware *f, const struct firmware_env *env)
{
	int r;

	f->env = *env;
	f->of = calloc(1, sizeof(*f->of));
	r = f->of ? firmware_open_disks(f) : -ENOMEM;
	if (r < 0)
		log_error("firmware: %s", strerror(-r));
	return r;
}

/* What real mode reaches, and cells of 32 bits can say. */
static uint64_t ram_end(const struct firmware *f)
{
	uint64_t end = f->env.mem->banks[0].size, rma = f->env.sp->cfg.rma_size;

	end = end < rma ? end : rma;
	return end < 4 * GiB ? end : 4 * GiB;
}

/* Is it a hash table that ends what real mode reaches, and could there be none? */
static bool radix_reaches_more(const struct firmware *f)
{
	uint64_t end = ram_end(f);

	return f->env.cas->offer.radix && end < 4 * GiB && end == f->env.sp->cfg.rma_size;
}

/* A kernel and an initrd that a user named, where firmware and real mode reach them. */
static int judge_kernel(const struct firmware *f, const struct boot_plan *k)
{
	bool initrd = k->initrd_end > k->kernel.end;
	uint64_t end = initrd ? k->initrd_end : k->kernel.end, limit = ram_end(f);

	if (k->kernel.start < OF_CLAIM_FIRST) {
		log_error("kernel: it lies below 0x%x, where firmware is: leave boot.firmware out",
			  OF_CLAIM_FIRST);
		return -EINVAL;
	}
	if (end <= limit)
		return 0;
	log_error("%s: it ends at 0x%llx, and firmware reaches 0x%llx: %sleave boot.firmware out%s",
		  initrd ? "initrd" : "kernel", (unsigned long long)end, (unsigned long long)limit,
		  limit < 4 * GiB ? "raise machine.memory, or " : "",
		  radix_reaches_more(f) ? ", or set machine.mmu = \"radix\"" : "");
	return -EFBIG;
}

int firmware_load(struct firmware *f, const struct boot_plan *kernel)
{
	int r = of_entry_write(f->env.mem);

	f->kernel = kernel;
	if (r < 0 || !kernel)
		return r < 0 ? r : firmware_load_disk(f, ram_end(f));
	r = judge_kernel(f, kernel);
	if (r < 0)
		return r;
	f->client = (struct fw_client){
		.entry = kernel->kernel.entry,
		.start = kernel->kernel.start,
		.end = kernel->kernel.end,
	};
	return 0;
}

int firmware_build_tree(struct firmware *f, void **fdt, size_t *size)
{
	const struct spapr *sp = f->env.sp;
	const struct machine_cas *cas = f->env.cas;
	const char *cmdline = f->env.opt->cmdline ? f->env.opt->cmdline : "";
	char args[OF_BOOTARGS_MAX];
	struct spapr_boot boot = {
		.bootargs = f->kernel ? firmware_bootargs(f, cmdline, args) : "",
		.rtas_size = rtas_stub_size(spapr_max_vcpus(sp)),
		.offer = &cas->offer,
		.chosen = cas->called ? &cas->chosen : NULL,
	};
	int r = sys_random(boot.rng_seed, sizeof(boot.rng_seed));

	return r < 0 ? r : spapr_fdt_build(sp, &boot, fdt, size);
}

/* ibm,client-architecture-support: 0, or what the client is told */
static uint32_t choose(void *ctx, gpa_t vec)
{
	struct firmware *f = ctx;
	size_t size;
	void *fdt;
	int r = machine_cas_call(f->env.cas, vec);

	if (r < 0)
		return CAS_ERROR;
	r = firmware_build_tree(f, &fdt, &size);
	if (r == 0)
		r = of_tree_replace(f->of, fdt);
	if (r < 0)
		stop_request(f->env.stop, STOP_CRASH, "no memory for another device tree");
	return r < 0 ? CAS_ERROR : 0;
}

static struct of_range initrd_of(const struct firmware *f)
{
	const struct boot_plan *k = f->kernel;

	return k ? (struct of_range){ k->initrd, k->initrd_end } : (struct of_range){ 0 };
}

const void *firmware_tree(const struct firmware *f, size_t *size)
{
	const uint8_t *fdt = f->of->tree.blob;

	*size = fdt ? be32_load(fdt + 4) : 0; /* totalsize */
	return fdt;
}

/* Of what a disk has begun; NULL: as the core's tree says. Only a kernel has NVRAM's: GRUB takes all for its own. */
static const char *disk_bootargs(struct firmware *f, char buf[OF_BOOTARGS_MAX])
{
	const struct fw_client *c = &f->client;

	return f->kernel ? NULL : c->elf32 ? c->bootargs : firmware_bootargs(f, c->bootargs, buf);
}

int firmware_reset(struct firmware *f, void *fdt)
{
	const struct of_env env = {
		.ctx = f,
		.mem = f->env.mem,
		.disks = f->disks,
		.ndisks = f->ndisks,
		.console_read = console_read,
		.console_write = console_write,
		.now_ns = now_ns,
		.end = end,
		.cas = choose,
		.options = firmware_options,
		.set_option = firmware_set_option,
	};
	char args[OF_BOOTARGS_MAX];
	const struct of_start start = {
		.fdt = fdt,
		.ram_end = ram_end(f),
		.bootpath = f->client.bootpath,
		.bootargs = disk_bootargs(f, args),
		.taken = { { f->client.start, f->client.end }, initrd_of(f) },
	};
	int r;

	of_free(f->of);
	r = of_init(f->of, &env, &start);
	if (r < 0)
		log_error("firmware: %s", strerror(-r));
	return r;
}

struct vcpu_entry firmware_entry(const struct firmware *f)
{
	const struct fw_client *c = &f->client;
	struct of_range initrd = initrd_of(f);

	return (struct vcpu_entry){
		.pc = c->entry,
		.r1 = OF_STACK,
		.r3 = initrd.start,
		.r4 = initrd.end - initrd.start,
		.r5 = OF_ENTRY,
		.mode32 = true,
		.little_endian = c->elf32 && c->little_endian,
	};
}

int64_t firmware_call(struct firmware *f, gpa_t block)
{
	return of_call(f->of, block);
}

void firmware_close(struct firmware *f)
{
	if (f->of)
		of_free(f->of);
	free(f->of);
	free(f->disks);
	free(f->behind);
	*f = (struct firmware){ 0 };
}
