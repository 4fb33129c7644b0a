/* SPDX-License-Identifier: BSD-2-Clause */
/* emulated.c: devices of the configuration become functions of a PHB, and go without a trace. */
#include "tests/unit/vmm/machine/fixture.h"
#include "vmm/machine/machine_impl.h"

#include "devices/models.h"

#include <fcntl.h>
#include <linux/pci_regs.h>

static void make_disk(const char *name, const char *magic)
{
	int fd = open(fx_path(name), O_RDWR | O_CREAT, 0600);

	cr_assert(ge(int, fd, 0));
	cr_assert(eq(int, ftruncate(fd, 1 << 20), 0));
	cr_assert(eq(sz, (size_t)pwrite(fd, magic, strlen(magic), 0), strlen(magic)));
	close(fd);
}

static void setup(void)
{
	fx_setup();
	make_disk("a.raw", "");
	make_disk("b.raw", "");
}

TestSuite(emulated, .init = setup, .fini = fx_teardown, .timeout = 60);

static const char *disk(int i, const char *name)
{
	static char text[4][200];

	snprintf(text[i & 3], sizeof(text[0]), "disk.%d.path=%s", i, fx_path(name));
	return text[i & 3];
}

static const char *two_disks(void)
{
	static char text[2048];

	snprintf(text, sizeof(text), "%s %s", disk(0, "a.raw"), disk(1, "b.raw"));
	return text;
}

static enum exit_status start(const char *sets)
{
	struct machine *m;
	enum exit_status status = machine_create(&m, fx_options(sets));

	if (status == STATUS_OFF)
		machine_destroy(m);
	return status;
}

Test(emulated, none_makes_no_phb)
{
	struct machine *m = fx_machine("");

	cr_assert(eq(u32, m->sp.nphbs, 0));
	machine_destroy(m);
	FX_NOTHING_LEFT();
}

Test(emulated, disks_are_functions_of_one_phb)
{
	struct machine *m = fx_machine(two_disks());
	struct phb *p = spapr_first_phb(&m->sp);

	cr_assert(eq(u32, m->sp.nphbs, 1));
	cr_assert(eq(u32, p->nfuncs, 2));
	cr_assert(eq(u8, p->funcs[1]->devfn, 1 << 3));
	cr_assert(eq(str, (char *)p->funcs[1]->name, "disk1"));
	cr_assert(eq(u32, pci_func_config_read(p->funcs[0], PCI_VENDOR_ID, 4), 0x10421af4));
	cr_assert(p->pe.live[0]);
	cr_assert(not(p->pe.ddw));
	machine_destroy(m);
	FX_NOTHING_LEFT();
}

Test(emulated, what_is_there_once_has_no_number)
{
	struct machine *m =
		fx_machine("rng.iommu=false virtio_console.0.backend=none balloon.size=0");
	struct phb *p = spapr_first_phb(&m->sp);

	cr_assert(eq(u32, p->nfuncs, 3));
	cr_assert(eq(str, (char *)p->funcs[0]->name, "rng"));
	cr_assert(eq(str, (char *)p->funcs[1]->name, "virtio_console0"));
	cr_assert(eq(str, (char *)p->funcs[2]->name, "balloon"));
	machine_destroy(m);
	FX_NOTHING_LEFT();
}

Test(emulated, memory_goes_back_to_the_host)
{
	struct machine *m = fx_machine("balloon.size=1MiB");
	const struct device_env *env = &m->emu.env;
	uint8_t *page = m->ram.host + 8 * env->ram_page;

	cr_assert(eq(u64, env->ram_page, m->ram.page));
	memset(page, 0x55, 2 * env->ram_page);
	cr_assert(eq(int, env->discard(env->ctx, page, env->ram_page), 0));
	cr_assert(eq(u8, page[0], 0));
	cr_assert(eq(u8, page[env->ram_page], 0x55));
	machine_destroy(m);
	FX_NOTHING_LEFT();
}

/* At the terminal of a virtio console. */
Test(emulated, the_user_may_ask_for_the_end)
{
	struct machine *m = fx_machine("rng.iommu=false");

	vcpus_lock(&m->cpus);
	m->emu.env.quit(m->emu.env.ctx);
	vcpus_unlock(&m->cpus);
	cr_assert(eq(int, (int)m->stop.why, STOP_OFF));
	machine_destroy(m);
}

Test(emulated, a_window_for_all_of_ram_where_one_wants_it)
{
	char sets[1024];
	struct machine *m;

	snprintf(sets, sizeof(sets), "%s disk.0.iommu=true", disk(0, "a.raw"));
	m = fx_machine(sets);
	cr_assert(spapr_first_phb(&m->sp)->pe.ddw);
	machine_destroy(m);
	FX_NOTHING_LEFT();
}

