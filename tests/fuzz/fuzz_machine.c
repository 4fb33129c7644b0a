/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A whole machine on a fake host, with two passed-through functions and small emulated devices, and
 * a guest that makes any call at any time: hypercalls, RTAS calls, loads and stores, configuration
 * writes; the devices interrupt, the machine reboots. Mostly aimed at what exists. Beyond the
 * sanitizers' checks: every call gets a status, the host's kernel has no reason to complain, and
 * when the machine is gone nothing of it is left there.
 */
#include "sphapr/hcall.h"
#include "sphapr/rtas.h"
#include "tests/fake/elf.h"
#include "tests/fake/vfio.h"
#include "tests/fuzz/drive.h"
#include "tests/fuzz/fuzz.h"
#include "vmm/machine/machine_impl.h"

#include <linux/pci_regs.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BLOCK 0x8000u /* the RTAS argument block */
#define NO_STATUS 0x5a5a5a5au
#define LIST 0x10000u  /* of TCEs */
#define VIRTIO 0x1af4u /* the vendor */
#define RINGS 0x20000u /* of a virtio device that is driven well */
#define NRING_TCES 10u
#define STEPS 400 /* an input of zeroes has an end, too */

static struct {
	char dir[32], kernel[48], config[48];
	struct options opt;
} user; /* what is the same for every machine of this process */

static struct fake_hostdev *nvme, *nic;

static void forget_user(void)
{
	options_free(&user.opt);
	unlink(user.kernel);
	unlink(user.config);
	rmdir(user.dir);
}

static void write_user(void)
{
	static const char toml[] = "[machine]\nmemory = \"128MiB\"\nhuge_pages = \"off\"\n"
				   "[boot]\nkernel = \"vmlinux\"\n"
				   "[sandbox]\nmode = \"off\"\n" /* it is for a process's life */
				   "[console]\nbackend = \"none\"\n"
				   "[[vfio]]\nhost = \"0004:01:00.0\"\n"
				   "[[vfio]]\nhost = \"0005:01:00.0\"\n"
				   "[rng]\niommu = true\n"
				   "[balloon]\n"
				   "[[virtio_console]]\nbackend = \"none\"\n";

	strcpy(user.dir, "/tmp/fuzz_machine.XXXXXX");
	must(mkdtemp(user.dir) != NULL);
	snprintf(user.kernel, sizeof(user.kernel), "%s/vmlinux", user.dir);
	snprintf(user.config, sizeof(user.config), "%s/guest.toml", user.dir);
	elf_write(user.kernel, &elf_tiny);
	file_write(user.config, toml, sizeof(toml) - 1);
	must(options_load(&user.opt, user.config, NULL, 0) == 0);
	atexit(forget_user);
}

/* ---- what the guest thinks of ---- */

static uint64_t word(struct input *in)
{
	static const uint64_t edges[] = {
		0,
		1,
		2,
		3,
		4,
		8,
		12,
		16,
		21,
		24,
		27,
		30,
		64,
		512,
		0x1000,
		0x10000,
		0x200000,
		0x10003,
		0x200003,
		0x7fff003,
		0x8000003,
		0x80000000,
		0x80000001,
		0x80000002,
		0x80000100,
		0x80000101,
		0x80000200,
		128 * MiB,
		1 * GiB,
		1ULL << 59,
		UINT32_MAX,
		1ULL << 63,
		UINT64_MAX,
		BLOCK,
		LISN_PCI_LSI,
		LISN_PCI_MSI,
	};
	uint8_t how = byte(in);

	if (how < 8)
		return raw64(in);
	if (how < 40)
		return byte(in);
	return edges[how % ARRAY_LEN(edges)] + (how >= 200 ? (uint64_t)(int8_t)byte(in) : 0);
}

/* A size, a count, a kind, a shift: what calls about a function take. */
static uint32_t small(struct input *in)
{
	static const uint8_t smalls[] = { 0, 1, 2, 3, 4, 5, 8, 12, 16, 21, 24, 27, 30, 65, 255 };

	return smalls[byte(in) % ARRAY_LEN(smalls)];
}

static struct phb *any_phb(struct machine *m, struct input *in)
{
	return spapr_find_phb(&m->sp, (uint32_t)(PHB_BUID_BASE >> 32),
			      (uint32_t)PHB_BUID_BASE + byte(in) % m->sp.nphbs);
}

static struct pci_func *any_func(struct machine *m, struct input *in, struct phb **phb)
{
	struct phb *p = any_phb(m, in);

	*phb = p;
	return p->nfuncs ? p->funcs[byte(in) % p->nfuncs] : NULL;
}

/* ---- what it does ---- */

