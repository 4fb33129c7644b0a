/* SPDX-License-Identifier: BSD-2-Clause */
/* firmware.c: a guest that begins in firmware, from its disk to its end; and one that has none. */
#include "vmm/machine/firmware.h"

#include "devices/backend/block/block.h"
#include "tests/unit/vmm/machine/fixture.h"
#include "vmm/base/papr.h"
#include "vmm/machine/machine_impl.h"

#include <fcntl.h>
#include <libfdt.h>

#define SECTOR 512
#define FIRST 2048        /* sector of the PReP partition */
#define SECTORS 8192      /* of the disk */
#define PROGRAM 0x200000u /* where it lies */
#define BLOCK 0x300000u
#define TEXT 0x300100u
#define BUFFER 0x301000u

/* A disk's PReP partition begins at sector @first from now on. */
static void put_partition(int fd, uint32_t first)
{
	uint8_t entry[16] = { 0x80, 0, 2, 0, 0x41, 0, 2, 0 };

	le32_store(entry + 8, first);
	le32_store(entry + 12, 2048);
	if (pwrite(fd, entry, sizeof(entry), 446) != sizeof(entry))
		abort();
}

/* And holds a program: all of its work is done by the fake guest. */
static void put_program(int fd, uint32_t first, const struct elf_spec *program)
{
	static uint8_t elf[8192];
	size_t len = elf_build(elf, sizeof(elf), program);

	put_partition(fd, first);
	if (pwrite(fd, elf, len, (off_t)first * SECTOR) != (ssize_t)len)
		abort();
}

static void make_disk(const char *path, const struct elf_spec *program)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || ftruncate(fd, SECTORS * SECTOR) < 0 || pwrite(fd, "\x55\xaa", 2, 510) != 2 ||
	    pwrite(fd, "mark", 4, 5 * SECTOR) != 4)
		abort();
	put_program(fd, FIRST, program);
	close(fd);
}

/* No more a partition table. */
static void no_table(const char *name)
{
	int fd = open(fx_path(name), O_WRONLY | O_CLOEXEC);

	if (pwrite(fd, "", 1, 510) != 1)
		abort();
	close(fd);
}

static const struct elf_spec program = {
	.is32 = true,
	.big_endian = true,
	.entry = PROGRAM + 0x10,
	.segments = { { PT_LOAD, 0x1000, PROGRAM, PROGRAM, 0x100, 0x4000 } },
	.nsegments = 1,
};

/* The configuration without a kernel, with a disk and @more. */
static void configure(const struct elf_spec *elf, const char *more)
{
	char toml[1024];

	make_disk(fx_path("disk"), elf);
	snprintf(toml, sizeof(toml),
		 "[machine]\nmemory = \"128MiB\"\nhuge_pages = \"off\"\n"
		 "[console]\nbackend = \"file:out\"\n[[disk]]\npath = \"disk\"\n%s",
		 more);
	file_write(fx.config, toml, strlen(toml));
}

static void setup(void)
{
	fx_setup();
	configure(&program, "");
}

TestSuite(firmware, .init = setup, .fini = fx_teardown, .timeout = 60);

/* A call of the client interface; its first result, or OF_ERROR. */
static uint32_t client(struct guest *g, const char *service, uint32_t a, uint32_t b, uint32_t c)
{
	guest_write(g, TEXT, service, strlen(service) + 1);
	guest_store(g, BLOCK, 4, TEXT);
	guest_store(g, BLOCK + 4, 4, 3);
	guest_store(g, BLOCK + 8, 4, 1);
	guest_store(g, BLOCK + 12, 4, a);
	guest_store(g, BLOCK + 16, 4, b);
	guest_store(g, BLOCK + 20, 4, c);
	if (guest_hcall(g, H_CLIENT, 1, (uint64_t)BLOCK) != 0)
		return OF_ERROR;
	return (uint32_t)guest_load(g, BLOCK + 24, 4);
}

static uint32_t text(struct guest *g, uint32_t at, const char *s)
{
	guest_write(g, at, s, strlen(s) + 1);
	return at;
}

static void entry_is_right(struct guest *g)
{
	guest_check(g->pc == PROGRAM + 0x10, "entry");
	guest_check(g->r1 == OF_STACK && g->r5 == OF_ENTRY && g->r3 == 0 && g->r4 == 0,
		    "registers at entry");
	guest_check(g->msr == 0x1000, "mode at entry: 32 bits, big-endian");
	guest_check(guest_load(g, OF_ENTRY, 4) == 0x7c641b78, "the client's entry");
}

static void off(struct guest *g)
{
	client(g, "interpret", text(g, BUFFER, "power-off"), 0, 0);
	guest_check(false, "an instruction after power-off");
}

static void off_at_once(struct guest *g)
{
	entry_is_right(g);
	off(g);
}

