/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whole device trees: for each file in configs the tree on a host of its kind is compared with that
 * in tests/golden. Versions of dtc spell one tree differently, so the compared texts are both made
 * by the dtc of this machine, from blobs. tests/golden/update takes over a change that is meant;
 * the diff belongs into the review. dtc must not warn about any tree.
 */
#include "tests/fake/vhost.h"
#include "tests/unit/vmm/machine/fixture.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <libfdt.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define GOLDEN SPAPR_SOURCE_DIR "/tests/golden/"

TestSuite(golden, .init = fx_setup, .fini = fx_teardown, .timeout = 30);

struct golden {
	char name[32], config[24], sets[64];
	enum fake_host_id host;
};

ParameterizedTestParameters(golden, the_tree_is_the_golden_one)
{
	static struct golden cases[] = {
		{ "minimal", "minimal", "", FAKE_P9_64K },
		{ "minimal-4k", "minimal", "", FAKE_P9_4K },
		{ "minimal-p10", "minimal", "", FAKE_P10_64K },
		{ "minimal-l1", "minimal", "", FAKE_L1 },
		{ "minimal-compat", "minimal", "", FAKE_L1_COMPAT },
		{ "minimal-hash", "minimal", "", FAKE_HASH },
		{ "minimal-smt4", "minimal", "machine.vcpus=8 machine.threads_per_core=4",
		  FAKE_P9_64K },
		{ "minimal-numa", "minimal", "machine.vcpus=2 machine.numa=[0,8]", FAKE_P9_64K },
		{ "virtio", "virtio", "", FAKE_P9_64K },
		{ "virtio-extras", "virtio-extras", "", FAKE_P9_64K },
		{ "debian", "debian", "", FAKE_P9_64K },
		{ "disk", "disk", "", FAKE_P9_64K },
		/* On paper: without the devices that a host would have to have. */
		{ "vfio-nvme", "vfio-nvme", "", FAKE_NOT_POWER },
		{ "ddw-64k", "ddw-64k", "", FAKE_NOT_POWER },
		{ "install", "install", "", FAKE_NOT_POWER },
	};

	return cr_make_param_array(struct golden, cases, ARRAY_LEN(cases));
}

static void run(const char *fmt, const char *a, const char *b, const char *c)
{
	char command[1024];

	snprintf(command, sizeof(command), fmt, a, b, c);
	if (system(command) != 0)
		abort();
}

/* The configuration as it is, in a folder with the files that it names. */
static void copy_config(const char *name)
{
	char from[256];

	snprintf(from, sizeof(from), SPAPR_SOURCE_DIR "/configs/%s.toml", name);
	run("cp '%s' '%s'%s", from, fx.config, "");
	file_write(fx_path("initrd.gz"), "no initrd, but bytes", 20);
	file_write(fx_path("initrd.img"), "no initrd, but bytes", 20);
	file_write(fx_path("disk.raw"), "disk", 4);
	file_write(fx_path("install.iso"), "ISO", 3);
	if (truncate(fx_path("disk.raw"), 1 << 20) != 0 ||
	    truncate(fx_path("install.iso"), 1 << 20) != 0)
		abort();
}

static size_t read_all(const char *path, char *buf, size_t size)
{
	FILE *f = fopen(path, "rb");
	size_t n = f ? fread(buf, 1, size - 1, f) : 0;

	if (f)
		fclose(f);
	buf[n] = '\0';
	return n;
}

/* What differs from run to run gets a fixed value. */
static void normalize(const char *path)
{
	static char blob[1 << 20];
	size_t len = read_all(path, blob, sizeof(blob));
	int chosen, n;
	char *seed;

	cr_assert(eq(int, fdt_check_full(blob, len), 0));
	chosen = fdt_path_offset(blob, "/chosen");
	seed = chars(fdt_getprop(blob, chosen, "rng-seed", &n));
	cr_assert(eq(int, n, 32));
	memset(seed, 0xaa, (size_t)n);
	file_write(path, blob, len);
}

static void needs_dtc(void)
{
	cr_assert(eq(int, system("dtc --version >/dev/null 2>&1"), 0),
		  "needs dtc: scripts/setup host installs it");
}

/* How our "t.dtb" differs from the source @golden, as `diff -u`; "" when the trees are the same. */
static void compare(const char *golden, char *diff, size_t size)
{
	run("dtc -q -q -I dts -O dtb -o '%s' '%s'%s", fx_path("golden.dtb"), golden, "");
	run("dtc -q -q -I dtb -O dts -s -o '%s' '%s'%s", fx_path("golden"), fx_path("golden.dtb"),
	    "");
	run("dtc -q -q -I dtb -O dts -s -o '%s' '%s'%s", fx_path("now"), fx_path("t.dtb"), "");
	run("diff -u '%s' '%s' >'%s' || true", fx_path("golden"), fx_path("now"), fx_path("diff"));
	read_all(fx_path("diff"), diff, size);
}

