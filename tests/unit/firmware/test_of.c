/* SPDX-License-Identifier: BSD-2-Clause */
/* The dispatcher, methods, and the code that lies in guest memory. */
#include "tests/unit/firmware/of_fixture.h"

#include "firmware/of_impl.h"
#include "vmm/base/papr.h"

TestSuite(of, .init = ox_setup, .fini = ox_teardown);

/* ---- blocks ---- */

static int64_t block(gpa_t at, uint32_t service, uint32_t nargs, uint32_t nret)
{
	be32_store(ox.m->ram + OX_BLOCK, service);
	be32_store(ox.m->ram + OX_BLOCK + 4, nargs);
	be32_store(ox.m->ram + OX_BLOCK + 8, nret);
	return of_call(&ox.of, at);
}

Test(of, a_service_that_is_not_there_is_minus_1_and_said_once)
{
	uint32_t out;

	for (int i = 0; i < 3; i++) {
		cr_assert(eq(i64, ox_call("set-callback", 1, (uint32_t[]){ 0 }, 1, &out), -1));
		cr_assert(eq(u32, out, 0x55555555));
	}
	cr_assert(eq(int, said_lines(), 1));
	cr_assert(said("no service \"set-callback\""));
}

Test(of, too_few_arguments_are_no_call)
{
	uint32_t out;

	cr_assert(eq(i64, ox_call("getprop", 3, (uint32_t[]){ 1, 2, 3 }, 1, &out), -1));
	cr_assert(eq(i64, ox_call("call-method", 1, (uint32_t[]){ 1 }, 1, &out), -1));
}

Test(of, results_that_nobody_takes_are_lost_and_more_are_zero)
{
	uint32_t out[3];

	cr_assert(eq(i64, ox_call("peer", 1, (uint32_t[]){ 0 }, 0, out), 0));
	cr_assert(eq(i64, ox_call("peer", 1, (uint32_t[]){ 0 }, 3, out), 0));
	cr_assert(eq(u32, out[0], ox_find("/")));
	cr_assert(out[1] == 0 && out[2] == 0);
}

Test(of, a_block_that_is_none_is_minus_1)
{
	uint32_t name = ox_text(0, "peer"), ram = OX_RAM_MIB << 20;

	cr_assert(eq(i64, block(OX_BLOCK, name, 1, 1), 0));
	cr_assert(eq(i64, block(0xdeadbeef00000000 | OX_BLOCK, name, 1, 1), 0)); /* 32-bit mode */
	cr_assert(eq(i64, block(OX_BLOCK, ram, 1, 1), -1));
	cr_assert(eq(i64, block(OX_BLOCK, 0xfffffffe, 1, 1), -1));
	cr_assert(eq(i64, block(OX_BLOCK, name, 0xffffffff, 2), -1));
	cr_assert(eq(i64, block(OX_BLOCK, name, 2, 0xffffffff), -1));
	cr_assert(eq(i64, block(OX_BLOCK, name, OF_MAX_CELLS, 1), -1));
	cr_assert(eq(i64, block(OX_BLOCK, name, OF_MAX_CELLS - 1, 1), 0));
	cr_assert(eq(i64, of_call(&ox.of, ram - 8), -1));
	cr_assert(eq(i64, of_call(&ox.of, ram), -1));
	cr_assert(eq(i64, of_call(&ox.of, 0xfffffff0), -1));
	memcpy(ox.m->ram + ram - 16, ox.m->ram + OX_BLOCK, 12);
	cr_assert(eq(i64, of_call(&ox.of, ram - 16), -1)); /* no room for cells */
}

static int64_t second_call;

static int reads_twice(void *ctx, uint64_t off, void *buf, size_t len)
{
	(void)ctx, (void)off, (void)buf, (void)len;
	second_call = of_call(&ox.of, OX_BLOCK);
	return 0;
}

Test(of, a_second_processor_is_refused_meanwhile)
{
	uint32_t h = ox_open("disk");

	ox.disk.read = reads_twice;
	cr_assert(eq(u32, OX("read", h, OX_BUFFER, 512), 512));
	cr_assert(eq(i64, second_call, -1));
	cr_assert(said("at once"));
	cr_assert(ne(u32, ox_find("/"), OF_ERROR));
}

/* ---- small services ---- */

Test(of, test_knows_services)
{
	cr_assert(eq(u32, OX("test", ox_text(0, "claim")), 0));
	cr_assert(eq(u32, OX("test", ox_text(0, "pks-max-object-size")), OF_ERROR)); /* not 1 */
	cr_assert(eq(u32, OX("test", OX_RAM_MIB << 20), OF_ERROR));
}

