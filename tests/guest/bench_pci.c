/* SPDX-License-Identifier: BSD-2-Clause */
/* What a driver of the first PCI function asks for: config space, a trapped BAR, TCEs, windows. */
#include "bench.h"

#define PHB "/pci@800000020000000"
#define TIMES 100
#define BULK 512
#define TCE_RW 3

static struct {
	uint32_t buid_hi, buid_lo, addr; /* of the function */
	uint32_t liobn;
	uint64_t dma_start;
	uint32_t read, write; /* RTAS tokens */
} pci;

static uint32_t config_read(uint32_t reg, uint32_t size)
{
	const uint32_t args[] = { pci.addr | reg, pci.buid_hi, pci.buid_lo, size };
	uint32_t value;

	return rtas_words(pci.read, 4, 2, args, &value) == 0 ? value : 0xffffffff;
}

static void config_write(uint32_t reg, uint32_t size, uint32_t value)
{
	const uint32_t args[] = { pci.addr | reg, pci.buid_hi, pci.buid_lo, size, value };

	rtas_words(pci.write, 5, 1, args, NULL);
}

static bool find_function(void)
{
	uint32_t len;
	const uint8_t *reg = fdt_prop(PHB, "reg", &len);
	const uint8_t *dma = fdt_prop(PHB, "ibm,dma-window", &len);

	pci.read = rtas_token("ibm,read-pci-config");
	pci.write = rtas_token("ibm,write-pci-config");
	if (!reg || !pci.read || !pci.write)
		return false;
	pci.buid_hi = be32(reg);
	pci.buid_lo = be32(reg + 4);
	if (dma) {
		pci.liobn = be32(dma);
		pci.dma_start = be64(dma + 4);
	}
	for (pci.addr = 0; pci.addr < 0x10000; pci.addr += 0x100)
		if (config_read(0, 4) != 0xffffffff)
			return true;
	return false;
}

static void bench_config(void)
{
	uint64_t start = ticks(), failed = 0;

	for (unsigned int i = 0; i < TIMES; i++)
		failed += config_read(0, 4) == 0xffffffff;
	report("config-read", TIMES, ticks() - start, failed);
}

/* A place for 64-bit BARs: where the processor sees it, and the bus. */
static bool mem64(uint64_t *cpu, uint64_t *bus)
{
	uint32_t len;
	const uint8_t *r = fdt_prop(PHB, "ranges", &len);

	for (; r && len >= 28; r += 28, len -= 28)
		if (be32(r) >> 24 == 3) {
			*bus = be64(r + 4);
			*cpu = be64(r + 12);
			return true;
		}
	return false;
}

/* Registers of a virtio function, which a VMM has to see. 0: it is none. */
static uint64_t trapped(void)
{
	uint64_t cpu, bus, at;
	uint32_t bar, cap = config_read(0x34, 1);

	while (cap && (config_read(cap, 1) != 9 || config_read(cap + 3, 1) != 1))
		cap = config_read(cap + 1, 1);
	if (!cap || !mem64(&cpu, &bus))
		return 0;
	bar = 0x10 + 4 * config_read(cap + 4, 1);
	at = (config_read(bar, 4) & ~15u) | (uint64_t)config_read(bar + 4, 4) << 32;
	if (!at) { /* nobody has given it an address */
		at = bus;
		config_write(bar, 4, (uint32_t)at);
		config_write(bar + 4, 4, (uint32_t)(at >> 32));
	}
	config_write(4, 2, config_read(4, 2) | 2);
	return at - bus + cpu + config_read(cap + 8, 4);
}

static void bench_bar(void)
{
	uint64_t at = trapped(), start;
	uint32_t v;

	if (!at)
		return;
	start = ticks();
	for (unsigned int i = 0; i < TIMES; i++)
		__asm__ volatile("lwz %0, 0(%1)" : "=r"(v) : "b"(at) : "memory");
	report("trapped-load", TIMES, ticks() - start, 0);
}

static void bench_tce(void)
{
	uint64_t ram = (uintptr_t)machine.scratch, list = ram + SCRATCH_SIZE / 2, start, failed = 0;

	for (unsigned int i = 0; i < BULK; i++) {
		be32_put((void *)(uintptr_t)(list + 8 * i),
			 (uint32_t)((ram + 4096 * (i % 64)) >> 32));
		be32_put((void *)(uintptr_t)(list + 8 * i + 4),
			 (uint32_t)(ram + 4096 * (i % 64)) | TCE_RW);
	}
	call(H_PUT_TCE, pci.liobn, pci.dma_start + 4096 * TIMES, ram | TCE_RW, 0);
	start = ticks();
	for (unsigned int i = 0; i < TIMES; i++)
		failed +=
			call(H_PUT_TCE, pci.liobn, pci.dma_start + 4096 * i, ram | TCE_RW, 0) != 0;
	report("put-tce", TIMES, ticks() - start, failed);
	start = ticks();
	for (unsigned int i = failed = 0; i < TIMES; i++)
		failed += call(H_GET_TCE, pci.liobn, pci.dma_start + 4096 * i, 0, 0) != 0;
	report("get-tce", TIMES, ticks() - start, failed);
	call(H_STUFF_TCE, pci.liobn, pci.dma_start, 0, BULK);
	for (unsigned int i = failed = 0, put = 0, stuff = 0; i < 10; i++) {
		uint64_t at = pci.dma_start + 0x200000, between;

		start = ticks();
		failed += call(H_PUT_TCE_INDIRECT, pci.liobn, at, list, BULK) != 0;
		between = ticks();
		failed += call(H_STUFF_TCE, pci.liobn, at, 0, BULK) != 0;
		put += (unsigned int)(between - start);
		stuff += (unsigned int)(ticks() - between);
		if (i < 9)
			continue;
		report("put-tce-indirect-512", 10, put, failed);
		report("stuff-tce-512", 10, stuff, failed);
	}
}

/* 2 GiB in pages as the command line says: VMMs differ in what they offer where the host's are small. */
static void bench_window(void)
{
	uint32_t create = rtas_token("ibm,create-pe-dma-window"), rets[3];
	uint32_t remove = rtas_token("ibm,remove-pe-dma-window");
	const uint32_t args[] = { pci.addr, pci.buid_hi, pci.buid_lo, machine.page_shift, 31 };
	uint64_t start = ticks(), failed = 0;
	int32_t status = 0;

	if (!create || !remove || !machine.page_shift)
		return;
	for (unsigned int i = 0; i < 5; i++)
		if ((status = rtas_words(create, 5, 4, args, rets)) != 0 ||
		    (status = rtas_words(remove, 1, 1, rets, NULL)) != 0)
			failed++;
	if (failed)
		say("bench: window: status %d\n", (int64_t)status);
	report("window", 5, ticks() - start, failed);
}

void bench_pci(void)
{
	if (!find_function()) {
		say("bench: no PCI function\n");
		return;
	}
	bench_config();
	bench_bar();
	if (!pci.liobn)
		return;
	bench_tce();
	bench_window();
}
