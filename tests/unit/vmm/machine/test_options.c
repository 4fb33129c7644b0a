/* SPDX-License-Identifier: BSD-2-Clause */
/* options.[ch] with the files of tests/conf and configs; what is refused is in tests/bad/table. */
#include "vmm/machine/options.h"

#include "devices/virtio/balloon.h"
#include "devices/virtio/blk.h"
#include "devices/virtio/net.h"
#include "tests/unit/said.h"
#include "vmm/machine/options_check.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int load(struct options *opt, const char *path, const char *const *sets)
{
	int n = 0, r;

	while (sets && sets[n])
		n++;
	said_catch(LOG_DEBUG);
	r = options_load(opt, path, (char *const *)(uintptr_t)sets, n);
	log_set_sink(NULL);
	return r;
}

/* What --print-config would show; for the caller to free. */
static char *print(const struct options *opt)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	options_print(opt, f);
	fclose(f);
	return text;
}

struct file {
	char name[128];
};

/* The files of a pattern below the source folder, without their folder. */
static struct criterion_test_params files(const char *folder, const char *pattern)
{
	char path[512];
	struct file *names;
	size_t n;
	glob_t g;

	snprintf(path, sizeof(path), SPAPR_SOURCE_DIR "/%s/%s", folder, pattern);
	if (glob(path, 0, NULL, &g) != 0)
		abort();
	n = g.gl_pathc;
	names = cr_malloc(n * sizeof(*names));
	for (size_t i = 0; i < n; i++)
		snprintf(names[i].name, sizeof(names[i].name), "%s",
			 strrchr(g.gl_pathv[i], '/') + 1);
	globfree(&g);
	return cr_make_param_array(struct file, names, n, NULL);
}

/* A default that depends on another key is shown where it holds, and only there. */
Test(options, the_default_tap_device_is_printed_with_its_backend)
{
	static const char *const tap[] = { "net.0.backend=tap", NULL };
	static const char *const user[] = { "net.0.backend=user", NULL };
	struct options opt;
	char *text;

	for (int i = 0; i < 2; i++) {
		cr_assert(eq(int,
			     load(&opt, SPAPR_SOURCE_DIR "/tests/conf/pass-minimal.toml",
				  i ? user : tap),
			     0),
			  "%s", said_all());
		text = print(&opt);
		cr_assert(eq(int, strstr(text, "tap = \"tap0\"") != NULL, i == 0), "%s", text);
		free(text);
		options_free(&opt);
	}
}

ParameterizedTestParameters(options, a_pass_file_loads_and_prints_what_loads_to_the_same)
{
	return files("tests/conf", "pass-*.toml");
}

ParameterizedTest(struct file *p, options, a_pass_file_loads_and_prints_what_loads_to_the_same)
{
	char temporary[] = "/tmp/spapr-conf-XXXXXX", *first, *second;
	struct options opt;
	int fd = mkstemp(temporary);

	cr_assert(eq(int, chdir(SPAPR_SOURCE_DIR "/tests/conf"), 0));
	cr_assert(eq(int, load(&opt, p->name, NULL), 0), "%s", said_all());
	cr_assert(eq(str, said_all(), ""));
	first = print(&opt);
	options_free(&opt);
	cr_assert(eq(sz, (size_t)write(fd, first, strlen(first)), strlen(first)));
	close(fd);
	cr_assert(eq(int, load(&opt, temporary, NULL), 0), "%s:\n%s\n%s", p->name, first,
		  said_all());
	unlink(temporary);
	second = print(&opt);
	cr_assert(eq(str, second, first), "%s", p->name);
	options_free(&opt);
	free(first);
	free(second);
}

ParameterizedTestParameters(options, a_sample_of_configs_loads)
{
	return files("configs", "*.toml");
}

