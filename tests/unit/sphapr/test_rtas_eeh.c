/* SPDX-License-Identifier: BSD-2-Clause */
#include "sphapr/rtas.h"
#include "tests/fake/pci.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <linux/pci_regs.h>
#include <string.h>

#define UNEXPECTED (-7)
#define NOT_SUPPORTED (-8)

static struct fake_machine *m;
static struct phb *p;
static struct fake_eeh eeh;
static struct fake_pci *d;
static uint32_t pe;

static uint32_t info(uint32_t addr, uint32_t function, int32_t *status)
{
	const uint32_t args[] = { addr, FAKE_BUID_HI, FAKE_BUID_LO, function };
	uint32_t rets[2];

	*status = fake_rtas(m, "ibm,get-config-addr-info2", 4, args, 2, rets);
	return rets[1];
}

static void setup(void)
{
	int32_t status;

	m = fake_machine_new(INTC_XIVE, 1, 1);
	eeh = (struct fake_eeh){ 0 };
	p = fake_machine_add_phb(m);
	p->pe.eeh = &fake_eeh_ops;
	p->pe.eeh_ctx = &eeh;
	d = fake_pci_new(false, 0x08, PCI_LEGACY_CONFIG_SIZE);
	pci_func_set_bar(&d->f, 0, PCI_BAR_MEM32, false, 4096);
	pci_config_put(&d->f, PCI_INTERRUPT_PIN, 1, 1);
	fake_machine_add_pci(m, d);
	pe = info(FAKE_CONFIG_ADDR(d), 0, &status);
	cr_assert(eq(i32, status, RTAS_OK));
	cr_assert(ne(u32, pe, 0));
}

static void teardown(void)
{
	fake_machine_free(m);
}

TestSuite(rtas_eeh, .init = setup, .fini = teardown);

static int32_t call4(const char *name, uint32_t addr, uint32_t buid_lo, uint32_t arg)
{
	const uint32_t args[] = { addr, FAKE_BUID_HI, buid_lo, arg };

	return fake_rtas(m, name, 4, args, 1, NULL);
}

static int32_t option(uint32_t arg)
{
	return call4("ibm,set-eeh-option", pe, FAKE_BUID_LO, arg);
}

static int32_t reset(uint32_t arg)
{
	return call4("ibm,set-slot-reset", pe, FAKE_BUID_LO, arg);
}

static int32_t state(uint32_t addr, uint32_t nret, uint32_t *rets)
{
	const uint32_t args[] = { addr, FAKE_BUID_HI, FAKE_BUID_LO };

	return fake_rtas(m, "ibm,read-slot-reset-state2", 3, args, nret, rets);
}

static int32_t detail(uint32_t addr, uint32_t severity)
{
	const uint32_t args[] = { addr, FAKE_BUID_HI, FAKE_BUID_LO, 0x4000,
				  256,  UINT32_MAX,   2048,         severity };

	return fake_rtas(m, "ibm,slot-error-detail", 8, args, 1, NULL);
}

Test(rtas_eeh, is_offered_as_a_whole_or_not_at_all)
{
	static const char *const names[] = { "ibm,get-config-addr-info2",  "ibm,set-eeh-option",
					     "ibm,read-slot-reset-state",  "ibm,set-slot-reset",
					     "ibm,read-slot-reset-state2", "ibm,configure-pe",
					     "ibm,configure-bridge",       "ibm,slot-error-detail",
					     "ibm,open-errinjct",          "ibm,errinjct",
					     "ibm,close-errinjct" };

	for (int with = 1; with >= 0; with--) {
		p->pe.eeh = with ? &fake_eeh_ops : NULL;
		for (size_t i = 0; i < ARRAY_LEN(names); i++) {
			const struct rtas_desc *row =
				rtas_row(rtas_token(names[i]) - RTAS_TOKEN_BASE);

			cr_assert(eq(int, rtas_offered(&m->sp, row), with));
		}
	}
}

