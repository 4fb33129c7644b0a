/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_UNIT_FIRMWARE_OF_FIXTURE_H
#define TESTS_UNIT_FIRMWARE_OF_FIXTURE_H

/*
 * A client of the client interface: the fake machine's tree with a disk in it, a console that is two
 * arrays, and calls by name. A call's block and strings lie in guest memory, as a client's do.
 */

#include "firmware/of.h"
#include "firmware/rtas_stub.h"
#include "tests/fake/pci.h"
#include "tests/unit/said.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#define OX_RAM_MIB 256
#define OX_BLOCK 0x8000u  /* of a call */
#define OX_TEXT 0x9000u   /* its strings, 0x200 apart */
#define OX_BUFFER 0xa000u /* results that are no cells */
#define OX_DISK "/pci@800000020000000/scsi@1"

static struct {
	struct fake_machine *m;
	struct of of;
	struct fw_disk disk;
	int image;  /* descriptor behind the disk; -1: its bytes are made of their offsets */
	int result; /* of the disk's next functions, where not 0 */
	unsigned int nreads, nwrites;
	uint64_t wrote_at;
	char out[1 << 16]; /* what the client said */
	size_t nout;
	const char *keys; /* what it will read */
	uint32_t room;    /* the console takes so much at a time */
	unsigned int ends, cas_calls;
	enum of_end end;
	gpa_t cas_at;
	uint64_t now_ns;
} ox;

static inline uint8_t ox_disk_byte(uint64_t off)
{
	return (uint8_t)(off / 512 * 3 + off);
}

static inline int ox_read(void *ctx, uint64_t off, void *buf, size_t len)
{
	uint8_t *p = buf;

	cr_assert(off <= ox.disk.size && len <= ox.disk.size - off && len <= OF_PIECE_MAX);
	(void)ctx;
	ox.nreads++;
	if (ox.image >= 0)
		return pread(ox.image, buf, len, (off_t)off) == (ssize_t)len ? 0 : -EIO;
	for (size_t i = 0; i < len; i++)
		p[i] = ox_disk_byte(off + i);
	return ox.result;
}

static inline int ox_write(void *ctx, uint64_t off, const void *buf, size_t len)
{
	(void)ctx, (void)buf;
	cr_assert(off <= ox.disk.size && len <= ox.disk.size - off && len <= OF_PIECE_MAX);
	ox.nwrites++;
	ox.wrote_at = off;
	return ox.result;
}

static inline uint32_t ox_get_keys(void *ctx, uint8_t *buf, uint32_t len)
{
	uint32_t n = 0;

	(void)ctx;
	for (; n < len && n < 1 && *ox.keys; n++)
		buf[n] = (uint8_t)*ox.keys++;
	return n;
}

static inline uint32_t ox_say(void *ctx, const uint8_t *buf, uint32_t len)
{
	(void)ctx;
	len = len < ox.room ? len : ox.room;
	for (uint32_t i = 0; i < len && ox.nout + 1 < sizeof(ox.out); i++)
		ox.out[ox.nout++] = (char)buf[i];
	return len;
}

static inline uint64_t ox_now(void *ctx)
{
	(void)ctx;
	return ox.now_ns += 1000000;
}

static inline void ox_end(void *ctx, enum of_end why)
{
	(void)ctx;
	ox.ends++;
	ox.end = why;
}

static inline uint32_t ox_cas(void *ctx, gpa_t vec)
{
	(void)ctx;
	ox.cas_calls++;
	ox.cas_at = vec;
	return 7;
}

static inline void *ox_tree(void)
{
	struct spapr_boot boot = { .bootargs = "core", .rtas_size = rtas_stub_size(1) };
	void *fdt;
	size_t size;

	cr_assert(eq(int, spapr_fdt_build(&ox.m->sp, &boot, &fdt, &size), 0));
	return fdt;
}

static inline struct of_env ox_env(void)
{
	return (struct of_env){
		.mem = &ox.m->mem,
		.disks = &ox.disk,
		.ndisks = 1,
		.console_read = ox_get_keys,
		.console_write = ox_say,
		.now_ns = ox_now,
		.end = ox_end,
		.cas = ox_cas,
	};
}

static inline int ox_start(const struct fw_client *c)
{
	struct of_env env = ox_env();
	struct of_start start = {
		.fdt = ox_tree(),
		.ram_end = ox.m->ram_size,
		.bootpath = c->bootpath,
		.bootargs = c->bootargs,
		.taken = { { c->start, c->end } },
	};

	of_free(&ox.of);
	return of_init(&ox.of, &env, &start);
}

