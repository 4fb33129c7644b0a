/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the control API makes of a machine: each verb in each state, by the real processes and libraries,
 * while a guest of the fake runs. Skipped where the libraries are not installed.
 */
#include "tests/unit/vmm/machine/passthrough_fixture.h"
#include "vmm/control/client.h"
#include "vmm/machine/machine_impl.h"

#include <dlfcn.h>

static void setup(void)
{
	fx_setup();
	if (!dlopen("libmicrohttpd.so.12", RTLD_NOW) || !dlopen("libjansson.so.4", RTLD_NOW))
		cr_skip_test("libmicrohttpd and jansson are not installed");
	fx.fds = fx_entries("/proc/self/fd");
}

TestSuite(api, .init = setup, .fini = fx_teardown, .timeout = 60);

struct step {
	const char *verb, *body;
	uint32_t status;
	const char *text; /* in the answer; NULL: any */
	const char *says; /* what the guest does first; NULL: nothing */
};

static struct {
	const struct step *steps;
	char failure[512];
	_Atomic unsigned int turns; /* of the guest */
	const char *_Atomic says;   /* by the guest, in its next turn */
	bool hears;
	void (*program)(struct guest *g); /* NULL: program() */
} the;

static char *socket_path(void)
{
	static char path[200];

	snprintf(path, sizeof(path), "%s", fx_path("api"));
	return path;
}

static bool one(int fd, const struct step *s)
{
	struct client_reply reply = { 0 };
	int r = client_ask(fd, verb_find(s->verb), s->body, &reply);
	bool good =
		r == 0 && reply.status == s->status && (!s->text || strstr(reply.body, s->text));

	if (!good)
		snprintf(the.failure, sizeof(the.failure), "%s: %d, status %u, expected %u: %.300s",
			 s->verb, r, reply.status, s->status, reply.body ? reply.body : "");
	client_reply_free(&reply);
	return good;
}

/* At most six changes a second: a machine takes ten. */
static void *client(void *arg)
{
	int fd = client_connect(socket_path());

	for (const struct step *s = the.steps; s->verb; s++) {
		for (the.says = s->says; the.says;)
			usleep(1000);
		if (s->status != 0 && !one(fd, s)) {
			fd = client_connect(socket_path());
			one(fd, &(struct step){ "vm.shutdown", NULL, 204, NULL });
			break;
		}
		usleep(150000);
	}
	close(fd);
	return arg;
}

static void print(struct guest *g, const char *text)
{
	for (; *text; text++)
		guest_hcall(g, H_PUT_TERM_CHAR, 4, 0ul, 1ul, (unsigned long)(uint8_t)*text << 56,
			    0ul);
}

/* It runs in turns, and hears of its interrupts. */
static void program(struct guest *g)
{
	if (the.hears)
		guest_unmask(g, LISN_EPOW);
	for (;;) {
		const char *says = the.says;

		the.turns++;
		if (says) {
			print(g, says);
			the.says = NULL;
		}
		guest_wait_ms(g, 10);
		guest_hcall(g, 0xf000, 0); /* H_FUNCTION */
	}
}

/* Five pages of the default window stay mapped; one call has no list. */
static void maps(struct guest *g)
{
	uint8_t list[8 * 8] = { 0 };

	guest_hcall(g, H_PUT_TCE, 3, LIOBN, 0x1000ul, 0x20003ul);
	for (size_t i = 0; i < 8; i++)
		be64_store(list + 8 * i, (0x200000 + (i << 12)) | 3);
	guest_write(g, 0x100000, list, sizeof(list));
	guest_hcall(g, H_PUT_TCE_INDIRECT, 4, LIOBN, 0x8000ul, 0x100000ul, 8ul);
	guest_hcall(g, H_STUFF_TCE, 4, LIOBN, 0xc000ul, 0ul, 4ul);
	guest_hcall(g, H_STUFF_TCE, 4, LIOBN, 0xc001ul, 0ul, 4ul);
	program(g);
}

static void run(const char *sets, const struct step *steps, enum exit_status want)
{
	char all[300];
	struct machine *m;
	pthread_t thread;

	snprintf(all, sizeof(all), "machine.irqchip=xics api.socket=%s %s", socket_path(), sets);
	the.steps = steps;
	fake_guest(0, the.program ? the.program : program, NULL);
	m = fx_machine(all);
	pthread_create(&thread, NULL, client, NULL);
	cr_assert(eq(int, (int)machine_run(m), (int)want), "%s", said_all());
	machine_destroy(m);
	pthread_join(thread, NULL);
	cr_assert(eq(str, the.failure, ""), "%s", said_all());
	cr_assert(eq(int, access(socket_path(), F_OK), -1));
	FX_NOTHING_LEFT();
}

#define ALL_409(state)                                                                             \
	{ "vm.info", NULL, 200, state }, { "vm.power-button", NULL, 409, "code=wrong-state" },     \
		{ "vm.nmi", NULL, 409, NULL }, { "vm.reboot", NULL, 409, NULL },                   \
	{                                                                                          \
		"vm.pause", NULL, 409, NULL                                                        \
	}