Test(rtas_eeh, the_pe_address_round_trips)
{
	int32_t status;

	cr_assert(eq(u32, info(FAKE_CONFIG_ADDR(d), 1, &status), 1), "not shared");
	cr_assert(eq(u32, info(pe, 0, &status), pe));
	cr_assert(eq(i32, status, RTAS_OK));
	fake_machine_add_pci(m, fake_pci_new(false, 0x09, PCI_LEGACY_CONFIG_SIZE));
	cr_assert(eq(u32, info(0x0900, 1, &status), 2), "shared");
	cr_assert(eq(u32, info(0x0900, 0, &status), pe));
	info(0x0900, 2, &status);
	cr_assert(eq(i32, status, RTAS_PARAMETER));
	info(0x0a00, 0, &status);
	cr_assert(eq(i32, status, RTAS_PARAMETER));
}

Test(rtas_eeh, options_reach_the_backend)
{
	for (uint32_t i = 0; i <= 3; i++) {
		cr_assert(eq(i32, option(i), RTAS_OK));
		cr_assert(eq(chr, eeh.op, 'o'));
		cr_assert(eq(u32, eeh.arg, i));
	}
	eeh.ncalls = 0;
	cr_assert(eq(i32, option(4), RTAS_PARAMETER));
	cr_assert(eq(i32, option(UINT32_MAX), RTAS_PARAMETER));
	cr_assert(eq(uint, eeh.ncalls, 0));
}

Test(rtas_eeh, backend_errors_become_statuses)
{
	static const struct {
		int r;
		int32_t status;
	} cases[] = {
		{ -EIO, RTAS_HARDWARE },     { -EINVAL, RTAS_PARAMETER },
		{ -ENODEV, RTAS_PARAMETER }, { -EBUSY, UNEXPECTED },
		{ -EPERM, RTAS_HARDWARE },   { -EOPNOTSUPP, RTAS_HARDWARE },
		{ -ENOENT, RTAS_HARDWARE },  { 0, RTAS_OK },
	};
	const uint32_t args[] = { pe, FAKE_BUID_HI, FAKE_BUID_LO };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		eeh.result = cases[i].r;
		cr_assert(eq(i32, option(1), cases[i].status));
		cr_assert(eq(i32, fake_rtas(m, "ibm,configure-pe", 3, args, 1, NULL),
			     cases[i].status));
		cr_assert(eq(chr, eeh.op, 'c'));
		cr_assert(eq(i32, fake_rtas(m, "ibm,configure-bridge", 3, args, 1, NULL),
			     cases[i].status));
	}
	eeh.result = -EOPNOTSUPP;
	cr_assert(eq(i32, reset(3), NOT_SUPPORTED), "then Linux tries a hot reset");
	cr_assert(eq(chr, eeh.op, 'r'));
	cr_assert(eq(u32, eeh.arg, 0), "and nothing stays held");
	eeh.result = -EIO;
	cr_assert(eq(i32, reset(1), RTAS_HARDWARE));
}

Test(rtas_eeh, states)
{
	static const int states[] = { 0, 1, 2, 4, 5 };
	uint32_t rets[5];

	for (int i = 0; i < 5; i++)
		for (uint32_t nret = 4; nret <= 5; nret++) {
			eeh.state = states[i];
			rets[4] = 77;
			cr_assert(eq(i32, state(pe, nret, rets), RTAS_OK));
			cr_assert(eq(u32, rets[1], (uint32_t)states[i]));
			cr_assert(eq(u32, rets[2], 1));
			cr_assert(eq(u32, rets[3], states[i] == 5 ? 1000 : 0));
			cr_assert(eq(u32, rets[4], nret == 5 ? 0 : 77));
		}
	cr_assert(eq(i32, state(FAKE_CONFIG_ADDR(d), 4, rets), RTAS_OK), "by function, too");
}

