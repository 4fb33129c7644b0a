/* SPDX-License-Identifier: BSD-2-Clause */
/* Prometheus' text format, and the file that is replaced. */
#include "tests/unit/vmm/control/events_fixture.h"

#include "vmm/base/caretaker.h"
#include "vmm/control/metrics.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

TestSuite(metrics, .init = fx_setup, .fini = fx_teardown, .timeout = 20);

struct thing {
	uint64_t n;
	unsigned int samples;
};

static void number(const struct metric *m, const void *obj, struct metric_out *out)
{
	metric_put(out, metric_field(m, obj), METRIC_NO_LABEL);
}

static void many(const struct metric *m, const void *obj, struct metric_out *out)
{
	(void)m;
	for (unsigned int i = 0; i < ((const struct thing *)obj)->samples; i++)
		metric_put(out, i, METRIC_NUMBER("a", i), METRIC_TEXT("b", "x"));
}

static void seconds(const struct metric *m, const void *obj, struct metric_out *out)
{
	(void)m;
	(void)obj;
	metric_put_ns(out, 12345678901ULL, METRIC_NO_LABEL);
}

static const struct metric rows[] = {
	{ "things_total", "Things.", number, offsetof(struct thing, n) },
	{ "parts", "Their parts.", many },
	{ "process_cpu_seconds_total", "CPU.", seconds },
	{ 0 },
};

Test(metrics, text_is_prometheus_own)
{
	struct thing thing = { 7, 2 }, nothing = { 0 };
	struct metrics m = { 0 };
	struct metric_samples s = { 0 };
	char text[1024];
	size_t n;

	metrics_add(&m, rows, &thing);
	cr_assert(eq(int, metrics_take(&m, &s), 0));
	n = metrics_render(&s, text, sizeof(text));
	cr_expect(eq(str, text,
		     "# HELP spapr_things_total Things.\n"
		     "# TYPE spapr_things_total counter\n"
		     "spapr_things_total 7\n"
		     "# HELP spapr_parts Their parts.\n"
		     "# TYPE spapr_parts gauge\n"
		     "spapr_parts{a=\"0\",b=\"x\"} 0\n"
		     "spapr_parts{a=\"1\",b=\"x\"} 1\n"
		     "# HELP process_cpu_seconds_total CPU.\n"
		     "# TYPE process_cpu_seconds_total counter\n"
		     "process_cpu_seconds_total 12.345678\n"));
	cr_expect(eq(sz, n, strlen(text)));
	cr_expect(eq(sz, metrics_render(&s, text, 10), n), "how much it would be");
	cr_expect(eq(sz, strlen(text), 9));
	m.tables[0].obj = &nothing;
	cr_assert(eq(int, metrics_take(&m, &s), 0));
	metrics_render(&s, text, sizeof(text));
	cr_expect(strstr(text, "parts") == NULL, "without samples there is no head");
	metric_samples_free(&s);
}

static char have[1 << 20];

static size_t read_file(void)
{
	FILE *f = fopen(fx_file, "r");
	size_t n = fread(have, 1, sizeof(have) - 1, f);

	have[n] = '\0';
	fclose(f);
	return n;
}

static struct loop loop;

static void begin(struct metrics *m, struct thing *thing, uint64_t interval)
{
	cr_assert(eq(int, loop_init(&loop, NULL), 0));
	metrics_add(m, rows, thing);
	cr_assert(eq(int, metrics_to_file(m, &loop, fx_file, interval), 0), "%s", said_all());
}

Test(metrics, a_reader_of_the_file_has_one_state_of_it)
{
	struct thing thing = { 1, 3000 };
	struct metrics m = { 0 };
	size_t n;
	FILE *f;

	begin(&m, &thing, 1);
	f = fopen(fx_file, "r");
	n = read_file();
	thing.n = 2;
	thing.samples = 2999;
	loop_run_once(&loop, 3000);
	cr_expect(eq(sz, fread(have, 1, sizeof(have), f), n),
		  "the file that was open is as it was");
	fclose(f);
	read_file();
	cr_expect(strstr(have, "things_total 2\n") != NULL);
	thing.n = 3;
	metrics_write(&m);
	metrics_close(&m);
	read_file();
	cr_expect(strstr(have, "things_total 3\n") != NULL, "the last state stays");
	loop_close(&loop);
}

/* A text of several letters, by the real process of the caretaker. */
Test(metrics, the_caretaker_writes_it)
{
	struct thing thing = { 1, 5000 };
	struct metrics m = { 0 };

	begin(&m, &thing, 1000);
	cr_assert(eq(int, caretaker_start(), 0));
	thing.n = 99;
	metrics_write(&m);
	metrics_close(&m);
	caretaker_stop();
	cr_expect(gt(sz, read_file(), 64 * 1024));
	cr_expect(strstr(have, "things_total 99\n") != NULL);
	cr_expect(strstr(have, "parts{a=\"4999\",b=\"x\"} 4999\n") != NULL);
	loop_close(&loop);
}

Test(metrics, a_place_that_cannot_be_written_is_an_error)
{
	struct thing thing = { 1, 1 };
	struct metrics m = { 0 };

	cr_assert(eq(int, loop_init(&loop, NULL), 0));
	metrics_add(&m, rows, &thing);
	cr_expect(lt(int, metrics_to_file(&m, &loop, "/nowhere/metrics", 1), 0));
	cr_expect(said("/nowhere/metrics: it cannot be made"), "%s", said_all());
	metrics_close(&m);
	loop_close(&loop);
}

static bool exists(const char *end)
{
	char name[128];

	snprintf(name, sizeof(name), "%s%s", fx_file, end);
	return access(name, F_OK) == 0;
}

Test(metrics, a_text_that_is_not_whole_replaces_nothing)
{
	struct rlimit all, none;
	struct thing thing = { 1, 1 };
	struct metrics m = { 0 };

	begin(&m, &thing, 1000);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &all);
	none = all;
	none.rlim_cur = 10;
	setrlimit(RLIMIT_FSIZE, &none);
	thing.n = 2;
	metrics_write(&m);
	setrlimit(RLIMIT_FSIZE, &all);
	read_file();
	cr_expect(strstr(have, "things_total 1\n") != NULL, "%s", have);
	cr_expect(not(exists(".new")));
	unlink(fx_file);
	cr_assert(eq(int, mkdir(fx_file, 0700), 0));
	metrics_write(&m);
	cr_expect(not(exists(".new")));
	rmdir(fx_file);
	metrics_write(&m);
	read_file();
	cr_expect(strstr(have, "things_total 2\n") != NULL, "%s", have);
	metrics_close(&m);
	loop_close(&loop);
}
