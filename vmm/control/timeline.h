/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_CONTROL_TIMELINE_H
#define VMM_CONTROL_TIMELINE_H

/*
 * A start and a boot as one picture, or as JSON: phases of the host, the first call of each name, DMA
 * windows, devices, what the guest says; in lanes below one axis. The axis is logarithmic, from 0.1 ms
 * on, so that milliseconds of the host and seconds of the guest can both be read.
 *
 * Written when the guest is ready, and again at the end, to a file that is open from the start. An SVG
 * has no script and no font, and is light or dark as its reader's screen is.
 */

#include "vmm/base/event.h"

#define TIMELINE_MARKS 200u /* what comes later is left out */

struct timeline;

/**
 * timeline_open - make the file, and begin
 * @path:     its name ends in .svg or .json
 * @start_ns: sys_now_ns() when the program began: where the axis begins
 * Return the object, which timeline_close() takes down; NULL after one logged line, with -errno in *@err.
 */
struct timeline *timeline_open(const char *path, uint64_t start_ns, int *err);

/* A phase of the start; the name has no character that means anything to XML or JSON. */
void timeline_phase(struct timeline *t, const char *name, uint64_t from_ns, uint64_t to_ns);

/* An event happens. */
void timeline_take(struct timeline *t, enum event e, const struct event_value *values);

void timeline_write(struct timeline *t);

/* Writes it for the last time. NULL is fine. */
void timeline_close(struct timeline *t);

#endif
