/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two vCPUs do all that a driver may do to its function, at once and to the same ones: windows come
 * and go, TCEs, MSI-X, configuration, BARs that move under loads and stores, while the device
 * interrupts. By the way of every guest: KVM_RUN, the machine lock, RTAS or hypercall. Who comes
 * first is nobody's business. Each call gets a status that it may have, the host's kernel has no
 * reason to complain, and at the end all is given back. ThreadSanitizer looks on (preset tsan).
 */
#include "tests/unit/vmm/machine/passthrough_fixture.h"

#include "sphapr/phb.h"
#include "sphapr/rtas.h"

#include <stdatomic.h>

TestSuite(hammer, .init = pt_setup, .fini = fx_teardown, .timeout = 110);

#define ROUNDS 4000        /* of each vCPU */
#define PHBS 2u            /* the disk's, then the emulated one's; both have a function at 0 */
#define PAGE 0x1000ul      /* of TCEs */
#define PLACES 8u          /* entries of a window that both want */
#define LISTS 0x100000ul   /* of TCEs, one for each vCPU */
#define PAGES 0x200000ul   /* what TCEs name */
#define BAR_STEP 0x10000ul /* a BAR moves by so much */

static atomic_uint liobns[PHBS]; /* the latest dynamic window of each */
static atomic_int finished;

