/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_CONTROL_METRICS_H
#define VMM_CONTROL_METRICS_H

/*
 * Tables of metrics (vmm/base/metric.h) as Prometheus' text format, version 0.0.4: for who asks, and
 * as a file that is replaced as a whole. The file is written by the caretaker (vmm/base/caretaker.h):
 * the threads with a guest open and rename nothing, and a disk that hangs holds up nobody but that
 * process.
 */

#include "vmm/base/loop.h"
#include "vmm/base/metric.h"

#define METRICS_MAX_TABLES 16u

struct metrics {
	struct {
		const struct metric *rows;
		const void *obj;
	} tables[METRICS_MAX_TABLES];
	uint32_t n;

	/* The file. */
	const char *path; /* NULL: none */
	uint64_t interval_ns;
	struct loop *loop;
	struct loop_timer timer;
	int task;   /* of the caretaker */
	char *text; /* room for what is sent to it, kept for the next time */
	size_t size;
	int fd;      /* in the caretaker: the file beside, while it is written */
	bool failed; /* likewise */
};

/* Rows until { 0 }, about @obj; both are borrowed. @m is zeroed at first. */
void metrics_add(struct metrics *m, const struct metric *rows, const void *obj);

/**
 * metrics_render - all samples as text
 * @buf: of @size bytes; gets what fits, and a NUL
 * Return the bytes of the whole text, without the NUL: so many, and one more, hold all of it. Under the
 * machine lock, for microseconds.
 */
size_t metrics_render(const struct metrics *m, char *buf, size_t size);

/* Each sample, a time in microseconds; @labels as metric_put() had them. Under the machine lock. */
typedef void metrics_sample_fn(void *ctx, const struct metric *row, const char *labels,
			       uint64_t value);
void metrics_walk(const struct metrics *m, metrics_sample_fn *fn, void *ctx);

/*
 * From now on the file @path is replaced every @interval seconds. Before the caretaker is there. 0; or
 * -errno, logged: it cannot be made.
 */
int metrics_to_file(struct metrics *m, struct loop *loop, const char *path, uint64_t interval);

/* Replaces it now; nothing happens where there is none. */
void metrics_write(struct metrics *m);

/* The file stays as it is. Tolerates a zeroed one. */
void metrics_close(struct metrics *m);

#endif
