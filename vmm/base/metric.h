/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_BASE_METRIC_H
#define VMM_BASE_METRIC_H

/*
 * Counters and gauges as rows, in a table beside the objects that they are about; what prints them is
 * vmm/control/metrics.h. The counters themselves are plain fields of these objects, under the machine
 * lock: to count costs an increment, also when nobody looks.
 *
 *	static void vcpu_running(const struct metric *m, const void *obj, struct metric_out *out)
 *	{
 *		...
 *			metric_put(out, v->running, "vcpu=\"%u\"", v->kvm.id);
 *	}
 *	const struct metric vcpus_metrics[] = {
 *		{ "vcpu_running", "started by the guest", vcpu_running },
 *		{ 0 },
 *	};
 *
 * A counter outlives a reboot of the guest and never falls. What is not there, or cannot be known, has
 * no sample. No name and no label comes from the guest.
 */

#include "vmm/base/types.h"

struct metric_out;
struct metric;

/* One call of metric_put() for each sample. Under the machine lock. */
typedef void metric_fn(const struct metric *m, const void *obj, struct metric_out *out);

struct metric {
	/* NULL ends a table. _total at its end makes it a counter, all others are gauges; "spapr_" comes in
	 * front, but of the standard names "process_...". */
	const char *name;
	const char *help;
	metric_fn *fn;
	size_t offset; /* for a function of several rows: where in its object the number is */
};

/* A sample with these labels, a="b",c="d" by format, or "" for none. */
void metric_put(struct metric_out *out, uint64_t value, const char *labels, ...)
	__attribute__((format(printf, 3, 4)));

/* The same for a time, told in seconds. */
void metric_put_ns(struct metric_out *out, uint64_t ns, const char *labels, ...)
	__attribute__((format(printf, 3, 4)));

/* The uint64_t of @obj that the row names. */
static inline uint64_t metric_field(const struct metric *m, const void *obj)
{
	return *(const uint64_t *)((const char *)obj + m->offset);
}

#endif