/* The BAR of the first disk at the start of the PHB's window, and what follows it. */
Test(emulated, notifications_and_interrupts_go_through_kvm)
{
	struct machine *m = fx_machine(disk(0, "a.raw"));
	struct pci_func *f = spapr_first_phb(&m->sp)->funcs[0];
	struct phb_range range = phb_range(0, PHB_MEM64);
	const struct device_env *env = &m->emu.env;
	int lisn = intc_alloc_block(&m->sp.intc, 1, 1);
	gpa_t gpa;

	cr_assert(eq(u64, env->bar_gpa(env->ctx, f, 0), UINT64_MAX), "not mapped yet");
	pci_func_config_write(f, PCI_BASE_ADDRESS_1, 4, (uint32_t)(range.bus >> 32));
	pci_func_config_write(f, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	gpa = env->bar_gpa(env->ctx, f, 0);
	cr_assert(eq(u64, gpa, range.gpa));
	cr_assert(eq(int, env->ioeventfd(env->ctx, gpa, m->loop.wake_fd, true), 0));
	cr_assert(eq(int, env->ioeventfd(env->ctx, gpa, m->loop.wake_fd, false), 0));
	cr_assert(eq(int, env->ioeventfd(env->ctx, gpa, m->loop.wake_fd, false), -ENOENT));
	env->raise(env->ctx, (uint32_t)lisn, true);
	cr_assert(fake_source_is_pending((uint32_t)lisn));
	cr_assert(eq(int, env->irqfd(env->ctx, m->loop.wake_fd, (uint32_t)lisn, true), 0));
	machine_destroy(m);
}

Test(emulated, translation_through_the_windows)
{
	struct machine *m = fx_machine(disk(0, "a.raw"));
	const struct device_env *env = &m->emu.env;
	struct dma_window *win = &spapr_first_phb(&m->sp)->pe.windows[0];
	uint64_t len = 0x2000;
	gpa_t gpa;

	win->tces[1] = 0x5000 | TCE_READ;
	win->tces[2] = 0x6000 | TCE_PERM;
	cr_assert(eq(int, env->translate(env->ctx, 0x1010, false, &gpa, &len), 0));
	cr_assert(eq(u64, gpa, 0x5010));
	cr_assert(eq(u64, len, 0x1ff0));
	cr_assert(eq(int, env->translate(env->ctx, 0x1010, true, &gpa, &len), -EFAULT));
	cr_assert(eq(int, env->translate(env->ctx, 0x2010, true, &gpa, &len), 0));
	cr_assert(eq(int, env->translate(env->ctx, 0x3000, false, &gpa, &len), -EFAULT));
	cr_assert(eq(int, env->translate(env->ctx, UINT64_MAX, false, &gpa, &len), -EFAULT));
	machine_destroy(m);
}

Test(emulated, an_image_that_is_not_raw_is_a_wrong_configuration)
{
	make_disk("c.qcow2", "QFI\xfb");
	cr_assert(eq(int, (int)start(disk(0, "c.qcow2")), STATUS_USAGE));
	cr_assert(eq(int, said_errors(), 1));
	cr_assert(said("begins as a qcow2 image"), "%s", said_all());
	FX_NOTHING_LEFT();
}

Test(emulated, an_image_in_use_is_the_hosts_fault)
{
	struct machine *m = fx_machine(disk(0, "a.raw"));
	struct options opt = fx.opt;
	struct machine *second;

	cr_assert(eq(int, (int)machine_create(&second, &opt), STATUS_HOST));
	cr_assert(eq(int, said_errors(), 1), "%s", said_all());
	cr_assert(said("another program uses it"), "%s", said_all());
	machine_destroy(m);
}

Test(emulated, a_call_of_the_hosts_that_is_invalid_is_the_hosts_fault)
{
	const struct options *opt = fx_options(disk(0, "a.raw"));
	struct machine *m;

	fake_fail_all("file_facts", -EINVAL);
	cr_assert(eq(int, (int)machine_create(&m, opt), STATUS_HOST));
	fake_fail_all(NULL, 0);
	cr_assert(eq(int, said_errors(), 1), "%s", said_all());
	cr_assert(said("cannot be opened"), "%s", said_all());
	FX_NOTHING_LEFT();
}

Test(emulated, too_many_devices)
{
	struct options opt;
	struct machine *m;

	opt = *fx_options("");
	opt.devices[0].n = 33;
	cr_assert(eq(int, (int)machine_create(&m, &opt), STATUS_USAGE));
	cr_assert(eq(int, said_errors(), 1), "%s", said_all());
	FX_NOTHING_OPEN();
}

/* Each call fails once, until a start makes fewer. */
Test(emulated, every_failure_leaves_nothing)
{
	for (unsigned int n = 1; n < 2000; n++) {
		const struct options *opt = fx_options(two_disks());
		enum exit_status status;
		struct machine *m;

		fake_fail_nth(n, -ENOMEM);
		status = machine_create(&m, opt);
		if (status == STATUS_OFF)
			machine_destroy(m);
		if (!fake_has_failed())
			return;
		fake_fail_nth(0, 0);
		FX_NOTHING_OPEN();
	}
	cr_fatal("it never started");
}
