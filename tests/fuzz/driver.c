/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small fuzzer that does the same each time: it runs the target's seeds and its corpus, then
 * mutations of both that a seeded generator makes.
 *
 *	fuzz_x [INPUTS [SEED]]     the corpus, then INPUTS (default 2000) mutations
 *	fuzz_x FILE...             run these inputs, as libFuzzer would
 *
 * When an input ends the process, it is found in ./crash-TARGET, written before the input is used.
 */
#include "tests/fuzz/fuzz.h"

#include <ctype.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_INPUT 4096
#define MAX_SEEDS 1024

struct corpus_entry {
	uint8_t data[MAX_INPUT];
	size_t len;
};

struct fuzzer {
	uint64_t random; /* xorshift64; never 0 */
	struct corpus_entry *seeds;
	size_t nseeds;
	struct corpus_entry in;
};

static uint64_t next(struct fuzzer *f)
{
	f->random ^= f->random << 13;
	f->random ^= f->random >> 7;
	f->random ^= f->random << 17;
	return f->random;
}

/* 0 to n - 1; n is not 0. */
static size_t below(struct fuzzer *f, size_t n)
{
	return (size_t)(next(f) >> 11) % n;
}

static void collect_seeds(struct fuzzer *f)
{
	struct corpus_entry *s;

	f->seeds = calloc(MAX_SEEDS, sizeof(*f->seeds));
	if (!f->seeds)
		abort();
	while (fuzz_seed && f->nseeds < MAX_SEEDS) {
		s = &f->seeds[f->nseeds];
		s->len = fuzz_seed((unsigned int)f->nseeds, s->data, MAX_INPUT);
		if (!s->len)
			return;
		f->nseeds++;
	}
}

/* The files of the corpus, in the order of their names; those that are too long are left out. */
static void collect_corpus(struct fuzzer *f, const char *target)
{
	char pattern[512];
	glob_t g;

	snprintf(pattern, sizeof(pattern), SPAPR_SOURCE_DIR "/tests/fuzz/corpus/%s/*", target);
	if (glob(pattern, 0, NULL, &g) != 0)
		return;
	for (size_t i = 0; i < g.gl_pathc && f->nseeds < MAX_SEEDS; i++) {
		struct corpus_entry *s = &f->seeds[f->nseeds];
		FILE *file = fopen(g.gl_pathv[i], "rb");

		if (!file)
			abort();
		s->len = fread(s->data, 1, MAX_INPUT, file);
		f->nseeds += s->len > 0 && fgetc(file) == EOF;
		fclose(file);
	}
	globfree(&g);
}

static void start_input(struct fuzzer *f)
{
	if (f->nseeds) {
		f->in = f->seeds[below(f, f->nseeds)];
		return;
	}
	f->in.len = below(f, 256);
	for (size_t i = 0; i < f->in.len; i++)
		f->in.data[i] = (uint8_t)next(f);
}

static void overwrite(struct fuzzer *f)
{
	static const uint8_t edges[] = {
		0, 1, 0x7f, 0x80, 0xff, '\n', '"', '=', '.', '[', ']', '-'
	};
	size_t at;

	if (!f->in.len)
		return;
	at = below(f, f->in.len);
	switch (below(f, 3)) {
	case 0:
		f->in.data[at] = edges[below(f, sizeof(edges))];
		break;
	case 1:
		f->in.data[at] ^= (uint8_t)(1u << below(f, 8));
		break;
	default: /* a byte of the kind that is there anyway */
		f->in.data[at] = f->in.data[below(f, f->in.len)];
	}
}

