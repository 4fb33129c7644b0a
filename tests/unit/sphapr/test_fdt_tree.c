/* SPDX-License-Identifier: BSD-2-Clause */
/* fdt_*.c: the subtrees of a machine, read back by libfdt. (Whole trees: tests/golden.) */
#include "sphapr/cas.h"
#include "sphapr/fdt_tree.h"
#include "sphapr/hcall.h"
#include "sphapr/layout.h"
#include "sphapr/rtas.h"
#include "tests/fake/platform.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct fake_machine *m;
static void *tree;

static void build(enum intc_kind kind, uint32_t ncores, uint32_t threads)
{
	struct spapr_boot boot = { .bootargs = "console=hvc0 quiet",
				   .initrd_start = 0x200000,
				   .initrd_end = 0x200123,
				   .rtas_base = 0x10000,
				   .rtas_size = 0x2000 };
	size_t size;

	m = fake_machine_new(kind, ncores * threads, 2);
	m->sp.cfg.ncores = m->sp.cfg.max_cores = ncores;
	m->sp.cfg.threads = m->sp.cfg.vsmt = threads;
	cpu_facts_init(&m->sp.cfg.cpu, cpu_model_by_name("POWER9"), 0x004e1202);
	m->sp.cfg.rma_size = UINT64_MAX;
	m->sp.mode.radix = true;
	cr_assert(eq(int, spapr_fdt_build(&m->sp, &boot, &tree, &size), 0));
	cr_assert(eq(int, fdt_check_full(tree, size), 0));
	cr_assert(eq(sz, size, fdt_totalsize(tree)));
}

static void drop(void)
{
	free(tree);
	fake_machine_free(m);
}

static const void *prop(const char *path, const char *name, int *len)
{
	const void *p = fdt_getprop(tree, fdt_path_offset(tree, path), name, len);

	cr_assert(p != NULL, "%s/%s is missing", path, name);
	return p;
}

static uint32_t u32_of(const char *path, const char *name)
{
	int len;
	const void *p = prop(path, name, &len);

	cr_assert(eq(int, len, 4), "%s/%s", path, name);
	return be32_load(p);
}

static char *str_of(const char *path, const char *name)
{
	int len;

	return (char *)(uintptr_t)prop(path, name, &len);
}

static bool has(const char *path, const char *name)
{
	return fdt_getprop(tree, fdt_path_offset(tree, path), name, NULL) != NULL;
}

Test(fdt_tree, the_root_says_what_linux_asks)
{
	int len;

	build(INTC_XIVE, 1, 1);
	cr_assert(eq(str, str_of("/", "device_type"), "chrp"));
	cr_assert(eq(u32, u32_of("/", "#address-cells"), 2));
	cr_assert(eq(int, fdt_stringlist_search(tree, 0, "compatible", "qemu,pseries"), 1));
	prop("/", "ibm,plat-res-int-priorities", &len);
	cr_assert(eq(int, len, 8));
	cr_assert(eq(str, str_of("/hypervisor", "compatible"), "linux,kvm"));
	cr_assert(not(has("/", "system-id")));
	drop();
}

Test(fdt_tree, chosen_holds_command_line_initrd_and_console)
{
	const uint8_t *v;
	int len;

	build(INTC_XIVE, 1, 1);
	cr_assert(eq(str, str_of("/chosen", "bootargs"), "console=hvc0 quiet"));
	cr_assert(eq(u64, be64_load(prop("/chosen", "linux,initrd-start", &len)), 0x200000));
	cr_assert(eq(u64, be64_load(prop("/chosen", "linux,initrd-end", &len)), 0x200123));
	prop("/chosen", "rng-seed", &len);
	cr_assert(eq(int, len, 32));
	cr_assert(ge(int, fdt_path_offset(tree, str_of("/chosen", "stdout-path")), 0));
	v = prop("/chosen", "ibm,architecture-vec-5", &len);
	cr_assert(gt(int, len, 24)); /* Linux would take a shorter one for hash */
	cr_assert(eq(int, v[0], len - 2));
	cr_assert(eq(u8, v[24] & 0xc0, 0x40)); /* radix */
	cr_assert(eq(u8, v[26] & 0x40, 0x40)); /* GTSE */
	cr_assert(eq(u8, v[23] & 0xc0, 0x40)); /* XIVE */
	drop();
	build(INTC_XICS, 1, 1);
	v = prop("/chosen", "ibm,architecture-vec-5", &len);
	cr_assert(eq(u8, v[23] & 0xc0, 0));
	drop();
}

