/* SPDX-License-Identifier: BSD-2-Clause */
/* Configuration accesses: every size at every offset, both families, and what is not there. */
#include "guest.h"

#define COMMAND 0x04
#define COMMAND_DECODE 0x3
#define BAR0 0x10
#define ROM 0x30
#define NBARS 6

#define READ "ibm,read-pci-config"
#define WRITE "ibm,write-pci-config"

static int32_t want_status(uint32_t reg, uint32_t size)
{
	return (size == 1 || size == 2 || size == 4) && reg % size == 0 ? 0 : -3;
}

static int32_t read_status(const struct function *f, uint32_t reg, uint32_t size)
{
	return RTAS(READ, 2, bus_addr(f, reg), f->hi, f->lo, size);
}

static int32_t write_status(const struct function *f, uint32_t reg, uint32_t size, uint32_t value)
{
	return RTAS(WRITE, 1, bus_addr(f, reg), f->hi, f->lo, size, value);
}

/* Every offset of a legacy function, and with bytes those of an extended one. */
static void reads(const struct function *f)
{
	static const uint32_t sizes[] = { 1, 2, 4, 0, 3, 8, 0x10000, 0xffffffff };
	uint32_t reg, wrong, end = fdt_cell(f->path, "ibm,pci-config-space-type", 0) ? 4096 : 256;

	for (unsigned int i = 0; i < ARRAY_LEN(sizes); i++) {
		uint32_t size = sizes[i];

		for (wrong = 0, reg = 0; reg < 256; reg += size > 4 ? 64 : 1)
			wrong += read_status(f, reg, size) != want_status(reg, size);
		check(wrong, 0, "%s: reads of %u bytes with another status than they should",
		      f->path, (uint64_t)size);
	}
	for (wrong = 0, reg = 256; reg < 4096; reg++)
		wrong += read_status(f, reg, 1) != (reg < end ? 0 : -3);
	check(wrong, 0, "%s: reads above 255 with another status than they should", f->path);
}

/* What is read in one piece is what is read in several. */
static void pieces(const struct function *f)
{
	uint32_t wrong = 0, word;

	for (uint32_t reg = 0; reg < 256; reg += 4) {
		word = bus_read(f, reg, 4);
		for (uint32_t i = 0; i < 4; i++)
			wrong += bus_read(f, reg + i, 1) != (word >> 8 * i & 0xff);
		for (uint32_t i = 0; i < 4; i += 2)
			wrong += bus_read(f, reg + i, 2) != (word >> 8 * i & 0xffff);
		wrong += bus_read(f, reg, 4) != word;
	}
	check(wrong, 0, "%s: bytes and words that differ from their double word", f->path);
}

/* Not the command register, nor what is behind the header: they would act. */
static void writes(const struct function *f)
{
	static const uint32_t sizes[] = { 1, 2, 4, 0, 3, 8, 0xffffffff };
	uint32_t saved[16], wrong = 0;

	for (uint32_t i = 0; i < 16; i++)
		saved[i] = bus_read(f, 4 * i, 4);
	for (unsigned int i = 0; i < ARRAY_LEN(sizes); i++)
		for (uint32_t reg = BAR0; reg < 64; reg++)
			wrong += write_status(f, reg, sizes[i], (uint32_t)odd_value()) !=
				 want_status(reg, sizes[i]);
	check(wrong, 0, "%s: writes with another status than they should", f->path);
	for (wrong = 0, saved[1] &= ~(uint32_t)COMMAND_DECODE; wrong < 16; wrong++)
		bus_write(f, 4 * wrong, 4, saved[wrong]);
	for (uint32_t i = wrong = 0; i < 16; i++)
		wrong += i != 1 && bus_read(f, 4 * i, 4) != saved[i];
	check(wrong, 0, "%s: words of the header that cannot be restored", f->path);
	bus_write(f, 0, 4, ~bus_read(f, 0, 4));
	check(bus_read(f, 0, 4), saved[0], "%s: ids after a write", f->path);
}

static void touch(uint64_t at)
{
	uint64_t v;

	__asm__ volatile("lwz %0, 0(%1)" : "=r"(v) : "b"(at) : "memory");
	__asm__ volatile("stw %0, 0(%1)" : : "r"(0), "b"(at) : "memory");
	machine.calls += 2;
}

/* BARs at places of no sense, decoding: over RAM, over each other, at the ends of the bridge. */
static void bars(const struct function *f)
{
	static const uint64_t places[] = {
		0,
		0x4000000,
		0x80000000,
		0xfff00000,
		0xfffff000,
		0x200080000000,
		0x200000000000,
		0x210000000000,
		0x20ffffff0000,
		0x7ffffffffffff000,
		0xfffffffffffff000,
	};
	uint32_t saved[NBARS], status = 0;
	uint32_t before = bus_read(f, 0, 4);

	for (uint32_t i = 0; i < NBARS; i++)
		saved[i] = bus_read(f, BAR0 + 4 * i, 4);
	for (unsigned int p = 0; p < ARRAY_LEN(places); p++) {
		bus_write(f, COMMAND, 2, p & 1 ? COMMAND_DECODE : 0);
		for (uint32_t i = 0; i < NBARS; i++)
			bus_write(f, BAR0 + 4 * i, 4,
				  (uint32_t)(saved[i] & 4 ? places[p] : places[p] >> (i & 1) * 32));
		for (uint32_t i = 0; i + 1 < NBARS; i++)
			if ((saved[i] & 7) == 4)
				bus_write(f, BAR0 + 4 * i + 4, 4, (uint32_t)(places[p] >> 32));
		bus_write(f, ROM, 4, (uint32_t)places[p] | 1);
		status |= (uint32_t)write_status(f, COMMAND, 2, COMMAND_DECODE);
		touch(0x200080000000);
		touch(0x210000000000);
		touch(0x200000000000);
	}
	bus_write(f, COMMAND, 2, 0);
	bus_write(f, ROM, 4, 0);
	for (uint32_t i = 0; i < NBARS; i++)
		bus_write(f, BAR0 + 4 * i, 4, saved[i]);
	check(status, 0, "%s: decode with BARs anywhere", f->path);
	check(bus_read(f, 0, 4), before, "%s: ids after it", f->path);
}

