/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * freeze REGISTERS PE: mark a PE of a PHB4 as stopped, MMIO and DMA, as the bridge does when it meets an
 * error; for the emulated bridge, which meets none. Firmware and kernel of the host then find the PE
 * stopped, and bring it back by the same registers; loads and DMA go on.
 *	REGISTERS  address of the bridge's registers, the unit address of its node in the device tree
 *	PE         the PE's number, eeh_pe_config_addr of a device
 * Source: skiboot phb4-regs.h.
 */
#define _GNU_SOURCE
#include "tests/lab/tools/tool.h"

#include <endian.h>
#include <fcntl.h>
#include <sys/mman.h>

#define REGISTERS_SIZE 0x10000
#define IODA_ADDR (0x220 / 8)
#define IODA_DATA (0x228 / 8)
#define TABLE(t) ((uint64_t)(t) << 48)
enum { PESTA = 7, PESTB = 8, PEEV = 20 };

static void set_bit(volatile uint64_t *regs, int table, uint64_t entry, unsigned int bit)
{
	uint64_t v;

	regs[IODA_ADDR] = htobe64(TABLE(table) | entry);
	v = be64toh(regs[IODA_DATA]);
	regs[IODA_ADDR] = htobe64(TABLE(table) | entry);
	regs[IODA_DATA] = htobe64(v | 1ULL << (63 - bit));
}

int main(int argc, char **argv)
{
	volatile uint64_t *regs;
	uint64_t pe;
	int fd;

	if (argc != 3) {
		fprintf(stderr, "usage: freeze REGISTERS PE\n");
		return 2;
	}
	fd = open("/dev/mem", O_RDWR | O_SYNC);
	regs = mmap(NULL, REGISTERS_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		    (off_t)strtoull(argv[1], NULL, 16));
	if (fd < 0 || regs == MAP_FAILED)
		die("/dev/mem");
	pe = strtoull(argv[2], NULL, 16);
	set_bit(regs, PESTA, pe, 0);
	set_bit(regs, PESTB, pe, 0);
	set_bit(regs, PEEV, pe / 64, pe % 64);
	return 0;
}
