/* SPDX-License-Identifier: BSD-2-Clause */
/* The picture of a start: tests/golden/timeline.svg, which SPAPR_GOLDEN_UPDATE=1 makes anew. */
#include "tests/unit/vmm/control/events_fixture.h"

#include "vmm/base/text.h"
#include "vmm/control/timeline_private.h"

#include <errno.h>

#define GOLDEN SPAPR_SOURCE_DIR "/tests/golden/timeline.svg"
#define MS 1000000ULL

TestSuite(timeline, .init = fx_setup, .fini = fx_teardown, .timeout = 20);

static char made[1 << 16], have[1 << 16];

static void mark(struct timeline *t, enum timeline_lane lane, uint64_t ns, uint64_t len,
		 const char *name)
{
	struct timeline_mark *m = &t->marks[t->n++];

	*m = (struct timeline_mark){ .ns = ns, .len_ns = len, .lane = lane };
	snprintf(m->name, sizeof(m->name), "%s", name);
}

/* A start as it happens. */
static void fill(struct timeline *t)
{
	mark(t, LANE_HOST, MS / 10, 2 * MS, "kvm");
	mark(t, LANE_HOST, 2 * MS, 6 * MS, "vfio open");
	mark(t, LANE_HOST, 8 * MS, 4 * MS, "vfio register");
	mark(t, LANE_HOST, 12 * MS, 1, "images");
	mark(t, LANE_DMA, 7 * MS, 0, "window-created");
	mark(t, LANE_GUEST, 15 * MS, 0, "booted");
	mark(t, LANE_CALLS, 16 * MS, 0, "H_RTAS");
	mark(t, LANE_CALLS, 16 * MS + 1, 0, "instantiate-rtas");
	mark(t, LANE_CALLS, 17 * MS, 0, "H_PUT_TERM_CHAR");
	mark(t, LANE_GUEST, 240 * MS, 0, "console");
	mark(t, LANE_DEVICES, 700 * MS, 0, "0004:01:00.0 interrupts");
	mark(t, LANE_DEVICES, 800 * MS, 0, "disk0 activated");
	mark(t, LANE_GUEST, 1550 * MS, 0, "ready");
}

Test(timeline, the_picture_is_the_golden_one)
{
	static struct timeline t;
	struct text out = { .buf = made, .size = sizeof(made) };
	FILE *f;

	fill(&t);
	timeline_svg(&t, &out);
	if (getenv("SPAPR_GOLDEN_UPDATE")) {
		f = fopen(GOLDEN, "w");
		fputs(made, f);
		fclose(f);
	}
	f = fopen(GOLDEN, "r");
	cr_assert(f != NULL);
	have[fread(have, 1, sizeof(have) - 1, f)] = '\0';
	fclose(f);
	cr_assert(strcmp(have, made) == 0, "tests/golden/update takes a change that is meant");
}

Test(timeline, as_many_marks_as_there_can_be_fit)
{
	int err;
	struct timeline *t;
	struct stat st;

	snprintf(fx_file, sizeof(fx_file), "%s/all.svg", fx_dir);
	t = timeline_open(fx_file, sys_now_ns(), &err);
	cr_assert(t != NULL, "%s", said_all());
	event_listen((event_fn *)timeline_take, t);
	for (unsigned int i = 0; i < TIMELINE_MARKS + 50; i++)
		event_emit(EVENT_FIRST_CALL, { .s = "ibm,query-interrupt-source-number,longer" });
	timeline_close(t);
	cr_assert(eq(int, stat(fx_file, &st), 0));
	cr_expect(lt(int, (int)st.st_size, 40 * 1024));
	cr_expect(not(said("not complete")), "%s", said_all());
}

/* It is written twice; what is left of the longer text must not show. */
Test(timeline, json_is_whole_after_each_write)
{
	int err;
	struct timeline *t;
	FILE *f;

	snprintf(fx_file, sizeof(fx_file), "%s/all.json", fx_dir);
	t = timeline_open(fx_file, sys_now_ns(), &err);
	cr_assert(t != NULL);
	timeline_phase(t, "kvm", t->start_ns + 1000, t->start_ns + 5000);
	timeline_take(t, EVENT_PANIC,
		      (const struct event_value[]){ { .s = "</svg>\"" }, { .s = "" } });
	timeline_write(t);
	t->n = 1;
	timeline_close(t);
	f = fopen(fx_file, "r");
	have[fread(have, 1, sizeof(have) - 1, f)] = '\0';
	fclose(f);
	cr_expect(strstr(have, "{\"v\":1,\"marks\":[\n{\"lane\":\"host\",\"name\":\"kvm\",\"us\":1,"
			       "\"length_us\":4}\n]}\n") == have,
		  "%s", have);
	cr_expect(strstr(have, "svg") == NULL, "a guest's words are not in it");
}

Test(timeline, a_name_with_another_end_is_refused)
{
	int err;

	cr_expect(timeline_open("/tmp/x.png", 0, &err) == NULL);
	cr_expect(eq(int, err, -EINVAL));
	cr_expect(said("--timeline /tmp/x.png: its name must end in .svg or .json"));
}

Test(timeline, one_that_is_not_whole_is_told)
{
	int err;
	struct timeline *t;

	snprintf(fx_file, sizeof(fx_file), "%s/all.json", fx_dir);
	t = timeline_open(fx_file, sys_now_ns(), &err);
	cr_assert(t != NULL);
	timeline_take(t, EVENT_STARTING, NULL);
	cr_expect(eq(uint, t->n, 0), "the beginning is no mark");
	fake_fail_nth(1, -ENOSPC);
	timeline_write(t);
	cr_expect(said("all.json: No space left on device: it is not complete"), "%s", said_all());
	fake_fail_nth(0, 0);
	timeline_close(t);
}
