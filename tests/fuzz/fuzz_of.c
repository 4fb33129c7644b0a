/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client of Open Firmware from bytes. The input is a list of calls: a service, counts, and words that
 * are handles, addresses of names, numbers around which code has its edges, or anything. Beyond the
 * sanitizers' checks: claims are disjoint, no limit is passed, and a client that was hostile can go on
 * as a good one.
 */
#include "firmware/of_impl.h"
#include "firmware/rtas_stub.h"
#include "sphapr/cas.h"
#include "tests/fake/pci.h"
#include "tests/fuzz/fuzz.h"

#include <linux/pci_regs.h>
#include <stdio.h>
#include <string.h>

#define BLOCK 0x4000u
#define TEXTS 0x5000u /* 64 bytes apart */
#define DISK "/pci@800000020000000/scsi@1"

/* What a call may name, and be given: the services of all rows, one that is none, and the rest. */
static const char *texts[128];
static size_t nservices, ntexts;

static const char *const others[] = {
	"nothing",
	"/",
	"/chosen",
	"/memory",
	"/rtas",
	"/aliases",
	"/options",
	"disk",
	"disk:1",
	"disk0:0",
	DISK,
	DISK ":2",
	"hvterm",
	"available",
	"name",
	"bootargs",
	"device_type",
	"real-mode?",
	"block-size",
	"#blocks",
	"instantiate-rtas",
	"ibm,client-architecture-support",
	"output-device output",
	"reset-all",
	"",
};

static void list_texts(void)
{
	ntexts = 0;
	for (size_t t = 0; of_topics[t]; t++)
		for (const struct of_service *s = of_topics[t]; s->name; s++)
			texts[ntexts++] = s->name;
	nservices = ntexts + 1;
	must(ntexts + ARRAY_LEN(others) <= ARRAY_LEN(texts));
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		texts[ntexts++] = others[i];
}

static uint32_t text_at(size_t i)
{
	return TEXTS + 64 * (uint32_t)i;
}

static struct fw_disk disk;

static int move(uint64_t off, size_t len)
{
	must(off <= disk.size && len <= disk.size - off && len <= OF_PIECE_MAX);
	return off & 0x100000 ? -5 : 0;
}

static int disk_read(void *ctx, uint64_t off, void *buf, size_t len)
{
	(void)ctx;
	memset(buf, (int)off, len);
	return move(off, len);
}

static int disk_write(void *ctx, uint64_t off, const void *buf, size_t len)
{
	(void)ctx, (void)buf;
	must(off >= 34 * 512);
	return move(off, len);
}

static uint32_t console_read(void *ctx, uint8_t *buf, uint32_t len)
{
	(void)ctx;
	buf[0] = 'k';
	return len & 1;
}

static uint32_t console_write(void *ctx, const uint8_t *buf, uint32_t len)
{
	(void)ctx;
	return len - (len && buf[len - 1] == 0xff);
}

static uint64_t now_ns(void *ctx)
{
	(void)ctx;
	return 1;
}

static void end(void *ctx, enum of_end why)
{
	(void)ctx;
	must(why <= OF_END_REBOOT);
}

static void *make_tree(struct fake_machine *m)
{
	struct spapr_boot boot = { .bootargs = "", .rtas_size = rtas_stub_size(1) };
	size_t size;
	void *fdt;

	must(spapr_fdt_build(&m->sp, &boot, &fdt, &size) == 0);
	return fdt;
}

static struct of of;

/* As the machine does it, but for KVM: the guest's vectors, a choice, another tree. */
static uint32_t cas(void *ctx, gpa_t vec)
{
	const struct cas_offer offer = { .radix = true,
					 .hash = true,
					 .xive = true,
					 .xics = true,
					 .pvr = 0x004e1202,
					 .version = 0x0f000005 };
	struct fake_machine *m = ctx;
	struct cas_result chosen;
	struct cas_ask ask;

	if (cas_read(&m->mem, vec, &ask) < 0 || cas_decide(&offer, &ask, &chosen) < 0)
		return 1;
	m->sp.mode = chosen.mode;
	must(of_tree_replace(&of, make_tree(m)) == 0);
	return 0;
}

static void options(void *ctx, of_option_fn *each, void *arg)
{
	struct fake_machine *m = ctx;
	struct nvram_range left = nvram_settings(&m->sp.nvram);
	struct nvram_setting s;
	char name[OF_NAME_MAX];

	while (nvram_next(&m->sp.nvram, &left, &s)) {
		must(s.name_len > 0 &&
		     s.name_len < sizeof(name)); /* a client's names are no longer */
		snprintf(name, sizeof(name), "%.*s", (int)s.name_len, s.name);
		each(arg, name, s.value);
	}
}

