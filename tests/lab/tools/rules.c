/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rules RULES TRACE...: which rules of the filters of system calls (callgen --rules) did no thread use, in
 * none of these traces? A line for each on stdout; status 1 when there is one. A rule that is "seldom" used
 * needs no use, and of a call that a rule "refused" the kernel has no such event.
 *
 * Traces are the kernel's, of its event for a system call that begins. A thread has its filter from its call of seccomp()
 * on, and its name tells which. A rule is used by any of the threads that have its table.
 */
#define _GNU_SOURCE
#include "tests/lab/tools/tool.h"
#include "vmm/base/callrules.h"

#include <linux/seccomp.h>
#include <stdbool.h>

#define PROGRAMS 16
#define TABLES 16
#define RULES 512
#define CONDITIONS 3
#define MAX_ID 4194304 /* of a thread */
#define LINE 4096
#define WORD 64

struct program {
	char name[WORD];
	char tables[TABLES][WORD];
	int ntables;
};

struct condition {
	unsigned int at;
	uint32_t mask, value;
};

struct rule {
	char table[WORD], how[WORD], call[WORD];
	long nr;
	struct condition conditions[CONDITIONS];
	int nconditions;
	unsigned long used;
};

static struct program programs[PROGRAMS];
static struct rule rules[RULES];
static int nprograms, nrules;
static bool confined[MAX_ID];

static void give_up(const char *what)
{
	errno = EINVAL;
	die(what);
}

static void read_program(char *line)
{
	struct program *p = &programs[nprograms++];
	int n = 0, at;

	if (nprograms > PROGRAMS || sscanf(line, "program %63s%n", p->name, &n) != 1)
		give_up(line);
	while (p->ntables < TABLES &&
	       sscanf(line + n, " %63s%n", p->tables[p->ntables], &at) == 1) {
		p->ntables++;
		n += at;
	}
}

static void read_rule(char *line)
{
	struct rule *r = &rules[nrules++];
	struct condition c;
	int n = 0, at;

	if (nrules > RULES ||
	    sscanf(line, "rule %63s %63s %ld %63s%n", r->table, r->how, &r->nr, r->call, &n) != 4)
		give_up(line);
	while (r->nconditions < CONDITIONS &&
	       sscanf(line + n, " %u,%x,%x%n", &c.at, &c.mask, &c.value, &at) == 3) {
		r->conditions[r->nconditions++] = c;
		n += at;
	}
}

static void read_rule_or_program(char *line)
{
	if (strncmp(line, "program ", 8) == 0)
		read_program(line);
	else
		read_rule(line);
}

static void each_line(const char *path, void (*read_line)(char *line))
{
	char line[LINE];
	FILE *f = fopen(path, "r");

	if (!f)
		die(path);
	while (fgets(line, sizeof(line), f))
		read_line(line);
	fclose(f);
}

static const struct program *find_program(const char *name)
{
	for (int i = 0; i < nprograms; i++)
		if (strcmp(programs[i].name, name) == 0)
			return &programs[i];
	return NULL;
}

/* The program of the threads of this name. */
static const struct program *program_of(const char *thread)
{
	static const struct {
		const char *thread, *program;
	} kinds[] = {
		{ "spapr-vmm", "io_program" },        { "vcpu", "vcpu_program" },
		{ "disk", "disk_program" },           { "populate", "populate_program" },
		{ "signals", "signals_program" },     { "spapr-net", "slirp_program" },
		{ "spapr-unpack", "unpack_program" }, { "spapr-caretaker", "caretaker_program" },
	};

	for (size_t k = 0; k < sizeof(kinds) / sizeof(*kinds); k++)
		if (strncmp(thread, kinds[k].thread, strlen(kinds[k].thread)) == 0)
			return find_program(kinds[k].program);
	if (strncmp(thread, "spapr-api", 9) == 0) /* one of them keeps the other */
		return find_program(thread[9] ? "api_keeper_program" : "api_program");
	return NULL;
}

static bool has_table(const struct program *p, const char *table)
{
	for (int i = 0; i < p->ntables; i++)
		if (strcmp(p->tables[i], table) == 0)
			return true;
	return false;
}

static bool holds(const struct rule *r, const uint64_t args[6])
{
	for (const struct condition *c = r->conditions; c < r->conditions + r->nconditions; c++)
		if (c->value != CALL_SELF && ((uint32_t)args[c->at] & c->mask) != c->value)
			return false;
	return true;
}

static void uses(const struct program *p, long nr, const uint64_t args[6])
{
	for (struct rule *r = rules; r < rules + nrules; r++)
		if (r->nr == nr && has_table(p, r->table) && holds(r, args))
			r->used++;
}

/* A line: name and number of the thread, CPU, flags, time, event, number of the call, arguments. */
static void read_call(char *line)
{
	const char *event = strstr(line, ": sys_enter: NR ");
	const struct program *p;
	char name[WORD], *dash;
	uint64_t a[6];
	long nr, id;

	if (strstr(line, "LOST"))
		give_up(line);
	if (!event || sscanf(event, ": sys_enter: NR %ld (%lx, %lx, %lx, %lx, %lx, %lx)", &nr,
			     &a[0], &a[1], &a[2], &a[3], &a[4], &a[5]) != 7)
		return;
	if (sscanf(line, " %63s", name) != 1 || !(dash = strrchr(name, '-')))
		return;
	*dash = '\0';
	id = strtol(dash + 1, NULL, 10);
	if (id < 0 || id >= MAX_ID)
		return;
	p = program_of(name);
	if (nr == SYS_seccomp && a[0] == SECCOMP_SET_MODE_FILTER)
		confined[id] = true; /* the kernel does not know each thread's name at once */
	else if (confined[id] && p)
		uses(p, nr, a);
}

static void print_rule(const struct rule *r)
{
	printf("%s: %s", r->table, r->call);
	for (const struct condition *c = r->conditions; c < r->conditions + r->nconditions; c++)
		printf(", argument %u & 0x%x is 0x%x", c->at, c->mask, c->value);
	printf("\n");
}

int main(int argc, char **argv)
{
	int unused = 0, used = 0;

	if (argc < 3) {
		fprintf(stderr, "usage: rules RULES TRACE...\n");
		return 2;
	}
	each_line(argv[1], read_rule_or_program);
	for (int i = 2; i < argc; i++)
		each_line(argv[i], read_call);
	for (const struct rule *r = rules; r < rules + nrules; r++) {
		used += r->used > 0;
		if (r->used > 0 || strcmp(r->how, "used") != 0)
			continue;
		unused++;
		print_rule(r);
	}
	printf("%d rules, %d used, %d are to be used and were not\n", nrules, used, unused);
	return unused > 0;
}