Test(api, each_verb_in_each_state)
{
	static const struct step steps[] = {
		/* CREATED */
		ALL_409("\"state\":\"Created\",\"phase\":\"created\""),
		{ "vm.resume", NULL, 409, NULL },
		{ "vm.boot", NULL, 204, NULL },
		/* RUNNING */
		{ "vm.info", NULL, 200, "\"state\":\"Running\",\"phase\":\"ready\"" },
		{ "vm.info", NULL, 200, "\"config\":{\"machine\":{\"memory\":134217728," },
		{ "vm.boot", NULL, 409, NULL },
		{ "vm.resume", NULL, 409, NULL },
		{ "vm.power-button", NULL, 409, "it does not listen" },
		{ "vm.counters", NULL, 200, "\"exits_hcall\":" },
		{ "vm.info", NULL, 200, "\"memory_actual_size\":134217728,\"uptime_s\":" },
		{ "vm.info", NULL, 200, "\"reboots\":0,\"exit_reason\":null}" },
		{ "vm.dma-windows", NULL, 200, "[]" },
		{ "vm.device-tree", NULL, 200, "\xd0\x0d\xfe\xed" },
		{ "vm.resize", "{\"desired_vcpus\":2}", 501, "code=not-built" },
		{ "vm.resize", "{\"desired_balloon\":1}", 409, "add [balloon]" },
		{ "vm.resize", NULL, 204, NULL },
		{ "vm.console", NULL, 200, "" },
		{ "vmm.rotate", NULL, 204, NULL },
		{ "vmm.log-level", "{\"level\":\"debug\"}", 204, NULL },
		{ "vm.pause", NULL, 204, NULL },
		/* PAUSED */
		ALL_409("\"state\":\"Paused\""),
		{ "vm.boot", NULL, 409, NULL },
		{ "vm.events", NULL, 200, "\"event\":\"paused\"" },
		{ "vm.events", "since=3", 200, "{\"v\":1,\"seq\":4," },
		{ "vmm.metrics", NULL, 200, "# TYPE spapr_hcalls_total counter\n" },
		{ "vm.resume", NULL, 204, NULL },
		/* RUNNING */
		{ "vm.nmi", NULL, 204, NULL },
		{ "vm.reboot", NULL, 204, NULL },
		{ "vm.info", NULL, 200, "\"reboots\":1" },
		{ "vm.pause", NULL, 204, NULL },
		{ "vm.shutdown", NULL, 204, NULL },
		{ 0 },
	};

	run("api.start=paused", steps, STATUS_OFF);
	cr_assert(said("the guest waits for vm.boot"));
	cr_assert(said("vm.pause, by user"));
}

/* The marks of a start in their order, by the key that a service manager's readiness goes by, too. */
Test(api, tells_how_far_a_start_is)
{
	static const struct step steps[] = {
		{ "vm.info", NULL, 200, "\"phase\":\"started\"" },
		{ "vm.info", NULL, 200, "\"phase\":\"console\"", "not up" },
		{ "vm.info", NULL, 200, "\"phase\":\"ready\"", "\nup: at last" },
		{ "vm.events", NULL, 200, "\"mark\":\"console:up:\"}}" },
		{ "vm.reboot", NULL, 204, NULL },
		{ "vm.info", NULL, 200, "\"phase\":\"ready\"" },
		{ "vm.shutdown", NULL, 204, NULL },
		{ 0 },
	};

	run("service.ready=console:up:", steps, STATUS_OFF);
}

Test(api, tells_of_dma_windows_and_their_calls)
{
	static const struct step steps[] = {
		{ "vm.dma-windows", NULL, 200,
		  "[{\"phb\":0,\"group\":26,\"functions\":[\"" BDF "\"],\"limited\":false,"
		  "\"state\":\"DEFAULT\",\"windows\":[{\"liobn\":\"0x80000000\",\"start\":\"0x0\","
		  "\"size\":1073741824,\"page_shift\":12,\"levels\":1,\"default\":true,"
		  "\"served_by\":\"kernel\",\"mapped_pages\":5,\"tce\":{\"put\":null,\"indirect\":1,"
		  "\"stuff\":2,\"get\":null,\"failed\":1}}],\"refused\":0}]",
		  "x" },
		{ "vm.shutdown", NULL, 204, NULL },
		{ 0 },
	};
	static const struct step of_two_vcpus[] = {
		{ "vm.dma-windows", NULL, 200,
		  "\"served_by\":\"vmm\",\"mapped_pages\":5,\"tce\":{\"put\":1,\"indirect\":1,"
		  "\"stuff\":2,\"get\":null,\"failed\":1}}],\"refused\":0}]",
		  "x" },
		{ "vm.shutdown", NULL, 204, NULL },
		{ 0 },
	};

	fake_hostdev_new(FAKE_NVME, BDF, 26, "nvme");
	the.program = maps;
	run(ONE, steps, STATUS_OFF);
	run(ONE "machine.vcpus=2", of_two_vcpus, STATUS_OFF);
}