/* Is it among the names that the guest calls? They stand in front of what it gives them. */
static bool guest_calls(const char *source, const char *name)
{
	const char *end = strstr(source, "/* what they are given */");
	char line[OF_SERVICE_MAX + 8];
	const char *at;

	snprintf(line, sizeof(line), "\t\"%s\",\n", name);
	at = strstr(source, line);
	return end && at && at < end;
}

Test(of, the_hostile_guest_calls_every_service_but_those_that_end_it)
{
	static char source[64 << 10];
	FILE *f = fopen(SPAPR_SOURCE_DIR "/tests/guest/client.c", "r");
	size_t n = f ? fread(source, 1, sizeof(source) - 1, f) : 0;

	cr_assert(gt(sz, n, 0));
	fclose(f);
	for (size_t t = 0; of_topics[t]; t++)
		for (const struct of_service *s = of_topics[t]; s->name; s++) {
			bool ends = strcmp(s->name, "exit") == 0 || strcmp(s->name, "enter") == 0 ||
				    strcmp(s->name, "boot") == 0;

			cr_expect(eq(int, guest_calls(source, s->name), !ends), "%s", s->name);
		}
}

Test(of, milliseconds_go_on)
{
	uint32_t out, first;

	ox_call("milliseconds", 0, NULL, 1, &first);
	ox_call("milliseconds", 0, NULL, 1, &out);
	cr_assert(eq(u32, out, first + 1));
	cr_assert(eq(i64, ox_call("quiesce", 0, NULL, 0, &out), 0));
}

struct end_case {
	char service[16], text[16];
	enum of_end end;
};