static void reads_and_writes(struct guest *g)
{
	uint32_t disk, out = 0x11; /* /chosen's stdout */
	char buf[4];

	entry_is_right(g);
	disk = client(g, "open", text(g, BUFFER, "disk:0"), 0, 0);
	guest_check(disk != 0, "open");
	guest_check(client(g, "seek", disk, 0, 5 * SECTOR) == 0, "seek");
	guest_check(client(g, "read", disk, BUFFER, 3 * SECTOR) == 3 * SECTOR, "read");
	guest_read(g, BUFFER, buf, sizeof(buf));
	guest_check(memcmp(buf, "mark", 4) == 0, "what was read");
	guest_check(client(g, "seek", disk, 0, 4000 * SECTOR + 3) == 0, "seek");
	guest_check(client(g, "write", disk, text(g, BUFFER, "written"), 7) == 7, "write");
	guest_check(client(g, "write", out, text(g, BUFFER, "this is a line of output\n"), 25) ==
			    25,
		    "console");
	guest_check(client(g, "read", 0x10, BUFFER, 1) == (uint32_t)-2, "no key");
	off(g);
}

static void file_has(const char *path, off_t at, const char *want)
{
	char buf[64] = "";
	int fd = open(path, O_RDONLY);

	cr_assert(pread(fd, buf, strlen(want), at) == (ssize_t)strlen(want) &&
			  strcmp(buf, want) == 0,
		  "%s: %s", path, buf);
	close(fd);
}

Test(firmware, a_disk_boots_where_no_kernel_is_named)
{
	fake_guest(0, reads_and_writes, NULL);
	cr_assert(eq(int, (int)fx_run(""), STATUS_OFF), "%s", said_all());
	file_has(fx_path("disk"), 4000 * SECTOR + 3, "written");
	file_has(fx_path("out"), 0, "this is a line of output\n");
}

static void reboots(struct guest *g)
{
	uint32_t *lives = g->ctx;

	entry_is_right(g);
	guest_check(client(g, "claim", 0x1000000, 0x1000, 0) == 0x1000000, "claim");
	guest_check(guest_load(g, 0x800000, 4) == 0, "memory is new");
	guest_store(g, 0x800000, 4, 1);
	if (++*lives == 3)
		off(g);
	client(g, "interpret", text(g, BUFFER, "reset-all"), 0, 0);
	guest_check(false, "an instruction after reset-all");
}

Test(firmware, a_reboot_begins_there_again)
{
	uint32_t lives = 0;

	fake_guest(0, reboots, &lives);
	cr_assert(eq(int, (int)fx_run(""), STATUS_OFF), "%s", said_all());
	cr_assert(eq(u32, lives, 3));
}

/* ---- settings: properties of /options, kept in NVRAM ---- */

/* The property of a node, as a text: "" where there is none. */
static const char *prop(struct guest *g, const char *node, const char *name)
{
	static char buf[256];
	uint32_t n = client(g, "finddevice", text(g, BUFFER, node), 0, 0);

	guest_store(g, BLOCK + 4, 4, 4);
	guest_write(g, TEXT, "getprop", 8);
	guest_store(g, BLOCK + 12, 4, n);
	guest_store(g, BLOCK + 16, 4, text(g, BUFFER, name));
	guest_store(g, BLOCK + 20, 4, BUFFER + 0x100);
	guest_store(g, BLOCK + 24, 4, sizeof(buf));
	guest_check(guest_hcall(g, H_CLIENT, 1, (uint64_t)BLOCK) == 0, "getprop");
	if ((uint32_t)guest_load(g, BLOCK + 28, 4) == OF_ERROR)
		return "";
	guest_read(g, BUFFER + 0x100, buf, sizeof(buf));
	return buf;
}

/* What setprop answers. */
static uint32_t set_option(struct guest *g, const char *name, const char *value, uint32_t len)
{
	uint32_t n = client(g, "finddevice", text(g, BUFFER, "/options"), 0, 0);

	guest_write(g, TEXT, "setprop", 8);
	guest_store(g, BLOCK + 4, 4, 4);
	guest_store(g, BLOCK + 12, 4, n);
	guest_store(g, BLOCK + 16, 4, text(g, BUFFER, name));
	guest_write(g, BUFFER + 0x100, value, len);
	guest_store(g, BLOCK + 20, 4, BUFFER + 0x100);
	guest_store(g, BLOCK + 24, 4, len);
	guest_check(guest_hcall(g, H_CLIENT, 1, (uint64_t)BLOCK) == 0, "setprop");
	return (uint32_t)guest_load(g, BLOCK + 28, 4);
}