static int set_option(void *ctx, const char *name, const char *value)
{
	struct fake_machine *m = ctx;
	struct nvram_range changed;

	return nvram_set(&m->sp.nvram, name, value, &changed);
}

static uint32_t word(struct input *in, const struct fake_machine *m)
{
	const uint32_t edges[] = { 0, 1, 4, 0x20000, 0x1ffff, 0x80000000, UINT32_MAX, 0x1000 };
	uint8_t how = byte(in), which = byte(in);

	switch (how & 7) {
	case 0:
		return raw32(in);
	case 1:
	case 2:
		return of.tree.nodes[which % of.tree.nnodes].handle;
	case 3:
		return of.files[which % OF_FILES_MAX].handle;
	case 4:
	case 5:
		return text_at(which % ntexts);
	case 6:
		return (uint32_t)m->ram_size - which;
	default:
		return edges[which % ARRAY_LEN(edges)] + (how >> 6) * byte(in);
	}
}

static void write_texts(struct fake_machine *m)
{
	for (size_t i = 0; i < ntexts; i++)
		strcpy((char *)m->ram + text_at(i), texts[i]);
}

static void one_call(struct fake_machine *m, struct input *in)
{
	uint8_t which = byte(in), shape = byte(in);
	uint32_t nargs = shape & 7, nret = shape >> 3 & 3;
	gpa_t at = shape == 0xff ? word(in, m) : BLOCK;
	int64_t r;

	if (shape >> 6 == 2)
		write_texts(m); /* a read may have gone there */
	if (shape == 0xfe)
		nargs = raw32(in);
	be32_store(m->ram + BLOCK, which < 0xf0 ? text_at(which % nservices) : word(in, m));
	be32_store(m->ram + BLOCK + 4, nargs);
	be32_store(m->ram + BLOCK + 8, nret);
	for (uint32_t i = 0; i < nargs && i < OF_MAX_CELLS; i++)
		be32_store(m->ram + BLOCK + 12 + 4 * i, word(in, m));
	r = of_call(&of, at);
	must(r == 0 || r == -1);
}

static void check(const struct fake_machine *m)
{
	const struct of_claims *c = &of.claims;
	struct of_range a[OF_AVAILABLE_MAX];

	must(c->n <= OF_CLAIMS_MAX);
	for (uint32_t i = 0; i < c->n; i++) {
		must(c->taken[i].start >= OF_CLAIM_FIRST && c->taken[i].start < c->taken[i].end);
		must(c->taken[i].end <= m->ram_size);
		must(i == 0 || c->taken[i - 1].end < c->taken[i].start);
	}
	must(of_available(c, a) <= OF_AVAILABLE_MAX);
	must(of.tree.client_bytes <= OF_TREE_CLIENT_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, data + size };
	struct fake_machine *m = fake_machine_new(INTC_XIVE, 1, 4);
	struct fake_pci *d;
	const struct of_env env = {
		.ctx = m,
		.mem = &m->mem,
		.disks = &disk,
		.ndisks = 1,
		.console_read = console_read,
		.console_write = console_write,
		.now_ns = now_ns,
		.end = end,
		.cas = cas,
		.options = options,
		.set_option = set_option,
	};
	struct of_start start = { .ram_end = m->ram_size, .bootpath = DISK ":", .bootargs = "" };

	log_set_sink(unread);
	list_texts();
	cpu_facts_init(&m->sp.cfg.cpu, cpu_model_by_name("POWER9"), 0x004e1202);
	m->sp.mode.radix = true;
	fake_machine_add_phb(m);
	d = fake_pci_new(false, 0x08, PCI_CONFIG_SIZE);
	pci_config_put(&d->f, PCI_CLASS_REVISION, 4, 0x01000001);
	fake_machine_add_pci(m, d);
	disk = (struct fw_disk){ .name = "disk0",
				 .path = DISK,
				 .size = 3 * MiB + 7,
				 .block_size = 512,
				 .read = disk_read,
				 .write = disk_write };
	start.fdt = make_tree(m);
	must(of_init(&of, &env, &start) == 0);
	write_texts(m);
	while (in.p < in.end) {
		if (byte(&in) == 0xfd)
			must(of_tree_replace(&of, make_tree(m)) == 0);
		one_call(m, &in);
		check(m);
	}
	of_free(&of);
	fake_machine_free(m);
	fake_pci_free_all();
	return 0;
}

size_t fuzz_seed(unsigned int index, uint8_t *out, size_t max)
{
	return any_bytes(index, 8, out, max);
}