Test(rtas_eeh, held_in_reset_whatever_the_host_says)
{
	static const int states[] = { 0, 2, 4 };
	uint32_t rets[4];

	cr_assert(eq(i32, reset(1), RTAS_OK));
	for (size_t i = 0; i < ARRAY_LEN(states); i++) {
		eeh.state = states[i];
		cr_assert(eq(i32, state(pe, 4, rets), RTAS_OK));
		cr_assert(eq(u32, rets[1], 1));
	}
	eeh.state = 0;
	cr_assert(eq(i32, reset(0), RTAS_OK));
	cr_assert(eq(i32, state(pe, 4, rets), RTAS_OK));
	cr_assert(eq(u32, rets[1], 0));
	cr_assert(eq(i32, reset(3), RTAS_OK));
	pe_eeh_recover(&p->pe);
	cr_assert(eq(i32, state(pe, 4, rets), RTAS_OK));
	cr_assert(eq(u32, rets[1], 0), "a reboot ends it");
}

/* What another CPU may do while the host resets the PE, without our lock. */
static int32_t dispatch(const char *name, uint32_t nret, uint32_t a0, uint32_t a3, uint32_t a4,
			uint32_t a5, uint32_t *ret)
{
	const struct rtas_desc *row = rtas_row(rtas_token(name) - RTAS_TOKEN_BASE);
	struct rtas_call c = { .nargs = row->nargs,
			       .nret = nret,
			       .args = { a0, FAKE_BUID_HI, FAKE_BUID_LO, a3, a4, a5 } };
	int32_t status = rtas_dispatch(&m->sp, rtas_token(name), &c);

	if (ret)
		*ret = c.rets[1];
	return status;
}

static void meanwhile(void)
{
	const uint32_t command = FAKE_CONFIG_ADDR(d) | PCI_COMMAND,
		       bar = FAKE_CONFIG_ADDR(d) | 0x10;
	uint32_t ret;

	m->plat.meanwhile = NULL;
	fake_pci_forget(d); /* the reset of its image, before it */
	cr_assert(eq(uint, eeh.ncalls, 0));
	cr_assert(eq(i32, dispatch("ibm,read-slot-reset-state2", 4, pe, 0, 0, 0, &ret), RTAS_OK));
	cr_assert(eq(u32, ret, 1), "reset active");
	cr_assert(eq(i32, dispatch("ibm,set-slot-reset", 1, pe, 1, 0, 0, NULL), UNEXPECTED));
	cr_assert(eq(i32, dispatch("ibm,set-slot-reset", 1, pe, 0, 0, 0, NULL), UNEXPECTED));
	cr_assert(eq(i32, dispatch("ibm,set-slot-reset", 1, pe, 2, 0, 0, NULL), RTAS_PARAMETER));
	cr_assert(eq(i32, dispatch("ibm,set-eeh-option", 1, pe, 1, 0, 0, NULL), UNEXPECTED));
	cr_assert(eq(i32, dispatch("ibm,configure-pe", 1, pe, 0, 0, 0, NULL), RTAS_WAIT_100MS));
	cr_assert(eq(uint, eeh.ncalls, 0), "the backend is not asked");
	cr_assert(eq(i32, dispatch("ibm,read-pci-config", 2, command, 2, 0, 0, &ret), RTAS_OK));
	cr_assert(eq(u32, ret, 0xffff));
	cr_assert(
		eq(i32, dispatch("ibm,write-pci-config", 1, bar, 4, 0x80000000, 0, NULL), RTAS_OK));
	cr_assert(eq(i32,
		     dispatch("ibm,write-pci-config", 1, command, 2, PCI_COMMAND_MEMORY, 0, NULL),
		     RTAS_OK));
	cr_assert(eq(i32, dispatch("ibm,change-msi", 4, FAKE_CONFIG_ADDR(d), 1, 1, 1, NULL),
		     RTAS_WAIT_100MS));
	cr_assert(eq(str, d->log, ""), "the function is not touched");
	d->nresets = 77;
}