/* Starts are counted by the setting itself, so that it does not matter who keeps it. */
static void sets_options(struct guest *g)
{
	const char *const *bootargs = g->ctx;
	static char large[OF_OPTION_MAX - 1], too_large[OF_OPTION_MAX];

	if (!*prop(g, "/options", "starts")) {
		guest_check(set_option(g, "kernel-bootargs", "quiet", 6) == 6, "set");
		guest_check(set_option(g, "starts", "one", 4) == 4, "set");
		guest_check(set_option(g, "binary", "a\0b", 3) == 3, "no text: until a reboot");
		guest_check(set_option(g, "control", "\n", 2) == 2, "no text: until a reboot");
		memset(large, 'x', sizeof(large));
		guest_check(set_option(g, "one", large, sizeof(large)) == sizeof(large), "large");
		guest_check(set_option(g, "two", large, sizeof(large)) == OF_ERROR, "no room");
		guest_check(set_option(g, "one", "", 0) == 0, "empty");
		guest_check(set_option(g, "three", too_large, sizeof(too_large)) ==
				    sizeof(too_large),
			    "too large: until a reboot");
		client(g, "interpret", text(g, BUFFER, "reset-all"), 0, 0);
	}
	guest_check(strcmp(prop(g, "/options", "kernel-bootargs"), "quiet") == 0, "it is kept");
	guest_check(strcmp(prop(g, "/options", "real-mode?"), "true") == 0, "firmware's own");
	guest_check(!*prop(g, "/options", "binary") && !*prop(g, "/options", "control"), "binary");
	guest_check(client(g, "getproplen",
			   client(g, "finddevice", text(g, BUFFER, "/options"), 0, 0),
			   text(g, BUFFER, "three"), 0) == OF_ERROR,
		    "what was too large");
	guest_check(strcmp(prop(g, "/chosen", "bootargs"), *bootargs) == 0, "bootargs");
	off(g);
}

/* A boot program of 32 bits is a loader, which takes arguments for its own. */
Test(firmware, settings_outlive_a_reboot)
{
	const char *bootargs = "";

	fake_guest(0, sets_options, &bootargs);
	cr_assert(eq(int, (int)fx_run(""), STATUS_OFF), "%s", said_all());
}

Test(firmware, settings_outlive_the_program_in_a_file)
{
	const char *bootargs = "", *sets = "nvram.path=settings";

	fake_guest(0, sets_options, &bootargs);
	cr_assert(eq(int, (int)fx_run(sets), STATUS_OFF), "%s", said_all());
	fake_guest(0, sets_options, &bootargs);
	cr_assert(eq(int, (int)fx_run(sets), STATUS_OFF), "%s", said_all());
	unlink(fx_path("settings"));
}

Test(firmware, a_kernel_that_a_disk_boots_has_the_arguments_of_nvram)
{
	struct elf_spec kernel = program;
	const char *bootargs = "quiet";

	kernel.is32 = false;
	configure(&kernel, "");
	fake_guest(0, sets_options, &bootargs);
	cr_assert(eq(int, (int)fx_run(""), STATUS_OFF), "%s", said_all());
}

Test(firmware, a_kernel_that_is_named_has_them_behind_its_own)
{
	const char *bootargs = "console=hvc0 quiet";
	char sets[512];

	snprintf(sets, sizeof(sets), "boot.firmware=builtin boot.kernel=%s", fx_path("vmlinux"));
	fake_guest(0, sets_options, &bootargs);
	cr_assert(eq(int, (int)fx_run(sets), STATUS_OFF), "%s", said_all());
}

/* NVRAM as another firmware may have left it. */
static void has_odd_settings(struct guest *g)
{
	static char bytes[4096];
	const uint32_t at = 0x900000;
	size_t n = 0;

	if (g->starts == 1) {
		n += (size_t)sprintf(bytes, "kernel-bootargs=%02040d", 0) + 1;
		n += (size_t)sprintf(bytes + n, "real-mode?=false") + 1;
		n += (size_t)sprintf(bytes + n, "%070d=name", 0) + 1;
		for (int i = 0; i < 300; i++)
			n += (size_t)sprintf(bytes + n, "n%d=", i) + 1;
		guest_write(g, at, bytes, n);
		guest_rtas(g, "nvram-store", 3, 2, NVRAM_HEADER, at, (uint32_t)n);
		guest_rtas(g, "system-reboot", 0, 1);
	}
	guest_check(strcmp(prop(g, "/options", "real-mode?"), "true") == 0, "firmware's own");
	guest_check(strcmp(prop(g, "/chosen", "bootargs"), "console=hvc0") == 0, "bootargs");
	guest_check(strcmp(prop(g, "/options", "n299"), "") == 0, "the last of too many");
	off(g);
}

