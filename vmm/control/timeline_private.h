/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_CONTROL_TIMELINE_PRIVATE_H
#define VMM_CONTROL_TIMELINE_PRIVATE_H

/* timeline.c: marks and the file; timeline_svg.c, below that: the picture, and the names of the lanes. */

#include "vmm/base/text.h"
#include "vmm/control/timeline.h"

enum timeline_lane { LANE_HOST, LANE_GUEST, LANE_CALLS, LANE_DMA, LANE_DEVICES, LANES };

struct timeline_mark {
	uint64_t ns;     /* since the start */
	uint64_t len_ns; /* of a phase; 0: a moment */
	enum timeline_lane lane;
	char name[40];
};

struct timeline {
	uint64_t start_ns;
	struct timeline_mark marks[TIMELINE_MARKS];
	uint32_t n;
	int fd;
	bool is_svg;
	const char *path; /* borrowed */
	size_t written;   /* bytes that the file has */
};

extern const char *const timeline_lanes[LANES]; /* timeline_svg.c */

void timeline_svg(const struct timeline *t, struct text *out);

#endif
