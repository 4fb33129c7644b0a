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

/* As one moment saw all of them, those of a row side by side. Zeroed at first. */
struct metric_samples {
	struct metric_sample *s; /* owned */
	size_t n, size;
};

struct metrics {
	struct {
		const struct metric *rows;
		const void *obj;
	} tables[METRICS_MAX_TABLES];
	uint32_t n;

	/* NULL; or called before samples are taken: the place for what takes long. May give the lock up. */
	void (*look)(void *ctx);
	void *look_ctx;

	/* The file. */
	const char *path; /* NULL: none */
	uint64_t interval_ns;
	struct loop *loop;
	struct loop_timer timer;
	struct metric_samples samples; /* room for them, kept for the next time */
	int task;                      /* of the caretaker */
	char *text;                    /* room for what is sent to it, kept for the next time */
	size_t size;
	int fd;      /* in the caretaker: the file beside, while it is written */
	bool failed; /* likewise */
};

/* Rows until { 0 }, about @obj; both are borrowed. @m is zeroed at first. */
void metrics_add(struct metrics *m, const struct metric *rows, const void *obj);

/*
 * Takes all samples, in place of those that @to has. Under the machine lock, for microseconds: all else that is
 * done with samples needs no lock. 0; -ENOMEM: there are none.
 */
int metrics_take(const struct metrics *m, struct metric_samples *to);
void metric_samples_free(struct metric_samples *s);

/**
 * metrics_render - samples as text
 * @buf: of @size bytes; gets what fits, and a NUL
 * Return the bytes of the whole text, without the NUL: so many, and one more, hold all of it.
 */
size_t metrics_render(const struct metric_samples *of, char *buf, size_t size);

/* What stands between the quotes. */
struct text;
void metric_label_value(const struct metric_label *l, struct text *t);

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
