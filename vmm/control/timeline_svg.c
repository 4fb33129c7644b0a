/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Each lane has a strip in which marks stand at their time, bars with a width and moments as strokes;
 * names stand in rows below, each in the first row where no other is in the way, at the stroke's right.
 */
#include "vmm/control/timeline_private.h"

#include <string.h>

#define WIDTH 1200u
#define LEFT 100u /* of the axis; lanes' names are before it */
#define RIGHT 1100u
#define TOP 52u
#define STRIP 14u /* height of a lane's marks */
#define ROW 12u   /* of a row of names */
#define ROWS 12u  /* of a lane; a name that finds no room is in its mark's title only */
#define CHAR 6u   /* width of a letter, a little more than most */
#define GAP 12u
#define UNIT_NS 100000u /* the axis is log2(1 + time / UNIT) */
#define ONE 4096u       /* fixed point */

const char *const timeline_lanes[LANES] = { "host", "guest", "first calls", "DMA windows",
					    "devices" };

static const char head[] =
	"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %u %u\" role=\"img\" "
	"aria-labelledby=\"t\">\n<title id=\"t\">Start of a guest: %s</title>\n"
	"<style>svg{background:#fff}text{font:10px sans-serif;fill:#222;stroke:#fff;stroke-width:3;"
	"paint-order:stroke}.l{font-weight:bold}"
	".a{fill:#667}.g{stroke:#ddd}.m{stroke:#05a}rect{fill:#05a;opacity:.55}"
	"@media(prefers-color-scheme:dark){svg{background:#15171b}text{fill:#ddd;stroke:#15171b}.a{fill:#99a}"
	".g{stroke:#333}.m{stroke:#6bf}rect{fill:#6bf}}</style>\n";

/* In units of ONE; straight lines between powers of two, which keeps the order. */
static uint64_t log2_of(uint64_t ns)
{
	uint64_t x = ONE + ns / (UNIT_NS / ONE), n = 63 - (uint64_t)__builtin_clzll(x);

	return (n - 12) * ONE + ((n > 12 ? x >> (n - 12) : x << (12 - n)) - ONE);
}

static unsigned int x_of(uint64_t ns, uint64_t end_ns)
{
	return LEFT + (unsigned int)(log2_of(ns) * (RIGHT - LEFT) / log2_of(end_ns));
}

/* "12.3 ms" of a moment, or the like. */
static void add_time(struct text *out, uint64_t ns)
{
	uint64_t us = ns / 1000;

	if (us < 10000)
		text_add(out, "%u.%u ms", (unsigned int)(us / 1000), (unsigned int)(us / 100 % 10));
	else if (us < 1000000)
		text_add(out, "%u ms", (unsigned int)(us / 1000));
	else
		text_add(out, "%u.%02u s", (unsigned int)(us / 1000000),
			 (unsigned int)(us / 10000 % 100));
}

static void add_axis(struct text *out, uint64_t end_ns, unsigned int bottom)
{
	static const char *const names[] = { "1 ms", "10 ms", "100 ms", "1 s", "10 s", "100 s" };
	uint64_t ns = 1000000;

	for (size_t i = 0; i < ARRAY_LEN(names) && ns < end_ns; i++, ns *= 10) {
		unsigned int x = x_of(ns, end_ns);

		text_add(out,
			 "<path class=\"g\" d=\"M%u %uV%u\"/>"
			 "<text class=\"a\" x=\"%u\" y=\"%u\" text-anchor=\"middle\">%s</text>\n",
			 x, TOP - 10, bottom, x, TOP - 14, names[i]);
	}
}

/* The row for a name of @len letters at @x, or ROWS; @ends: where each row is free again. */
static unsigned int find_row(unsigned int ends[ROWS], unsigned int x, size_t len)
{
	for (unsigned int row = 0; row < ROWS; row++)
		if (ends[row] <= x && x + len * CHAR <= WIDTH) {
			ends[row] = x + (unsigned int)len * CHAR + CHAR;
			return row;
		}
	return ROWS;
}

static void add_mark(struct text *out, const struct timeline_mark *m, uint64_t end_ns,
		     unsigned int y, unsigned int row)
{
	unsigned int x = x_of(m->ns, end_ns), to = x_of(m->ns + m->len_ns, end_ns);
	unsigned int base = y + STRIP + ROW * (row + 1);

	text_add(out, "<g><title>%s ", m->name);
	add_time(out, m->ns);
	if (m->len_ns) {
		text_add(out, ", ");
		add_time(out, m->len_ns);
	}
	text_add(out, "</title>");
	if (m->len_ns)
		text_add(out, "<rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\"/>", x, y,
			 to > x ? to - x : 1, STRIP);
	text_add(out, "<path class=\"m\" d=\"M%u %uV%u\"/>", x, y, row < ROWS ? base : y + STRIP);
	if (row < ROWS)
		text_add(out, "<text x=\"%u\" y=\"%u\">%s</text>", x + 2, base - 1, m->name);
	text_add(out, "</g>\n");
}

/*
 * Returns how high it is; with @out NULL it is only measured. The last mark is drawn first: its stroke
 * may cross the names of earlier ones, which are then over it.
 */
static unsigned int add_lane(struct text *out, const struct timeline *t, enum timeline_lane lane,
			     uint64_t end_ns, unsigned int y)
{
	unsigned int ends[ROWS] = { 0 }, rows = 0;
	uint8_t row[TIMELINE_MARKS];
	bool any = false;

	for (uint32_t i = 0; i < t->n; i++) {
		const struct timeline_mark *m = &t->marks[i];

		if (m->lane != lane)
			continue;
		any = true;
		row[i] = (uint8_t)find_row(ends, x_of(m->ns, end_ns), strlen(m->name));
		if (row[i] < ROWS && row[i] >= rows)
			rows = row[i] + 1u;
	}
	if (out && any)
		text_add(out, "<text class=\"l\" x=\"8\" y=\"%u\">%s</text>\n", y + 11,
			 timeline_lanes[lane]);
	for (uint32_t i = out ? t->n : 0; i-- > 0;)
		if (t->marks[i].lane == lane)
			add_mark(out, &t->marks[i], end_ns, y, row[i]);
	return any ? STRIP + rows * ROW + GAP : 0;
}

void timeline_svg(const struct timeline *t, struct text *out)
{
	uint64_t end_ns = UNIT_NS;
	unsigned int y = TOP;
	char total_buf[32];
	struct text total = { .buf = total_buf, .size = sizeof(total_buf) };

	for (uint32_t i = 0; i < t->n; i++)
		if (t->marks[i].ns + t->marks[i].len_ns > end_ns)
			end_ns = t->marks[i].ns + t->marks[i].len_ns;
	for (enum timeline_lane l = 0; l < LANES; l++)
		y += add_lane(NULL, t, l, end_ns, y);
	add_time(&total, end_ns);
	text_add(out, head, WIDTH, y, total_buf);
	text_add(out, "<text class=\"l\" x=\"8\" y=\"20\">spapr-vmm: %u marks in %s</text>\n", t->n,
		 total_buf);
	add_axis(out, end_ns, y - GAP);
	y = TOP;
	for (enum timeline_lane l = 0; l < LANES; l++)
		y += add_lane(out, t, l, end_ns, y);
	text_add(out, "</svg>\n");
}
