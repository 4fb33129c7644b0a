/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GRUB itself as the client: an emulated 32-bit processor (Unicorn) runs the real program from a disk
 * and from an ISO image, up to the first instruction of a kernel, which here jumps to a known address.
 * The images are made by grub/make, of modules of each Debian release (scripts/setup).
 */
#include "tests/unit/firmware/of_fixture.h"

#include "tests/fake/elf.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unicorn/unicorn.h>

#define ARRIVED 0x3f00u /* the kernel jumps there */
#define LIMIT_US 90000000ULL
#define KERNEL_SIZE (64 * KiB)
#define KEYS "\x0e\r" /* the second entry, and go */

static struct {
	uc_engine *uc;
	unsigned int ncalls;
	bool arrived;
	char dir[128];
} grub;

static uint64_t reg(int id)
{
	uint32_t v = 0;

	uc_reg_read(grub.uc, id, &v);
	return v;
}

static void on_call(uc_engine *uc, uint64_t at, uint32_t size, void *ctx)
{
	uint32_t r3 = (uint32_t)of_call(&ox.of, reg(UC_PPC_REG_3));

	(void)at, (void)size, (void)ctx;
	grub.ncalls++;
	uc_reg_write(uc, UC_PPC_REG_3, &r3);
	if (ox.ends)
		uc_emu_stop(uc);
}

static void on_arrival(uc_engine *uc, uint64_t at, uint32_t size, void *ctx)
{
	(void)at, (void)size, (void)ctx;
	grub.arrived = true;
	uc_emu_stop(uc);
}

/* Big-endian code at a kernel's entry; in 32-bit mode all of it works. */
static void write_kernel(const char *path)
{
	static const uint32_t code[] = {
		0x3d200000,           /* lis   r9,0 */
		0x61290000 | ARRIVED, /* ori   r9,r9,ARRIVED */
		0x7d2903a6,           /* mtctr r9 */
		0x4e800421,           /* bctrl */
	};
	const struct elf_spec spec = {
		.big_endian = true,
		.type = ET_EXEC,
		.entry = 0xc000000000000000,
		.segments = { { PT_LOAD, 0x1000, 0xc000000000000000, 0, KERNEL_SIZE,
				2 * KERNEL_SIZE } },
		.nsegments = 1,
	};
	uint8_t bytes[4];
	int fd;

	elf_write(path, &spec);
	fd = open(path, O_WRONLY);
	for (size_t i = 0; i < ARRAY_LEN(code); i++) {
		be32_store(bytes, code[i]);
		cr_assert(pwrite(fd, bytes, 4, (off_t)(0x1000 + 4 * i)) == 4);
	}
	close(fd);
}

static void make_images(const char *modules)
{
	char kernel[160], command[1024];

	strcpy(grub.dir, "/tmp/spapr-grub-XXXXXX");
	cr_assert(mkdtemp(grub.dir) != NULL);
	snprintf(kernel, sizeof(kernel), "%s/vmlinux", grub.dir);
	write_kernel(kernel);
	snprintf(command, sizeof(command), "%s/tests/unit/firmware/grub/make %s %s %s",
		 SPAPR_SOURCE_DIR, grub.dir, modules, kernel);
	cr_assert(eq(int, system(command), 0));
}

static void remove_images(void)
{
	char command[160];

	snprintf(command, sizeof(command), "rm -rf %s", grub.dir);
	system(command);
}

static void run(const char *image, struct fw_client *c)
{
	char path[160];
	uint32_t r1 = OF_STACK, r5 = OF_ENTRY;
	uint64_t start = (uint64_t)clock();
	struct stat st;
	uc_hook hooks[2];
	uc_err e;

	snprintf(path, sizeof(path), "%s/%s", grub.dir, image);
	ox.image = open(path, O_RDONLY);
	cr_assert(ox.image >= 0 && fstat(ox.image, &st) == 0);
	ox.disk.size = (uint64_t)st.st_size;
	cr_assert(eq(int, disk_boot_load(&ox.m->mem, &ox.disk, ox.m->ram_size, c), 0), "%s",
		  said_last());
	cr_assert(eq(int, of_entry_write(&ox.m->mem), 0));
	cr_assert(eq(int, ox_start(c), 0));
	ox.keys = KEYS;

	cr_assert(uc_open(UC_ARCH_PPC, UC_MODE_PPC32 | UC_MODE_BIG_ENDIAN, &grub.uc) == UC_ERR_OK);
	cr_assert(uc_mem_map_ptr(grub.uc, 0, ox.m->ram_size, UC_PROT_ALL, ox.m->ram) == UC_ERR_OK);
	be32_store(ox.m->ram + OF_ENTRY, 0x4e800020); /* blr: the hook is the hypercall */
	uc_hook_add(grub.uc, &hooks[0], UC_HOOK_CODE, (void *)on_call, NULL, OF_ENTRY, OF_ENTRY);
	uc_hook_add(grub.uc, &hooks[1], UC_HOOK_CODE, (void *)on_arrival, NULL, ARRIVED, ARRIVED);
	uc_reg_write(grub.uc, UC_PPC_REG_1, &r1);
	uc_reg_write(grub.uc, UC_PPC_REG_5, &r5);
	e = uc_emu_start(grub.uc, c->entry, 0, LIMIT_US, 0);
	close(ox.image);
	cr_assert(grub.arrived, "%s: %s at 0x%llx after %u calls; log: %s; it said: %s", image,
		  uc_strerror(e), (unsigned long long)reg(UC_PPC_REG_PC), grub.ncalls, said_all(),
		  ox.out);
	fprintf(stderr, "%s: %u calls, %u reads, %llu ms, r1 0x%llx r3 0x%llx r4 0x%llx\n", image,
		grub.ncalls, ox.nreads,
		(unsigned long long)((uint64_t)clock() - start) * 1000 / CLOCKS_PER_SEC,
		(unsigned long long)reg(UC_PPC_REG_1), (unsigned long long)reg(UC_PPC_REG_3),
		(unsigned long long)reg(UC_PPC_REG_4));
}