Test(firmware, arguments_that_are_too_long_cost_a_line)
{
	char sets[512];

	snprintf(sets, sizeof(sets), "boot.firmware=builtin boot.kernel=%s", fx_path("vmlinux"));
	fake_guest(0, has_odd_settings, NULL);
	cr_assert(eq(int, (int)fx_run(sets), STATUS_OFF), "%s", said_all());
	cr_assert(said("NVRAM's kernel-bootargs is too long: 2053 bytes"), "%s", said_all());
}

/* ---- a program that gives up ---- */

static void gives_up(struct guest *g)
{
	client(g, "exit", 0, 0, 0);
	guest_check(false, "an instruction after exit");
}

Test(firmware, a_program_that_gives_up_is_a_crash)
{
	fake_guest(0, gives_up, NULL);
	cr_assert(eq(int, (int)fx_run(""), STATUS_CRASH));
	cr_assert(said("the boot program gave up"), "%s", said_all());
}

/* In the life of the first disk, then in that of the second. */
static void first_gives_up(struct guest *g)
{
	uint32_t *lives = g->ctx;

	if (++*lives == 2)
		off(g);
	client(g, "exit", 0, 0, 0);
	guest_check(false, "an instruction after exit");
}

Test(firmware, the_next_disk_boots_where_a_program_gives_up)
{
	uint32_t lives = 0;

	make_disk(fx_path("second"), &program);
	configure(&program, "[[disk]]\npath = \"second\"\n");
	fake_guest(0, first_gives_up, &lives);
	cr_assert(eq(int, (int)fx_run(""), STATUS_OFF), "%s", said_all());
	cr_assert(said("disk0: its boot program gave up"), "%s", said_all());
}

Test(firmware, a_program_that_gives_up_is_a_crash_if_no_further_disk_boots)
{
	make_disk(fx_path("second"), &program);
	configure(&program, "[[disk]]\npath = \"second\"\n");
	no_table("second");
	fake_guest(0, gives_up, NULL);
	cr_assert(eq(int, (int)fx_run(""), STATUS_CRASH), "%s", said_all());
	cr_assert(
		said("guest crashed: the boot program of disk0 gave up, and no further disk boots: "
		     "see its console"),
		"%s", said_all());
	cr_assert(eq(int, said_errors(), 1), "%s", said_all());
}

/* Its own boot partition, before it reboots. */
static void spoils_its_disk(struct guest *g)
{
	no_table("disk");
	client(g, "interpret", text(g, BUFFER, "reset-all"), 0, 0);
	guest_check(false, "an instruction after reset-all");
}

Test(firmware, a_guest_that_reboots_without_anything_to_boot_has_crashed)
{
	fake_guest(0, spoils_its_disk, NULL);
	cr_assert(eq(int, (int)fx_run(""), STATUS_CRASH), "%s", said_all());
	cr_assert(said("guest crashed: none of the 1 disks boots any more: "), "%s", said_all());
	cr_assert(eq(int, said_errors(), 1), "%s", said_all());
	configure(&program, "");
	cr_assert(eq(int, (int)fx_run("boot.device=disk0"), STATUS_CRASH), "%s", said_all());
	cr_assert(said("guest crashed: disk0 does not boot any more: "), "%s", said_all());
}

/* A client's opens do not use up the lines about the next boot. */
static void opens_and_reboots(struct guest *g)
{
	uint32_t *lives = g->ctx;
	int fd;

	if (++*lives == 2)
		off(g);
	fd = open(fx_path("disk"), O_WRONLY | O_CLOEXEC);
	put_partition(fd, SECTORS);
	close(fd);
	for (int i = 0; i < 100; i++)
		guest_check(client(g, "open", text(g, BUFFER, "disk:1"), 0, 0) == 0, "open");
	client(g, "interpret", text(g, BUFFER, "reset-all"), 0, 0);
	guest_check(false, "an instruction after reset-all");
}

Test(firmware, a_client_does_not_use_up_the_lines_about_the_boot)
{
	static const char line[] = "disk0: partition 1 ends at block";
	uint32_t lives = 0;

	make_disk(fx_path("second"), &program);
	configure(&program, "[[disk]]\npath = \"second\"\n");
	fake_guest(0, opens_and_reboots, &lives);
	cr_assert(eq(int, (int)fx_run(""), STATUS_OFF), "%s", said_all());
	cr_assert(eq(int, said_times(line), LOG_MAY_LINES + 1), "%s", said_all());
}

/* The device sees within a second that its image has grown; the next boot program is in the new part. */
static void sees_it_grow(struct guest *g)
{
	uint32_t *lives = g->ctx, disk = 0;
	int fd;

	if (++*lives == 2)
		off(g);
	fd = open(fx_path("disk"), O_WRONLY | O_CLOEXEC);
	if (ftruncate(fd, 3 * SECTORS * SECTOR) < 0)
		abort();
	put_program(fd, 2 * SECTORS, &program);
	close(fd);
	for (uint32_t i = 0; i < 200 && disk == 0; i++) {
		guest_wait_ms(g, 50);
		disk = client(g, "open", text(g, BUFFER, "disk:1"), 0, 0);
	}
	guest_check(disk != 0 && client(g, "read", disk, BUFFER, 4) == 4, "the disk did not grow");
	guest_check(guest_load(g, BUFFER, 4) == 0x7f454c46, "the program in the new part");
	client(g, "interpret", text(g, BUFFER, "reset-all"), 0, 0);
	guest_check(false, "an instruction after reset-all");
}

