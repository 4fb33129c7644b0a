/* SPDX-License-Identifier: BSD-2-Clause */
/* A machine that is watched: its events in order, its metrics, over a reboot and to its end. */
#include "tests/unit/child.h"
#include "tests/unit/vmm/machine/fixture.h"

#include "sphapr/hcall.h"
#include "sphapr/metrics.h"
#include "sphapr/rtas.h"
#include "vmm/machine/machine_impl.h"
#include "vmm/machine/signals.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

TestSuite(watch, .init = fx_setup, .fini = fx_teardown, .timeout = 60);

static char text[1 << 16];

static void read_file(const char *name)
{
	FILE *f = fopen(fx_path(name), "r");

	cr_assert(f != NULL, "%s", name);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
}

/* The first @name="..." or name of each line, joined by blanks. */
static const char *names(void)
{
	static char all[4096];

	all[0] = '\0';
	for (char *p = text; (p = strstr(p, "\"source\":\"")) != NULL; p++) {
		char source[32], event[40];

		sscanf(p, "\"source\":\"%31[^\"]\",\"event\":\"%39[^\"]\"", source, event);
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s.%s", all[0] ? " " : "",
			 source, event);
	}
	return all;
}

static const char *with(const char *sets)
{
	static char all[512];

	snprintf(all, sizeof(all), "events.path=%s metrics.path=%s %s", fx_path("events"),
		 fx_path("metrics"), sets);
	return all;
}

static char first[1 << 16]; /* metrics of the second boot */
static struct machine *machine;

static void render(const struct metrics *m, char *to, size_t size)
{
	struct metric_samples s = { 0 };

	cr_assert(eq(int, metrics_take(m, &s), 0));
	metrics_render(&s, to, size);
	metric_samples_free(&s);
}

static void reboots(struct guest *g)
{
	struct metrics m = machine->watch.metrics;

	m.look = NULL; /* is for the I/O thread */
	guest_hcall(g, H_PUT_TERM_CHAR, 4, 0ul, 2ul, 0x686a000000000000ul, 0ul);
	guest_hcall(g, 0x44c, 0);
	guest_rtas(g, "start-cpu", 3, 1, 1, 0x100, 0);
	guest_rtas(g, "start-cpu", 3, 1, 77, 0x100, 0);
	if (g->starts == 1)
		guest_rtas(g, "system-reboot", 0, 1);
	render(&m, first, sizeof(first));
	guest_rtas(g, "power-off", 2, 1, 0, 0);
}

static void waits(struct guest *g)
{
	guest_wait(g);
}

static enum exit_status run(const char *sets)
{
	enum exit_status status;

	fake_guest(0, reboots, NULL);
	fake_guest(1, waits, NULL);
	machine = fx_machine(sets);
	status = machine_run(machine);
	machine_destroy(machine);
	cr_assert(eq(str, chars(guest_failures()), ""));
	FX_NOTHING_LEFT();
	return status;
}

Test(watch, a_life_is_told_in_order)
{
	cr_assert(eq(int, (int)run(with("machine.vcpus=2")), STATUS_OFF));
	read_file("events");
	cr_expect(eq(
		str, chars(names()),
		"vmm.starting vm.booting vm.booted guest.ready guest.console vcpu.online vm.rebooting "
		"vm.rebooted vcpu.online vm.shutdown vmm.shutdown"));
	cr_expect(strstr(text, "\"boot\":1,\"source\":\"vcpu\"") != NULL);
	cr_expect(strstr(text, "\"properties\":{\"by\":\"guest\"}}\n") != NULL);
	cr_expect(strstr(text, "{\"status\":0,\"reason\":\"off\"}}\n") != NULL);
}

static unsigned long long value(const char *sample)
{
	char line[160], *at;

	snprintf(line, sizeof(line), "\n%s ", sample);
	at = strstr(text, line);
	cr_assert(at != NULL, "no %s in %s", sample, text);
	return strtoull(at + strlen(line), NULL, 10);
}

Test(watch, metrics_are_there_at_the_end_and_none_has_fallen)
{
	cr_assert(eq(int, (int)run(with("machine.vcpus=2")), STATUS_OFF));
	read_file("metrics");
	cr_expect(eq(ullong, value("spapr_hcalls_total{name=\"H_PUT_TERM_CHAR\"}"), 2));
	cr_expect(eq(ullong, value("spapr_hcalls_total{name=\"unknown\"}"), 2));
	cr_expect(eq(ullong, value("spapr_rtas_calls_total{name=\"start-cpu\",result=\"ok\"}"), 2));
	cr_expect(eq(ullong, value("spapr_rtas_calls_total{name=\"start-cpu\",result=\"error\"}"),
		     2));
	cr_expect(eq(ullong, value("spapr_console_output_bytes_total"), 4));
	cr_expect(eq(ullong, value("spapr_guest_reboots_total"), 1));
	cr_expect(gt(ullong, value("spapr_vcpu_exits_total{vcpu=\"0\",kind=\"hcall\"}"), 10));
	cr_expect(eq(ullong, value("spapr_vm_state{state=\"Shutdown\"}"), 1));
	cr_expect(eq(ullong, value("spapr_guest_memory_bytes"), 128 << 20));
	cr_expect(gt(ullong, value("spapr_events_total"), 8));
	for (char *line = strtok(first, "\n"); line; line = strtok(NULL, "\n")) {
		char *end = strrchr(line, ' ');
		unsigned long long before = strtoull(end + 1, NULL, 10);

		*end = '\0';
		if (line[0] != '#' && strstr(line, "_total"))
			cr_expect(ge(ullong, value(line), before), "%s", line);
	}
}