Test(rtas_eeh, others_meet_a_pe_in_reset)
{
	uint32_t command;

	eeh.ncalls = 0;
	m->plat.meanwhile = meanwhile;
	cr_assert(eq(i32, reset(1), RTAS_OK));
	cr_assert(eq(uint, d->nresets, 77), "nobody was let in");
	cr_assert(eq(uint, eeh.ncalls, 1));
	cr_assert(eq(i32, reset(0), RTAS_OK), "and now they are");
	cr_assert(eq(i32,
		     dispatch("ibm,read-pci-config", 2, FAKE_CONFIG_ADDR(d) | PCI_COMMAND, 2, 0, 0,
			      &command),
		     RTAS_OK));
	cr_assert(eq(u32, command, 0), "what was written is lost");
}

/* An option may take the host a minute; the PE is as it was meanwhile, and can be reached. */
static void while_an_option_is_set(void)
{
	const uint32_t command = FAKE_CONFIG_ADDR(d) | PCI_COMMAND;
	uint32_t ret;

	m->plat.meanwhile = NULL;
	cr_assert(eq(uint, eeh.ncalls, 0), "it is without the lock by now");
	cr_assert(eq(i32, dispatch("ibm,set-slot-reset", 1, pe, 1, 0, 0, NULL), UNEXPECTED));
	cr_assert(eq(i32, dispatch("ibm,set-eeh-option", 1, pe, 0, 0, 0, NULL), UNEXPECTED));
	cr_assert(eq(i32, dispatch("ibm,configure-pe", 1, pe, 0, 0, 0, NULL), RTAS_WAIT_100MS));
	cr_assert(eq(i32, dispatch("ibm,change-msi", 4, FAKE_CONFIG_ADDR(d), 1, 1, 1, NULL),
		     RTAS_WAIT_100MS));
	cr_assert(eq(uint, eeh.ncalls, 0));
	eeh.state = 2;
	cr_assert(eq(i32, dispatch("ibm,read-slot-reset-state2", 4, pe, 0, 0, 0, &ret), RTAS_OK));
	cr_assert(eq(u32, ret, 2));
	cr_assert(eq(i32, dispatch("ibm,read-pci-config", 2, command, 2, 0, 0, &ret), RTAS_OK));
	cr_assert(eq(u32, ret, 0));
	eeh.ncalls = 0;
	d->nresets = 77;
}

Test(rtas_eeh, options_and_configure_are_without_the_lock)
{
	const uint32_t args[] = { pe, FAKE_BUID_HI, FAKE_BUID_LO };

	for (uint32_t i = 0; i <= 4; i++) {
		eeh.ncalls = d->nresets = 0;
		m->plat.meanwhile = while_an_option_is_set;
		if (i < 4)
			cr_assert(eq(i32, option(i), RTAS_OK));
		else
			cr_assert(eq(i32, fake_rtas(m, "ibm,configure-pe", 3, args, 1, NULL),
				     RTAS_OK));
		cr_assert(eq(uint, d->nresets, 77), "nobody was let in");
		cr_assert(eq(uint, eeh.ncalls, 1));
		cr_assert(not(phb_busy(&m->sp, p)));
	}
}

/* A thaw would undo what the host did to keep accesses out. */
Test(rtas_eeh, held_in_reset_it_is_not_thawed_nor_reached)
{
	const uint32_t bar = FAKE_CONFIG_ADDR(d) | 0x10,
		       command = FAKE_CONFIG_ADDR(d) | PCI_COMMAND;
	uint32_t ret;

	cr_assert(eq(i32, reset(1), RTAS_OK));
	fake_pci_forget(d);
	eeh.ncalls = 0;
	for (uint32_t i = 1; i <= 3; i++)
		cr_assert(eq(i32, option(i), UNEXPECTED));
	cr_assert(eq(uint, eeh.ncalls, 0));
	cr_assert(eq(i32, option(0), RTAS_OK));
	cr_assert(
		eq(i32, dispatch("ibm,write-pci-config", 1, bar, 4, 0x80000000, 0, NULL), RTAS_OK));
	cr_assert(eq(i32,
		     dispatch("ibm,write-pci-config", 1, command, 2, PCI_COMMAND_MEMORY, 0, NULL),
		     RTAS_OK));
	cr_assert(eq(i32, dispatch("ibm,read-pci-config", 2, bar, 4, 0, 0, &ret), RTAS_OK));
	cr_assert(eq(u32, ret, UINT32_MAX));
	cr_assert(eq(str, d->log, ""), "a BAR was mapped, or the function asked");
	cr_assert(eq(i32, reset(0), RTAS_OK));
	cr_assert(eq(i32, option(2), RTAS_OK));
	cr_assert(eq(i32, dispatch("ibm,read-pci-config", 2, bar, 4, 0, 0, &ret), RTAS_OK));
	cr_assert(eq(u32, ret, 0), "what was written is lost");
}

