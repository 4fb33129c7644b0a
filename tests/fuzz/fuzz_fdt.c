/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Device trees: the builder by itself, with any names and sizes in any order, and the guest's tree of
 * a machine whose parts the input's bytes choose. Beyond the sanitizers' checks: a tree that is
 * finished is one that libfdt takes, it holds every node and property that was written, in that order,
 * and an error stays.
 */
#include "tests/fake/pci.h"
#include "tests/fuzz/fuzz.h"
#include "sphapr/fdt_tree.h"

#include <errno.h>
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#define MAX_OPS 256
#define MAX_DATA 3000

/* What was written, as the tree shall hold it. */
static struct op {
	char kind; /* ( node, ) its end, p property */
	char name[40];
	uint8_t data[MAX_DATA];
	size_t len;
} ops[MAX_OPS];
static size_t nops;

static void name_of(struct input *in, char *name, size_t size)
{
	static const char *const names[] = { "reg", "cpus",        "pci@800000020000000",
					     "a",   "#size-cells", "ibm,ddw-applicable" };
	uint8_t how = byte(in);
	size_t n = 0;

	if (how & 1) {
		snprintf(name, size, "%s", names[(how >> 1) % ARRAY_LEN(names)]);
		return;
	}
	for (n = 0; n < (how >> 1) % (size - 1); n++)
		name[n] = (char)(33 + byte(in) % 94);
	name[n] = '\0';
	if (n == 0)
		snprintf(name, size, "x");
}

static struct op *note(char kind)
{
	static struct op spare;
	struct op *o = nops < MAX_OPS ? &ops[nops++] : &spare;

	o->kind = kind;
	o->name[0] = '\0';
	o->len = 0;
	return o;
}

static void property(struct input *in, struct fdtb *b, uint8_t how)
{
	struct op *o = note('p');
	uint32_t cells[MAX_DATA / 4];
	uint64_t v = raw32(in);

	name_of(in, o->name, sizeof(o->name));
	switch (how & 3) {
	case 0:
		o->len = v % (how & 0x80 ? MAX_DATA : 20);
		for (size_t i = 0; i < o->len; i++)
			o->data[i] = (uint8_t)(v >> (i & 15));
		fdtb_bytes(b, o->name, o->data, o->len);
		break;
	case 1:
		o->len = 8;
		be64_store(o->data, v << 32 | (uint32_t)~v);
		fdtb_u64(b, o->name, v << 32 | (uint32_t)~v);
		break;
	case 2:
		name_of(in, (char *)o->data, sizeof(o->name));
		o->len = strlen((char *)o->data) + 1;
		fdtb_str(b, o->name, (char *)o->data);
		break;
	default:
		o->len = 4 * (v % (how & 0x80 ? ARRAY_LEN(cells) : 6));
		for (size_t i = 0; i < o->len / 4; i++) {
			cells[i] = (uint32_t)(v * (i + 1));
			be32_store(o->data + 4 * i, cells[i]);
		}
		fdtb_cells(b, o->name, cells, o->len / 4);
	}
}

/* Nodes are closed, and properties come before children, but for a step that says otherwise. */
static bool write_tree(struct input *in, struct fdtb *b)
{
	bool well_formed = true, after_child = false;
	uint32_t depth = 1;
	int err = 0;

	note('(');
	fdtb_begin(b, "");
	while (in->p < in->end && nops < MAX_OPS - 40) {
		uint8_t how = byte(in);

		if (how < 0x60) {
			struct op *o = note('(');

			name_of(in, o->name, sizeof(o->name));
			fdtb_begin(b, o->name);
			depth++;
			after_child = false;
		} else if (how < 0x90 && (depth > 1 || how == 0x60)) {
			note(')');
			fdtb_end(b);
			depth--;
			after_child = true;
		} else if (!after_child || how == 0xff) {
			well_formed &= !after_child && depth > 0;
			property(in, b, how);
		}
		well_formed &= depth > 0 && depth < 32;
		must(!err || b->err == err);
		err = b->err;
		if (depth == 0)
			return false;
	}
	while (depth-- > 0) {
		note(')');
		fdtb_end(b);
	}
	return well_formed;
}

static void expect(const void *blob)
{
	int at = 0, next = 0;

	for (size_t i = 0; i < nops; i++) {
		const struct op *o = &ops[i];
		uint32_t tag;

		do {
			at = next;
			tag = fdt_next_tag(blob, at, &next);
		} while (tag == FDT_NOP);
		if (o->kind == '(') {
			must(tag == FDT_BEGIN_NODE);
			must(strcmp(fdt_get_name(blob, at, NULL), o->name) == 0);
		} else if (o->kind == ')') {
			must(tag == FDT_END_NODE);
		} else {
			const char *name;
			int len;
			const void *p = fdt_getprop_by_offset(blob, at, &name, &len);

			must(tag == FDT_PROP && p && (size_t)len == o->len);
			must(strcmp(name, o->name) == 0 && memcmp(p, o->data, o->len) == 0);
		}
	}
	must(fdt_next_tag(blob, next, &at) == FDT_END);
}

