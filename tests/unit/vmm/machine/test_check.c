/* SPDX-License-Identifier: BSD-2-Clause */
/* check.c: `spapr-vmm check` on each host. */
#include "tests/fake/vfio.h"
#include "tests/unit/vmm/machine/fixture.h"
#include "vmm/machine/check_out.h"

#include <criterion/redirect.h>
#include <sched.h>

static void setup(void)
{
	fx_setup();
	cr_redirect_stdout();
	fx.fds = fx_entries("/proc/self/fd");
}

TestSuite(check, .init = setup, .fini = fx_teardown, .timeout = 30);

static void expect_line(const char *text, const char *line)
{
	cr_assert(ne(ptr, strstr(text, line), NULL), "wanted: %s\ngot: %s", line, text);
}

/* What machine_check(, false) printed, as one text. */
static bool json; /* how it is asked for */

static char *check(const struct options *opt, enum exit_status want)
{
	static char text[16384];
	FILE *out;

	cr_assert(eq(int, (int)machine_check(opt, json), (int)want), "%s", said_all());
	FX_NOTHING_LEFT();
	fflush(stdout);
	out = cr_get_redirected_stdout();
	text[fread(text, 1, sizeof(text) - 1, out)] = '\0';
	return text;
}

struct tce_case {
	char sets[96], line[96];
};