Test(firmware, a_disk_that_has_grown_boots_from_its_new_part)
{
	uint32_t lives = 0;

	fake_guest(0, sees_it_grow, &lives);
	cr_assert(eq(int, (int)fx_run(""), STATUS_OFF), "%s", said_all());
	cr_assert(eq(u32, lives, 2));
}

Test(firmware, the_boot_sees_a_disk_as_large_as_it_is)
{
	struct machine *m = fx_machine("");
	struct block *b = m->firmware.behind[0].block;

	b->size += SECTOR;
	cr_assert(eq(u64, firmware_disk_to_boot(&m->firmware, 0).size, (SECTORS + 1) * SECTOR));
	b->size -= SECTOR;
	machine_destroy(m);
	FX_NOTHING_LEFT();
}

/* The first disk's program gives up, the second's reboots, and so on. */
static void goes_in_a_circle(struct guest *g)
{
	uint32_t *lives = g->ctx;

	if (++*lives == 60)
		off(g);
	if (*lives & 1)
		client(g, "exit", 0, 0, 0);
	else
		client(g, "interpret", text(g, BUFFER, "reset-all"), 0, 0);
	guest_check(false, "an instruction after its end");
}

Test(firmware, two_disks_in_a_circle_do_not_fill_the_log)
{
	uint32_t lives = 0;

	make_disk(fx_path("second"), &program);
	configure(&program, "[[disk]]\npath = \"second\"\n");
	fake_guest(0, goes_in_a_circle, &lives);
	cr_assert(eq(int, (int)fx_run(""), STATUS_OFF), "%s", said_all());
	cr_assert(eq(int, said_times("its boot program gave up"), LOG_MAY_LINES), "%s", said_all());
}

/* One vCPU's exit comes when another's reboot is under way: it stays a reboot. */
Test(firmware, an_exit_during_a_stop_changes_nothing)
{
	struct machine *m;

	make_disk(fx_path("second"), &program);
	configure(&program, "[[disk]]\npath = \"second\"\n");
	m = fx_machine("");
	stop_request(&m->stop, STOP_REBOOT, NULL);
	m->firmware.of->env.end(m->firmware.of->env.ctx, OF_END_EXIT);
	cr_assert(not(firmware_tries_next(&m->firmware)));
	cr_assert(not(said("gave up")), "%s", said_all());
	machine_destroy(m);
	FX_NOTHING_LEFT();
}

/* The third life is a reboot of the second disk's program. */
static void second_reboots(struct guest *g)
{
	uint32_t *lives = g->ctx;

	if (++*lives == 2)
		client(g, "interpret", text(g, BUFFER, "reset-all"), 0, 0);
	client(g, "exit", 0, 0, 0);
	guest_check(false, "an instruction after exit");
}

Test(firmware, the_next_disk_is_no_reboot_that_the_guest_asked_for)
{
	uint32_t lives = 0;

	make_disk(fx_path("second"), &program);
	configure(&program, "[[disk]]\npath = \"second\"\n");
	fake_guest(0, second_reboots, &lives);
	cr_assert(eq(int, (int)fx_run("machine.on_reboot=exit"), STATUS_REBOOT), "%s", said_all());
	cr_assert(eq(u32, lives, 2));
}

static void has_exception(struct guest *g)
{
	guest_hcall(g, H_CLIENT_CRASH, 2, 0x700UL, 0x200010UL);
	guest_check(false, "an instruction after the crash");
}

Test(firmware, an_exception_of_the_program_is_told)
{
	fake_guest(0, has_exception, NULL);
	cr_assert(eq(int, (int)fx_run(""), STATUS_CRASH));
	cr_assert(said("the boot program had exception 0x700 at 0x200010"), "%s", said_all());
}

static void has_none(struct guest *g)
{
	guest_check(guest_hcall(g, H_CLIENT, 1, (uint64_t)BLOCK) == -2, "client interface");
	guest_check(guest_hcall(g, H_CLIENT_CRASH, 2, 0UL, 0UL) == -2, "its vectors");
	guest_check(g->r5 == 0 && (g->msr >> 63) == 1, "registers at entry");
	guest_rtas(g, "power-off", 2, 1, 0, 0);
}