static void builder(struct input *in)
{
	struct fdtb b;
	size_t size = 0;
	void *blob = NULL;
	bool well_formed;
	uint32_t reserved = byte(in) & 7;
	int r;

	nops = 0;
	fdtb_init(&b);
	for (uint32_t i = 0; i < reserved; i++)
		fdtb_reserve(&b, (gpa_t)i << 32, i + 1);
	well_formed = write_tree(in, &b);
	r = fdtb_finish(&b, &blob, &size);
	must(r == 0 || (r == -EINVAL && !well_formed) || r == -ENOMEM);
	if (r < 0)
		return;
	must(fdt_num_mem_rsv(blob) == (int)reserved);
	if (well_formed) {
		must(fdt_check_full(blob, size) == 0 && fdt_totalsize(blob) == size);
		expect(blob);
	}
	free(blob);
}

/* ---- the guest's tree ---- */

static void some_func(struct fake_machine *m, struct input *in)
{
	static const uint64_t sizes[] = { 0, 16, 4096, 1 * MiB, 1 * GiB, 1ULL << 40 };
	struct fake_pci *d = fake_pci_new(byte(in) & 1, byte(in), byte(in) & 1 ? 4096 : 256);

	for (int bar = 0; bar < PCI_NUM_BARS; bar++) {
		uint8_t how = byte(in);
		enum pci_bar_kind kind = (enum pci_bar_kind)(how & 3);
		uint64_t size = sizes[(how >> 2) % ARRAY_LEN(sizes)];

		if (kind == PCI_BAR_IO)
			size = 4ULL << (how >> 4) % 15;
		if (kind == PCI_BAR_MEM32 && size > 1 * GiB)
			size = 1 * GiB;
		if (kind == PCI_BAR_NONE || !size || (kind == PCI_BAR_MEM64 && bar == 5))
			continue;
		pci_func_set_bar(&d->f, bar, kind, how & 0x80, size);
		bar += kind == PCI_BAR_MEM64;
	}
	pci_config_put(&d->f, 0, 4, raw32(in));    /* vendor, device */
	pci_config_put(&d->f, 8, 4, raw32(in));    /* class */
	pci_config_put(&d->f, 0x2c, 4, raw32(in)); /* subsystem */
	pci_config_put(&d->f, 0x3d, 1, byte(in) % 5);
	/* The place may be taken: then it stays out. */
	phb_add_func(&m->sp, m->phb, &d->f);
}

static void fill_in(struct fake_machine *m, struct input *in)
{
	static const uint32_t vsmts[] = { 1, 2, 4, 8 };
	struct spapr_config *cfg = &m->sp.cfg;
	uint8_t how = byte(in);

	cfg->threads = vsmts[how & 3];
	cfg->vsmt = 8;
	cfg->ncores = 1 + byte(in) % 32;
	cfg->max_cores = cfg->ncores + byte(in) % 8;
	cfg->hpt_order = 18 + (how >> 4);
	cfg->rma_size = how & 4 ? UINT64_MAX : (uint64_t)(1 + byte(in)) << 16;
	cfg->hwrng = how & 8;
	m->sp.mode.radix = how & 0x10;
	cpu_facts_init(&cfg->cpu, cpu_model_by_name(how & 0x80 ? "POWER10" : "POWER9"), 0x004e1202);
	cfg->cpu.nap = byte(in) % (CPU_MAX_AP + 1);
	cfg->cpu.nsps = byte(in) % (CPU_MAX_SPS_CELLS + 1);
	cfg->cpu.clock_hz = raw64(in);
	for (uint8_t n = byte(in) % 5; n > 0; n--) {
		fake_machine_add_phb(m);
		for (uint8_t k = byte(in) % 6; k > 0; k--)
			some_func(m, in);
	}
}

static void guest_tree(struct input *in)
{
	struct fake_machine *m = fake_machine_new(byte(in) & 1 ? INTC_XICS : INTC_XIVE, 1, 1);
	char args[200];
	struct spapr_boot boot = { .bootargs = args, .rtas_base = 0x10000, .rtas_size = 4096 };
	size_t size = 0, n = byte(in) % sizeof(args);
	int root, depth = 0;
	void *blob;

	for (size_t i = 0; i < n; i++)
		args[i] = (char)(1 + byte(in) % 255);
	args[n] = '\0';
	boot.initrd_start = (uint64_t)byte(in) << 16;
	boot.initrd_end = (uint64_t)byte(in) << 16;
	fill_in(m, in);
	must(spapr_fdt_build(&m->sp, &boot, &blob, &size) == 0);
	must(fdt_check_full(blob, size) == 0 && fdt_totalsize(blob) == size);
	root = fdt_path_offset(blob, "/chosen");
	must(strcmp(fdt_getprop(blob, root, "bootargs", NULL), args) == 0);
	for (int at = 0; at >= 0 && depth >= 0; at = fdt_next_node(blob, at, &depth))
		must(fdt_get_name(blob, at, NULL) != NULL);
	root = fdt_path_offset(blob, "/cpus");
	for (int at = fdt_first_subnode(blob, root); at >= 0; at = fdt_next_subnode(blob, at))
		must(fdt_getprop(blob, at, "reg", NULL) != NULL);
	free(blob);
	fake_machine_free(m);
	fake_pci_free_all();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, data + size };

	log_set_sink(unread);
	if (byte(&in) & 1)
		guest_tree(&in);
	else
		builder(&in);
	return 0;
}

size_t fuzz_seed(unsigned int index, uint8_t *out, size_t max)
{
	size_t len = any_bytes(index, 16, out, max < 400 ? max : 400);

	if (len)
		out[0] = (uint8_t)index;
	return len;
}
