/* SPDX-License-Identifier: BSD-2-Clause */
/* cas.c: a guest chooses by the client interface, KVM changes in place, and the tree tells. */
#include "tests/unit/vmm/machine/fixture.h"

#include "sphapr/hcall.h"
#include "tests/unit/sphapr/cas_words.h"
#include "vmm/machine/machine_impl.h"

#include <stdarg.h>

TestSuite(machine_cas, .init = fx_setup, .fini = fx_teardown, .timeout = 60);

#define VEC 0x20000
#define LEVEL9 0x0f000005u
#define LEVEL11 0x0f000007u

#define TEXT 0x30000
#define BLOCK 0x38000
#define VEC5 "ibm,architecture-vec-5"

static struct machine *m;

static enum exit_status run(const char *sets)
{
	char all[128];
	enum exit_status status;

	snprintf(all, sizeof(all), "boot.firmware=builtin %s", sets);
	m = fx_machine(all);
	status = machine_run(m);
	machine_destroy(m);
	cr_assert(eq(str, chars(guest_failures()), ""), "%s", said_all());
	FX_NOTHING_LEFT();
	return status;
}

/* One service; the block's second result, that of the method which is called. */
static uint32_t client(struct guest *g, const char *service, uint32_t nargs, ...)
{
	uint8_t block[64] = { 0 };
	va_list ap;

	be32_store(block, TEXT);
	be32_store(block + 4, nargs);
	be32_store(block + 8, 2);
	va_start(ap, nargs);
	for (uint32_t i = 0; i < nargs; i++)
		be32_store(block + 12 + 4UL * i, va_arg(ap, uint32_t));
	va_end(ap);
	guest_write(g, TEXT, service, strlen(service) + 1);
	guest_write(g, BLOCK, block, sizeof(block));
	guest_check(guest_hcall(g, H_CLIENT, 1, (uint64_t)BLOCK) == 0, service);
	guest_read(g, BLOCK + 12 + 4 * nargs, block, 8);
	return be32_load(block) ? be32_load(block) : be32_load(block + 4);
}

/* A text in guest memory. */
static uint32_t text(struct guest *g, uint32_t at, const char *s)
{
	guest_write(g, at, s, strlen(s) + 1);
	return at;
}

static bool cas_at(struct guest *g, uint32_t vec)
{
	uint32_t root = client(g, "open", 1, text(g, TEXT + 0x100, "/"));
	uint32_t r = client(g, "call-method", 3,
			    text(g, TEXT + 0x200, "ibm,client-architecture-support"), root, vec);

	client(g, "close", 1, root);
	return r == 0;
}

static bool cas(struct guest *g, const struct words *w)
{
	guest_write(g, VEC, w->b, w->len);
	return cas_at(g, VEC);
}

/* A byte of a property; -1: there is none, or it is shorter. */
static int prop_byte(struct guest *g, const char *path, const char *name, uint32_t at)
{
	uint32_t node = client(g, "finddevice", 1, text(g, TEXT + 0x100, path));
	uint8_t bytes[32];

	if (node == UINT32_MAX ||
	    (int32_t)client(g, "getprop", 4, node, text(g, TEXT + 0x200, name), TEXT + 0x300,
			    (uint32_t)sizeof(bytes)) <= (int32_t)at)
		return -1;
	guest_read(g, TEXT + 0x300, bytes, sizeof(bytes));
	return bytes[at];
}

static bool linux_asks(struct guest *g, uint8_t mmu, uint8_t intc)
{
	struct words w;

	words_linux(&w, LEVEL11, mmu, intc);
	return cas(g, &w);
}

/* Which controller answers? The other's calls are gone. */
static void check_intc(struct guest *g, bool xive, const char *when)
{
	guest_check((guest_hcall(g, H_INT_GET_SOURCE_INFO, 2, 0ul, (uint64_t)LISN_VIO) ==
		     H_SUCCESS) == xive,
		    when);
	guest_check((fake_rtas_token("ibm,set-xive") != 0) == !xive, "RTAS tokens");
	guest_check(fake_has_source(LISN_VIO) && fake_has_source(LISN_EPOW), "sources");
	guest_check(fake_has_source(LISN_IPI) == xive, "sources of IPIs");
	guest_check((prop_byte(g, "/", "ibm,plat-res-int-priorities", 0) == 0) == xive, "the tree");
}

static void off(struct guest *g)
{
	guest_rtas(g, "power-off", 2, 1, 0xffffffff, 0xffffffff);
}

/* ---- the controller ---- */

struct life {
	unsigned int boots;
	int fds, mappings;
};