Test(rtas_eeh, a_function_that_is_busy_puts_off_what_acts_on_the_pe)
{
	fake_machine_add_pci(m, fake_pci_new(false, 0x09, PCI_LEGACY_CONFIG_SIZE));
	eeh.ncalls = 0;
	d->f.busy = true;
	cr_assert(eq(i32, option(0), RTAS_WAIT_100MS));
	cr_assert(eq(i32, reset(1), RTAS_WAIT_100MS));
	cr_assert(eq(i32, dispatch("ibm,configure-pe", 1, pe, 0, 0, 0, NULL), RTAS_WAIT_100MS));
	cr_assert(eq(i32, dispatch("ibm,change-msi", 4, 0x0900, 1, 1, 1, NULL), RTAS_WAIT_100MS));
	cr_assert(eq(uint, eeh.ncalls, 0));
	d->f.busy = false;
	cr_assert(eq(i32, option(0), RTAS_OK));
}

Test(rtas_eeh, a_pe_that_cannot_be_asked_is_gone_for_good)
{
	uint32_t rets[4];

	eeh.state = -EIO;
	cr_assert(eq(i32, state(pe, 4, rets), RTAS_OK));
	cr_assert(eq(u32, rets[1], 5));
	cr_assert(eq(u32, rets[3], 0));
}

Test(rtas_eeh, the_old_state_call)
{
	const uint32_t args[] = { pe, FAKE_BUID_HI, FAKE_BUID_LO };
	uint32_t rets[3];

	eeh.state = 2;
	cr_assert(eq(i32, fake_rtas(m, "ibm,read-slot-reset-state", 3, args, 3, rets), RTAS_OK));
	cr_assert(eq(u32, rets[1], 2));
	cr_assert(eq(u32, rets[2], 1));
}

Test(rtas_eeh, a_reset_is_one_for_the_image_too)
{
	pci_func_config_write(&d->f, PCI_BASE_ADDRESS_0, 4, 0x80000000);
	pci_func_config_write(&d->f, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	pci_func_set_vectors(&d->f, (struct pci_vectors){ PCI_MSIX, 0x1300, 2 });
	intc_set_line(&m->sp.intc, d->f.intx_lisn, true);
	cr_assert(eq(i32, reset(0), RTAS_OK));
	cr_assert(eq(u64, d->at[0], 0x80000000), "release changes nothing");
	cr_assert(eq(i32, reset(1), RTAS_OK));
	cr_assert(eq(chr, eeh.op, 'r'));
	cr_assert(eq(u32, eeh.arg, 1));
	cr_assert(eq(u64, d->at[0], PCI_BAR_OFF));
	cr_assert(not(pci_func_bus_master(&d->f)));
	cr_assert(not(m->intc.line[d->f.intx_lisn]));
	cr_assert(eq(u32, d->f.vectors.count, 2));
	cr_assert(eq(uint, d->nresets, 0), "the host's function is the PE's to reset");
	cr_assert(eq(i32, reset(3), RTAS_OK));
	cr_assert(eq(u32, eeh.arg, 3));
}

Test(rtas_eeh, other_resets_do_nothing)
{
	static const uint32_t bad[] = { 2, 4, 0x80000001, UINT32_MAX };

	fake_pci_forget(d);
	eeh.ncalls = 0;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		cr_assert(eq(i32, reset(bad[i]), RTAS_PARAMETER));
	cr_assert(eq(uint, eeh.ncalls, 0));
	cr_assert(eq(str, d->log, ""));
}

Test(rtas_eeh, error_detail_finds_none)
{
	cr_assert(eq(i32, detail(pe, 1), RTAS_NO_ERRORS));
	cr_assert(eq(i32, detail(FAKE_CONFIG_ADDR(d), 2), RTAS_NO_ERRORS));
	cr_assert(eq(i32, detail(pe, 0), RTAS_PARAMETER));
	cr_assert(eq(i32, detail(pe, 3), RTAS_PARAMETER));
	cr_assert(eq(i32, detail(0x0a00, 1), RTAS_PARAMETER));
	cr_assert(eq(u32, be32_load(m->ram + 0x4000), 0));
}

Test(rtas_eeh, what_is_no_pe)
{
	static const uint32_t bad[] = { 0, 2, 0x0801, 0x0900, 0x10001, 0x10800, UINT32_MAX };
	uint32_t rets[4];

	eeh.ncalls = 0;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		cr_assert(eq(i32, call4("ibm,set-eeh-option", bad[i], FAKE_BUID_LO, 1),
			     RTAS_PARAMETER));
		cr_assert(eq(i32, call4("ibm,set-slot-reset", bad[i], FAKE_BUID_LO, 1),
			     RTAS_PARAMETER));
		cr_assert(eq(i32, state(bad[i], 4, rets), RTAS_PARAMETER));
	}
	cr_assert(eq(i32, call4("ibm,set-slot-reset", pe, FAKE_BUID_LO + 9, 1), RTAS_PARAMETER));
	cr_assert(eq(uint, eeh.ncalls, 0));
}

