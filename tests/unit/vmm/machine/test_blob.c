/* SPDX-License-Identifier: BSD-2-Clause */
/* Firmware that is a file: where it begins, what it finds, what its client chooses. */
#include "tests/unit/vmm/machine/fixture.h"

#include "sphapr/hcall.h"
#include "tests/unit/sphapr/cas_words.h"
#include "vmm/machine/machine_impl.h"

#include <libfdt.h>

#define BLOB_BYTES 0x3200 /* not a whole page, and a disk */
#define VEC 0x20000
#define BUFFER 0x100004 /* SLOF puts its tree behind one word */
#define ROOM (1 * MiB)

static char firmware[256]; /* an override */

static const char toml[] = "[machine]\nmemory = \"128MiB\"\nhuge_pages = \"off\"\n"
			   "[console]\nbackend = \"none\"\n"
			   "[[disk]]\npath = \"disk\"\nread_only = true\n"
			   "[[disk]]\npath = \"blob\"\nread_only = true\n";

static void setup(void)
{
	static uint8_t blob[BLOB_BYTES], disk[512];

	fx_setup();
	for (size_t i = 0; i < sizeof(blob); i++)
		blob[i] = elf_byte(i);
	file_write(fx.config, toml, sizeof(toml) - 1);
	file_write(fx_path("blob"), blob, sizeof(blob));
	file_write(fx_path("disk"), disk, sizeof(disk));
	snprintf(firmware, sizeof(firmware), "boot.firmware=%s machine.vcpus=2", fx_path("blob"));
}

TestSuite(blob, .init = setup, .fini = fx_teardown, .timeout = 60);

/* A property's bytes, of the tree at @at in guest memory; NULL: there is none. */
static const uint8_t *prop(struct guest *g, uint64_t at, const char *path, const char *name,
			   int *len)
{
	static uint64_t tree[ROOM / 8];
	uint8_t head[8];

	guest_read(g, at, head, sizeof(head));
	if (be32_load(head + 4) > sizeof(tree))
		return NULL;
	guest_read(g, at, tree, be32_load(head + 4));
	if (fdt_check_full(tree, sizeof(tree)) != 0)
		return NULL;
	return fdt_getprop(tree, fdt_path_offset(tree, path), name, len);
}

static int byte_of(struct guest *g, uint64_t at, const char *name, int i)
{
	int len;
	const uint8_t *p = prop(g, at, "/chosen", name, &len);

	return p && i < len ? p[i] : -1;
}

static void off(struct guest *g)
{
	guest_rtas(g, "power-off", 2, 1, 0, 0);
}

static bool chooses(struct guest *g, uint8_t mmu, uint8_t intc)
{
	struct words w;

	words_linux(&w, 0x0f000007, mmu, intc);
	guest_write(g, VEC, w.b, w.len);
	return guest_hcall(g, H_BLOB_CAS, 3, (uint64_t)VEC, (uint64_t)BUFFER, (uint64_t)ROOM) == 0;
}

/* Registers and memory as SLOF, and a program for QEMU's -bios, want them. */
static void begins(struct guest *g)
{
	int len;

	guest_check(g->pc == 0x100 && g->r1 == 0 && g->r4 == 0 && g->r5 == 0, "entry");
	guest_check(g->msr == 0x1000, "mode at entry: 32 bits, big-endian");
	guest_check(g->r3 == 126 * MiB, "the tree's place");
	guest_check(guest_load(g, 0, 1) == elf_byte(0), "first byte");
	guest_check(guest_load(g, BLOB_BYTES - 1, 1) == elf_byte(BLOB_BYTES - 1), "last byte");
	guest_check(guest_load(g, BLOB_BYTES, 1) == 0, "behind it");
	guest_check(prop(g, g->r3, "/rtas", "linux,rtas-base", &len) == NULL, "no RTAS yet");
	guest_check(prop(g, g->r3, "/rtas", "rtas-size", &len) != NULL, "but its size");
	guest_check(byte_of(g, g->r3, "ibm,arch-vec-5-platform-support", 1) == 0x80, "the offer");
	guest_check(byte_of(g, g->r3, "ibm,architecture-vec-5", 2) == -1, "nothing is chosen");
	guest_check(fake_rtas_token("ibm,set-xive") != 0, "it is XICS");
}