static void absent(const struct function *f)
{
	uint32_t addrs[] = { f->addr + 0x100, 0xf800, 0xff00, 0x10000, 0xff0000, 0x0fff0000 };

	for (unsigned int i = 0; i < ARRAY_LEN(addrs); i++) {
		check(RTAS(READ, 2, addrs[i], f->hi, f->lo, 4), 0,
		      "read of a function that is not there, 0x%x", (uint64_t)addrs[i]);
		check(rtas_ret(1), 0xffffffff, "the value read");
		check(RTAS(WRITE, 1, addrs[i], f->hi, f->lo, 4, 0), 0,
		      "write to a function that is not there, 0x%x", (uint64_t)addrs[i]);
	}
	check(RTAS(READ, 2, addrs[0], f->hi, f->lo, 3), -3,
	      "read of 3 bytes of a function that is not there");
	check(RTAS(READ, 2, f->addr, f->hi + 1, f->lo, 4), -3, "read at a wrong BUID (high)");
	check(RTAS(READ, 2, f->addr, f->hi, f->lo + 0x1000, 4), -3, "read at a wrong BUID (low)");
	check(RTAS(READ, 2, f->addr, 0, 0, 4), -3, "read at BUID 0");
	check(RTAS(WRITE, 1, f->addr, f->hi, f->lo + 0x1000, 4, 0), -3, "write at a wrong BUID");
	check(RTAS(WRITE, 1, f->addr, 0xffffffff, 0xffffffff, 4, 0), -3, "write at BUID -1");
}

static void arity(const struct function *f)
{
	check(RTAS(READ, 1, f->addr, f->hi, f->lo, 4), -3, "read with 1 return");
	check(RTAS(READ, 3, f->addr, f->hi, f->lo, 4), -3, "read with 3 returns");
	check(RTAS(READ, 2, f->addr, f->hi, f->lo), -3, "read with 3 arguments");
	check(RTAS(READ, 2, f->addr, f->hi, f->lo, 4, 0), -3, "read with 5 arguments");
	check(RTAS(WRITE, 1, f->addr, f->hi, f->lo, 4), -3, "write with 4 arguments");
	check(RTAS(WRITE, 2, f->addr, f->hi, f->lo, 4, 0), -3, "write with 2 returns");
}

/* The family without BUID, which means the first bridge. */
static void old_family(const struct function *f)
{
	uint32_t wrong = 0, ids = bus_read(f, 0, 4);

	check(RTAS("read-pci-config", 2, f->addr, 4), 0, "read-pci-config");
	check(rtas_ret(1), ids, "the ids read");
	for (uint32_t size = 0; size < 9; size++)
		for (uint32_t reg = 0; reg < 64; reg++) {
			wrong += RTAS("read-pci-config", 2, bus_addr(f, reg), size) !=
				 want_status(reg, size);
			if (want_status(reg, size) == 0 && rtas_ret(1) != bus_read(f, reg, size))
				wrong++;
		}
	check(wrong, 0, "read-pci-config: statuses and values that differ from the other family");
	check(RTAS("write-pci-config", 1, f->addr | BAR0, 4, 0), 0, "write-pci-config");
	check(RTAS("write-pci-config", 1, f->addr | BAR0, 3, 0), -3, "write-pci-config of 3 bytes");
	check(RTAS("write-pci-config", 1, f->addr | (BAR0 + 1), 4, 0), -3,
	      "write-pci-config, misaligned");
	check(RTAS("read-pci-config", 2, 0xf800, 4), 0, "read-pci-config where nothing is");
	check(RTAS("read-pci-config", 2, f->addr, 4, 0), -3, "read-pci-config with 3 arguments");
}

void topic_pci(void)
{
	if (nfunctions == 0) {
		skip("the tree has no PCI function");
		return;
	}
	for (unsigned int i = 0; i < nfunctions; i++) {
		reads(&functions[i]);
		pieces(&functions[i]);
		writes(&functions[i]);
		bars(&functions[i]);
	}
	absent(&functions[0]);
	arity(&functions[0]);
	old_family(&functions[0]);
	/* Random writes everywhere, also where they act; the last restores order. */
	for (unsigned int i = 0; i < nfunctions && !machine.careful; i++) {
		const struct function *f = &functions[i];
		uint32_t ids = bus_read(f, 0, 4);

		for (unsigned int n = 0; n < 600; n++)
			bus_write(f, (uint32_t)odd_random() % (n < 500 ? 256 : 4096) & ~3u, 4,
				  (uint32_t)odd_value());
		bus_write(f, COMMAND, 2, 0);
		check(RTAS(READ, 2, f->addr, f->hi, f->lo, 4), 0, "%s: read after random writes",
		      f->path);
		check(rtas_ret(1), ids, "%s: its ids", f->path);
	}
}
