/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two passed-through functions on a strict fake host, each in a PE of its own, and a guest at them:
 * trapped loads and stores of all BARs (the MSI-X table among them), configuration, message
 * interrupts, error recovery; the devices interrupt, and calls of the host fail now and then. Beyond
 * the sanitizers' checks: statuses are PAPR's, the pool of sources holds what the functions have, a
 * function that is held in reset answers with all ones, and at the end nothing of it is left in the
 * host, whose kernel had no reason to complain.
 */
#include "sphapr/hcall.h"
#include "sphapr/rtas.h"
#include "tests/fake/passing.h"
#include "tests/fake/vfio.h"
#include "tests/fuzz/drive.h"
#include "tests/fuzz/fuzz.h"
#include "vfio/pci.h"
#include "vmm/kvm/irqchip.h"
#include "vmm/kvm/tce.h"
#include "vmm/kvm/uapi.h"

#include <errno.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <string.h>
#include <sys/mman.h>

#define RAM (2 * MiB)
#define NPES 2

static struct {
	struct passing m;
	struct vfio_pe pe[NPES];
	struct fake_hostdev *dev[NPES];
	bool failing; /* a call of the host failed: what it should have undone may be there */
} x;

static uint32_t word(struct input *in)
{
	static const uint32_t edges[] = {
		0,  1,  2,    3,          4,          5,         6,      8,     32,
		64, 65, 2048, 0x80000000, UINT32_MAX, 0x2100000, 0xffff, 0x106, 0x8000
	};
	uint8_t how = byte(in);

	if (how < 0x10)
		return raw32(in);
	return how < 0x60 ? byte(in) : edges[how % ARRAY_LEN(edges)];
}

static struct vfio_pci *some(struct input *in)
{
	return x.pe[byte(in) % NPES].funcs[0];
}

/* ---- what the guest does ---- */

static void call(struct input *in)
{
	static const char *const names[] = {
		"ibm,change-msi",      "ibm,query-interrupt-source-number",
		"ibm,set-eeh-option",  "ibm,get-config-addr-info2",
		"ibm,set-slot-reset",  "ibm,read-slot-reset-state2",
		"ibm,configure-pe",    "ibm,slot-error-detail",
		"ibm,read-pci-config", "ibm,write-pci-config",
		"read-pci-config",     "write-pci-config",
	};
	uint8_t how = byte(in);
	const char *name = names[byte(in) % ARRAY_LEN(names)];
	const struct rtas_desc *row = rtas_row(rtas_token(name) - RTAS_TOKEN_BASE);
	const struct phb *p = x.pe[how & 1].phb;
	struct rtas_call c = { .nargs = row->nargs,
			       .nret = how & 2 ? row->nret_min : row->nret_max };
	int32_t r;

	for (uint32_t i = 0; i < c.nargs; i++)
		c.args[i] = word(in);
	if (how >= 0x20) {
		c.args[0] = how & 4 ? 1 : (uint32_t)x.pe[how & 1].funcs[0]->func.devfn << 8;
		c.args[1] = (uint32_t)(p->buid >> 32);
		c.args[2] = (uint32_t)p->buid;
	}
	if (how >= 0xc0) /* a register, or what the call is about, is one that exists */
		c.args[how & 8 ? 0 : 3] = how & 8 ? c.args[0] | byte(in) : how >> 4 & 3;
	r = rtas_dispatch(&x.m.sp, rtas_token(name), &c);
	must(r == RTAS_OK || r == RTAS_NO_ERRORS || r == RTAS_HARDWARE || r == RTAS_PARAMETER ||
	     r == -7 || r == -8 || r == RTAS_WAIT_100MS);
}

static void config(struct input *in)
{
	static const uint8_t regs[] = { 4, 4, 6, 0x10, 0x14, 0x18, 0x1c, 0x20, 0x24, 0x30, 0x3c };
	struct pci_func *f = &some(in)->func;
	uint8_t how = byte(in);
	uint32_t off = how & 1 ? byte(in) : regs[byte(in) % ARRAY_LEN(regs)];
	uint32_t size = 1U << how / 2 % 3;

	if (f->msix_cap && how & 0x80)
		off = f->msix_cap + PCI_MSIX_FLAGS;
	else if (f->msi_cap && how & 0x40)
		off = f->msi_cap + (byte(in) & 0x1f);
	pci_func_config_write(f, off, size, how & 0x20 ? 0xffff : word(in));
	pci_func_config_read(f, off, size);
}

/* By the guest's address, and with any alignment; often at the MSI-X table, which is kept by us. */
static void trap(struct input *in)
{
	struct vfio_pci *v = some(in);
	const struct phb *p = v->pe->phb;
	uint8_t how = byte(in), data[8];
	int bar = how & 0x80 ? v->msix_bar : byte(in) % (PCI_NUM_BARS + 1);
	const struct pci_bar *b = &v->func.bars[bar];
	uint32_t len = 1 + (how & 7);
	uint64_t off = word(in);
	gpa_t gpa;

	if (how & 0x80)
		off = off & 0x100 ? v->pba_offset : v->msix_offset + (off & 0xff) * 4;
	if (b->addr == PCI_BAR_OFF || !b->size)
		return;
	gpa = phb_bus_to_gpa(p, b->kind, b->addr, b->size);
	if (gpa == UINT64_MAX)
		return;
	le64_store(data, how & 0x10 ? word(in) : how & 0x20);
	phb_mmio(&x.m.sp, gpa + off % b->size, data, len, how & 8);
	for (uint32_t i = 0; i < len && !(how & 8) && phb_unreachable(p, &v->func); i++)
		must(data[i] == 0xff || off % b->size + i >= b->size);
}