/* A row of the topics that are about functions, or any. */
static uint32_t any_row(struct input *in)
{
	static const char *const names[] = {
		"ibm,change-msi",
		"ibm,query-interrupt-source-number",
		"ibm,read-pci-config",
		"ibm,write-pci-config",
		"ibm,set-eeh-option",
		"ibm,set-slot-reset",
		"ibm,read-slot-reset-state2",
		"ibm,configure-pe",
		"ibm,get-config-addr-info2",
		"ibm,query-pe-dma-window",
		"ibm,create-pe-dma-window",
		"ibm,remove-pe-dma-window",
		"ibm,reset-pe-dma-window",
	};
	uint8_t which = byte(in);

	return which < 0x40 ? which : rtas_token(names[which % ARRAY_LEN(names)]) - RTAS_TOKEN_BASE;
}

static void put_block(struct machine *m, struct input *in, uint8_t *block, uint32_t nargs)
{
	uint8_t how = byte(in);
	struct phb *p;
	struct pci_func *f = any_func(m, in, &p);

	for (uint32_t i = 0; i < nargs; i++)
		be32_store(block + 4 * i, i > 2 && how & 1 ? small(in) : (uint32_t)word(in));
	if (!f || !(how & 0x0e))
		return;
	be32_store(block, how & 0x10 ? 1 : (uint32_t)f->devfn << 8 | (how & 0x20 ? byte(in) : 0));
	be32_store(block + 4, (uint32_t)(p->buid >> 32));
	be32_store(block + 8, (uint32_t)p->buid);
}

static void rtas(struct machine *m, struct input *in)
{
	uint8_t *block = (uint8_t *)m->ram.host + BLOCK, how = byte(in);
	uint32_t row = any_row(in), nargs = 3, nret = 1;
	const struct rtas_desc *d = rtas_row(row);
	uint64_t a[HCALL_MAX_ARGS] = { BLOCK };

	if (d) {
		nargs = d->nargs + (how & 1 ? d->nargs_opt : 0);
		nret = how & 2 ? d->nret_min : d->nret_max;
	}
	be32_store(block, RTAS_TOKEN_BASE + row);
	be32_store(block + 4, nargs);
	be32_store(block + 8, nret);
	put_block(m, in, block + 12, nargs);
	if (row == rtas_token("ibm,remove-pe-dma-window") - RTAS_TOKEN_BASE && how & 4)
		be32_store(block + 12, 0x80000000 | (how >> 3 & 3) << 8 | (how >> 5 & 1));
	be32_store(block + 12 + 4 * nargs, NO_STATUS);
	must(rtas_hcall(&m->sp, a) == H_SUCCESS);
	must(be32_load(block + 12 + 4 * nargs) != NO_STATUS);
}

/* Arguments of a TCE call that are right, or nearly. */
static void aim_at_window(struct machine *m, struct input *in, uint64_t *a)
{
	const struct pe *pe = &any_phb(m, in)->pe;
	const struct dma_window *w = &pe->windows[byte(in) % DDW_MAX_WINDOWS];

	if (!w->npages)
		return;
	a[0] = w->liobn;
	a[1] = w->start + ((uint64_t)byte(in) << w->page_shift);
	a[2] = LIST;
	a[3] = small(in);
	for (uint32_t i = 0; i < 512; i++)
		be64_store((uint8_t *)m->ram.host + LIST + 8 * i,
			   (uint64_t)(i + a[3]) << w->page_shift | (i & 3));
	if (byte(in) & 1)
		a[2] = (uint64_t)byte(in) << w->page_shift | (byte(in) & 3);
}

static void hcall(struct machine *m, struct input *in)
{
	uint8_t how = byte(in);
	static const uint64_t tce_calls[] = { H_PUT_TCE, H_GET_TCE, H_STUFF_TCE,
					      H_PUT_TCE_INDIRECT };
	const struct hcall_desc *d = hcall_row(&m->sp, byte(in) % 96);
	uint64_t a[HCALL_MAX_ARGS];

	for (size_t i = 0; i < ARRAY_LEN(a); i++)
		a[i] = word(in);
	if (how & 1) {
		aim_at_window(m, in, a);
		hcall_dispatch(&m->sp, tce_calls[how >> 1 & 3], a);
	} else {
		hcall_dispatch(&m->sp, d ? d->nr : a[8], a);
	}
}

static void config_write(struct machine *m, struct input *in)
{
	static const uint8_t regs[] = { 4, 4, 6, 0x10, 0x14, 0x18, 0x1c, 0x20, 0x30, 0x34, 0x3c };
	struct phb *p;
	struct pci_func *f = any_func(m, in, &p);
	uint8_t how = byte(in);
	uint32_t off = how & 1 ? byte(in) : regs[byte(in) % ARRAY_LEN(regs)];
	uint32_t size = 1U << how / 2 % 3;

	if (!f)
		return;
	if (f->msix_cap && how & 0x80)
		off = f->msix_cap + PCI_MSIX_FLAGS;
	pci_func_config_write(f, off, size, how & 0x40 ? 0xffff : (uint32_t)word(in));
	pci_func_config_read(f, off, size);
}