/* One PHB has EEH and so the calls exist; another has not. */
Test(rtas_eeh, a_phb_without_it)
{
	uint32_t rets[4];
	const uint32_t args[] = { 0x0800, FAKE_BUID_HI, FAKE_BUID_LO + 1, 1 };

	fake_machine_add_phb(m);
	fake_machine_add_pci(m, fake_pci_new(false, 0x08, PCI_LEGACY_CONFIG_SIZE));
	eeh.ncalls = 0;
	cr_assert(eq(i32, fake_rtas(m, "ibm,get-config-addr-info2", 4, args, 2, rets), RTAS_OK));
	cr_assert(eq(u32, rets[1], 0), "no PE: Linux stops here");
	cr_assert(eq(i32, fake_rtas(m, "ibm,read-slot-reset-state2", 3, args, 4, rets), RTAS_OK));
	cr_assert(eq(u32, rets[2], 0));
	cr_assert(eq(i32, fake_rtas(m, "ibm,set-eeh-option", 4, args, 1, rets), RTAS_PARAMETER));
	cr_assert(eq(i32, fake_rtas(m, "ibm,set-slot-reset", 4, args, 1, rets), RTAS_PARAMETER));
	cr_assert(eq(i32, fake_rtas(m, "ibm,configure-pe", 3, args, 1, rets), RTAS_PARAMETER));
	cr_assert(eq(uint, eeh.ncalls, 0));
}

/* ---- the log of a stopped PE ---- */

#define DRIVER 0x4000
#define LOG 0x6000
#define HEAD 96 /* fixed 8, general 16, Main-A 48, Main-B 24 */
#define OURS 24 /* the section's head, state, address and BUID */

static int32_t log_of(uint32_t driver, uint32_t driver_len, uint32_t buf, uint32_t len,
		      uint32_t severity)
{
	const uint32_t args[] = { pe,         FAKE_BUID_HI, FAKE_BUID_LO, driver,
				  driver_len, buf,          len,          severity };

	memset(m->ram + LOG, 0x5a, 4096);
	return fake_rtas(m, "ibm,slot-error-detail", 8, args, 1, NULL);
}

