/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hostile client of Open Firmware: what has one right answer, then any service with any argument, 20,000
 * times; in a second round so often as "calls=10000000" says. By the hypercall itself: what a call writes
 * may lie where the entry is.
 */
#include "guest.h"

enum { H_CLIENT = 0xf005 };
enum { FAILED = 0xffffffff };

#define CELLS 26
#define NAME_SIZE 64
#define DEFAULT_CALLS 20000

static const char *const names[] = {
	/* services, but for those that end the guest */
	"finddevice",
	"getprop",
	"getproplen",
	"setprop",
	"nextprop",
	"peer",
	"child",
	"parent",
	"package-to-path",
	"instance-to-path",
	"instance-to-package",
	"canon",
	"open",
	"close",
	"seek",
	"read",
	"write",
	"claim",
	"release",
	"call-method",
	"interpret",
	"milliseconds",
	"quiesce",
	"test",
	"start-cpu",
	"",
	/* what they are given */
	"/",
	"/chosen",
	"/memory",
	"/rtas",
	"/options",
	"disk",
	"disk:0",
	"disk:1",
	"disk:9999999999",
	"hvterm",
	"available",
	"bootargs",
	"name",
	"block-size",
	"#blocks",
	"instantiate-rtas",
	"claim",
	"output-device output",
};
#define SERVICES 26

static struct {
	uint32_t handles[16]; /* seen as results */
	unsigned int nhandles;
} client;

/* In the scratch: a property that is read to where a name is ends far behind it. */
struct words {
	uint8_t block[4 * (3 + CELLS)];
	char names[ARRAY_LEN(names)][NAME_SIZE];
};
static struct words *words;

static void write_words(void)
{
	words = (struct words *)(machine.scratch + SCRATCH_SIZE / 2);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		memcpy(words->names[i], names[i], strlen(names[i]) + 1);
}

static uint32_t address(const void *p)
{
	return (uint32_t)(uintptr_t)p;
}

/* The call changes no mode of ours, and raises no exception. */
static int64_t enter(uint64_t block)
{
	uint64_t args[9] = { block };
	int64_t r = hcall_raw(H_CLIENT, args);

	machine.calls++;
	machine.succeeded += r == 0;
	return r;
}

/* One result; FAILED, too, when there is no such service. */
static uint32_t call(const char *service, uint32_t nargs, const uint32_t *args)
{
	be32_put(words->block, address(service));
	be32_put(words->block + 4, nargs);
	be32_put(words->block + 8, 1);
	for (uint32_t i = 0; i < nargs; i++)
		be32_put(words->block + 12 + 4 * i, args[i]);
	be32_put(words->block + 12 + 4 * nargs, FAILED);
	return enter(address(words->block)) == 0 ? be32(words->block + 12 + 4 * nargs) : FAILED;
}

#define CALL(service, ...)                                                                         \
	call((service), ARRAY_LEN(((const uint32_t[]){ __VA_ARGS__ })),                            \
	     (const uint32_t[]){ __VA_ARGS__ })

static void claims(void)
{
	uint32_t top = machine.ram_size < 0x100000000 ? (uint32_t)machine.ram_size : 0xfffff000;
	uint32_t free = address(machine.scratch) + SCRATCH_SIZE;

	check((int32_t)CALL("claim", 0x400000, 0x1000, 0), -1, "claim: our own image");
	check((int32_t)CALL("claim", 0x3000, 4, 0), -1, "claim: the entry");
	check((int32_t)CALL("claim", 0x1f000, 0x1000, 0), -1, "claim: the stack");
	check((int32_t)CALL("claim", top, 0x1000, 0), -1, "claim: behind RAM");
	check((int32_t)CALL("claim", free, 0, 0), -1, "claim: nothing");
	check(CALL("claim", free, 0x1000, 0), free, "claim: free");
	check((int32_t)CALL("claim", free + 0xfff, 0x1000, 0), -1, "claim: what is taken");
	CALL("release", free, 0x1000);
	check(CALL("claim", free, 0x1000, 0), free, "claim: given back");
}

/* What instantiate-rtas writes is taken, and is written over nothing that is. */
static void rtas_area(void)
{
	uint32_t handle = CALL("open", address("/rtas")), method = address("instantiate-rtas");
	uint32_t free = (address(machine.scratch) + SCRATCH_SIZE + 0xffff) & ~0xffffu;

	check(CALL("call-method", method, handle, free), 0, "instantiate-rtas");
	check((int32_t)CALL("claim", free, 4, 0), -1, "claim: RTAS");
	check((int32_t)CALL("claim", free - 0x1000, 0x2000, 0), -1, "claim: into RTAS");
	check((int32_t)CALL("call-method", method, handle, free - 0x800), -1,
	      "instantiate-rtas: partly taken");
	check((int32_t)CALL("call-method", method, handle, 0x3000), -1,
	      "instantiate-rtas: the entry");
	CALL("close", handle);
	CALL("release", free, 0x1000);
}