/* Copy a piece of any seed to a place in the input, which grows by it or is overwritten. */
static void splice(struct fuzzer *f, int grow)
{
	const struct corpus_entry *from = f->nseeds ? &f->seeds[below(f, f->nseeds)] : &f->in;
	uint8_t piece[64];
	size_t len, at = below(f, f->in.len + 1), start;

	if (!from->len)
		return;
	start = below(f, from->len);
	len = 1 + below(f, sizeof(piece));
	if (len > from->len - start)
		len = from->len - start;
	if (len > MAX_INPUT - (grow ? f->in.len : at))
		return;
	memcpy(piece, from->data + start, len);
	if (grow)
		memmove(f->in.data + at + len, f->in.data + at, f->in.len - at);
	memcpy(f->in.data + at, piece, len);
	if (grow)
		f->in.len += len;
	else if (at + len > f->in.len)
		f->in.len = at + len;
}

static void cut(struct fuzzer *f)
{
	size_t at, len;

	if (!f->in.len)
		return;
	at = below(f, f->in.len);
	len = 1 + below(f, 32);
	if (len > f->in.len - at)
		len = f->in.len - at;
	memmove(f->in.data + at, f->in.data + at + len, f->in.len - at - len);
	f->in.len -= len;
}

static void mutate(struct fuzzer *f)
{
	for (size_t n = 1 + below(f, 1 + below(f, 6)); n; n--) {
		switch (below(f, 6)) {
		case 0:
			cut(f);
			break;
		case 1:
			splice(f, 1);
			break;
		case 2:
			splice(f, 0);
			break;
		default:
			overwrite(f);
		}
	}
}

/* From a buffer of its own size, so that the sanitizer sees a read behind its end. */
static void run(const uint8_t *data, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);

	if (!copy)
		abort();
	memcpy(copy, data, len);
	LLVMFuzzerTestOneInput(copy, len);
	free(copy);
}

static void save(FILE *crash, const struct corpus_entry *in)
{
	rewind(crash);
	if (ftruncate(fileno(crash), 0) < 0)
		abort();
	fwrite(in->data, 1, in->len, crash);
	fflush(crash);
}

static int run_mutations(const char *target, unsigned long inputs, uint64_t seed)
{
	char crash_name[256];
	struct fuzzer *f = calloc(1, sizeof(*f));
	FILE *crash;

	snprintf(crash_name, sizeof(crash_name), "crash-fuzz_%s", target);
	crash = fopen(crash_name, "w");
	if (!f || !crash) {
		fprintf(stderr, "cannot write %s\n", crash_name);
		return 1;
	}
	f->random = seed * 0x9e3779b97f4a7c15ULL | 1;
	collect_seeds(f);
	collect_corpus(f, target);
	for (size_t i = 0; i < f->nseeds; i++) {
		save(crash, &f->seeds[i]);
		run(f->seeds[i].data, f->seeds[i].len);
	}
	for (unsigned long i = 0; i < inputs; i++) {
		start_input(f);
		mutate(f);
		save(crash, &f->in);
		run(f->in.data, f->in.len);
	}
	fclose(crash);
	remove(crash_name);
	printf("%zu seeds, %lu mutations\n", f->nseeds, inputs);
	free(f->seeds);
	free(f);
	return 0;
}

static int run_files(int n, char **names)
{
	static uint8_t data[1 << 20];

	for (int i = 0; i < n; i++) {
		FILE *file = fopen(names[i], "rb");

		if (!file) {
			perror(names[i]);
			return 1;
		}
		run(data, fread(data, 1, sizeof(data), file));
		fclose(file);
	}
	return 0;
}

/* "console" of build/asan/tests/fuzz_console. */
static const char *target_of(const char *program)
{
	const char *slash = strrchr(program, '/'), *name = slash ? slash + 1 : program;

	return strncmp(name, "fuzz_", 5) == 0 ? name + 5 : name;
}

int main(int argc, char **argv)
{
	if (argc > 1 && !isdigit((unsigned char)argv[1][0]))
		return run_files(argc - 1, argv + 1);
	return run_mutations(target_of(argv[0]), argc > 1 ? strtoul(argv[1], NULL, 10) : 2000,
			     argc > 2 ? strtoull(argv[2], NULL, 10) : 1);
}