ParameterizedTest(struct file *p, options, a_sample_of_configs_loads)
{
	/* The kernels of the samples are the user's; a disk too many does no harm to a kernel. */
	static const char *const kernel[] = { "boot.kernel=/dev/null", "boot.initrd=/dev/null",
					      "disk.0.path=/dev/null", NULL };
	static const char *const disk[] = { "disk.0.path=/dev/null", NULL };
	static const char *const two[] = { "disk.0.path=/dev/null", "disk.1.path=/dev/zero", NULL };
	bool install = strcmp(p->name, "install.toml") == 0;
	bool from_disk = install || strcmp(p->name, "disk.toml") == 0;
	const char *const *sets = install ? two : from_disk ? disk : kernel;
	struct options opt;

	cr_assert(eq(int, chdir(SPAPR_SOURCE_DIR "/configs"), 0));
	cr_assert(eq(int, load(&opt, p->name, sets), 0), "%s", said_all());
	cr_assert(eq(int, opt.boot.kernel == NULL, from_disk));
	options_free(&opt);
}

/* What stands in for a kernel is shown, and the default command line belongs to a kernel. */
Test(options, a_disk_that_boots_has_builtin_firmware_and_no_command_line)
{
	static const char *const sets[] = { "disk.0.path=/dev/null", NULL };
	struct options opt;
	char *text;

	cr_assert(eq(int, load(&opt, SPAPR_SOURCE_DIR "/configs/disk.toml", sets), 0), "%s",
		  said_all());
	cr_assert(eq(ptr, opt.boot.cmdline, NULL));
	text = print(&opt);
	cr_assert(ne(ptr, strstr(text, "\nfirmware = \"builtin\"\n"), NULL), "%s", text);
	cr_assert(eq(ptr, strstr(text, "\ncmdline"), NULL), "%s", text);
	free(text);
	options_free(&opt);
}

/* So a configuration with a kernel can have its disk boot for once. */
Test(options, an_empty_path_of_a_set_unsets_it)
{
	static const char *const sets[] = { "boot.kernel=", "boot.initrd=", "boot.cmdline=",
					    "disk.0.path=/dev/null", NULL };
	static const char *const none[] = { "nvram.path=", "disk.0.path=/dev/null", NULL };
	struct options opt;

	cr_assert(eq(int, load(&opt, SPAPR_SOURCE_DIR "/tests/conf/pass-everything.toml", sets), 0),
		  "%s", said_all());
	cr_assert(eq(ptr, opt.boot.kernel, NULL));
	cr_assert(eq(ptr, opt.boot.initrd, NULL));
	cr_assert(eq(str, opt.boot.firmware, chars(OPT_FIRMWARE_BUILTIN)));
	options_free(&opt);
	cr_assert(eq(int, load(&opt, SPAPR_SOURCE_DIR "/configs/disk.toml", none), 0), "%s",
		  said_all());
	cr_assert(eq(ptr, opt.nvram.path, NULL));
	options_free(&opt);
}