static void limits(void)
{
	uint32_t chosen = CALL("finddevice", address("/chosen")), disk, n = 0;
	uint32_t scratch = address(machine.scratch);

	check((int32_t)CALL("setprop", chosen, address("x"), scratch, 0x100000), -1,
	      "setprop: a mebibyte");
	check((int32_t)CALL("setprop", chosen, address("x"), 0xfffff000, 0x2000), -1,
	      "setprop: from no RAM");
	check(CALL("open", address("/nothing")), 0, "open: nothing");
	disk = CALL("open", address("disk:0"));
	check(CALL("seek", disk, 0x7fffffff, 0), 0, "seek: far");
	check(CALL("read", disk, scratch, 512), 0, "read: behind the end");
	check(CALL("write", disk, scratch, 0x2000), 0, "write: behind the end");
	check((int32_t)CALL("write", disk, 0xfffff000, 0x2000), -1, "write: from no RAM");
	CALL("seek", disk, 0, 0);
	check((int32_t)CALL("write", disk, scratch, 512), -1, "write: the partition table");
	check((int32_t)CALL("read", disk, 0xfffffe00, 512), -1, "read: to no RAM");
	while (n < 1000 && CALL("open", address("/")))
		n++;
	check(n < 64, 1, "open: without end");
	check(enter(machine.ram_size - 8), -1, "a block at the end of RAM");
	check(enter(0xfffffff0), -1, "a block behind RAM");
}

static uint32_t pick(void)
{
	switch (odd_random() >> 33 & 7) {
	case 0:
	case 1:
		return address(words->names[odd_random() % ARRAY_LEN(names)]);
	case 2:
	case 3:
		return client.handles[odd_random() % ARRAY_LEN(client.handles)];
	case 4:
		return address(machine.scratch) + (uint32_t)odd_random() % SCRATCH_SIZE;
	case 5:
		return (uint32_t)odd_random() & 0xfff;
	default:
		return (uint32_t)odd_value();
	}
}

/* Of what is read: mostly the scratch, else where RAM ends, and where there is none. */
static uint32_t buffer(void)
{
	switch (odd_random() >> 33 & 7) {
	case 0:
		return (uint32_t)machine.ram_size - ((uint32_t)odd_random() & 0xfff);
	case 1:
		return 0xfffff000 | (uint32_t)odd_random();
	default:
		return address(machine.scratch);
	}
}

static bool is(unsigned int service, const char *name)
{
	return strcmp(names[service], name) == 0;
}

/* What a call writes to lies in the scratch, or where odd_value() says; it may reach far from there. */
static void any_call(void)
{
	unsigned int service = (uint32_t)odd_random() % SERVICES;
	uint32_t nargs = (uint32_t)odd_random() % 6, nret = (uint32_t)odd_random() % 4, r;

	if ((odd_random() & 0xff00) == 0)
		nargs = (uint32_t)odd_value();
	be32_put(words->block, odd_random() & 0x1f00 ? address(words->names[service]) : pick());
	be32_put(words->block + 4, nargs);
	be32_put(words->block + 8, nret);
	for (uint32_t i = 0; i < CELLS; i++)
		be32_put(words->block + 12 + 4 * i, pick());
	if (is(service, "read")) /* not over our own image */
		be32_put(words->block + 16, buffer());
	if (is(service, "read") || is(service, "write")) /* nor more on the console than it takes */
		be32_put(words->block + 20, (uint32_t)odd_random() % 0x1000);
	if (enter(address(words->block)) == 0 && nargs < CELLS && nret > 0) {
		r = be32(words->block + 12 + 4 * nargs);
		client.handles[client.nhandles++ % ARRAY_LEN(client.handles)] = r;
	}
}

void topic_client(void)
{
	bool first = client.nhandles == 0; /* later the limits are reached, and memory is taken */
	uint64_t n = machine.wanted && !first ? machine.wanted : DEFAULT_CALLS;

	write_words();
	if (first) {
		claims();
		rtas_area();
		limits();
	}
	for (uint64_t i = 0; i < n; i++) {
		if (i % 64 == 0)
			write_words();
		any_call();
	}
}