/* What a driver that means well does first: BARs placed, decode and bus master on, vectors. */
static void drive(struct input *in)
{
	struct vfio_pci *v = some(in);
	struct pci_func *f = &v->func;
	const struct phb *p = v->pe->phb;

	drive_place(p, f);
	drive_vectors(&x.m.sp, p, f, byte(in) & 1, byte(in) % 12);
}

/* ---- what the world does ---- */

static void device_acts(struct input *in)
{
	uint8_t how = byte(in);
	struct fake_hostdev *d = x.dev[how & 1];

	if (how & 2)
		fake_send_msi(d, byte(in));
	else if (how & 4)
		fake_set_intx(d, how & 8);
	else if (how & 0x10)
		fake_device_error(d);
	else if (how == 0xe0)
		fake_request_device(d);
	else
		fake_guest_eoi(LISN_PCI_LSI + (how >> 5));
}

static void host_acts(struct input *in)
{
	uint8_t how = byte(in);
	static const int errs[] = { -EIO, -ENOMEM, -EINVAL, -EBUSY };

	fake_vfio.eeh_state = how & 1 ? 0 : byte(in) % 6;
	fake_vfio.eeh_err = how & 2 ? 0 : errs[how >> 2 & 3];
	fake_vfio.msi_vectors = how & 0x80 ? how & 31 : 0;
	if (how & 0x10)
		fake_fail_nth(1 + byte(in) % 8, errs[how >> 5 & 3]);
}

static void check(void)
{
	for (int i = 0; i < NPES; i++) {
		const struct pci_func *f = &x.pe[i].funcs[0]->func;

		must(f->vectors.count <= f->max_msi || f->vectors.count <= f->max_msix);
		must(!f->busy && !x.pe[i].phb->pe.eeh_busy);
	}
	must(!x.m.plat.unlocked);
	x.failing |= fake_has_failed();
}

static void check_pool(void)
{
	uint32_t taken = 0, held = 0;

	for (uint32_t i = LISN_PCI_MSI; i < LISN_END; i++)
		taken += x.m.sp.intc.src[i].taken;
	for (int i = 0; i < NPES; i++)
		held += x.pe[i].funcs[0]->func.vectors.count;
	must(taken == held);
}

static void step(struct input *in)
{
	uint8_t what = byte(in);

	if (what < 0x50)
		call(in);
	else if (what < 0x88)
		config(in);
	else if (what < 0xd8)
		trap(in);
	else if (what < 0xf0)
		device_acts(in);
	else if (what < 0xf8)
		host_acts(in);
	else if (what < 0xff)
		drive(in);
	else
		(void)spapr_reset(&x.m.sp);
	for (int i = 0; i < 20 && loop_run_once(&x.m.loop, 0) > 0; i++)
		;
	check();
}

/* ---- life ---- */

static void open_pe(int i)
{
	struct vfio_pe *pe = &x.pe[i];

	vfio_pe_init(pe, &x.m.env, spapr_add_phb(&x.m.sp), x.dev[i]->group);
	must(vfio_pe_open(pe, x.dev[i]->bdf) == 0 && vfio_pe_register(pe) == 0);
	must(vfio_pe_start(pe, true) == 0 &&
	     vfio_pe_add_func(pe, x.dev[i]->bdf, 0, VFIO_RESET_AUTO) == 0);
}

static void close_machine(void)
{
	for (int i = 0; i < NPES; i++)
		vfio_pe_stop_functions(&x.pe[i]);
	for (int i = NPES - 1; i >= 0; i--)
		vfio_pe_close(&x.pe[i]);
	passing_close(&x.m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, data + size };
	uint8_t how = byte(&in);

	log_set_sink(unread);
	fake_reset();
	memset(&x, 0, sizeof(x));
	fake_host(how & 1 ? FAKE_P9_4K : FAKE_P9_64K); /* small pages: the MSI-X table is trapped */
	fake_vfio.eeh = how & 2;
	fake_vfio.dma32_size = 1 * MiB; /* the windows are for other targets */
	x.dev[0] = fake_hostdev_new(FAKE_NVME, "0004:01:00.0", 26, "vfio-pci");
	x.dev[1] = fake_hostdev_new(FAKE_E1000E, "0005:01:00.0", 27, "vfio-pci");
	x.dev[0]->msix_mappable = how & 4;
	/* XIVE wants large pages. */
	must(passing_open(&x.m, how & 9 ? INTC_XICS : INTC_XIVE, RAM) == 0);
	must(spapr_claim_sources(&x.m.sp) == 0);
	for (int i = 0; i < NPES; i++)
		open_pe(i);
	while (in.p < in.end)
		step(&in);
	fake_fail_nth(0, 0);
	fake_vfio.eeh_err = 0;
	check_pool();
	close_machine();
	if (*fake_faults() || *fake_vfio_left())
		fprintf(stderr, "%s%s\n", fake_faults(), fake_vfio_left());
	must(!*fake_faults() && (x.failing || !*fake_vfio_left()));
	must(fake_open_fds() == 0 && fake_mappings() == 0);
	fake_reset();
	return 0;
}

size_t fuzz_seed(unsigned int index, uint8_t *out, size_t max)
{
	static const uint8_t well[] = { 0xf8, 0, 0, 5, 0xf8, 1, 0, 3 }; /* drivers of both */
	size_t len = any_bytes(index, 32, out, max < 800 ? max : 800);

	if (len) {
		out[0] = (uint8_t)index;
		memcpy(out + 1, well, sizeof(well));
	}
	return len;
}