Test(options, every_key_arrives_in_its_field)
{
	const struct net_conf *net;
	const struct blk_conf *disk;
	const struct balloon_conf *balloon;
	struct options opt;

	cr_assert(
		eq(int, load(&opt, SPAPR_SOURCE_DIR "/tests/conf/pass-everything.toml", NULL), 0));
	cr_assert(eq(u64, opt.machine.memory, 2 * GiB));
	cr_assert(eq(u64, opt.machine.vcpus, 8));
	cr_assert(eq(u64, opt.machine.threads_per_core, 4));
	cr_assert(eq(int, (int)opt.machine.mmu, OPT_MMU_RADIX));
	cr_assert(eq(int, (int)opt.machine.irqchip, OPT_IRQCHIP_XICS));
	cr_assert(eq(int, (int)opt.machine.cpu, OPT_CPU_POWER9));
	cr_assert(eq(u64, opt.machine.huge_pages, 2 * MiB));
	cr_assert(eq(int, (int)opt.machine.tce, OPT_TCE_KERNEL));
	cr_assert(eq(int, (int)opt.machine.on_reboot, OPT_REBOOT_EXIT));
	cr_assert(eq(str, opt.boot.kernel, "/dev/null"));
	cr_assert(eq(str, opt.boot.initrd, "/dev/zero"));
	cr_assert(eq(str, opt.nvram.path, "/nonexistent/nvram"));
	cr_assert(eq(str, opt.console.backend, "file:" SPAPR_SOURCE_DIR "/tests/conf/console.log"));
	cr_assert(eq(sz, opt.nvfio, 2));
	cr_assert(eq(int, (int)opt.vfio[0].bind, OPT_BIND_MANUAL));
	cr_assert(eq(int, (int)opt.vfio[0].on_unbind, OPT_UNBIND_IGNORE));
	cr_assert(not(opt.vfio[0].ddw));
	cr_assert(opt.vfio[0].force);
	cr_assert(eq(int, (int)opt.vfio[0].reset, VFIO_RESET_BUS));
	cr_assert(eq(str, opt.vfio[1].host, "00010000:0a:1f.7"));
	cr_assert(eq(int, (int)opt.vfio[1].on_unbind, OPT_UNBIND_STOP));
	cr_assert(opt.vfio[1].ddw);
	cr_assert(not(opt.vfio[1].force));
	cr_assert(eq(int, (int)opt.vfio[1].reset, VFIO_RESET_AUTO));
	disk = options_device(&opt, 0, 0);
	cr_assert(not(disk->read_only));
	disk = options_device(&opt, 0, 1);
	cr_assert(disk->read_only);
	net = options_device(&opt, 1, 0);
	cr_assert(eq(int, (int)net->backend, NET_TAP));
	cr_assert(eq(str, net->mac, "52:54:00:ab:cd:56"));
	cr_assert(eq(str, net->tap, "tap5"));
	cr_assert(eq(u64, net->mtu, 9000));
	cr_assert(eq(int, (int)net->vhost, NET_VHOST_OFF));
	cr_assert(net->iommu);
	cr_assert(not(net->host_loopback));
	net = options_device(&opt, 1, 1);
	cr_assert(eq(ptr, net->mac, NULL));
	cr_assert(eq(sz, net->nforward, 4));
	cr_assert(net->host_loopback);
	cr_assert(eq(sz, opt.devices[2].n, 1), "rng");
	cr_assert(eq(sz, opt.devices[3].n, 2), "consoles");
	cr_assert(eq(str, *(char *const *)options_device(&opt, 3, 1),
		     "unix:" SPAPR_SOURCE_DIR "/tests/conf/second.sock"));
	balloon = options_device(&opt, 4, 0);
	cr_assert(eq(u64, balloon->size, 1 * GiB));
	cr_assert(not(balloon->deflate_on_oom));
	cr_assert(not(balloon->free_page_reporting));
	cr_assert(eq(u64, *(const uint64_t *)options_device(&opt, 5, 0), 0xfffffffe), "cid");
	options_free(&opt);
}

Test(options, defaults_are_those_of_the_specification)
{
	struct options opt;

	cr_assert(eq(int, load(&opt, SPAPR_SOURCE_DIR "/tests/conf/pass-minimal.toml", NULL), 0));
	cr_assert(eq(u64, opt.machine.memory, 512 * MiB));
	cr_assert(eq(u64, opt.machine.vcpus, 1));
	cr_assert(eq(int, (int)opt.machine.mmu, OPT_MMU_AUTO));
	cr_assert(eq(u64, opt.machine.huge_pages, OPT_HUGE_AUTO));
	cr_assert(eq(int, (int)opt.machine.tce, OPT_TCE_CHECKED));
	cr_assert(eq(int, (int)opt.machine.on_reboot, OPT_REBOOT_RESTART));
	cr_assert(eq(ptr, opt.boot.initrd, NULL));
	cr_assert(eq(str, opt.boot.cmdline, "console=hvc0"));
	cr_assert(eq(str, opt.console.backend, "stdio"));
	cr_assert(eq(sz, opt.nvfio, 0));
	options_free(&opt);
}