/* From XICS to XIVE, twice the same, back, and once more; a reboot begins with XICS. */
static void there_and_back(struct guest *g)
{
	struct life *l = g->ctx;

	guest_check(g->pc == 4 * MiB, "a kernel for 0 lies above firmware");
	check_intc(g, false, "it begins with XICS");
	guest_check(prop_byte(g, "/chosen", VEC5, 0) == 0 && prop_byte(g, "/chosen", VEC5, 2) < 0,
		    "nothing is chosen");
	guest_check(prop_byte(g, "/chosen", "ibm,arch-vec-5-platform-support", 1) == 0x80,
		    "either can be had");
	guest_check(linux_asks(g, 0x40, 0x40), "XIVE");
	check_intc(g, true, "XIVE");
	guest_check(prop_byte(g, "/chosen", VEC5, 23) == 0x40, "XIVE is what was chosen");
	guest_check(linux_asks(g, 0x40, 0x40), "XIVE again");
	check_intc(g, true, "XIVE again");
	if (g->starts == 1) {
		l->fds = fake_open_fds();
		l->mappings = fake_mappings();
	}
	guest_check(linux_asks(g, 0x40, 0), "XICS");
	check_intc(g, false, "XICS");
	guest_check(linux_asks(g, 0x40, 0x40), "XIVE once more");
	guest_check(fake_open_fds() == l->fds, "descriptors grow");
	guest_check(fake_mappings() == l->mappings, "mappings grow");
	if (g->starts < l->boots)
		guest_rtas(g, "system-reboot", 0, 1);
	off(g);
}

Test(machine_cas, the_controller_changes_in_place_and_a_reboot_begins_anew)
{
	struct life l = { .boots = 3 };

	fake_guest(0, there_and_back, &l);
	cr_assert(eq(int, (int)run("machine.vcpus=2"), STATUS_OFF));
	cr_assert(eq(int, said_errors(), 0), "%s", said_all());
	cr_assert(said("irqchip: xics until the guest asks for xive"), "%s", said_all());
	cr_assert(not(said("irqchip: xive, in the kernel")), "%s", said_all());
}

/* A server started afterwards has the new presenter; its registers are those of the new kind. */
static void starts_another(struct guest *g)
{
	guest_check(linux_asks(g, 0x40, 0x40), "XIVE");
	guest_rtas(g, "start-cpu", 3, 1, 1, 0x100, 7);
	guest_wait(g);
	off(g);
}

static void another(struct guest *g)
{
	struct words w;

	words_linux(&w, LEVEL11, 0x40, 0);
	guest_check(!cas(g, &w), "a call while another runs");
	check_intc(g, true, "it stays XIVE");
	guest_wake(0);
	guest_wait(g);
}

Test(machine_cas, other_processors_must_be_stopped)
{
	fake_guest(0, starts_another, NULL);
	fake_guest(1, another, NULL);
	cr_assert(eq(int, (int)run("machine.vcpus=2"), STATUS_OFF));
	cr_assert(said("refused: other processors run"), "%s", said_all());
}

/* ---- MMU ---- */

static void to_hash(struct guest *g)
{
	guest_check(fake_htab_order() == 0, "it begins with radix");
	guest_check(linux_asks(g, 0, 0x40), "hash");
	guest_check(fake_htab_order() >= 18, "a table");
	guest_check(m->sp.cfg.rma_size < UINT64_MAX, "real mode of a hash guest");
	guest_check(fake_hcall_is_enabled(H_CLEAR_REF), "its calls");
	if (g->starts == 1)
		guest_rtas(g, "system-reboot", 0, 1);
	guest_check(linux_asks(g, 0x40, 0x40), "radix");
	guest_check(fake_htab_order() == 0 && fake_process_table() == 1ull << 63, "no table");
	guest_check(m->sp.cfg.rma_size == UINT64_MAX, "all of RAM");
	off(g);
}

Test(machine_cas, the_mmu_changes_in_place_and_a_reboot_begins_anew)
{
	fake_guest(0, to_hash, NULL);
	cr_assert(eq(int, (int)run(""), STATUS_OFF));
	cr_assert(eq(int, said_errors(), 0), "%s", said_all());
}

/* ---- processor ---- */

static void compat(struct guest *g)
{
	struct words w;

	guest_check(fake_one_reg(1, KVM_REG_PPC_ARCH_COMPAT) == 0, "it begins as it is");
	words_linux(&w, LEVEL9, 0x40, 0x40);
	guest_check(cas(g, &w), "a kernel of POWER9's time");
	guest_check(fake_one_reg(0, KVM_REG_PPC_ARCH_COMPAT) == LEVEL9 &&
			    fake_one_reg(1, KVM_REG_PPC_ARCH_COMPAT) == LEVEL9,
		    "all are POWER9");
	guest_check(strcmp(m->sp.cfg.cpu.model->name, "POWER9") == 0, "so is the tree");
	if (g->starts == 1)
		guest_rtas(g, "system-reboot", 0, 1);
	guest_check(linux_asks(g, 0x40, 0x40), "a newer kernel");
	guest_check(fake_one_reg(1, KVM_REG_PPC_ARCH_COMPAT) == 0, "all are POWER10");
	guest_check(m->sp.cfg.cpu.version == m->sp.cfg.cpu.pvr, "so is the tree");
	off(g);
}