Test(fdt_tree, rtas_is_reserved_and_every_call_offered_has_its_token)
{
	const struct rtas_desc *d;
	uint64_t base, size;
	uint32_t n = 0;

	build(INTC_XICS, 1, 1);
	cr_assert(eq(int, fdt_get_mem_rsv(tree, 0, &base, &size), 0));
	cr_assert(all(eq(u64, base, 0x10000), eq(u64, size, 0x2000)));
	cr_assert(eq(u32, u32_of("/rtas", "linux,rtas-base"), 0x10000));
	cr_assert(eq(u32, u32_of("/rtas", "linux,rtas-entry"), 0x10000));
	cr_assert(eq(u32, u32_of("/rtas", "rtas-size"), 0x2000));
	for (uint32_t i = 0; (d = rtas_row(i)); i++) {
		cr_assert(eq(int, has("/rtas", d->name), rtas_offered(&m->sp, d)), "%s", d->name);
		if (rtas_offered(&m->sp, d))
			cr_assert(eq(u32, u32_of("/rtas", d->name), RTAS_TOKEN_BASE + i));
		n += rtas_offered(&m->sp, d);
	}
	cr_assert(gt(u32, n, 15));
	drop();
}

struct kind_case {
	enum intc_kind kind;
};

ParameterizedTestParameters(fdt_tree, hypertas_is_what_the_rows_say)
{
	static struct kind_case cases[] = { { INTC_XICS }, { INTC_XIVE } };

	return cr_make_param_array(struct kind_case, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct kind_case *p, fdt_tree, hypertas_is_what_the_rows_say)
{
	const struct hcall_desc *d;
	const char *list;
	int len, rtas;

	build(p->kind, 1, 1);
	rtas = fdt_path_offset(tree, "/rtas");
	for (size_t i = 0; (d = hcall_row(&m->sp, i)); i++)
		if (d->hypertas)
			cr_assert(ge(int,
				     fdt_stringlist_search(tree, rtas, "ibm,hypertas-functions",
							   d->hypertas),
				     0),
				  "%s", d->name);
	list = prop("/rtas", "ibm,hypertas-functions", &len);
	for (int at = 0; at < len; at += (int)strlen(list + at) + 1) {
		bool found = false;

		for (size_t i = 0; (d = hcall_row(&m->sp, i)); i++)
			found |= d->hypertas && strcmp(d->hypertas, list + at) == 0;
		cr_assert(found, "%s is announced by no row", list + at);
		for (int k = 0; k < at; k += (int)strlen(list + k) + 1)
			cr_assert(strcmp(list + k, list + at) != 0, "%s twice", list + at);
	}
	/* Without these a guest does not boot. */
	cr_assert(ge(int, fdt_stringlist_search(tree, rtas, "ibm,hypertas-functions", "hcall-term"),
		     0));
	cr_assert(ge(int,
		     fdt_stringlist_search(tree, rtas, "ibm,hypertas-functions", "hcall-interrupt"),
		     0));
	drop();
}

Test(fdt_tree, cores_list_their_threads)
{
	const uint8_t *servers;
	int len;

	build(INTC_XIVE, 2, 4);
	cr_assert(eq(u32, u32_of("/cpus/PowerPC,POWER9@0", "reg"), 0));
	cr_assert(eq(u32, u32_of("/cpus/PowerPC,POWER9@4", "reg"), 4));
	servers = prop("/cpus/PowerPC,POWER9@4", "ibm,ppc-interrupt-server#s", &len);
	cr_assert(eq(int, len, 16));
	for (uint32_t i = 0; i < 4; i++)
		cr_assert(eq(u32, be32_load(servers + 4 * i), 4 + i));
	servers = prop("/cpus/PowerPC,POWER9@4", "ibm,ppc-interrupt-gserver#s", &len);
	cr_assert(eq(int, len, 32));
	for (uint32_t i = 0; i < 8; i++) /* each thread's server, and its global one: itself */
		cr_assert(eq(u32, be32_load(servers + 4 * i), 4 + i / 2));
	cr_assert(eq(u32, u32_of("/cpus/PowerPC,POWER9@0", "timebase-frequency"), 512000000));
	cr_assert(eq(u32, u32_of("/cpus/PowerPC,POWER9@0", "cpu-version"), 0x004e1202));
	cr_assert(eq(u32, u32_of("/cpus/PowerPC,POWER9@0", "ibm,dec-bits"), 56));
	prop("/cpus/PowerPC,POWER9@0", "ibm,pa-features", &len);
	cr_assert(gt(int, len, 42));
	prop("/cpus/PowerPC,POWER9@0", "ibm,processor-radix-AP-encodings", &len);
	cr_assert(eq(int, len, 16));
	cr_assert(lt(int, fdt_path_offset(tree, "/cpus/PowerPC,POWER9@1"), 0));
	cr_assert(eq(u32, fdt_boot_cpuid_phys(tree), 0));
	drop();
}

Test(fdt_tree, memory_is_what_there_is)
{
	const uint8_t *reg;
	int len;

	build(INTC_XIVE, 1, 1);
	reg = prop("/memory@0", "reg", &len);
	cr_assert(eq(int, len, 16));
	cr_assert(all(eq(u64, be64_load(reg), 0), eq(u64, be64_load(reg + 8), 2 * MiB)));
	drop();
}

/* Where firmware runs the guest has chosen nothing at first, and then what it chose. */
Test(fdt_tree, firmware_tells_what_may_be_chosen_and_what_was)
{
	static const uint8_t support[] = { 0x17, 0x80, 0x18, 0x40, 0x19, 0, 0x1a, 0x40 };
	const struct cas_offer offer = { .radix = true, .xive = true, .xics = true };
	struct cas_result chosen = { .vec5 = { [0] = 25, [5] = 0x80, [24] = 0x40 } };
	struct spapr_boot boot = { .bootargs = "", .offer = &offer };
	size_t size;
	int len;

	build(INTC_XICS, 1, 1);
	cr_assert(not(has("/chosen", "ibm,arch-vec-5-platform-support")));
	free(tree);
	cr_assert(eq(int, spapr_fdt_build(&m->sp, &boot, &tree, &size), 0));
	cr_assert(eq(int,
		     memcmp(prop("/chosen", "ibm,arch-vec-5-platform-support", &len), support,
			    sizeof(support)),
		     0));
	cr_assert(eq(int, len, sizeof(support)));
	cr_assert(eq(int, memcmp(prop("/chosen", "ibm,architecture-vec-5", &len), "\0", 2), 0));
	cr_assert(eq(int, len, 2));
	free(tree);
	boot.chosen = &chosen;
	cr_assert(eq(int, spapr_fdt_build(&m->sp, &boot, &tree, &size), 0));
	cr_assert(
		eq(int,
		   memcmp(prop("/chosen", "ibm,architecture-vec-5", &len), chosen.vec5, OV5_BYTES),
		   0));
	cr_assert(eq(int, len, OV5_BYTES));
	drop();
}

static uint32_t node_of(const char *path)
{
	const uint8_t *p;
	int len;

	p = prop(path, "ibm,associativity", &len);
	return be32_load(p + 16); /* behind the count, the fourth: the reference point */
}

Test(fdt_tree, memory_and_cores_are_spread_over_nodes)
{
	struct spapr_boot boot = { .bootargs = "" };
	const uint8_t *p;
	size_t size;
	int len;

	build(INTC_XIVE, 3, 1);
	cr_assert(eq(u32, node_of("/memory@0"), 0));
	free(tree);
	m->sp.cfg.nnodes = 2;
	m->sp.cfg.node_end = (const uint64_t[]){ 0x80000, 2 * MiB };
	m->sp.cfg.rma_size = 0x40000;
	cr_assert(eq(int, spapr_fdt_build(&m->sp, &boot, &tree, &size), 0));
	cr_assert(eq(u32, u32_of("/rtas", "ibm,associativity-reference-points"), 4));
	p = prop("/rtas", "ibm,max-associativity-domains", &len);
	cr_assert(eq(u32, be32_load(p + 16), 2));
	p = prop("/memory@0", "reg", &len);
	cr_assert(eq(u64, be64_load(p + 8), 0x40000));
	cr_assert(eq(u32, node_of("/memory@0"), 0));
	p = prop("/memory@40000", "reg", &len);
	cr_assert(eq(u64, be64_load(p + 8), 0x40000));
	cr_assert(eq(u32, node_of("/memory@40000"), 0));
	p = prop("/memory@80000", "reg", &len);
	cr_assert(eq(u64, be64_load(p + 8), 2 * MiB - 0x80000), "the last has the rest");
	cr_assert(eq(u32, node_of("/memory@80000"), 1));
	cr_assert(eq(u32, node_of("/cpus/PowerPC,POWER9@0"), 0));
	cr_assert(eq(u32, node_of("/cpus/PowerPC,POWER9@1"), 0));
	cr_assert(eq(u32, node_of("/cpus/PowerPC,POWER9@2"), 1));
	drop();
}

/* A hash guest's real mode reaches only so far: the first node ends there. */
Test(fdt_tree, the_real_mode_area_of_a_hash_guest_is_the_first_node)
{
	struct spapr_boot boot = { .bootargs = "" };
	const uint8_t *reg;
	size_t size;
	int len;

	build(INTC_XIVE, 1, 1);
	free(tree);
	m->sp.cfg.rma_size = 1 * MiB;
	m->sp.cfg.hpt_order = 18;
	m->sp.cfg.hash_page_shift = 16;
	/* Segments of 4K pages, in which 16M ones may be, too, and of 16M pages. */
	memcpy(m->sp.cfg.cpu.sps, (uint32_t[]){ 12, 0, 2, 12, 0, 24, 56, 24, 0x100, 1, 24, 0 }, 48);
	m->sp.cfg.cpu.nsps = 12;
	m->sp.mode.radix = false;
	cr_assert(eq(int, spapr_fdt_build(&m->sp, &boot, &tree, &size), 0));
	reg = prop("/memory@0", "reg", &len);
	cr_assert(eq(u64, be64_load(reg + 8), 1 * MiB));
	reg = prop("/memory@100000", "reg", &len);
	cr_assert(all(eq(u64, be64_load(reg), 1 * MiB), eq(u64, be64_load(reg + 8), 1 * MiB)));
	cr_assert(
		eq(u32,
		   be32_load((const uint8_t *)prop("/cpus/PowerPC,POWER9@0", "ibm,pft-size", &len) +
			     4),
		   18));
	cr_assert(not(has("/cpus/PowerPC,POWER9@0", "ibm,processor-radix-AP-encodings")));
	reg = prop("/cpus/PowerPC,POWER9@0", "ibm,segment-page-sizes", &len);
	cr_assert(eq(int, len, 20)); /* pages that the host's RAM has none of are left out */
	cr_assert(all(eq(u32, be32_load(reg), 12), eq(u32, be32_load(reg + 8), 1),
		      eq(u32, be32_load(reg + 12), 12)));
	cr_assert(
		eq(u8, ((const uint8_t *)prop("/chosen", "ibm,architecture-vec-5", &len))[24], 0));
	cr_assert(not(has("/chosen", "linux,initrd-start")));
	drop();
}

/* What the guest may be given later counts where ranges are told, and nowhere else. */
Test(fdt_tree, possible_cores_widen_the_ranges_only)
{
	struct spapr_boot boot = { .bootargs = "" };
	size_t size;
	int len;

	build(INTC_XIVE, 1, 2);
	free(tree);
	m->sp.cfg.max_cores = 3;
	cr_assert(eq(int, spapr_fdt_build(&m->sp, &boot, &tree, &size), 0));
	cr_assert(not(has("/cpus/PowerPC,POWER9@2", "reg")));
	cr_assert(eq(u32, be32_load((const uint8_t *)prop("/rtas", "ibm,lrdr-capacity", &len) + 16),
		     6));
	drop();
}

Test(fdt_tree, the_interrupt_controller_is_the_one_there_is)
{
	const uint8_t *reg;
	gpa_t tima = layout[LAYOUT_XIVE_TIMA].base;
	char path[64];
	int len;

	build(INTC_XIVE, 2, 1);
	snprintf(path, sizeof(path), "/interrupt-controller@%llx",
		 (unsigned long long)(tima + 0x30000));
	cr_assert(eq(str, str_of(path, "compatible"), "ibm,power-ivpe"));
	reg = prop(path, "reg", &len);
	cr_assert(eq(int, len, 32));
	cr_assert(eq(u64, be64_load(reg + 16), tima + 0x20000)); /* OS ring */
	reg = prop(path, "ibm,xive-lisn-ranges", &len);
	cr_assert(all(eq(u32, be32_load(reg), 0), eq(u32, be32_load(reg + 4), 2)));
	drop();
	build(INTC_XICS, 2, 1);
	cr_assert(eq(str, str_of("/interrupt-controller", "compatible"), "IBM,ppc-xicp"));
	reg = prop("/interrupt-controller", "ibm,interrupt-server-ranges", &len);
	cr_assert(all(eq(u32, be32_load(reg), 0), eq(u32, be32_load(reg + 4), 2)));
	cr_assert(not(has("/", "ibm,plat-res-int-priorities")));
	drop();
}

Test(fdt_tree, interrupts_of_virtual_devices_are_their_sources)
{
	const uint8_t *p;
	int len;

	build(INTC_XIVE, 1, 1);
	p = prop("/vdevice/vty@71000000", "interrupts", &len);
	cr_assert(all(eq(u32, be32_load(p), LISN_VIO), eq(u32, be32_load(p + 4), 0)));
	p = prop("/event-sources/epow-events", "interrupts", &len);
	cr_assert(eq(u32, be32_load(p), LISN_EPOW));
	cr_assert(eq(u32, u32_of("/vdevice/nvram@71000100", "#bytes"), NVRAM_SIZE));
	drop();
}