ParameterizedTest(struct golden *p, golden, the_tree_is_the_golden_one)
{
	char golden[256], diff[8192], warnings[4096];

	needs_dtc();
	snprintf(golden, sizeof(golden), GOLDEN "%s.dts", p->name);
	copy_config(p->config);
	fake_host(p->host);
	fake_set_vhost_vsock(true, 0);
	fake_set_huge_pages(2 * MiB, 4096); /* some ask for them; the tree does not tell */
	cr_assert(eq(int, (int)machine_dump_dtb(fx_options(p->sets), fx_path("t.dtb")), STATUS_OFF),
		  "%s", said_all());
	cr_assert(eq(int, fake_open_fds(), 0));
	cr_assert(eq(int, fake_mappings(), 0));
	normalize(fx_path("t.dtb"));
	run("dtc -I dtb -O dts -s -o '%s' '%s' 2>'%s'", fx_path("t.dts"), fx_path("t.dtb"),
	    fx_path("warnings"));
	read_all(fx_path("warnings"), warnings, sizeof(warnings));
	cr_assert(eq(str, warnings, ""), "dtc: %s", warnings);
	if (getenv("SPAPR_GOLDEN_UPDATE")) {
		run("cp '%s' '%s'%s", fx_path("t.dts"), golden, "");
		return;
	}
	compare(golden, diff, sizeof(diff));
	cr_assert(eq(str, diff, ""), "tests/golden/update takes this over:\n%s", diff);
}

/* In one file as dtc 1.6 spells it, in the other as 1.7 does. */
Test(golden, a_tree_differs_by_what_it_is_not_by_its_spelling)
{
	static const char same[] = "/dts-v1/; / { list = \"a\", \"b\"; cells = <0x1 2>; };",
			  was[] = "/dts-v1/; / { cells = <1 0x02>; list = \"a\\0b\"; };",
			  other[] = "/dts-v1/; / { list = \"a\\0c\"; cells = <1 2>; n { }; };";
	char diff[8192];

	needs_dtc();
	file_write(fx_path("was.dts"), was, sizeof(was) - 1);
	file_write(fx_path("other.dts"), other, sizeof(other) - 1);
	file_write(fx_path("same.dts"), same, sizeof(same) - 1);
	run("dtc -I dts -O dtb -o '%s' '%s'%s", fx_path("t.dtb"), fx_path("was.dts"), "");
	compare(fx_path("same.dts"), diff, sizeof(diff));
	cr_assert(eq(str, diff, ""));
	compare(fx_path("other.dts"), diff, sizeof(diff));
	cr_assert(ne(ptr, strstr(diff, "\n-\tlist = \"a"), NULL), "%s", diff);
	cr_assert(ne(ptr, strstr(diff, "\n+\tlist = \"a"), NULL), "%s", diff);
	cr_assert(ne(ptr, strstr(diff, "\n-\tn {"), NULL), "%s", diff);
}

/* Nothing of a disk is needed for that tree. */
Test(golden, a_kernel_that_firmware_starts_has_its_command_line)
{
	static char blob[1 << 20];
	const char *args;

	fake_host(FAKE_P9_64K);
	cr_assert(eq(int,
		     (int)machine_dump_dtb(fx_options("boot.firmware=builtin boot.cmdline=quiet"),
					   fx_path("t.dtb")),
		     STATUS_OFF),
		  "%s", said_all());
	read_all(fx_path("t.dtb"), blob, sizeof(blob));
	args = fdt_getprop(blob, fdt_path_offset(blob, "/chosen"), "bootargs", NULL);
	cr_assert(eq(str, chars(args), "quiet"));
}

/* Who only wants the tree may have the guest running, with its forwarded ports. */
Test(golden, the_tree_starts_no_user_network)
{
	const struct sockaddr_in port = { .sin_family = AF_INET,
					  .sin_port = htons(2222),
					  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	/* Who else may have it serves as well. */
	if (bind(fd, (const struct sockaddr *)&port, sizeof(port)) == 0)
		cr_assert(eq(int, listen(fd, 1), 0));
	copy_config("virtio");
	fake_host(FAKE_P9_64K);
	cr_assert(eq(int, (int)machine_dump_dtb(fx_options(""), fx_path("t.dtb")), STATUS_OFF),
		  "%s", said_all());
	cr_assert(eq(int, fake_open_fds(), 0));
	close(fd);
}

static uint64_t file_size(const char *path)
{
	struct stat st;

	cr_assert(eq(int, stat(path, &st), 0));
	return (uint64_t)st.st_size;
}

/* A guest that runs has its image locked, its console's file and socket in use, its CID taken. */
Test(golden, the_tree_leaves_a_running_guest_alone)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char sets[1024];
	int fd;

	copy_config("virtio-extras");
	file_write(fx_path("hvc1.log"), "said", 4);
	fd = open(fx_path("disk.raw"), O_RDWR | O_CLOEXEC);
	cr_assert(eq(int, fcntl(fd, F_OFD_SETLK, &lock), 0));
	fake_host(FAKE_P9_64K);
	fake_set_vhost_vsock(true, 3);
	snprintf(sets, sizeof(sets), "disk.0.path=%s virtio_console.1.backend=file:%s",
		 fx_path("disk.raw"), fx_path("hvc1.log"));
	cr_assert(eq(int, (int)machine_dump_dtb(fx_options(sets), fx_path("t.dtb")), STATUS_OFF),
		  "%s", said_all());
	cr_assert(eq(int, fake_open_fds(), 0));
	cr_assert(eq(u64, file_size(fx_path("hvc1.log")), 4));
	close(fd);
}

/* A configuration without a golden tree would go unnoticed. */
Test(golden, every_configuration_has_one)
{
	DIR *d = opendir(SPAPR_SOURCE_DIR "/configs");
	struct dirent *e;
	struct stat st;
	char path[512];

	while ((e = readdir(d))) {
		char *dot = strstr(e->d_name, ".toml");

		if (!dot)
			continue;
		snprintf(path, sizeof(path), GOLDEN "%.*s.dts", (int)(dot - e->d_name), e->d_name);
		cr_assert(eq(int, stat(path, &st), 0), "%s is missing", path);
	}
	closedir(d);
}