Test(api, the_power_button_reaches_a_guest_that_listens)
{
	static const struct step steps[] = {
		{ "vm.power-button", NULL, 204, NULL, "x" }, /* it listens by then */
		{ "vmm.shutdown", NULL, 204, NULL },
		{ 0 },
	};

	the.hears = true;
	run("", steps, STATUS_OFF);
}

Test(api, a_reboot_may_be_the_end)
{
	static const struct step steps[] = { { "vm.reboot", NULL, 204, NULL }, { 0 } };

	run("machine.on_reboot=exit", steps, STATUS_REBOOT);
}

Test(api, says_what_is_wrong_with_its_keys)
{
	struct options opt;
	char *bad[] = { "api.start=paused", "api.mode=0666" };

	cr_assert(eq(int, options_load(&opt, fx.config, bad, 1), -EINVAL));
	cr_assert(said("api.start: nobody could start the guest: set api.socket"));
	cr_assert(eq(int, options_load(&opt, fx.config, bad + 1, 1), -EINVAL));
	cr_assert(said("\"0666\" allows more than \"0660\" does"), "%s", said_all());
}

Test(api, a_group_that_is_none_is_the_configurations_fault)
{
	char sets[300];
	struct machine *m;

	snprintf(sets, sizeof(sets), "api.socket=%s api.group=nobody-has-this", socket_path());
	cr_assert(eq(int, (int)machine_create(&m, fx_options(sets)), STATUS_USAGE));
	cr_assert(said("group nobody-has-this: there is none of this name: correct api.group"));
	FX_NOTHING_LEFT();
}

/* ---- without a client ---- */

static void grows(const struct metric *m, const void *obj, struct metric_out *out)
{
	static uint64_t n = 9;

	(void)m, (void)obj;
	metric_put(out, n, METRIC_NO_LABEL);
	n = 10 * n + 9;
}

Test(api, a_metric_that_grows_while_it_is_told_is_whole)
{
	static char help[5000]; /* more than there is room for at first */
	static const struct metric rows[] = { { "grows_total", help, grows }, { 0 } };
	static struct watch watch;
	static struct loop loop;
	const struct verb_args none = { 0 };
	struct api a = { .from = { .watch = &watch, .loop = &loop } };
	struct jtext to = { 0 };

	memset(help, 'x', sizeof(help) - 1);
	metrics_add(&watch.metrics, rows, NULL);
	api_get(&a, VERB_METRICS, &none, &to);
	cr_assert(eq(int, jtext_finish(&to), 0));
	cr_assert(gt(sz, to.len, 4));
	cr_assert(strncmp(to.buf + to.len - 4, " 99\n", 4) == 0, "%.*s", (int)to.len, to.buf);
	jtext_free(&to);
}

/* Numbers come from a process that may have been taken over. */
Test(api, a_level_that_the_log_has_not_is_refused)
{
	const struct verb_args args = { .given = 1, .value = { UINT64_MAX } };
	struct stop stop = { 0 };
	struct api a = { .from.stop = &stop };
	const char *why = NULL;

	cr_assert(eq(u32, api_change(&a, VERB_LOG_LEVEL, &args, &why), 409));
	cr_assert(ne(ptr, (void *)why, NULL));
	cr_assert(le(int, (int)log_get_level(), LOG_DEBUG));
}

/* A window of 2^19 entries fits twice into what one answer looks at. */
Test(api, three_large_windows_are_not_all_counted)
{
	static uint64_t tces[1 << 19] = { 1, 2, 0, 3 };
	static struct spapr sp;
	static struct loop loop;
	static struct watch watch = { .from.sp = &sp, .loop = &loop };
	struct pass_group groups[3] = { 0 };
	struct passthrough pass = { .groups = { .group = groups, .n = 3 } };
	const struct tce_plan tce = { 0 };
	const struct verb_args none = { 0 };
	struct api a = { .from = { .pass = &pass, .tce = &tce, .watch = &watch } };
	struct jtext to = { 0 };
	unsigned int counted = 0;

	for (int i = 0; i < 3; i++) {
		groups[i].pe.phb = &sp.phbs[i];
		sp.phbs[i].pe.live[0] = true;
		sp.phbs[i].pe.windows[0] = (struct dma_window){ .page_shift = 12,
								.npages = ARRAY_LEN(tces),
								.tces = tces };
	}
	api_get(&a, VERB_DMA_WINDOWS, &none, &to);
	cr_assert(eq(int, jtext_finish(&to), 0));
	jtext_bytes(&to, "", 1);
	for (const char *at = to.buf; (at = strstr(at, "\"mapped_pages\":3,")); at++)
		counted++;
	cr_assert(eq(uint, counted, 2), "%s", to.buf);
	cr_assert(strstr(to.buf, "\"mapped_pages\":null") != NULL);
	jtext_free(&to);
}