Test(firmware, a_kernel_that_is_named_has_none)
{
	char kernel[256];

	snprintf(kernel, sizeof(kernel), "boot.kernel=%s", fx_path("vmlinux"));
	fake_guest(0, has_none, NULL);
	cr_assert(eq(int, (int)fx_run(kernel), STATUS_OFF), "%s", said_all());
}

/* Firmware that is a file begins, and finds the kernel where the tree says. */
static void has_a_kernel(struct guest *g)
{
	static uint64_t tree[1 * MiB / 8];
	static const uint8_t want[16] = { [5] = 0x40, [14] = 0x30 }; /* 4 MiB, 12 KiB */
	const void *p;
	int len = 0;

	guest_check(g->pc == 0x100 && guest_load(g, 1, 1) == elf_byte(1), "the file is at 0");
	guest_check(guest_load(g, 4 * MiB, 1) == elf_byte(0x1000), "the kernel is behind");
	guest_read(g, g->r3, tree, sizeof(tree));
	p = fdt_getprop(tree, fdt_path_offset(tree, "/chosen"), "qemu,boot-kernel", &len);
	guest_check(len == 16 && memcmp(p, want, sizeof(want)) == 0, "its place");
	p = fdt_getprop(tree, fdt_path_offset(tree, "/chosen"), "qemu,boot-kernel-le", &len);
	guest_check(p && len == 0, "little-endian");
	p = fdt_getprop(tree, fdt_path_offset(tree, "/chosen"), "bootargs", &len);
	guest_check(p && strcmp(p, "console=hvc0") == 0, "its command line");
	if (g->starts < 2)
		guest_rtas(g, "system-reboot", 0, 1);
	guest_rtas(g, "power-off", 2, 1, 0, 0);
}

static const char *blob_of(size_t bytes)
{
	static char sets[512];
	uint8_t *blob = malloc(bytes);

	for (size_t i = 0; i < bytes; i++)
		blob[i] = elf_byte(i);
	file_write(fx_path("blob"), blob, bytes);
	free(blob);
	snprintf(sets, sizeof(sets), "boot.firmware=%s boot.kernel=%s", fx_path("blob"),
		 fx_path("vmlinux"));
	return sets;
}

Test(firmware, a_file_of_firmware_has_a_kernel_to_start)
{
	fake_guest(0, has_a_kernel, NULL);
	cr_assert(eq(int, (int)fx_run(blob_of(0x2345)), STATUS_OFF), "%s", said_all());
}

Test(firmware, a_kernel_has_room_beside_a_file_of_firmware)
{
	struct machine *m;

	cr_assert(eq(int, (int)machine_create(&m, fx_options(blob_of(5 * MiB))), STATUS_USAGE));
	cr_assert(said("kernel: there is no room for it between firmware (0x500000 bytes) and"),
		  "%s", said_all());
	FX_NOTHING_LEFT();
}

Test(firmware, a_disk_that_boots_nothing_ends_the_start)
{
	struct machine *m;

	no_table("disk");
	cr_assert(eq(int, (int)machine_create(&m, fx_options("")), STATUS_USAGE));
	cr_assert(said("none of the 1 disks boots"), "%s", said_all());
	cr_assert(said("warning: boot: disk0: it has no partitions, and no ISO 9660 with"), "%s",
		  said_all());
	FX_NOTHING_LEFT();
}

Test(firmware, the_disk_that_is_asked_for_boots_or_none)
{
	struct machine *m;

	make_disk(fx_path("second"), &program);
	configure(&program, "[[disk]]\npath = \"second\"\n[rng]\niommu = false\n");
	no_table("second");
	cr_assert(eq(int, (int)machine_create(&m, fx_options("boot.device=disk1")), STATUS_USAGE));
	cr_assert(said("disk1 does not boot: mend it, correct boot.device, "
		       "or name a kernel by boot.kernel"),
		  "%s", said_all());
	cr_assert(said("disk1: it has no partitions") && !said("disk0: it"), "%s", said_all());
	FX_NOTHING_LEFT();
}

Test(firmware, what_boots_is_said_and_no_word_about_what_is_only_data)
{
	configure(&program, "[[disk]]\npath = \"second\"\n");
	make_disk(fx_path("second"), &program);
	no_table("disk");
	fake_guest(0, off_at_once, NULL);
	cr_assert(eq(int, (int)fx_run(""), STATUS_OFF), "%s", said_all());
	cr_assert(said("info: boot: disk1: PReP partition 1\n"), "%s", said_all());
	cr_assert(not(said("disk0: ")), "%s", said_all());
}

/* Nobody reads: what is written is gone, and the clock goes on. */
static void has_no_console(struct guest *g)
{
	uint32_t before = client(g, "milliseconds", 0, 0, 0);

	guest_check(client(g, "write", 0x11, text(g, BUFFER, "this is nowhere\n"), 16) == 16,
		    "console");
	guest_wait_ms(g, 5);
	guest_check(client(g, "milliseconds", 0, 0, 0) != before, "time stands still");
	off(g);
}