Test(options, the_guest_is_told_whom_to_tell_unless_it_knows)
{
	static const char told[] =
		"console=hvc0 systemd.set_credential=vmm.notify_socket:vsock-stream:2:10033";
	static const char *const sets[] = { "vsock.cid=33", "service.ready=notify", NULL };
	char cmdline[128];
	struct options opt;

	cr_assert(eq(int, load(&opt, SPAPR_SOURCE_DIR "/tests/conf/pass-minimal.toml", sets), 0));
	cr_assert(eq(str, opt.boot.cmdline, chars(told)));
	cr_assert(eq(u32, options_guest_cid(&opt), 33));
	options_free(&opt);
	cr_assert(
		eq(int, load(&opt, SPAPR_SOURCE_DIR "/tests/conf/pass-minimal.toml", sets + 2), 0));
	cr_assert(eq(u32, options_guest_cid(&opt), 0));
	options_free(&opt);

	snprintf(cmdline, sizeof(cmdline), "boot.cmdline=%s", told);
	cr_assert(eq(int,
		     load(&opt, SPAPR_SOURCE_DIR "/tests/conf/pass-minimal.toml",
			  (const char *const[]){ sets[0], sets[1], cmdline, NULL }),
		     0));
	cr_assert(eq(str, opt.boot.cmdline, chars(told)));
	options_free(&opt);
}

Test(options, a_disk_boots_without_a_kernel)
{
	struct options opt;

	cr_assert(
		eq(int, load(&opt, SPAPR_SOURCE_DIR "/tests/conf/pass-disk-boots.toml", NULL), 0));
	cr_assert(eq(ptr, opt.boot.kernel, NULL));
	cr_assert(eq(str, opt.boot.device, "disk1"));
	cr_assert(eq(str, opt.boot.firmware, "builtin"));
	cr_assert(eq(ptr, opt.nvram.path, NULL));
	options_free(&opt);
}

Test(options, paths_of_the_file_start_at_its_folder_and_those_of_a_set_at_ours)
{
	static const char *const sets[] = { "console.backend=unix:./sock", NULL };
	struct options opt;

	cr_assert(eq(int, chdir(SPAPR_SOURCE_DIR "/tests"), 0));
	cr_assert(eq(int, load(&opt, "conf/pass-everything.toml", NULL), 0));
	cr_assert(eq(str, opt.console.backend, "file:" SPAPR_SOURCE_DIR "/tests/conf/console.log"));
	options_free(&opt);
	cr_assert(eq(int, load(&opt, "conf/pass-everything.toml", sets), 0));
	cr_assert(eq(str, opt.console.backend, "unix:" SPAPR_SOURCE_DIR "/tests/sock"));
	options_free(&opt);
}

Test(options, a_failed_load_leaves_nothing_to_free)
{
	static const char *const sets[] = { "machine.vcpus=0", NULL };
	struct options opt;

	cr_assert(eq(int, load(&opt, SPAPR_SOURCE_DIR "/tests/conf/pass-everything.toml", sets),
		     -EINVAL));
	cr_assert(eq(ptr, opt.vfio, NULL));
	cr_assert(eq(ptr, opt.boot.cmdline, NULL));
}

/* What the help of the product promises: a row in the wrong place would print nonsense. */
Test(options, every_row_has_a_help_and_a_name_of_its_own)
{
	for (const struct conf_section *s = options_sections(); s->name; s++) {
		cr_assert(ne(ptr, pointer(s->help), NULL), "%s", s->name);
		for (const struct conf_key *k = s->keys; k->name; k++) {
			cr_assert(ne(ptr, pointer(k->help), NULL), "%s", k->name);
			cr_assert(not(k->required && k->def), "%s", k->name);
			for (const struct conf_key *other = s->keys; other != k; other++)
				cr_assert(strcmp(other->name, k->name) != 0, "%s", k->name);
		}
	}
}