/* Power-on state, with a program at 2 MiB. */
static inline void ox_setup(void)
{
	static const struct fw_client client = {
		.start = 0x200000, .end = 0x280000, .bootpath = OX_DISK ":", .bootargs = "args"
	};
	struct fake_pci *d;

	said_catch(LOG_DEBUG);
	ox.image = -1;
	ox.keys = "";
	ox.room = UINT32_MAX;
	ox.m = fake_machine_new(INTC_XIVE, 2, OX_RAM_MIB);
	cpu_facts_init(&ox.m->sp.cfg.cpu, cpu_model_by_name("POWER9"), 0x004e1202);
	ox.m->sp.mode.radix = true;
	fake_machine_add_phb(ox.m);
	d = fake_pci_new(false, 0x08, PCI_CONFIG_SIZE);
	pci_config_put(&d->f, PCI_VENDOR_ID, 4, 0x10421af4);
	pci_config_put(&d->f, PCI_CLASS_REVISION, 4, 0x01000001);
	fake_machine_add_pci(ox.m, d);
	d = fake_pci_new(false, 0x50, PCI_CONFIG_SIZE); /* a unit with a letter */
	pci_config_put(&d->f, PCI_VENDOR_ID, 4, 0x10411af4);
	pci_config_put(&d->f, PCI_CLASS_REVISION, 4, 0x02000001);
	fake_machine_add_pci(ox.m, d);
	ox.disk = (struct fw_disk){
		.name = "disk0",
		.path = OX_DISK,
		.size = 5 * MiB,
		.block_size = 512,
		.read = ox_read,
		.write = ox_write,
	};
	cr_assert(eq(int, ox_start(&client), 0));
}

static inline void ox_teardown(void)
{
	of_free(&ox.of);
	fake_machine_free(ox.m);
}

/* A string of the client's, the @i-th of a call. */
static inline uint32_t ox_text(unsigned int i, const char *text)
{
	uint32_t at = OX_TEXT + 0x200 * i;

	strcpy((char *)ox.m->ram + at, text);
	return at;
}

/* A call with cells; its results in @out, @nret of them. Returns r3. */
static inline int64_t ox_call(const char *service, uint32_t nargs, const uint32_t *in,
			      uint32_t nret, uint32_t *out)
{
	uint8_t *b = ox.m->ram + OX_BLOCK;
	int64_t r;

	be32_store(b, ox_text(7, service));
	be32_store(b + 4, nargs);
	be32_store(b + 8, nret);
	for (uint32_t i = 0; i < nargs; i++)
		be32_store(b + 12 + 4 * i, in[i]);
	for (uint32_t i = 0; i <= nret; i++)
		be32_store(b + 12 + 4 * (nargs + i), 0x55555555);
	r = of_call(&ox.of, OX_BLOCK);
	for (uint32_t i = 0; i < nret; i++)
		out[i] = be32_load(b + 12 + 4 * (nargs + i));
	cr_assert(be32_load(b + 12 + 4 * (nargs + nret)) == 0x55555555, "%s: wrote too much",
		  service);
	return r;
}

/* The one result of a service that is there. */
#define OX(service, ...)                                                                           \
	ox_one((service), sizeof((const uint32_t[]){ __VA_ARGS__ }) / 4,                           \
	       (const uint32_t[]){ __VA_ARGS__ })
static inline uint32_t ox_one(const char *service, uint32_t nargs, const uint32_t *in)
{
	uint32_t out;

	cr_assert(ox_call(service, nargs, in, 1, &out) == 0, "%s", service);
	return out;
}

static inline uint32_t ox_find(const char *path)
{
	return OX("finddevice", ox_text(0, path));
}

static inline uint32_t ox_open(const char *path)
{
	return OX("open", ox_text(0, path));
}

static inline char *ox_buffer(void)
{
	return (char *)ox.m->ram + OX_BUFFER;
}

/* Into ox_buffer(); the size, or OF_ERROR. */
static inline uint32_t ox_prop(const char *path, const char *name)
{
	return OX("getprop", ox_find(path), ox_text(1, name), OX_BUFFER, 0x1000);
}

static inline uint32_t ox_cell(const char *path, const char *name)
{
	cr_assert(ox_prop(path, name) == 4, "%s %s", path, name);
	return be32_load(ox_buffer());
}

#endif
