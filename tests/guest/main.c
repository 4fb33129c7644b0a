/* SPDX-License-Identifier: BSD-2-Clause */
#include "guest.h"

struct machine machine;

static const struct {
	const char *name;
	void (*run)(void);
} topics[] = {
	{ "hcall", topic_hcall },   { "rtas", topic_rtas },     { "block", topic_block },
	{ "irq", topic_irq },       { "mmio", topic_mmio },     { "reboot", topic_reboot },
	{ "spin", topic_spin },     { "panic", topic_panic },   { "pci", topic_pci },
	{ "msi", topic_msi },       { "ddw", topic_ddw },       { "tce", topic_tce },
	{ "eeh", topic_eeh },       { "random", topic_random }, { "mem", topic_mem },
	{ "power", topic_power },   { "leave", topic_leave },   { "hold", topic_hold },
	{ "stall", topic_stall },   { "race", topic_race },     { "virtio", topic_virtio },
	{ "bench", topic_bench },   { "churn", topic_churn },   { "bar", topic_bar },
	{ "fill", topic_fill },     { "cpus", topic_cpus },     { "serve", topic_serve },
	{ "client", topic_client }, { "cas", topic_cas },       { "nvram", topic_nvram },
};

#ifdef __LITTLE_ENDIAN__
#define MODE_LE 1
#else
#define MODE_LE 0
#endif

/* Undo what a call can have done to the way interrupts reach us, or KVM writes to our memory. */
static void restore(void)
{
	static const uint64_t modes[][4] = {
		{ MODE_LE, 4, 0, 0 }, /* endianness of interrupts */
		{ 0, 3, 0, 0 },       /* where they go */
		{ 0, 1, 0, 0 },       /* CIABR */
		{ 0, 2, 0, 0 },       /* DAWR */
		{ 0, 5, 0, 0 },       /* DAWR1 */
	};
	uint64_t args[9];

	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		memset(args, 0, sizeof(args));
		memcpy(args, modes[i], sizeof(modes[i]));
		hcall_raw(H_SET_MODE, args);
	}
	for (uint64_t function = 7; function >= 5; function--) { /* SLB shadow, DTL, VPA */
		memset(args, 0, sizeof(args));
		args[0] = function << 45;
		hcall_raw(H_REGISTER_VPA, args);
	}
}

int64_t hostile_hcall(uint64_t nr, uint64_t args[9])
{
	int64_t r;

	vectors_install();
	r = hcall_raw(nr, args);
	machine.calls++;
	if (r == H_SUCCESS) {
		machine.succeeded++;
		restore();
	}
	return r;
}

static const char *find(const char *text, const char *word)
{
	size_t n = strlen(word);

	for (; *text; text++)
		if (memcmp(text, word, n) == 0)
			return text + n;
	return NULL;
}

/* The number behind @word; 0: there is none. */
static uint64_t number_of(const char *text, const char *word)
{
	const char *p = find(text, word);
	uint64_t n = 0;

	for (; p && *p >= '0' && *p <= '9'; p++)
		n = 10 * n + (uint64_t)(*p - '0');
	return n;
}

static void run_topic(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(topics); i++) {
		if (strlen(topics[i].name) != len || memcmp(topics[i].name, name, len) != 0)
			continue;
		machine.calls = machine.succeeded = machine.cases = machine.wrong = 0;
		say("topic %s: begins\n", topics[i].name);
		topics[i].run();
		say("topic %s: %u calls, %u succeeded; %u cases, %u wrong\n", topics[i].name,
		    machine.calls, machine.succeeded, machine.cases, machine.wrong);
		return;
	}
	say("no such topic: %s\n", name);
}

void guest_main(const void *fdt, uint32_t of_entry);
void guest_main(const void *fdt, uint32_t of_entry)
{
	const uint32_t off[] = { 0xffffffff, 0xffffffff };
	const char *args, *p, *q;
	uint32_t len;
	const void *reg;

	fdt_open(of_entry ? of_flatten(of_entry) : fdt); /* our vectors end Open Firmware */
	reg = fdt_prop("/memory@0", "reg", &len);
	machine.ram_size = reg ? be64((const uint8_t *)reg + 8) : 0;
	machine.scratch = (uint8_t *)(uintptr_t)(machine.ram_size / 2);
	args = fdt_prop("/chosen", "bootargs", &len);
	args = args && *args ? args : of_entry ? of_command_line() : "";
	machine.bulk_in_kernel = find(args, "bulk=kernel");
	machine.careful = find(args, "careful");
	machine.asks = find(args, "asks");
	machine.page_shift = (uint32_t)number_of(args, "pages=");
	machine.wanted = number_of(args, "calls=");
	machine.seconds = number_of(args, "seconds=");
	odd_seed(number_of(args, "seed="));
	bus_scan();
	vectors_install();
	restore();
	say("guest: %u MiB, %s-endian, seed %u\n", machine.ram_size >> 20,
	    MODE_LE ? "little" : "big", number_of(args, "seed="));
	for (p = find(args, "topics="); p && *p; p = *q == ',' ? q + 1 : NULL) {
		for (q = p; *q && *q != ',' && *q != ' '; q++)
			;
		memset(machine.scratch, 0xa5, SCRATCH_SIZE);
		run_topic(p, (size_t)(q - p));
	}
	say("guest: done\n");
	say("guest: power-off returned %d\n", (int64_t)rtas("power-off", 2, 1, off));
}