Test(firmware, a_guest_without_a_console_writes_all_the_same)
{
	fake_guest(0, has_no_console, NULL);
	cr_assert(eq(int, (int)fx_run("console.backend=none"), STATUS_OFF), "%s", said_all());
}

/* The tree that the control API shows is the one that the client interface has. */
Test(firmware, its_tree_is_shown)
{
	struct machine *m = fx_machine("");
	const uint8_t *tree;
	size_t size;

	tree = power_on_tree(&m->boot, &size);
	cr_assert(tree && be32_load(tree) == 0xd00dfeed && be32_load(tree + 4) == size);
	machine_destroy(m);
	cr_assert(eq(int, (int)machine_dump_dtb(&fx.opt, fx_path("tree")), STATUS_OFF), "%s",
		  said_all());
	file_has(fx_path("tree"), 0, "\xd0\x0d\xfe\xed");
	FX_NOTHING_LEFT();
}

/* ---- firmware that is no part of the program ---- */

#define SLOF 0x100u
#define SLOF_TREE (126 * MiB)

/* It has a tree, and no client interface of ours. */
static void is_blob(struct guest *g)
{
	guest_check(g->pc == SLOF && g->r3 == SLOF_TREE && g->r5 == 0, "registers at entry");
	guest_check(guest_load(g, 0, 4) == 0x626c6f62, "the image, at 0");
	guest_check(guest_load(g, SLOF_TREE, 4) == 0xd00dfeed, "the tree");
	guest_check(guest_hcall(g, H_CLIENT, 1, (uint64_t)BLOCK) == -2, "client interface");
	guest_write(g, BUFFER, "word", 4);
	guest_check(guest_rtas(g, "nvram-store", 3, 2, 0, BUFFER, 4) == 0 && g->args[1] == 4,
		    "nvram-store");
	guest_rtas(g, "power-off", 2, 1, 0, 0);
}

Test(firmware, an_image_of_firmware_is_entered_as_qemu_does)
{
	char sets[300];

	file_write(fx_path("slof.bin"), "blob", 4);
	file_write(fx_path("nvram"), "", 0);
	snprintf(sets, sizeof(sets), "boot.firmware=%s nvram.path=%s", fx_path("slof.bin"),
		 fx_path("nvram"));
	fake_guest(0, is_blob, NULL);
	cr_assert(eq(int, (int)fx_run(sets), STATUS_OFF), "%s", said_all());
	file_has(fx_path("nvram"), 0, "word");
}

/* SLOF is a 32-bit program: its tree is below 2 GiB however much RAM there is. */
Test(firmware, the_tree_of_an_image_is_below_2_gib)
{
	char sets[300];
	struct machine *m;

	file_write(fx_path("slof.bin"), "blob", 4);
	snprintf(sets, sizeof(sets), "machine.memory=4GiB boot.firmware=%s", fx_path("slof.bin"));
	m = fx_machine(sets);
	cr_assert(eq(u64, m->boot.plan.fdt, 2 * GiB - 2 * MiB));
	machine_destroy(m);
	FX_NOTHING_LEFT();
}

Test(firmware, a_kernel_where_firmware_is_cannot_be_its_client)
{
	const struct elf_spec low = {
		.segments = { { PT_LOAD, 0x1000, 8 * MiB, 8 * MiB, 0x1000, 0x1000 },
			      { PT_LOAD, 0x2000, 0x1000, 0x1000, 0x1000, 0x1000 } },
		.entry = 8 * MiB,
		.nsegments = 2,
	};
	struct machine *m;
	char sets[300], kernel[160];

	snprintf(kernel, sizeof(kernel), "%s", fx_path("low"));
	elf_write(kernel, &low);
	snprintf(sets, sizeof(sets), "boot.kernel=%s boot.firmware=builtin", kernel);
	cr_assert(ne(int, (int)machine_create(&m, fx_options(sets)), STATUS_OFF));
	cr_assert(said("where firmware is: leave boot.firmware out"), "%s", said_all());
	FX_NOTHING_LEFT();
}

/* On a host with 4K pages real mode of a hash guest reaches a quarter of RAM. */
Test(firmware, a_kernel_beyond_what_firmware_reaches_is_refused)
{
	const struct elf_spec large = {
		.segments = { { PT_LOAD, 0x1000, 4 * MiB, 4 * MiB, 0x1000, 40 * MiB } },
		.entry = 4 * MiB,
		.nsegments = 1,
	};
	struct machine *m;
	char sets[300], kernel[160];

	fake_host(FAKE_P9_4K);
	snprintf(kernel, sizeof(kernel), "%s", fx_path("large"));
	elf_write(kernel, &large);
	snprintf(sets, sizeof(sets), "boot.kernel=%s boot.firmware=builtin", kernel);
	cr_assert(eq(int, (int)machine_create(&m, fx_options(sets)), STATUS_USAGE));
	cr_assert(said("kernel: it ends at 0x2c00000, and firmware reaches 0x2000000: "
		       "raise machine.memory, or leave boot.firmware out, "
		       "or set machine.mmu = \"radix\""),
		  "%s", said_all());
	strcat(sets, " machine.mmu=radix");
	m = fx_machine(sets);
	machine_destroy(m);
	FX_NOTHING_LEFT();
}