Test(machine_cas, an_older_kernel_gets_an_older_processor)
{
	fake_host(FAKE_P10_64K);
	fake_guest(0, compat, NULL);
	cr_assert(eq(int, (int)run("machine.vcpus=2"), STATUS_OFF));
	cr_assert(eq(int, said_errors(), 0), "%s", said_all());
}

/* ---- what cannot be ---- */

static void asks_grub(struct guest *g)
{
	struct words w;

	words_grub(&w);
	cas(g, &w);
	guest_check(false, "an instruction of a guest that cannot run here");
}

Test(machine_cas, a_guest_that_cannot_run_here_ends_with_the_reason)
{
	fake_guest(0, asks_grub, NULL);
	cr_assert(eq(int, (int)run("machine.irqchip=xive machine.mmu=radix"), STATUS_CRASH));
	cr_assert(said("guest crashed: the machine cannot be what the guest needs: its kernel "
		       "knows no radix MMU: use machine.mmu = \"hash\""),
		  "%s", said_all());
}

static void nonsense(struct guest *g)
{
	uint8_t pair[8] = { 0xff, 0xff, 0xff, 0xff };

	guest_check(!linux_asks(g, 0x80, 0), "no choice");
	guest_check(!cas_at(g, 0xfffffff0), "no RAM");
	for (gpa_t at = VEC; at < VEC + 0x1000; at += sizeof(pair))
		guest_write(g, at, pair, sizeof(pair));
	guest_check(!cas_at(g, VEC), "no end");
	check_intc(g, false, "nothing has changed");
	off(g);
}

Test(machine_cas, nonsense_is_refused_and_changes_nothing)
{
	fake_guest(0, nonsense, NULL);
	cr_assert(eq(int, (int)run(""), STATUS_OFF));
}

static void with_irqfds(struct guest *g)
{
	m->vm.nirqfds = 1;
	guest_check(!linux_asks(g, 0x40, 0x40), "another controller");
	check_intc(g, false, "it stays XICS");
	guest_check(linux_asks(g, 0x40, 0), "the same controller");
	m->vm.nirqfds = 0;
	off(g);
}

Test(machine_cas, devices_that_interrupt_by_messages_keep_their_controller)
{
	fake_guest(0, with_irqfds, NULL);
	cr_assert(eq(int, (int)run(""), STATUS_OFF));
	cr_assert(said("another interrupt controller while devices interrupt"), "%s", said_all());
}

/* ---- each call of the change fails once ---- */

static void changes_all(struct guest *g)
{
	fake_fail_nth(*(int *)g->ctx, -ENOMEM);
	linux_asks(g, 0, 0x40);
	fake_fail_nth(0, 0);
	off(g);
}

Test(machine_cas, a_change_that_fails_ends_the_guest_and_leaves_nothing)
{
	enum exit_status status = STATUS_CRASH;
	int n;

	for (n = 1; n < 100 && status == STATUS_CRASH; n++) {
		said_forget();
		fake_guest(0, changes_all, &n);
		status = run("");
	}
	cr_assert(eq(int, (int)status, STATUS_OFF));
	cr_assert(gt(int, n, 15));
}

/* ---- hosts that have only one ---- */

struct host_case {
	int host;
	char sets[64];
	bool xive_at_first, xive, radix;
};

ParameterizedTestParameters(machine_cas, a_guest_gets_what_its_host_has)
{
	static struct host_case cases[] = {
		{ FAKE_P9_64K, "", false, true, true },
		{ FAKE_P9_64K, "machine.irqchip=xics", false, false, true },
		{ FAKE_P9_64K, "machine.irqchip=xive", true, true, true },
		{ FAKE_P9_64K, "machine.mmu=hash", false, true, false },
		{ FAKE_P9_4K, "", false, false, true },
		{ FAKE_HASH, "", false, true, false },
	};

	return cr_make_param_array(struct host_case, cases, ARRAY_LEN(cases));
}

static void asks_for_all(struct guest *g)
{
	const struct host_case *c = g->ctx;

	check_intc(g, c->xive_at_first, "at first");
	guest_check(linux_asks(g, 0x40, 0x40), "radix and XIVE");
	check_intc(g, c->xive, "then");
	guest_check((fake_htab_order() == 0) == c->radix, "MMU");
	guest_check(m->cas.chosen.mode.radix == c->radix, "MMU as told");
	off(g);
}

ParameterizedTest(struct host_case *c, machine_cas, a_guest_gets_what_its_host_has)
{
	fake_host(c->host);
	fake_guest(0, asks_for_all, c);
	cr_assert(eq(int, (int)run(c->sets), STATUS_OFF), "%s", said_all());
	cr_assert(eq(int, said_errors(), 0), "%s", said_all());
}