static bool is_taken(uint64_t start, uint64_t end)
{
	for (uint32_t i = 0; i < ox.of.claims.n; i++)
		if (ox.of.claims.taken[i].start <= start && end <= ox.of.claims.taken[i].end)
			return true;
	return false;
}

/* What GRUB hands over to a kernel, and how it got there. */
static void check_arrival(const struct fw_client *c, const char *bootpath)
{
	uint64_t entry = reg(UC_PPC_REG_LR) - 16, initrd = reg(UC_PPC_REG_3);
	uint64_t size = reg(UC_PPC_REG_4);

	cr_assert(reg(UC_PPC_REG_5) == OF_ENTRY);
	cr_assert(reg(UC_PPC_REG_1) <= OF_STACK && reg(UC_PPC_REG_1) > OF_STACK - 32 * KiB);
	cr_assert(eq(u64, size, 100000));
	cr_assert(is_taken(entry, entry + 2 * KERNEL_SIZE), "kernel at 0x%llx",
		  (unsigned long long)entry);
	cr_assert(is_taken(initrd, initrd + size), "initrd at 0x%llx", (unsigned long long)initrd);
	cr_assert(is_taken(c->start, c->end));
	ox.image = -1;
	ox_prop("/chosen", "bootargs");
	cr_assert(strstr(ox_buffer(), "/boot/vmlinux entry=second quiet") != NULL, "%s",
		  ox_buffer());
	cr_assert(strcmp(c->bootpath, bootpath) == 0, "%s", c->bootpath);
	cr_assert(not(said("guest")), "%s", said_all()); /* no service that is not there */
	cr_assert(strstr(ox.out, "second") != NULL, "no menu: %s", ox.out);
}

/* Modules of a release; NULL: they are not there, and the test says so. */
static const char *modules_of(const char *release)
{
	static char path[512];
	const char *cache = getenv("SPAPR_CACHE");

	if (cache)
		snprintf(path, sizeof(path), "%s/grubs/%s", cache, release);
	else
		snprintf(path, sizeof(path), "%s/build/cache/grubs/%s", SPAPR_SOURCE_DIR, release);
	return access(path, R_OK) == 0 ? path : NULL;
}

struct grub_case {
	char release[16], image[16], bootpath[96];
};

ParameterizedTestParameters(of_grub, boots_a_kernel)
{
	static struct grub_case cases[] = {
		{ "bookworm", "disk.raw", OX_DISK ":" },
		{ "bookworm", "cd.iso", OX_DISK ":,\\boot\\grub\\powerpc.elf" },
		{ "trixie", "disk.raw", OX_DISK ":" },
		{ "trixie", "cd.iso", OX_DISK ":,\\boot\\grub\\powerpc.elf" },
		{ "forky", "disk.raw", OX_DISK ":" },
		{ "forky", "cd.iso", OX_DISK ":,\\boot\\grub\\powerpc.elf" },
	};

	return cr_make_param_array(struct grub_case, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct grub_case *p, of_grub, boots_a_kernel, .init = ox_setup,
		  .fini = ox_teardown, .timeout = 110)
{
	const char *modules = modules_of(p->release);
	struct fw_client c;

	if (!modules)
		cr_skip_test("no GRUB of %s: the archive had none when scripts/setup ran",
			     p->release);
	make_images(modules);
	run(p->image, &c);
	check_arrival(&c, p->bootpath);
	remove_images();
}