Test(firmware, an_initrd_beyond_what_firmware_reaches_is_refused)
{
	static uint8_t initrd[40 * MiB] = "anything";
	struct machine *m;
	char sets[300];

	fake_host(FAKE_P9_4K);
	file_write(fx_path("initrd"), initrd, sizeof(initrd));
	snprintf(sets, sizeof(sets), "boot.kernel=%s boot.initrd=%s boot.firmware=builtin",
		 fx_path("vmlinux"), fx_path("initrd"));
	cr_assert(eq(int, (int)machine_create(&m, fx_options(sets)), STATUS_USAGE));
	cr_assert(said("initrd: it ends at 0x"), "%s", said_all());
	cr_assert(said("and firmware reaches 0x2000000: raise machine.memory"), "%s", said_all());
	FX_NOTHING_LEFT();
}

Test(firmware, a_kernel_above_4_gib_is_refused)
{
	const struct elf_spec high = {
		.segments = { { PT_LOAD, 0x1000, 4 * GiB, 4 * GiB, 0x1000, 0x1000 } },
		.entry = 4 * GiB,
		.nsegments = 1,
	};
	struct machine *m;
	char sets[300], kernel[160];

	snprintf(kernel, sizeof(kernel), "%s", fx_path("high"));
	elf_write(kernel, &high);
	snprintf(sets, sizeof(sets), "boot.kernel=%s boot.firmware=builtin machine.memory=8GiB",
		 kernel);
	cr_assert(eq(int, (int)machine_create(&m, fx_options(sets)), STATUS_USAGE));
	cr_assert(said("firmware reaches 0x100000000: leave boot.firmware out\n"), "%s",
		  said_all());
	FX_NOTHING_LEFT();
}

/* Cells are of 32 bits: what lies above 4 GiB is none of firmware's. */
Test(firmware, a_program_above_4_gib_costs_a_line_and_the_next_disk_boots)
{
	struct elf_spec high = {
		.big_endian = true,
		.entry = 4 * GiB,
		.segments = { { PT_LOAD, 0x1000, 0, 4 * GiB, 0x100, 0x4000 } },
		.nsegments = 1,
	};

	for (int i = 0; i < 2; i++) {
		high.segments[0].paddr = high.segments[0].vaddr = high.entry = (4 + i) * GiB;
		make_disk(fx_path("second"), &program);
		configure(&high, "[[disk]]\npath = \"second\"\n");
		fake_guest(0, off_at_once, NULL);
		cr_assert(eq(int, (int)fx_run("machine.memory=8GiB"), STATUS_OFF), "%s",
			  said_all());
		cr_assert(said("disk0: its boot program wants RAM up to 0x1"), "%s", said_all());
		cr_assert(said("firmware reaches 0x100000000: install the boot loader anew"), "%s",
			  said_all());
	}
}

Test(firmware, an_image_larger_than_ram_is_refused)
{
	struct machine *m;
	char sets[200];
	int fd = open(fx_path("slof.bin"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	cr_assert(eq(int, ftruncate(fd, 256 * MiB), 0));
	close(fd);
	snprintf(sets, sizeof(sets), "boot.firmware=%s", fx_path("slof.bin"));
	cr_assert(ne(int, (int)machine_create(&m, fx_options(sets)), STATUS_OFF));
	cr_assert(ge(int, said_errors(), 1));
	FX_NOTHING_LEFT();
}

static void is_little(struct guest *g)
{
	uint32_t disk;

	guest_check(g->msr == 0x1001, "mode at entry: 32 bits, little-endian");
	disk = client(g, "open", text(g, BUFFER, "disk"), 0, 0);
	client(g, "seek", disk, 0, 4000 * SECTOR);
	guest_check(client(g, "write", disk, BUFFER, 7) == OF_ERROR, "a disk that is only read");
	off(g);
}

Test(firmware, a_little_endian_program_is_entered_so)
{
	struct elf_spec little = program;

	little.big_endian = false;
	configure(&little, "read_only = true\n");
	fake_guest(0, is_little, NULL);
	cr_assert(eq(int, (int)fx_run(""), STATUS_OFF), "%s", said_all());
}

Test(firmware, a_start_that_fails_leaves_nothing)
{
	fx_each_call_fails("");
}