static uint32_t next(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static uint64_t default_liobn(uint32_t phb)
{
	return LIOBN + (phb << DDW_LIOBN_PHB_SHIFT);
}

/* @other: what the call says when the other vCPU was first. */
static bool answered(int64_t status, int64_t other, const char *what)
{
	guest_check(status == 0 || status == other, what);
	return status == 0;
}

/* ---- what a vCPU does; true: it took effect ---- */

static bool create(struct guest *g, uint32_t phb, uint32_t how)
{
	int32_t r = guest_rtas(g, "ibm,create-pe-dma-window", 5, 4, 0, BUID_HI, BUID_LO + phb,
			       how & 1 ? 16 : 12, 27);

	if (r == RTAS_OK)
		liobns[phb] = (uint32_t)g->args[1];
	return answered(r, RTAS_PARAMETER, "create");
}

/* Sometimes the default window, or one that is gone. */
static bool remove_one(struct guest *g, uint32_t phb, uint32_t how)
{
	uint32_t liobn = how % 8 ? liobns[phb] : (uint32_t)default_liobn(phb);

	return answered(guest_rtas(g, "ibm,remove-pe-dma-window", 1, 1, liobn), RTAS_PARAMETER,
			"remove");
}

static bool query(struct guest *g, uint32_t phb, uint32_t how)
{
	const char *call = how % 4 ? "ibm,query-pe-dma-window" : "ibm,reset-pe-dma-window";

	return answered(guest_rtas(g, call, 3, how % 4 ? 6 : 1, 0, BUID_HI, BUID_LO + phb), RTAS_OK,
			call);
}

static long put_list(struct guest *g, uint64_t liobn, uint64_t ioba, uint64_t tce)
{
	uint64_t list = LISTS + g->server * PAGE;
	uint8_t be[8];

	for (uint32_t i = 0; i < PLACES; i++) {
		be64_store(be, tce + i * PAGE);
		guest_write(g, list + i * sizeof(be), be, sizeof(be));
	}
	return guest_hcall(g, H_PUT_TCE_INDIRECT, 4, liobn, ioba, list, (uint64_t)PLACES);
}

/* In the default window, or in a dynamic one that may go meanwhile. */
static bool enter(struct guest *g, uint32_t phb, uint32_t how)
{
	uint64_t liobn = how & 1 ? liobns[phb] : default_liobn(phb);
	uint64_t ioba = (how & 1 ? 1ul << 59 : 0) + (how >> 1) % PLACES * PAGE;
	uint64_t tce = (PAGES + (how >> 4) % 64 * PAGE) | 3;
	long r;

	switch (how >> 10 & 3) {
	case 0:
		r = guest_hcall(g, H_STUFF_TCE, 4, liobn, ioba, 0ul, 4ul);
		break;
	case 1:
		r = put_list(g, liobn, ioba, tce);
		break;
	case 2:
		r = guest_hcall(g, H_GET_TCE, 2, liobn, ioba);
		break;
	default:
		r = guest_hcall(g, H_PUT_TCE, 3, liobn, ioba, how & 0x2000 ? 0ul : tce);
	}
	return answered(r, H_PARAMETER, "TCE");
}

static bool change_msi(struct guest *g, uint32_t phb, uint32_t how)
{
	int32_t r = guest_rtas(g, "ibm,change-msi", 6, 4, 0, BUID_HI, BUID_LO + phb, 4, how % 4, 1);

	answered(r, RTAS_OK, "change-msi");
	r = guest_rtas(g, "ibm,query-interrupt-source-number", 4, 3, 0, BUID_HI, BUID_LO + phb,
		       how >> 2 & 3);
	return answered(r, 1, "query of a source"); /* 1: it has none of that number */
}

static uint32_t config_read(struct guest *g, uint32_t phb, uint32_t off, uint32_t size)
{
	answered(guest_rtas(g, "ibm,read-pci-config", 4, 2, off, BUID_HI, BUID_LO + phb, size),
		 RTAS_OK, "config read");
	return (uint32_t)g->args[1];
}

static void config_write(struct guest *g, uint32_t phb, uint32_t off, uint32_t size, uint32_t value)
{
	answered(guest_rtas(g, "ibm,write-pci-config", 5, 1, off, BUID_HI, BUID_LO + phb, size,
			    value),
		 RTAS_OK, "config write");
}

static uint32_t find_msix(struct guest *g, uint32_t phb)
{
	uint32_t at = config_read(g, phb, PCI_CAPABILITY_LIST, 1);

	for (int i = 0; at && i < 48; i++) {
		if (config_read(g, phb, at, 1) == PCI_CAP_ID_MSIX)
			return at;
		at = config_read(g, phb, at + 1, 1);
	}
	return 0;
}

static bool enable(struct guest *g, uint32_t phb, uint32_t how)
{
	uint32_t msix = how & 1 ? PCI_MSIX_FLAGS_ENABLE : 0, at = find_msix(g, phb);

	if (how & 2)
		msix |= PCI_MSIX_FLAGS_MASKALL;
	config_write(g, phb, at + PCI_MSIX_FLAGS, 2, msix);
	config_write(g, phb, PCI_COMMAND, 2,
		     how & 0xc ? PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER : 0);
	return at != 0;
}

/* To another place, by way of half a place; or with the sizing that Linux does first. */
static bool move_bar(struct guest *g, uint32_t phb, uint32_t how)
{
	uint64_t bus = phb_range(phb, PHB_MEM64).bus + how % 4 * BAR_STEP;

	if (how & 0x10)
		config_write(g, phb, PCI_BASE_ADDRESS_0, 4, UINT32_MAX);
	config_write(g, phb, PCI_BASE_ADDRESS_0, 4, (uint32_t)bus);
	config_write(g, phb, PCI_BASE_ADDRESS_1, 4, (uint32_t)(bus >> 32));
	return (config_read(g, phb, PCI_BASE_ADDRESS_0, 4) & ~0xfu) == (uint32_t)bus;
}

static bool use_bar(struct guest *g, uint32_t phb, uint32_t how)
{
	gpa_t gpa = phb_range(phb, PHB_MEM64).gpa + how % 4 * BAR_STEP;
	uint32_t len = 1u << (how >> 2 & 3);

	gpa += (how >> 4) % (4 * PAGE) & ~(uint64_t)(len - 1);
	if (how & 0x80000)
		guest_store(g, gpa, len, how);
	return guest_load(g, gpa, len) != UINT64_MAX >> (64 - 8 * len);
}

static bool device_acts(struct guest *g, uint32_t phb, uint32_t how)
{
	(void)g;
	(void)phb;
	if (how & 1)
		return fake_send_msi(nvme, how >> 1 & 3);
	fake_set_intx(nvme, how & 2);
	return false;
}

static const struct {
	bool (*fn)(struct guest *g, uint32_t phb, uint32_t how);
	const char *name;
} acts[] = {
	{ create, "create" },      { remove_one, "remove" }, { query, "query" },
	{ enter, "enter" },        { enter, "enter more" },  { change_msi, "change-msi" },
	{ enable, "enable" },      { move_bar, "move" },     { use_bar, "BAR" },
	{ device_acts, "device" },
};

static atomic_int effects[ARRAY_LEN(acts)];

static void hammer(struct guest *g)
{
	uint32_t seed = 0x9e3779b9u * (g->server + 1);

	for (int i = 0; i < ROUNDS; i++) {
		uint32_t which = next(&seed) % ARRAY_LEN(acts), phb = next(&seed) >> 16 & 1;

		effects[which] += acts[which].fn(g, phb, next(&seed));
	}
	finished++;
}

static void second(struct guest *g)
{
	hammer(g);
	guest_wait(g);
}

/* After all that the functions work, and nothing is left but what a guest finds at its start. */
static void put_in_order(struct guest *g, uint32_t phb)
{
	uint64_t liobn = default_liobn(phb);

	change_msi(g, phb, 0);
	answered(guest_rtas(g, "ibm,reset-pe-dma-window", 3, 1, 0, BUID_HI, BUID_LO + phb), RTAS_OK,
		 "the default windows are back");
	answered(guest_hcall(g, H_STUFF_TCE, 4, liobn, 0ul, 0ul, 2ul * PLACES), H_SUCCESS, "clear");
	answered(guest_hcall(g, H_PUT_TCE, 3, liobn, 0ul, PAGES | 3), H_SUCCESS, "a last one");
	guest_check(phb != 0 || fake_dma(26, 0, true), "the device reaches it");
	answered(guest_hcall(g, H_PUT_TCE, 3, liobn, 0ul, 0ul), H_SUCCESS, "is gone again");
}

static void first(struct guest *g)
{
	guest_rtas(g, "start-cpu", 3, 1, 1, 0x100, 0);
	hammer(g);
	while (finished < 2)
		guest_wait_ms(g, 1);
	for (size_t i = 0; i < ARRAY_LEN(acts); i++)
		guest_check(effects[i] >= 10, acts[i].name);
	for (uint32_t i = 0; i < PHBS; i++)
		put_in_order(g, i);
	guest_check(fake_windows() == 1, "windows");
	guest_check(fake_live_tces() == 0, "mappings");
	guest_rtas(g, "power-off", 2, 1, 0, 0);
}

static void hammered(const char *sets)
{
	char all[160];

	snprintf(all, sizeof(all), ONE "rng.iommu=true machine.vcpus=2 %s", sets);
	fake_guest(0, first, NULL);
	fake_guest(1, second, NULL);
	cr_assert(eq(int, (int)fx_run(all), STATUS_OFF), "%s", said_all());
	cr_assert(eq(int, said_errors(), 0), "%s", said_all());
	ALL_IS_GIVEN_BACK();
}

Test(hammer, two_vcpus_do_all_at_once_and_all_is_given_back)
{
	hammered("");
}

Test(hammer, the_same_where_the_host_takes_long_to_remove_a_window)
{
	fake_vfio.remove_sleep_ms = 1;
	hammered("machine.irqchip=xics");
}

Test(hammer, the_same_where_kvm_serves_the_tce_calls)
{
	fake_vfio.trusting = true;
	hammered("machine.tce=kernel");
}