Test(watch, a_crash_is_told_with_the_consoles_last_words)
{
	struct machine *m = fx_machine(with(""));

	cr_assert(vty_print(&m->sp.vty, (const uint8_t *)"Kernel panic\n", 13));
	watch_crashed(&m->watch, "why");
	machine_destroy(m);
	read_file("events");
	cr_expect(strstr(text, "\"event\":\"panic\",\"properties\":"
			       "{\"text\":\"why\",\"console\":\"Kernel panic\\n\"}}\n") != NULL,
		  "%s", text);
}

Test(watch, a_start_that_fails_has_its_last_word_too)
{
	struct machine *m;

	fake_host(FAKE_NO_KVM);
	cr_assert(eq(int, (int)machine_create(&m, fx_options(with(""))), STATUS_HOST));
	read_file("events");
	cr_expect(eq(str, chars(names()), "vmm.starting vm.booting vmm.shutdown"));
	cr_expect(strstr(text, "{\"status\":3,\"reason\":\"host\"}}\n") != NULL, "%s", text);
	FX_NOTHING_LEFT();
}

Test(watch, what_is_not_configured_is_not_there)
{
	struct machine *m = fx_machine("");

	cr_expect(not(event_heard));
	cr_expect(m->watch.events == NULL && m->watch.timeline == NULL);
	cr_expect(m->watch.metrics.text == NULL);
	machine_destroy(m);
}

static enum exit_status create(const char *sets)
{
	struct machine *m;

	return machine_create(&m, fx_options(sets));
}

Test(watch, places_that_cannot_be_written_are_the_configurations_fault)
{
	cr_expect(eq(int, (int)create("events.path=/nowhere/events"), STATUS_USAGE));
	cr_expect(eq(int, said_errors(), 1), "%s", said_all());
	cr_expect(eq(int, (int)create("metrics.path=/nowhere/metrics"), STATUS_USAGE));
	cr_expect(eq(int, said_errors(), 1), "%s", said_all());
	FX_NOTHING_LEFT();
}

/* Counts by token have a place for each row. */
Test(watch, there_is_a_count_for_each_rtas_call)
{
	cr_expect(rtas_row(RTAS_MAX_ROWS) == NULL);
}

/* A kernel that counts, as a file; the numbers are where their names say. */
Test(watch, what_kvm_counts_is_there_where_it_counts)
{
	uint8_t file[4096] = { 0 };
	struct machine *m = fx_machine("machine.vcpus=2");
	int fd;

	m->cpus.stats.at[KVM_STAT_EXITS] = 64;
	file[64] = 77;
	file_write(fx_path("stats"), file, sizeof(file));
	fd = sys_open(fx_path("stats"), O_RDONLY, 0);
	m->cpus.v[1].stats_fd = fd;
	render(&m->watch.metrics, text, sizeof(text));
	cr_expect(eq(ullong, value("spapr_vcpu_kvm_exits_total{vcpu=\"1\"}"),
		     *(uint64_t *)(void *)(file + 64)));
	cr_expect(strstr(text, "spapr_vcpu_kvm_exits_total{vcpu=\"0\"}") == NULL);
	cr_expect(strstr(text, "decrementer_exits_total{") == NULL, "it has no such number");
	machine_destroy(m);
	FX_NOTHING_LEFT();
}

static char lines[160]; /* the file of events */

static void hangs_up(struct guest *g)
{
	kill(getpid(), SIGHUP);
	for (int i = 0; i < 5000 && access(lines, F_OK) < 0; i++)
		guest_wait_ms(g, 1);
	guest_rtas(g, "power-off", 2, 1, 0, 0);
}

/* Of a process that has no terminal. */
static bool opens_its_files_anew(void)
{
	char old[170];

	setsid();
	if (signals_catch() < 0)
		return false;
	snprintf(lines, sizeof(lines), "%s", fx_path("events"));
	snprintf(old, sizeof(old), "%s.1", lines);
	fake_guest(0, hangs_up, NULL);
	machine = fx_machine(with(""));
	signals_set_stop(machine_stop(machine));
	rename(lines, old);
	machine_run(machine);
	signals_set_stop(NULL);
	machine_destroy(machine);
	return access(lines, F_OK) == 0;
}

Test(watch, a_hangup_opens_files_anew)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		child_end(!opens_its_files_anew());
	cr_assert(eq(int, waitpid(pid, &status, 0), pid));
	cr_assert(eq(int, status, 0));
}

static void is_ready(struct guest *g)
{
	event_emit(EVENT_READY, { 0 }, { .s = "test" });
	guest_rtas(g, "power-off", 2, 1, 0, 0);
}

Test(watch, a_timeline_has_the_start_and_what_came)
{
	struct machine *m;

	fx_options("");
	fx.opt.timeline = chars(fx_path("start.json"));
	fake_guest(0, is_ready, NULL);
	cr_assert(eq(int, (int)machine_create(&m, &fx.opt), STATUS_OFF), "%s", said_all());
	cr_assert(eq(int, (int)machine_run(m), STATUS_OFF), "%s", said_all());
	machine_destroy(m);
	fx.opt.timeline = NULL;
	read_file("start.json");
	cr_expect(strstr(text, "{\"lane\":\"host\",\"name\":\"kvm\",") != NULL, "%s", text);
	cr_expect(strstr(text, "\"name\":\"ready") != NULL, "%s", text);
	FX_NOTHING_LEFT();
}