ParameterizedTestParameters(of, ends)
{
	static struct end_case cases[] = {
		{ "exit", "", OF_END_EXIT },
		{ "enter", "", OF_END_EXIT },
		{ "boot", "", OF_END_REBOOT },
		{ "interpret", "power-off", OF_END_OFF },
		{ "interpret", "poweroff", OF_END_OFF },
		{ "interpret", "shut-down", OF_END_OFF },
		{ "interpret", "reset-all", OF_END_REBOOT },
	};

	return cr_make_param_array(struct end_case, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct end_case *p, of, ends)
{
	uint32_t in = ox_text(0, p->text), out = 9;

	cr_assert(eq(i64, ox_call(p->service, 1, &in, 1, &out), 0));
	cr_assert(eq(u32, out, 0));
	cr_assert(eq(int, (int)ox.ends, 1));
	cr_assert(eq(int, ox.end, p->end));
}

Test(of, forth_that_is_not_known_is_caught)
{
	cr_assert(eq(u32, OX("interpret", ox_text(0, "output-device output")), 0));
	cr_assert(eq(u32, OX("interpret", ox_text(0, "cursor-off")), 0));
	cr_assert(eq(u32, OX("interpret", ox_text(0, "dev / words")), OF_ERROR));
	cr_assert(eq(u32, OX("interpret", 0xffffffff), OF_ERROR));
	cr_assert(eq(int, (int)ox.ends, 0));
}

/* ---- methods ---- */

/* Catch in out[0], the result in out[1]. */
static void method(uint32_t out[2], const char *name, uint32_t file, uint32_t a, uint32_t b,
		   uint32_t c)
{
	const uint32_t in[] = { ox_text(0, name), file, a, b, c };

	cr_assert(eq(i64, ox_call("call-method", 5, in, 2, out), 0));
}

Test(of, a_disk_tells_its_blocks)
{
	uint32_t out[2], h = ox_open("disk");

	method(out, "block-size", h, 0, 0, 0);
	cr_assert(out[0] == 0 && out[1] == 512);
	method(out, "#blocks", h, 0, 0, 0);
	cr_assert(out[0] == 0 && out[1] == 10240);
	ox.disk.size = 4 * TiB;
	method(out, "#blocks", ox_open("disk"), 0, 0, 0);
	cr_assert(out[0] == 0 && out[1] == 0xffffffff);
	method(out, "block-size", ox_open("/"), 0, 0, 0);
	cr_assert(eq(u32, out[0], OF_ERROR));
	method(out, "block-size", 4711, 0, 0, 0);
	cr_assert(eq(u32, out[0], OF_ERROR));
	method(out, "eject", h, 0, 0, 0);
	cr_assert(eq(u32, out[0], OF_ERROR));
}

Test(of, rtas_is_written_where_the_client_wants_it)
{
	uint32_t out[2], h = ox_open("/rtas");

	method(out, "instantiate-rtas", h, 0x700000, 0, 0);
	cr_assert(out[0] == 0 && out[1] == 0x700000);
	cr_assert(eq(u32, be32_load(ox.m->ram + 0x700000), 0x7c641b78));
	cr_assert(eq(u32, OX("claim", 0x700fff, 1, 0), OF_ERROR)); /* nothing else lies there */
	cr_assert(
		eq(u32, OX("claim", 0x700000 + ox_cell("/rtas", "rtas-size") - 1, 1, 0), OF_ERROR));
	method(out, "instantiate-rtas", h, 0x700000, 0, 0);
	cr_assert(eq(u32, out[0], 0));
	method(out, "instantiate-rtas", h, 0x6ff800, 0, 0); /* half of it is taken */
	cr_assert(eq(u32, out[0], OF_ERROR));
	method(out, "instantiate-rtas", h, 0x3000, 0, 0);
	cr_assert(eq(u32, out[0], OF_ERROR));
	cr_assert(eq(u32, be32_load(ox.m->ram + 0x3000), 0));
	method(out, "instantiate-rtas", h, (OX_RAM_MIB << 20) - 4, 0, 0);
	cr_assert(eq(u32, out[0], OF_ERROR));
	/* A size that the client has set is none. */
	cr_assert(eq(u32, OX("setprop", ox_find("/rtas"), ox_text(1, "rtas-size"), 0x3000, 4), 4));
	method(out, "instantiate-rtas", h, 0x700000, 0, 0);
	cr_assert(eq(u32, out[0], OF_ERROR));
}

Test(of, the_memory_claims_by_a_method)
{
	uint32_t out[2], h = ox_cell("/chosen", "memory");

	method(out, "claim", h, 0, 0x1000, 0x800000);
	cr_assert(out[0] == 0 && out[1] == 0x800000);
	method(out, "claim", h, 0, 0x1000, 0x800000);
	cr_assert(eq(u32, out[0], OF_ERROR));
}

Test(of, the_negotiation_is_handed_on)
{
	uint32_t out[2], h = ox_open("/");

	method(out, "ibm,client-architecture-support", h, 0x123000, 0, 0);
	cr_assert(out[0] == 0 && out[1] == 7);
	cr_assert(eq(u64, ox.cas_at, 0x123000));
	ox.of.env.cas = NULL;
	method(out, "ibm,client-architecture-support", h, 0x123000, 0, 0);
	cr_assert(eq(u32, out[0], OF_ERROR));
	cr_assert(eq(int, (int)ox.cas_calls, 1));
}

Test(of, a_method_without_its_arguments_is_caught)
{
	uint32_t in[] = { ox_text(0, "instantiate-rtas"), ox_open("/rtas") }, out[2];

	cr_assert(eq(i64, ox_call("call-method", 2, in, 2, out), 0));
	cr_assert(eq(u32, out[0], OF_ERROR));
	cr_assert(eq(i64, ox_call("call-method", 2, in, 0, out), 0));
}

/* ---- claims, as the client sees them ---- */

static uint64_t available(unsigned int i)
{
	cr_assert(ox_prop("/memory@0", "available") >= 16 * (i + 1));
	return be64_load(ox_buffer() + 16 * i);
}

Test(of, what_is_available_is_what_can_be_claimed)
{
	uint32_t len = OX("getproplen", ox_find("/memory@0"), ox_text(1, "available"));

	cr_assert(eq(u32, len, 32)); /* below and above the program */
	cr_assert(eq(u64, available(0), 0x20000));
	cr_assert(eq(u64, available(1), 0x280000));
	cr_assert(eq(u32, OX("claim", 0x200000, 0x1000, 0), OF_ERROR));
	cr_assert(eq(u32, OX("claim", 0x20000, 0x1e0000, 0), 0x20000));
	cr_assert(eq(u64, available(0), 0x280000));
	OX("release", 0x20000, 0x1000);
	cr_assert(eq(u64, available(0), 0x20000));
	cr_assert(eq(u32, OX("claim", 0, 0x1000, 0x1000), 0x20000));
}

Test(of, a_program_where_no_claim_can_be_is_refused)
{
	static const struct fw_client low = { .start = 0x3000, .end = 0x4000 };

	cr_assert(eq(int, ox_start(&low), -ENOSPC));
}

/* ---- code in guest memory ---- */

Test(of, entry_and_vectors_make_their_hypercalls)
{
	const uint8_t *ram = ox.m->ram;

	cr_assert(eq(int, of_entry_write(&ox.m->mem), 0));
	cr_assert(eq(u32, be32_load(ram + OF_ENTRY), 0x7c641b78));
	cr_assert(eq(u32, be32_load(ram + OF_ENTRY + 8), 0x60630000 | H_CLIENT));
	cr_assert(eq(u32, be32_load(ram + 0xfc), 0)); /* a kernel's, while it calls us */
	for (uint32_t v = 0x100; v < OF_ENTRY; v += 0x20) {
		cr_assert(eq(u32, be32_load(ram + v + 4), 0x38800000 | v));
		cr_assert(eq(u32, be32_load(ram + v + 12), 0x60630000 | H_CLIENT_CRASH));
	}
	cr_assert(eq(u32, be32_load(ram + OF_ENTRY + 20), 0));
}