Test(rtas_eeh, a_stopped_pe_has_a_log_with_the_drivers_words)
{
	static const int states[] = { 2, 4, 5 };
	const uint8_t *log = m->ram + LOG, *ud = log + HEAD;

	memcpy(m->ram + DRIVER, "the driver's words!", 20);
	for (size_t i = 0; i < ARRAY_LEN(states); i++)
		for (uint32_t severity = 1; severity <= 2; severity++) {
			eeh.state = states[i];
			cr_assert(eq(i32, log_of(DRIVER, 22, LOG, 2048, severity), RTAS_OK));
			cr_assert(eq(u8, log[0], 6));
			cr_assert(eq(u8, log[1], 0x74), "an error, not recovered, extended");
			cr_assert(eq(u8, log[3], 0xe0));
			cr_assert(eq(u32, be32_load(log + 4), HEAD - 8 + OURS + 20));
			cr_assert(eq(int, memcmp(log + 24, "PH\0\x30", 4), 0));
			cr_assert(eq(int, memcmp(log + 72, "UH\0\x18", 4), 0));
			cr_assert(eq(u8, log[72 + 8], 0x30), "I/O");
			cr_assert(eq(u8, log[72 + 10], severity == 2 ? 0x40 : 0x10));
			cr_assert(eq(int, memcmp(ud, "UD\0\x2c", 4), 0));
			cr_assert(eq(u32, be32_load(ud + 8), (uint32_t)states[i]));
			cr_assert(eq(u32, be32_load(ud + 12), pe));
			cr_assert(eq(u32, be32_load(ud + 16), FAKE_BUID_HI));
			cr_assert(eq(u32, be32_load(ud + 20), FAKE_BUID_LO));
			cr_assert(eq(int, memcmp(ud + OURS, "the driver's words!", 20), 0));
			cr_assert(eq(u8, log[HEAD + OURS + 20], 0x5a), "and no more");
		}
	cr_assert(eq(u32, m->sp.next_log_id, be32_load(log + 24 + 40) + 1));
}

Test(rtas_eeh, a_pe_that_runs_or_is_reset_has_none)
{
	eeh.state = 0;
	cr_assert(eq(i32, log_of(DRIVER, 8, LOG, 2048, 1), RTAS_NO_ERRORS));
	eeh.state = -EIO;
	cr_assert(eq(i32, log_of(DRIVER, 8, LOG, 2048, 1), RTAS_NO_ERRORS));
	eeh.state = 2;
	cr_assert(eq(i32, log_of(DRIVER, 8, LOG, 2048, 3), RTAS_PARAMETER));
	cr_assert(eq(i32, reset(1), RTAS_OK));
	cr_assert(eq(i32, log_of(DRIVER, 8, LOG, 2048, 1), RTAS_NO_ERRORS));
	cr_assert(eq(u8, m->ram[LOG], 0x5a));
}

Test(rtas_eeh, a_log_stays_in_its_buffer)
{
	static const struct {
		uint32_t driver_len, room, len;
	} cases[] = {
		{ 0, 0, 0 },
		{ 0, 7, 7 },
		{ 4096, 8, 8 },
		{ 4096, HEAD + OURS - 1, 8 },
		{ 4096, HEAD + OURS, HEAD + OURS },
		{ 4096, HEAD + OURS + 7, HEAD + OURS + 4 },
		{ 8192, 2048, 2048 },
		{ UINT32_MAX, UINT32_MAX, 2048 },
	};

	eeh.state = 2;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const uint8_t *log = m->ram + LOG;

		cr_assert(eq(i32, log_of(DRIVER, cases[i].driver_len, LOG, cases[i].room, 1),
			     RTAS_OK));
		for (uint32_t at = cases[i].len; at < 4096; at++)
			cr_assert(eq(u8, log[at], 0x5a), "case %zu, byte %u", i, at);
		if (cases[i].len > 8)
			cr_assert(eq(u32, be32_load(log + 4), cases[i].len - 8));
		if (cases[i].len == 8)
			cr_assert(eq(u8, log[1], 0x70), "no extended part");
	}
	cr_assert(eq(i32, log_of(UINT32_MAX, 64, LOG, 2048, 1), RTAS_OK), "its words are zeros");
	cr_assert(eq(u8, m->ram[LOG + HEAD + OURS], 0));
	cr_assert(eq(i32, log_of(DRIVER, 8, UINT32_MAX, 2048, 1), RTAS_PARAMETER));
}
