/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_CONTROL_SAMPLE_H
#define VMM_CONTROL_SAMPLE_H

/* What `spapr-vmm top` sees in one look: counts by thing and name, windows, and what the guest is. */

#include "vmm/base/types.h"

#define SAMPLE_COUNTS 1024u
#define SAMPLE_WINDOWS 32u

struct sample_count {
	char id[24], name[40];
	uint64_t value;
};

/* A number that may be null. */
struct sample_number {
	uint64_t n;
	bool known;
};

/* Of a window's TCE calls. */
enum sample_call { SAMPLE_PUT, SAMPLE_INDIRECT, SAMPLE_STUFF, SAMPLE_FAILED, SAMPLE_CALLS };

struct sample_window {
	char liobn[16], start[24], served_by[12];
	uint64_t size, page_shift;
	struct sample_number mapped, calls[SAMPLE_CALLS];
};

struct sample {
	uint64_t at_ms;
	char state[16], phase[12];
	uint64_t uptime_s, reboots, memory;
	struct sample_count counts[SAMPLE_COUNTS];
	uint32_t n;
	struct sample_window windows[SAMPLE_WINDOWS];
	uint32_t nwindows;
	bool past; /* while windows are read: this one has no room */
};

/* One look, by the connection @fd. 0 or -errno. */
int sample_take(struct sample *s, int fd);

/* How many more there are than in @before, which is of an earlier look; 0 where it is new, or fell. */
uint64_t sample_more(const struct sample *before, const struct sample_count *c);

#endif