ParameterizedTestParameters(check, who_serves_tce_calls_and_why)
{
	static struct tce_case cases[] = {
		{ "",
		  "ok   tce: checked: single ones in KVM: no device of the host is behind them\n" },
		{ "vfio.0.host=0004:01:00.0",
		  "ok   tce: checked: single ones in KVM, whose way is safe with one vCPU\n" },
		{ "vfio.0.host=0004:01:00.0 machine.vcpus=2",
		  "ok   tce: checked: H_PUT_TCE in user space: KVM's way is not safe with more than" },
		{ "vfio.0.host=0004:01:00.0 machine.tce=kernel",
		  "note tce: kernel: all in KVM, as tce = \"kernel\" says: for guests that are trusted" },
	};

	return cr_make_param_array(struct tce_case, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct tce_case *p, check, who_serves_tce_calls_and_why)
{
	fake_hostdev_new(FAKE_NVME, "0004:01:00.0", 26, "nvme");
	expect_line(check(fx_options(p->sets), STATUS_OFF), p->line);
}

struct check_case {
	enum fake_host_id host;
	enum exit_status status;
	char line[112];
};

ParameterizedTestParameters(check, every_host_has_its_verdict)
{
	static struct check_case cases[] = {
		{ FAKE_P9_64K, STATUS_OFF, "ok   irqchip: xive (auto), xics\n" },
		{ FAKE_P9_64K, STATUS_OFF, "ok   KVM_CAP_PPC_PAPR\n" },
		{ FAKE_P9_64K, STATUS_OFF,
		  "note kvm: KVM_CAP_PPC_DAWR1 is missing: no second watchpoint\n" },
		{ FAKE_P9_4K, STATUS_OFF, "irqchip: xics; xive needs a host kernel with 64K" },
		{ FAKE_L1, STATUS_OFF, "ok   irqchip: xics\n" },
		{ FAKE_NO_HV, STATUS_HOST,
		  "FAIL kvm: KVM_CREATE_VM: no KVM-HV, which wants a POWER9 host" },
		{ FAKE_NO_KVM, STATUS_HOST,
		  "FAIL kvm: /dev/kvm: No such file or directory: this kernel" },
		{ FAKE_NOT_POWER, STATUS_HOST, "FAIL host: this is not a POWER machine" },
	};

	return cr_make_param_array(struct check_case, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct check_case *p, check, every_host_has_its_verdict)
{
	fake_host(p->host);
	expect_line(check(NULL, p->status), p->line);
}

Test(check, a_needed_capability_that_is_missing_fails)
{
	fake_set_cap(KVM_CAP_ONE_REG, 0);
	expect_line(check(NULL, STATUS_HOST),
		    "FAIL kvm: KVM_CAP_ONE_REG is missing: registers cannot be set: a newer host "
		    "kernel with kvm_hv is needed\n");
}

Test(check, vcpus_beside_the_cpus_that_there_are)
{
	fake_set_cap(KVM_CAP_NR_VCPUS, 4);
	expect_line(check(fx_options("machine.vcpus=4"), STATUS_OFF),
		    "ok   vcpus: 4 of at most 2048, on 4 CPUs\n");
	expect_line(check(fx_options("machine.vcpus=5"), STATUS_OFF),
		    "note vcpus: 5 of at most 2048, which take turns on this host's 4 CPUs\n");
}

Test(check, more_vcpus_than_kvm_runs)
{
	fake_set_cap(KVM_CAP_MAX_VCPUS, 8);
	expect_line(
		check(fx_options("machine.vcpus=9"), STATUS_HOST),
		"FAIL vcpus: 9 are more than this host's KVM can run (8): lower machine.vcpus\n");
}

Test(check, threads_of_a_core)
{
	expect_line(check(fx_options("machine.vcpus=8 machine.threads_per_core=4"), STATUS_OFF),
		    "ok   smt: 2 cores of 4 threads\n");
}

Test(check, a_configured_guest_has_one_mmu_and_one_controller)
{
	char *text = check(fx_options(""), STATUS_OFF);

	expect_line(text, "ok   mmu: radix\n");
	expect_line(text, "ok   irqchip: xive, in the kernel\n");
	expect_line(check(fx_options("machine.mmu=hash"), STATUS_OFF), "ok   mmu: hash\n");
	expect_line(check(fx_options("machine.irqchip=xics"), STATUS_OFF),
		    "ok   irqchip: xics, in the kernel\n");
}

/* Linked at 0, and it runs anywhere. */
static const struct elf_spec bare = {
	.type = ET_DYN,
	.segments = { { PT_LOAD, 0x1000, 0, 0, 0x1000, 0x3000 } },
	.nsegments = 1,
};

Test(check, a_guest_that_cannot_know_xive_or_may_choose_begins_with_xics)
{
	const struct options *opt = fx_options("");

	elf_write(fx_path("vmlinux"), &bare);
	expect_line(check(opt, STATUS_OFF),
		    "ok   irqchip: xics, in the kernel (a bare program cannot say");
	elf_write_zstd(fx_path("vmlinux"), &bare);
	expect_line(check(opt, STATUS_OFF),
		    "ok   irqchip: xics, in the kernel (a bare program cannot say");
	expect_line(check(fx_options("boot.firmware=builtin"), STATUS_OFF),
		    "ok   irqchip: xics until the guest asks for xive\n");
	expect_line(check(fx_options("boot.firmware=builtin"), STATUS_OFF),
		    "ok   mmu: radix, unless the guest asks for hash\n");
	expect_line(check(fx_options("boot.firmware=builtin machine.mmu=radix"), STATUS_OFF),
		    "ok   mmu: radix\n");
}

/* Who judges says nothing of a kernel that cannot be unpacked: the guest is built, too, and that does. */
Test(check, a_kernel_that_is_packed_wrong_is_told_once)
{
	static const char why[] = "its gzip data is corrupt or cut short";
	const struct options *opt = fx_options("");
	const char *text, *first;

	file_write(fx_path("vmlinux"), "\x1f\x8b\x08\0", 4);
	text = check(opt, STATUS_USAGE);
	first = strstr(text, why);
	cr_assert(first && !strstr(first + 1, why) && !said(why), "%s", text);
}

/* With 4K pages behind RAM, a guest that may be hash reaches a quarter of it in real mode. */
Test(check, little_memory_for_a_boot_program_is_noted)
{
	char *text;

	fake_host(FAKE_P9_4K);
	expect_line(
		check(fx_options("boot.firmware=builtin machine.memory=1GiB"), STATUS_OFF),
		"note memory: GRUB, kernel and initrd have 256 MiB of it, which is what real mode "
		"reaches: where that is not enough, raise machine.memory, or set machine.mmu = "
		"\"radix\"\n");
	text = check(fx_options("boot.firmware=builtin machine.memory=2GiB"), STATUS_OFF);
	cr_assert(eq(ptr, strstr(text, "note memory"), NULL), "%s", text);
	text = check(fx_options("boot.firmware=builtin machine.mmu=radix"), STATUS_OFF);
	cr_assert(eq(ptr, strstr(text, "note memory"), NULL), "%s", text);
	fake_host(FAKE_P9_64K);
	text = check(fx_options("boot.firmware=builtin"), STATUS_OFF);
	cr_assert(eq(ptr, strstr(text, "note memory"), NULL), "%s", text);
}

static int first_cpu(void)
{
	cpu_set_t set;
	int cpu = 0;

	cr_assert(eq(int, sched_getaffinity(0, sizeof(set), &set), 0));
	while (!CPU_ISSET(cpu, &set))
		cpu++;
	return cpu;
}

Test(check, cpus_and_nodes_of_the_host)
{
	int cpu = first_cpu();
	char sets[64];

	snprintf(sets, sizeof(sets), "machine.cpus=[%d]", cpu);
	expect_line(check(fx_options(sets), STATUS_OFF),
		    "ok   machine.cpus: all that it names are there\n");
	snprintf(sets, sizeof(sets), "machine.vcpus=2 machine.cpus=[%d,4095]", cpu);
	expect_line(check(fx_options(sets), STATUS_HOST),
		    "FAIL machine.cpus.1: host CPU 4095: it is not there, is offline, or this "
		    "process may not use it: choose among /sys/devices/system/cpu/online");
	expect_line(check(fx_options("machine.numa=[8]"), STATUS_OFF),
		    "ok   machine.numa: all that it names are there\n");
	expect_line(check(fx_options("machine.numa=[77]"), STATUS_HOST),
		    "FAIL machine.numa.0: host node 77: Invalid argument: choose a node that "
		    "/sys/devices/system/node/has_memory names\n");
}

Test(check, a_guest_is_built_and_taken_down_without_running)
{
	expect_line(check(fx_options("machine.vcpus=2"), STATUS_OFF),
		    "ok   guest: this host can run it\n");
	cr_assert(eq(int, fake_count("KVM_RUN"), 0));
}

/* The folders of the last three come with a run. */
Test(check, what_a_run_makes_for_others_is_not_made)
{
	int before = fx_entries(fx.dir);
	char sets[1024];

	snprintf(sets, sizeof(sets),
		 "nvram.path=%s/nvram console.log=%s/log console.backend=file:%s/out "
		 "events.path=%s/run/events metrics.path=%s/run/metrics api.socket=%s/run/api",
		 fx.dir, fx.dir, fx.dir, fx.dir, fx.dir, fx.dir);
	expect_line(check(fx_options(sets), STATUS_OFF), "ok   guest: this host can run it\n");
	cr_assert(eq(int, fx_entries(fx.dir), before));
}

Test(check, a_guest_that_cannot_be_built_has_the_status_of_its_reason)
{
	const struct options *opt = fx_options("");

	unlink(fx_path("vmlinux"));
	expect_line(check(opt, STATUS_USAGE), "vmlinux: No such file or directory");
	cr_assert(eq(str, said_all(), ""));
}

static const struct options *disk_that_boots_nothing(void)
{
	static const char toml[] = "[machine]\nmemory = \"128MiB\"\nhuge_pages = \"off\"\n"
				   "[console]\nbackend = \"none\"\n"
				   "[[disk]]\npath = \"disk.raw\"\n";
	static uint8_t disk[4096];

	file_write(fx.config, toml, sizeof(toml) - 1);
	memset(disk, 0, sizeof(disk));
	disk[510] = 0x55; /* an MBR, empty */
	disk[511] = 0xaa;
	disk[450] = 0x41; /* a PReP partition of nothing that could be a program */
	disk[454] = 1;
	disk[458] = 1;
	file_write(fx_path("disk.raw"), disk, sizeof(disk));
	return fx_options("");
}

/* The cause is a warning of the disk's, the failure an error that only counts the disks. */
Test(check, a_disk_that_does_not_boot_has_a_row_that_says_why)
{
	char *text = check(disk_that_boots_nothing(), STATUS_USAGE);

	expect_line(text, "note guest: boot: disk0: ");
	expect_line(text, "FAIL guest: boot: none of the 1 disks boots: ");
	cr_assert(eq(str, said_all(), ""));
}

Test(check, json_has_the_rows_of_a_guest_that_cannot_be_built)
{
	char *text;

	json = true;
	text = check(disk_that_boots_nothing(), STATUS_USAGE);
	expect_line(text,
		    "{ \"state\": \"note\", \"object\": \"guest\", \"cause\": \"boot: disk0: ");
	expect_line(text,
		    "{ \"state\": \"FAIL\", \"object\": \"guest\", \"cause\": \"boot: none of ");
	cr_assert(eq(str, text + strlen(text) - 4, " }\n]\n" + 1));
}

static int times(const char *text, const char *part)
{
	int n = 0;

	for (const char *p = text; (p = strstr(p, part)); p++)
		n++;
	return n;
}

/* The start that a check makes warns of the host again. */
Test(check, what_the_host_lacks_has_one_row)
{
	char *text;

	fake_set_cap(KVM_CAP_PPC_ENABLE_HCALL, 0);
	text = check(fx_options(""), STATUS_OFF);
	cr_assert(eq(int, times(text, "KVM_CAP_PPC_ENABLE_HCALL is missing"), 1), "%s", text);
	text = check(fx_options("sandbox.mode=off"), STATUS_OFF);
	expect_line(text, "note guest: sandbox: off: whoever takes this process over");
}

/* ---- passed-through devices: each fault has its line, and the command that mends it ---- */

#define BDF "0004:01:00.0"
#define ONE "vfio.0.host=" BDF " "
#define BY_HAND(bdf)                                                                               \
	"\"echo vfio-pci > /sys/bus/pci/devices/" bdf "/driver_override; echo " bdf                \
	" > /sys/bus/pci/devices/" bdf "/driver/unbind; echo " bdf                                 \
	" > /sys/bus/pci/drivers_probe\""

static struct fake_hostdev *nvme;

static void with_disk(void)
{
	setup();
	nvme = fake_hostdev_new(FAKE_NVME, BDF, 26, "nvme");
}

TestSuite(check_vfio, .init = with_disk, .fini = fx_teardown, .timeout = 30);

Test(check_vfio, a_disk_that_can_be_had)
{
	char *text = check(fx_options(ONE), STATUS_OFF);

	expect_line(text, "ok   vfio: SPAPR TCE v2 through /dev/vfio/vfio\n");
	expect_line(text, "ok   vfio " BDF ": IOMMU group 26\n");
	expect_line(text,
		    "ok     " BDF ": driver nvme: taken at the start, given back at the end\n");
	expect_line(text, "note   /dev/vfio/26: there once a device of the group is bound");
	expect_line(text, "ok   locked memory: 135 MiB needed, allowed\n");
	expect_line(text, "ok   guest: this host can run it\n");
	cr_assert(eq(str, nvme->driver, "nvme"));
}

Test(check_vfio, a_disk_that_is_bound_shows_the_windows_of_its_host)
{
	char *text;

	strcpy(nvme->driver, "vfio-pci");
	text = check(fx_options(ONE "vfio.0.bind=manual"), STATUS_OFF);
	expect_line(text, "ok     " BDF ": driver vfio-pci\n");
	expect_line(text, "ok     /dev/vfio/26: may be opened\n");
	expect_line(text,
		    "ok     IOMMU pages 4K 64K 2M 1G; 2 windows, 5 table levels, 32-bit window "
		    "2048 MiB\n");
}

Test(check_vfio, a_disk_that_was_left_in_reset_is_released)
{
	strcpy(nvme->driver, "vfio-pci");
	fake_vfio.eeh_held = true;
	expect_line(check(fx_options(ONE), STATUS_OFF),
		    "note   " BDF ": a program that was killed had left it in reset: released\n");
	cr_assert(not(fake_vfio.eeh_held));
	fake_vfio.eeh_held = true;
	fake_vfio.eeh = false;
	expect_line(check(fx_options(ONE), STATUS_HOST),
		    "FAIL   " BDF ": the device does not answer: reset it");
}

Test(check_vfio, no_such_function)
{
	expect_line(
		check(fx_options("vfio.0.host=0009:01:00.0"), STATUS_HOST),
		"FAIL vfio 0009:01:00.0: this host has no such PCI function: \"lspci -D\" lists them\n");
}

Test(check_vfio, a_neighbour_that_the_host_drives)
{
	fake_hostdev_new(FAKE_E1000E, "0004:01:00.1", 26, "e1000e");
	expect_line(check(fx_options(ONE), STATUS_HOST),
		    "FAIL   " BDF
		    ": group 26 is not viable: 0004:01:00.1 is driven by e1000e: bind every "
		    "device of the group to vfio-pci, or unbind it (\"echo 0004:01:00.1 > "
		    "/sys/bus/pci/devices/0004:01:00.1/driver/unbind\")\n");
}

Test(check_vfio, a_disk_that_the_user_has_to_bind)
{
	expect_line(check(fx_options(ONE "vfio.0.bind=manual"), STATUS_HOST),
		    "FAIL   " BDF ": group 26 is not viable: " BDF
		    " is driven by nvme: bind every device "
		    "of the group to vfio-pci, or unbind it (\"echo " BDF
		    " > /sys/bus/pci/devices/" BDF "/driver/unbind\")\n");
}

Test(check_vfio, a_user_without_the_right_to_bind)
{
	fake_fail_all("open /sys/bus/pci/devices/" BDF "/driver_override", -EACCES);
	expect_line(check(fx_options(ONE), STATUS_HOST),
		    "FAIL   " BDF
		    ": taking it from its driver: Permission denied: as root, " BY_HAND(
			    BDF) ", and set bind = \"manual\"\n");
}

Test(check_vfio, a_disk_in_use)
{
	fake_class_device("block", "nvme0n1", BDF);
	fake_text("/proc/mounts", "/dev/nvme0n1 / ext4 rw 0 0\n");
	expect_line(check(fx_options(ONE), STATUS_HOST),
		    "FAIL   " BDF
		    ": the host uses it: /dev/nvme0n1 is mounted: \"umount /dev/nvme0n1\", "
		    "or take it all the same by force = true\n");
	expect_line(check(fx_options(ONE "vfio.0.force=true"), STATUS_OFF),
		    "note   " BDF
		    ": the host uses it, and loses it by force = true: /dev/nvme0n1 is "
		    "mounted: \"umount /dev/nvme0n1\"\n");
}

Test(check_vfio, a_group_in_use_and_one_without_right)
{
	char *text;

	strcpy(nvme->driver, "vfio-pci");
	fake_group_take(26, true);
	text = check(fx_options(ONE), STATUS_HOST);
	expect_line(text, "FAIL   " BDF
			  ": VFIO group 26 is in use by another program: end that first (\"fuser "
			  "/dev/vfio/26\")\n");
	fake_group_take(26, false);
	fake_group_deny(26, -EACCES);
	text = check(fx_options(ONE), STATUS_HOST);
	expect_line(text, "FAIL   " BDF
			  ": /dev/vfio/26: Permission denied: give this user the right (\"chown "
			  "USER /dev/vfio/26\")\n");
}

Test(check_vfio, modules_that_are_missing)
{
	char *text;

	fake_driver_unload("vfio-pci");
	fake_vfio.has_spapr = false;
	text = check(fx_options(ONE), STATUS_HOST);
	expect_line(text,
		    "FAIL   " BDF ": the driver vfio-pci is not loaded: \"modprobe vfio-pci\"\n");
	expect_line(text, "FAIL /dev/vfio/vfio: this kernel offers no SPAPR TCE v2: \"modprobe "
			  "vfio_iommu_spapr_tce\"\n");
}

Test(check_vfio, too_little_locked_memory)
{
	fake_set_memlock(64 * MiB);
	expect_line(check(fx_options(ONE), STATUS_HOST),
		    "FAIL vfio " BDF
		    ": locked memory: 135 MiB needed (128 MiB guest RAM, 7 MiB DMA tables), "
		    "limit is 64 MiB: raise it with \"ulimit -l 137536\" or LimitMEMLOCK=\n");
}

/* ---- as JSON, and as a table ---- */

Test(check_vfio, the_rows_as_an_array)
{
	char *text;

	json = true;
	text = check(fx_options("vfio.0.host=0009:01:00.0"), STATUS_HOST);
	expect_line(text, "[\n  { \"state\": \"ok\", \"object\": \"host\", \"cause\": \"");
	expect_line(text, "{ \"state\": \"FAIL\", \"object\": \"vfio 0009:01:00.0\", \"cause\": "
			  "\"this host has no such PCI function\", \"remedy\": \"\\\"lspci -D\\\" "
			  "lists them\" }");
	cr_assert(eq(str, text + strlen(text) - 4, " }\n]\n" + 1));
	text = check(fx_options(ONE), STATUS_OFF);
	expect_line(text, "\"object\": \"/dev/vfio/26\"");
}

/* On a terminal of 60 columns. */
static char *on_terminal(const struct finding *rows, size_t n, bool colours)
{
	struct check_out out = { .columns = 60, .colours = colours };
	static char text[4096];
	FILE *from;

	for (size_t i = 0; i < n; i++)
		check_out_row(&out, &rows[i]);
	check_out_end(&out);
	fflush(stdout);
	from = cr_get_redirected_stdout();
	text[fread(text, 1, sizeof(text) - 1, from)] = '\0';
	return text;
}

Test(check, a_terminal_gets_a_table_whose_texts_are_broken_at_blanks)
{
	struct finding rows[2];

	finding_ok(&rows[0], "", "kvm", "KVM-HV through /dev/kvm");
	finding_fail(&rows[1], "vfio", BDF, "the driver is not what it should be by any means");
	finding_remedy(&rows[1], "modprobe");
	cr_assert(eq(str, on_terminal(rows, 2, false),
		     "STATE OBJECT                 CAUSE, AND -> REMEDY\n"
		     "ok    kvm                    KVM-HV through /dev/kvm\n"
		     "FAIL  vfio 0004:01:00.0      the driver is not what it\n"
		     "                             should be by any means\n"
		     "                          -> modprobe\n"));
	expect_line(on_terminal(rows, 1, true), "\033[32mok   \033[0m kvm");
}
