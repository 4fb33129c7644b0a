/* SPDX-License-Identifier: BSD-2-Clause */
/* Nodes, properties, paths; what stays when the tree is replaced. */
#include "tests/unit/firmware/of_fixture.h"

TestSuite(of_tree, .init = ox_setup, .fini = ox_teardown);

/* ---- finddevice ---- */

struct path_case {
	char path[300], same[64]; /* "": no such node */
};

ParameterizedTestParameters(of_tree, paths)
{
	static struct path_case cases[] = {
		{ "/", "/" },
		{ "/memory@0", "/memory@0" },
		{ "/memory", "/memory@0" },
		{ "/rtas", "/rtas" },
		{ "//rtas/", "/rtas" },
		{ "/rtas:speed=auto,1.1.1.1", "/rtas" },
		{ "/PCI@800000020000000", "" },
		{ "/pci/scsi", OX_DISK },
		{ OX_DISK ":2,\\boot", OX_DISK },
		{ "disk", OX_DISK },
		{ "disk:0", OX_DISK },
		{ "hvterm", "/vdevice/vty@71000000" },
		{ "/vdevice/vty@71000000", "/vdevice/vty@71000000" },
		{ "/vdevice/vty@71000001", "" },
		{ "/vdevice/vty@7100000", "" },
		{ "/vdevice/v", "" },
		{ "/cpus/PowerPC,POWER9@0", "/cpus/PowerPC,POWER9@0" },
		{ "nothing", "" },
		{ "nothing/scsi", "" },
		{ "real-mode?", "" },
		{ "", "" },
		{ "@", "" },
		{ "/@", "" },
		{ "/rom/boot-rom", "" },
	};

	return cr_make_param_array(struct path_case, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct path_case *p, of_tree, paths)
{
	uint32_t handle = ox_find(p->path), len;

	if (!p->same[0]) {
		cr_assert(eq(u32, handle, OF_ERROR), "%s", p->path);
		return;
	}
	cr_assert(handle != OF_ERROR && handle < 0x80000000u && handle != 0, "%s", p->path);
	len = OX("package-to-path", handle, OX_BUFFER, 256);
	cr_assert(strcmp(ox_buffer(), p->same) == 0, "%s: %s", p->path, ox_buffer());
	cr_assert(eq(u32, len, (uint32_t)strlen(p->same)));
}

Test(of_tree, a_unit_in_the_other_case_is_the_same)
{
	const uint32_t nic = ox_find("/pci/ethernet@a");

	cr_assert(ne(u32, nic, OF_ERROR));
	cr_assert(eq(u32, ox_find("/pci@800000020000000/ethernet@A"), nic));
	cr_assert(eq(u32, ox_find("/pci/Ethernet@a"), OF_ERROR));
}

Test(of_tree, a_path_that_does_not_end_is_none)
{
	memset(ox.m->ram + OX_TEXT, '/', 0x400);
	cr_assert(eq(u32, OX("finddevice", OX_TEXT), OF_ERROR));
	cr_assert(eq(u32, OX("open", OX_TEXT), 0));
}

Test(of_tree, an_alias_of_any_length_is_none)
{
	static char name[4096];

	memset(name, 'a', sizeof(name) - 1);
	for (size_t len = 1; len < sizeof(name); len += len < 400 ? 1 : 100)
		cr_assert(of_tree_find(&ox.of.tree, name + sizeof(name) - 1 - len) == NULL);
}

Test(of_tree, a_path_is_cut_to_its_buffer)
{
	uint32_t disk = ox_find(OX_DISK), len = (uint32_t)strlen(OX_DISK);

	memset(ox_buffer(), 'x', 64);
	cr_assert(eq(u32, OX("package-to-path", disk, OX_BUFFER, 5), len));
	cr_assert(memcmp(ox_buffer(), "/pci@x", 6) == 0);
	cr_assert(eq(u32, OX("package-to-path", disk, OX_BUFFER, len), len));
	cr_assert(ox_buffer()[len] == 'x');
	cr_assert(eq(u32, OX("package-to-path", disk, OX_BUFFER, len + 1), len));
	cr_assert(ox_buffer()[len] == '\0');
	cr_assert(eq(u32, OX("package-to-path", disk, 0, 0), len));
	cr_assert(eq(u32, OX("package-to-path", disk, OX_RAM_MIB << 20, 64), OF_ERROR));
	cr_assert(eq(u32, OX("package-to-path", 12345, OX_BUFFER, 64), OF_ERROR));
}

Test(of_tree, canon_expands_an_alias_and_copies_all_else)
{
	static const char *const paths[][2] = {
		{ "disk:3,\\boot", OX_DISK ":3,\\boot" },
		{ "disk/x", OX_DISK "/x" },
		{ "disk", OX_DISK },
		{ "floppy:1", "floppy:1" },
		{ "/nothing@1:2", "/nothing@1:2" },
		{ "", "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		memset(ox_buffer(), 'x', 64);
		cr_assert(eq(u32, OX("canon", ox_text(0, paths[i][0]), OX_BUFFER, 64),
			     (uint32_t)strlen(paths[i][1])));
		cr_assert(eq(str, ox_buffer(), (char *)paths[i][1]));
	}
	cr_assert(eq(u32, OX("canon", OX_RAM_MIB << 20, OX_BUFFER, 64), OF_ERROR));
	cr_assert(eq(u32, OX("canon", ox_text(0, "disk"), OX_RAM_MIB << 20, 64), OF_ERROR));
}

/* ---- a walk ---- */

static unsigned int walk(uint32_t node)
{
	unsigned int n = 1;

	for (uint32_t c = OX("child", node); c; c = OX("peer", c)) {
		cr_assert(eq(u32, OX("parent", c), node));
		n += walk(c);
	}
	return n;
}

Test(of_tree, a_walk_meets_every_node)
{
	uint32_t root = OX("peer", 0);

	cr_assert(eq(u32, OX("parent", root), 0));
	cr_assert(eq(u32, OX("peer", root), 0));
	cr_assert(eq(u32, walk(root), ox.of.tree.nnodes));
	cr_assert(eq(u32, OX("child", OF_ERROR), 0));
	cr_assert(eq(u32, OX("peer", 77), 0));
}

Test(of_tree, nextprop_meets_every_property_once)
{
	const struct of_node *n = of_tree_find(&ox.of.tree, "/chosen");
	uint32_t names[2] = { OX_BUFFER, OX_BUFFER + 64 }, r, count = 0;

	/* FreeBSD begins with 0, Linux with "". */
	cr_assert(eq(u32, OX("nextprop", n->handle, 0, names[1]), 1));
	ox_buffer()[0] = '\0';
	for (int i = 0; (r = OX("nextprop", n->handle, names[i], names[i ^ 1])) == 1; i ^= 1) {
		cr_assert(of_node_prop(n, (char *)ox.m->ram + names[i ^ 1]) != NULL);
		count++;
	}
	cr_assert(eq(u32, r, 0));
	for (const struct of_prop *p = n->props; p; p = p->next)
		count--;
	cr_assert(eq(u32, count, 0));
	cr_assert(eq(u32, OX("nextprop", n->handle, ox_text(0, "nothing"), OX_BUFFER), OF_ERROR));
	cr_assert(eq(u32, OX("nextprop", 5, 0, OX_BUFFER), OF_ERROR));
}

/* ---- getprop, setprop ---- */

Test(of_tree, getprop_copies_what_fits_and_tells_all)
{
	cr_assert(eq(u32, ox_prop("/chosen", "bootargs"), 5));
	cr_assert(strcmp(ox_buffer(), "args") == 0);
	memset(ox_buffer(), 'x', 8);
	cr_assert(eq(u32, OX("getprop", ox_find("/chosen"), ox_text(1, "bootargs"), OX_BUFFER, 2),
		     5));
	cr_assert(memcmp(ox_buffer(), "arx", 3) == 0);
	cr_assert(eq(u32, OX("getprop", ox_find("/chosen"), ox_text(1, "bootargs"), 0, 0), 5));
	cr_assert(eq(u32, OX("getproplen", ox_find("/chosen"), ox_text(1, "bootargs")), 5));
	cr_assert(eq(u32, ox_prop("/chosen", "none"), OF_ERROR));
	cr_assert(eq(u32, OX("getprop", OF_ERROR, ox_text(1, "bootargs"), OX_BUFFER, 9), OF_ERROR));
	cr_assert(eq(u32, OX("getprop", ox_find("/chosen"), ox_text(1, "bootargs"), 0xfffffff0, 9),
		     OF_ERROR));
}

Test(of_tree, every_node_has_a_name)
{
	cr_assert(eq(u32, ox_prop("/memory@0", "name"), 7));
	cr_assert(strcmp(ox_buffer(), "memory") == 0);
	cr_assert(eq(u32, ox_prop("/", "name"), 1));
}

static uint32_t set(const char *path, const char *name, uint32_t at, uint32_t len)
{
	return OX("setprop", ox_find(path), ox_text(1, name), at, len);
}

Test(of_tree, setprop_creates_changes_and_may_be_empty)
{
	strcpy(ox_buffer(), "quiet");
	cr_assert(eq(u32, set("/chosen", "bootargs", OX_BUFFER, 6), 6));
	cr_assert(eq(u32, set("/chosen", "linux,iommu-off", 0, 0), 0));
	ox_buffer()[0] = '\0';
	cr_assert(eq(u32, ox_prop("/chosen", "bootargs"), 6));
	cr_assert(strcmp(ox_buffer(), "quiet") == 0);
	cr_assert(eq(u32, ox_prop("/chosen", "linux,iommu-off"), 0));
	cr_assert(eq(u32, set("/chosen", "far", (OX_RAM_MIB << 20) - 1, 2), OF_ERROR));
	cr_assert(eq(u32, set("/chosen", "", OX_BUFFER, 2), OF_ERROR));
	cr_assert(eq(u32, set("/nothing", "x", OX_BUFFER, 2), OF_ERROR));
}

Test(of_tree, a_client_sets_a_mebibyte_and_no_more)
{
	char name[32];
	uint32_t n = 0;

	cr_assert(eq(u32, set("/", "large", 0x100000, 1 << 20), OF_ERROR));
	cr_assert(eq(u32, set("/", "large", 0x100000, 3 << 18), 3 << 18));
	cr_assert(
		eq(u32, set("/", "large", 0x100000, 3 << 18), 3 << 18)); /* in place of the first */
	cr_assert(eq(u32, set("/", "more", 0x100000, 1 << 18), OF_ERROR));
	do
		snprintf(name, sizeof(name), "n%u", n++);
	while (set("/chosen", name, 0, 0) == 0);
	cr_assert(n > 1000 && n < 4096, "%u", n);
	cr_assert(eq(u32, set("/", "large", 0, 0), 0));
	cr_assert(eq(u32, set("/chosen", name, 0, 0), 0));
	cr_assert(le(u64, ox.of.tree.client_bytes, OF_TREE_CLIENT_MAX));
}

/* ---- what firmware says of itself ---- */

Test(of_tree, chosen_names_console_memory_and_boot_disk)
{
	uint32_t in = ox_cell("/chosen", "stdin"), out = ox_cell("/chosen", "stdout");

	cr_assert(eq(u32, OX("instance-to-package", in), ox_find("hvterm")));
	cr_assert(eq(u32, OX("instance-to-package", out), ox_find("hvterm")));
	cr_assert(eq(u32, OX("instance-to-path", out, OX_BUFFER, 64), 21));
	cr_assert(strcmp(ox_buffer(), "/vdevice/vty@71000000") == 0);
	cr_assert(eq(u32, OX("instance-to-package", ox_cell("/chosen", "memory")),
		     ox_find("/memory@0")));
	cr_assert(OX("instance-to-package", ox_cell("/chosen", "mmu")) != OF_ERROR);
	cr_assert(eq(u32, OX("instance-to-package", 9999), OF_ERROR));
	cr_assert(eq(u32, OX("instance-to-path", 9999, OX_BUFFER, 64), OF_ERROR));
	ox_prop("/chosen", "bootpath");
	cr_assert(strcmp(ox_buffer(), OX_DISK ":") == 0);
	ox_prop("/options", "real-mode?");
	cr_assert(strcmp(ox_buffer(), "true") == 0);
	ox_prop(OX_DISK, "device_type");
	cr_assert(strcmp(ox_buffer(), "block") == 0);
	cr_assert(eq(u32, ox_prop("/rtas", "linux,rtas-base"), OF_ERROR));
	cr_assert(gt(u32, ox_cell("/rtas", "rtas-size"), 0));
}

/* ---- a new tree ---- */

Test(of_tree, handles_and_what_was_set_outlive_a_new_tree)
{
	static const char *const paths[] = { "/",     "/chosen",  "/cpus",
					     OX_DISK, "/aliases", "/memory@0" };
	uint32_t before[ARRAY_LEN(paths)], file = ox_open("disk");

	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		before[i] = ox_find(paths[i]);
	strcpy(ox_buffer(), "kept");
	set("/chosen", "linux,stdout-path", OX_BUFFER, 5);
	set("/rtas", "linux,rtas-base", OX_BUFFER, 4);
	ox.m->sp.mode.intc = INTC_XICS; /* another node for the controller, of the same phandle */
	cr_assert(eq(int, of_tree_replace(&ox.of, ox_tree()), 0));
	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		cr_assert(eq(u32, ox_find(paths[i]), before[i]), "%s", paths[i]);
	ox_prop("/chosen", "linux,stdout-path");
	cr_assert(strcmp(ox_buffer(), "kept") == 0);
	cr_assert(eq(u32, ox_prop("/rtas", "linux,rtas-base"), 4));
	cr_assert(eq(u32, ox_find("/interrupt-controller"), 1));
	cr_assert(eq(u32, OX("instance-to-package", file), ox_find(OX_DISK)));
	cr_assert(eq(u32, OX("read", file, OX_BUFFER, 512), 512));
}

Test(of_tree, thousands_of_properties_outlive_a_new_tree_in_their_order)
{
	char name[64];
	uint32_t n = 2000, chosen = ox_find("/chosen");

	for (uint32_t i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%058u", i);
		cr_assert(eq(u32, set("/chosen", name, 0, 0), 0));
	}
	set("/chosen", "bootargs", OX_BUFFER, 7);
	cr_assert(eq(int, of_tree_replace(&ox.of, ox_tree()), 0));
	cr_assert(eq(u32, ox_prop("/chosen", "bootargs"), 7));
	for (uint32_t i = 0; i < n; i += i < 10 || i + 10 > n ? 1 : 200) {
		snprintf(name, sizeof(name), "%058u", i);
		cr_assert(eq(u32, OX("nextprop", chosen, ox_text(1, name), OX_BUFFER), i + 1 < n));
		snprintf(name, sizeof(name), "%058u", i + 1);
		cr_assert(i + 1 == n || strcmp(ox_buffer(), name) == 0);
	}
	cr_assert(le(u64, ox.of.tree.client_bytes, OF_TREE_CLIENT_MAX));
}

Test(of_tree, a_tree_that_is_none_is_refused_and_the_old_one_stays)
{
	cr_assert(eq(int, of_tree_replace(&ox.of, calloc(1, 64)), -EINVAL));
	cr_assert(ne(u32, ox_find("/chosen"), OF_ERROR));
}

Test(of_tree, power_on_forgets_what_was_set)
{
	static const struct fw_client c = { .bootpath = "x", .bootargs = "y" };

	set("/chosen", "mark", 0, 0);
	OX("claim", 0x1000000, 0x1000, 0);
	ox_open("disk");
	cr_assert(eq(int, ox_start(&c), 0));
	cr_assert(eq(u32, ox_prop("/chosen", "mark"), OF_ERROR));
	cr_assert(eq(u32, ox.of.claims.n, 0));
	cr_assert(eq(u32, OX("claim", 0x1000000, 0x1000, 0), 0x1000000));
}
