/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_BASE_METRIC_H
#define VMM_BASE_METRIC_H

/*
 * Counters and gauges as rows, in a table beside the objects that they are about; what prints them is
 * vmm/control/metrics.h. The counters themselves are plain fields of these objects, under the machine
 * lock: to count costs an increment, also when nobody looks.
 *
 *	static void running(const struct metric *m, const void *obj, struct metric_out *out)
 *	{
 *		...
 *			metric_put(out, v->running, METRIC_NUMBER("vcpu", v->kvm.id));
 *	}
 *	const struct metric vcpus_metrics[] = {
 *		{ "running", "started by the guest", running },
 *		{ 0 },
 *	};
 *
 * A counter outlives a reboot of the guest and never falls. What is not there, or cannot be known, has
 * no sample. No name and no label comes from the guest.
 */

#include "vmm/base/types.h"

struct metric_out;
struct metric;

/* One call of metric_put() for each sample. Under the machine lock, so what takes long was looked at before. */
typedef void metric_fn(const struct metric *m, const void *obj, struct metric_out *out);

struct metric {
	/* NULL ends a table. _total at its end makes it a counter, all others are gauges; "spapr_" comes in
	 * front, but of the standard names "process_...". */
	const char *name;
	const char *help;
	metric_fn *fn;
	size_t offset; /* for a function of several rows: where in its object the number is */
};

/*
 * A label and its value: a text, which stays as long as the machine, or a number. What is made of samples
 * is made without the machine lock, when it is over.
 */
struct metric_label {
	const char *key;  /* NULL: no label */
	const char *text; /* NULL: the number */
	uint64_t number;
	bool hex;
};

#define METRIC_LABELS 2 /* of a sample, at most */
#define METRIC_NO_LABEL { 0 }
#define METRIC_TEXT(k, s) { .key = (k), .text = (s) }
#define METRIC_NUMBER(k, n) { .key = (k), .number = (n) }
#define METRIC_HEX(k, n) { .key = (k), .number = (n), .hex = true }

/* As one moment saw it. */
struct metric_sample {
	const struct metric *row;
	uint64_t value;
	bool is_time; /* of nanoseconds, which are told as seconds */
	struct metric_label labels[METRIC_LABELS];
};

void metric_put_sample(struct metric_out *out, uint64_t value, bool is_time,
		       const struct metric_label labels[METRIC_LABELS]);

/* A sample with these labels. */
#define metric_put(out, value, ...)                                                                \
	metric_put_sample((out), (value), false,                                                   \
			  (const struct metric_label[METRIC_LABELS]){ __VA_ARGS__ })
#define metric_put_ns(out, ns, ...)                                                                \
	metric_put_sample((out), (ns), true,                                                       \
			  (const struct metric_label[METRIC_LABELS]){ __VA_ARGS__ })

/* The uint64_t of @obj that the row names. */
static inline uint64_t metric_field(const struct metric *m, const void *obj)
{
	return *(const uint64_t *)((const char *)obj + m->offset);
}

#endif
