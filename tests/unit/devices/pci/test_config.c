/* SPDX-License-Identifier: BSD-2-Clause */
/* Configuration accesses against a model that knows bytes only. */
#include "tests/fake/pci.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>

/* What configuration space is, one byte at a time. */
struct model {
	uint8_t image[PCI_CONFIG_SIZE], host[PCI_CONFIG_SIZE];
	uint8_t wmask[PCI_CONFIG_SIZE], emu[PCI_CONFIG_SIZE];
	uint32_t size;
};

static uint64_t seed = 0x123456789abcdefULL;

static uint32_t rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 16);
}

/* All zeros and all ones as often as something between. */
static uint8_t rnd_mask(void)
{
	static const uint8_t plain[] = { 0, 0xff };
	uint32_t r = rnd() % 4;

	return r < 2 ? plain[r] : (uint8_t)rnd();
}

static bool valid(const struct model *m, uint32_t off, uint32_t size)
{
	return (size == 1 || size == 2 || size == 4) && off < m->size && off % 4 + size <= 4;
}

static uint32_t model_read(const struct model *m, uint32_t off, uint32_t size)
{
	uint32_t v = 0;

	if (!valid(m, off, size))
		return size >= 4 ? UINT32_MAX : (1U << 8 * size) - 1;
	for (uint32_t i = 0; i < size; i++) {
		uint32_t at = off + i;
		uint8_t byte = (m->image[at] & m->emu[at]) | (m->host[at] & (uint8_t)~m->emu[at]);

		v |= (uint32_t)byte << 8 * i;
	}
	return v;
}

static void model_write(struct model *m, uint32_t off, uint32_t size, uint32_t value)
{
	if (!valid(m, off, size))
		return;
	for (uint32_t i = 0; i < size; i++) {
		uint32_t at = off + i;
		uint8_t v = (uint8_t)(value >> 8 * i), w = m->wmask[at], e = m->emu[at];

		m->image[at] = (m->image[at] & (uint8_t)~w) | (v & w);
		m->host[at] = (m->host[at] & e) | (v & (uint8_t)~e);
	}
}

static void fill(struct fake_pci *d, struct model *m, bool host)
{
	m->size = d->f.config_size;
	for (uint32_t i = 0; i < PCI_CONFIG_SIZE; i++) {
		m->image[i] = (uint8_t)rnd();
		m->wmask[i] = rnd_mask();
		m->emu[i] = host ? rnd_mask() : 0xff;
		m->host[i] = host ? (uint8_t)rnd() : 0;
		pci_config_put(&d->f, i, 1, m->image[i]);
		pci_config_emulate(&d->f, i, 1, m->emu[i], m->wmask[i]);
		d->host[i] = m->host[i];
	}
}

static void compare(const struct fake_pci *d, const struct model *m, uint32_t off, uint32_t size)
{
	cr_assert(memcmp(d->f.config, m->image, PCI_CONFIG_SIZE) == 0, "image, %u at 0x%x", size,
		  off);
	cr_assert(memcmp(d->host, m->host, PCI_CONFIG_SIZE) == 0, "host, %u at 0x%x", size, off);
}

static void every_size_and_offset(bool host, uint32_t config_size)
{
	static const uint32_t values[] = { 0, UINT32_MAX, 0x12345678, 0xa5a5a5a5 };
	struct fake_pci *d = fake_pci_new(host, 0x08, config_size);
	struct model *m = calloc(1, sizeof(*m));

	fill(d, m, host);
	for (uint32_t size = 0; size <= 9; size++) {
		for (uint32_t off = 0; off < config_size + 8; off++) {
			uint32_t v = off % 5 < 4 ? values[off % 5] : rnd();

			cr_assert(eq(u32, pci_func_config_read(&d->f, off, size),
				     model_read(m, off, size)),
				  "read of %u at 0x%x", size, off);
			pci_func_config_write(&d->f, off, size, v);
			model_write(m, off, size, v);
			compare(d, m, off, size);
		}
	}
	free(m);
}

Test(pci_config, every_access_to_an_emulated_function)
{
	every_size_and_offset(false, PCI_LEGACY_CONFIG_SIZE);
	every_size_and_offset(false, PCI_CONFIG_SIZE);
}

Test(pci_config, every_access_to_a_host_function)
{
	for (int round = 0; round < 8; round++)
		every_size_and_offset(true, PCI_LEGACY_CONFIG_SIZE);
	every_size_and_offset(true, PCI_CONFIG_SIZE);
}