static void chooses_and_reboots(struct guest *g)
{
	begins(g);
	guest_check(chooses(g, 0, 0x40), "hash and XIVE");
	guest_check(guest_load(g, BUFFER, 4) == 1, "version of the answer");
	guest_check(byte_of(g, BUFFER + 4, "ibm,architecture-vec-5", 23) == 0x40, "XIVE");
	guest_check(byte_of(g, BUFFER + 4, "ibm,architecture-vec-5", 24) == 0, "hash");
	guest_check(byte_of(g, BUFFER + 4, "bootargs", 0) == -1, "bootargs are the client's");
	guest_check(byte_of(g, BUFFER + 4, "rng-seed", 31) != -1, "a seed");
	guest_check(fake_htab_order() >= 18, "a page table");
	guest_check(guest_hcall(g, H_INT_GET_SOURCE_INFO, 2, 0ul, (uint64_t)LISN_VIO) == 0,
		    "the controller answers");
	if (g->starts < 3)
		guest_rtas(g, "system-reboot", 0, 1);
	off(g);
}

Test(blob, a_client_chooses_and_a_reboot_begins_anew)
{
	fake_guest(0, chooses_and_reboots, NULL);
	cr_assert(eq(int, (int)fx_run(firmware), STATUS_OFF), "%s", said_all());
	cr_assert(eq(int, said_errors(), 0), "%s", said_all());
}

/* Nothing changes where the answer would not find its place. */
static void asks_wrongly(struct guest *g)
{
	guest_check(guest_hcall(g, H_BLOB_CAS, 3, (uint64_t)VEC, (uint64_t)BUFFER, 3ul) ==
			    H_PARAMETER,
		    "no room for the version");
	guest_check(guest_hcall(g, H_BLOB_CAS, 3, 1ull << 40, (uint64_t)BUFFER, (uint64_t)ROOM) ==
			    H_HARDWARE,
		    "words outside of RAM");
	guest_check(guest_hcall(g, H_CLIENT, 1, (uint64_t)BUFFER) == H_FUNCTION, "of ours");
	guest_check(fake_rtas_token("ibm,set-xive") != 0, "still XICS");
	off(g);
}

Test(blob, a_wrong_question_changes_nothing)
{
	fake_guest(0, asks_wrongly, NULL);
	cr_assert(eq(int, (int)fx_run(firmware), STATUS_OFF), "%s", said_all());
}

/* The client would go on as what the machine is not any more. */
static void has_no_tree(struct guest *g)
{
	fake_fail_all("random", -EIO);
	chooses(g, 0x40, 0x40);
	guest_check(false, "an instruction after the end");
}

Test(blob, without_another_tree_the_machine_ends)
{
	fake_guest(0, has_no_tree, NULL);
	cr_assert(eq(int, (int)fx_run(firmware), STATUS_CRASH));
	cr_assert(said("no memory for another device tree"), "%s", said_all());
}

static void has_a_list(struct guest *g)
{
	int len;
	const char *list = (const char *)prop(g, g->r3, "/chosen", "qemu,boot-list", &len);

	guest_check(list && strcmp(list, "/pci@800000020000000/scsi@1 HALT") == 0, "the list");
	off(g);
}

Test(blob, a_disk_that_is_named_is_the_only_one)
{
	char sets[320];

	snprintf(sets, sizeof(sets), "%s boot.device=disk1", firmware);
	fake_guest(0, has_a_list, NULL);
	cr_assert(eq(int, (int)fx_run(sets), STATUS_OFF), "%s", said_all());
}

/* The machine lock is let go, and the caller has its answer. */
static void moves_memory(struct guest *g)
{
	guest_store(g, 0x800000, 8, 0x0123456789abcdef);
	guest_check(guest_hcall(g, H_BLOB_MEMOP, 5, 0x900000ul, 0x800000ul, 3ul, 1ul << 17, 1ul) ==
			    0,
		    "a MiB");
	guest_check(guest_load(g, 0x900000, 8) == 0xfedcba9876543210, "inverted");
	guest_check(guest_load(g, 0x9ffff8, 8) == UINT64_MAX, "to the end");
	guest_check(guest_load(g, 0xa00000, 8) == 0, "and no further");
	off(g);
}

Test(blob, memory_is_moved)
{
	fake_guest(0, moves_memory, NULL);
	cr_assert(eq(int, (int)fx_run(firmware), STATUS_OFF), "%s", said_all());
}

Test(blob, a_start_that_fails_leaves_nothing)
{
	fx_each_call_fails(firmware);
}