static void access_bar(struct machine *m, struct input *in)
{
	uint8_t data[8] = { 0 }, how = byte(in);
	struct phb *p;
	const struct pci_func *f = any_func(m, in, &p);
	const struct pci_bar *b = f ? &f->bars[byte(in) % (PCI_NUM_BARS + 1)] : NULL;
	uint64_t value = word(in);
	gpa_t gpa;

	if (!b || b->addr == PCI_BAR_OFF)
		return;
	gpa = phb_bus_to_gpa(p, b->kind, b->addr, b->size);
	if (gpa == UINT64_MAX)
		return;
	le64_store(data, value);
	gpa += word(in) % b->size;
	phb_mmio(&m->sp, gpa, data, 1U << how % 4, how & 4);
}

/*
 * A driver of any function; of an emulated one the rings are where its addresses lead: the first page of
 * the window is RAM where a device is behind the IOMMU.
 */
static void drive(struct machine *m, struct input *in)
{
	uint8_t how = byte(in);
	struct phb *p;
	struct pci_func *f = any_func(m, in, &p);
	uint8_t *ring = (uint8_t *)m->ram.host + RINGS;
	const struct pci_bar *b = f ? &f->bars[0] : NULL;

	if (!f)
		return;
	drive_place(p, f);
	drive_vectors(&m->sp, p, f, how & 1, how >> 5);
	if (pci_config_get(f, PCI_VENDOR_ID, 2) != VIRTIO)
		return;
	for (uint32_t i = 0; i < NRING_TCES; i++) {
		uint64_t a[HCALL_MAX_ARGS] = { p->pe.windows[0].liobn, i * 4096,
					       (RINGS + i * 4096) | 3 };

		hcall_dispatch(&m->sp, H_PUT_TCE, a);
	}
	memset(ring, 0, NRING_TCES * 4096);
	for (uint32_t q = 0; q < 3; q++, ring += 3 * 4096) { /* one buffer each, offered */
		le64_store(ring, how & 2 ? RINGS + 0x9000 : 0x9000);
		le32_store(ring + 8, 64);
		le16_store(ring + 12, how & 4 ? 2 : 0);
		le16_store(ring + 4096 + 2, 1);
	}
	drive_virtio(&m->sp, phb_bus_to_gpa(p, b->kind, b->addr, b->size), 3, how & 2 ? RINGS : 0);
	for (uint32_t q = 0; q < 3; q++)
		drive_store(&m->sp, phb_bus_to_gpa(p, b->kind, b->addr, b->size),
			    VIRTIO_BAR_NOTIFY + VIRTIO_NOTIFY_STRIDE * q, 2, q);
}

static void device_acts(struct machine *m, struct input *in)
{
	uint8_t how = byte(in);

	if (how & 1)
		fake_send_msi(how & 2 ? nvme : nic, how >> 4);
	else
		fake_set_intx(how & 2 ? nvme : nic, how & 4);
	vcpus_unlock(&m->cpus);
	loop_run_once(&m->loop, 0);
	vcpus_lock(&m->cpus);
}

static void step(struct machine *m, struct input *in)
{
	uint8_t what = byte(in);

	if (what < 0x60)
		rtas(m, in);
	else if (what < 0xa0)
		hcall(m, in);
	else if (what < 0xc8)
		config_write(m, in);
	else if (what < 0xf0)
		access_bar(m, in);
	else if (what < 0xf8)
		device_acts(m, in);
	else if (what < 0xfe)
		drive(m, in);
	else
		must(spapr_reset(&m->sp) == 0);
	m->stop.why = STOP_NONE; /* it goes on all the same */
}

static struct machine *power_on(uint8_t how)
{
	struct machine *m;

	fake_reset();
	fake_host(how & 1 ? FAKE_P9_4K : FAKE_P9_64K);
	nvme = fake_hostdev_new(FAKE_NVME, "0004:01:00.0", 26, how & 2 ? "nvme" : "vfio-pci");
	nic = fake_hostdev_new(FAKE_E1000E, "0005:01:00.0", 27, "e1000e");
	must(machine_create(&m, &user.opt) == STATUS_OFF);
	/* The machine's vCPU stays parked: the test plays its part. */
	vcpus_lock(&m->cpus);
	vcpus_pause(&m->cpus);
	return m;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, data + size };
	struct machine *m;

	log_set_sink(unread);
	if (!*user.dir)
		write_user();
	m = power_on(byte(&in));
	for (int i = 0; i < STEPS && in.p < in.end; i++)
		step(m, &in);
	vcpus_unlock(&m->cpus);
	machine_destroy(m);
	if (*fake_faults() || *fake_vfio_left())
		fprintf(stderr, "%s%s\n", fake_faults(), fake_vfio_left());
	must(!*fake_faults() && !*fake_vfio_left());
	must(fake_open_fds() == 0 && fake_mappings() == 0);
	fake_reset();
	return 0;
}

size_t fuzz_seed(unsigned int index, uint8_t *out, size_t max)
{
	return any_bytes(index, 32, out, max);
}