Test(pci_config, absurd_offsets_and_sizes)
{
	struct fake_pci *d = fake_pci_new(true, 0, PCI_LEGACY_CONFIG_SIZE);

	cr_assert(eq(u32, pci_func_config_read(&d->f, UINT32_MAX, 4), UINT32_MAX));
	cr_assert(eq(u32, pci_func_config_read(&d->f, UINT32_MAX - 3, 4), UINT32_MAX));
	cr_assert(eq(u32, pci_func_config_read(&d->f, 256, 2), 0xffff));
	cr_assert(eq(u32, pci_func_config_read(&d->f, 0, UINT32_MAX), UINT32_MAX));
	cr_assert(eq(u32, pci_func_config_read(&d->f, 0, 0), 0));
	pci_func_config_write(&d->f, UINT32_MAX, 1, 0);
	pci_func_config_write(&d->f, 0, UINT32_MAX, 0);
	cr_assert(eq(uint, d->nhost_reads + d->nhost_writes, 0));
}

Test(pci_config, one_host_access_where_one_will_do)
{
	struct fake_pci *d = fake_pci_new(true, 0, PCI_LEGACY_CONFIG_SIZE);

	pci_func_config_write(&d->f, 0x40, 4, 0x11223344);
	cr_assert(eq(uint, d->nhost_writes, 1));
	cr_assert(eq(uint, d->nhost_reads, 0));
	cr_assert(eq(u32, pci_func_config_read(&d->f, 0x40, 4), 0x11223344));
	cr_assert(eq(uint, d->nhost_reads, 1));
	pci_config_emulate(&d->f, 0x42, 2, 0xffff, 0);
	pci_func_config_write(&d->f, 0x40, 4, 0x55667788);
	cr_assert(eq(uint, d->nhost_writes, 2));
	cr_assert(eq(u8, d->host[0x42], 0x22), "an emulated byte stays with us");
}

Test(pci_config, the_image_remembers_a_host_s_command_register)
{
	struct fake_pci *d = fake_pci_new(true, 0, PCI_LEGACY_CONFIG_SIZE);

	pci_func_config_write(&d->f, PCI_COMMAND, 2, 0x0406);
	cr_assert(eq(u8, d->host[PCI_COMMAND], 6));
	cr_assert(pci_func_bus_master(&d->f));
	cr_assert(pci_func_intx_disabled(&d->f));
	pci_func_config_write(&d->f, PCI_COMMAND, 1, 0);
	cr_assert(not(pci_func_bus_master(&d->f)));
	cr_assert(pci_func_intx_disabled(&d->f));
	cr_assert(eq(str, d->log, "hcihc"));
}

Test(pci_config, an_emulated_function_s_command_register)
{
	struct fake_pci *d = fake_pci_new(false, 0, PCI_LEGACY_CONFIG_SIZE);

	pci_func_config_write(&d->f, PCI_COMMAND, 4, UINT32_MAX);
	cr_assert(eq(u32, pci_func_config_read(&d->f, PCI_COMMAND, 4), 0x0547));
	pci_func_config_write(&d->f, PCI_INTERRUPT_LINE, 2, 0xffff);
	cr_assert(eq(u32, pci_func_config_read(&d->f, PCI_INTERRUPT_LINE, 2), 0x00ff));
	pci_func_config_write(&d->f, PCI_COMMAND, 2, 0x0547);
	cr_assert(eq(str, d->log, "ci"), "the same again is no change");
}

Test(pci_config, reset_clears_what_the_guest_may_write)
{
	struct fake_pci *d = fake_pci_new(false, 0, PCI_LEGACY_CONFIG_SIZE);

	pci_config_put(&d->f, PCI_VENDOR_ID, 4, 0x10010302);
	pci_func_set_bar(&d->f, 0, PCI_BAR_MEM32, true, 4096);
	cr_assert(eq(int, pci_func_set_msix(&d->f, 0, 4, 0, 0, 0, 2048), 0));
	pci_func_config_write(&d->f, PCI_BASE_ADDRESS_0, 4, 0x80001000);
	pci_func_config_write(&d->f, PCI_COMMAND, 2, 6);
	pci_func_config_write(&d->f, d->f.msix_cap + PCI_MSIX_FLAGS, 2, PCI_MSIX_FLAGS_ENABLE);
	pci_func_set_vectors(&d->f, (struct pci_vectors){ PCI_MSIX, 0x1300, 4 });
	fake_pci_forget(d);
	pci_func_reset(&d->f);
	cr_assert(eq(str, d->log, "x0cir"));
	cr_assert(eq(u32, pci_func_config_read(&d->f, PCI_VENDOR_ID, 4), 0x10010302));
	cr_assert(eq(u32, pci_func_config_read(&d->f, PCI_COMMAND, 2), 0));
	cr_assert(eq(u32, pci_func_config_read(&d->f, PCI_BASE_ADDRESS_0, 4), 8));
	cr_assert(not(pci_func_msi_enabled(&d->f, PCI_MSIX)));
	cr_assert(eq(u32, d->f.vectors.count, 4), "vectors are firmware's");
}
