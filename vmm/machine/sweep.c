/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/machine/sweep.h"

#include "vmm/base/log.h"
#include "vmm/base/sys.h"

#define REPORT_NS 1000000000ULL

void sweep_init(struct sweep *s, void *host, uint64_t size, sweep_piece_fn *piece,
		const char *doing)
{
	*s = (struct sweep){
		.host = host,
		.size = size,
		.piece = piece,
		.doing = doing,
		.reported = sys_now_ns(),
	};
}

static void report(struct sweep *s, uint64_t len)
{
	uint64_t now = sys_now_ns(), last = s->reported,
		 done = atomic_fetch_add(&s->done, len) + len;

	/* Several threads may find a report due; one of them gives it. */
	if (now - last < REPORT_NS || !atomic_compare_exchange_strong(&s->reported, &last, now))
		return;
	log_info("%s guest RAM %.1f/%.1f GiB", s->doing, (double)done / (double)GiB,
		 (double)s->size / (double)GiB);
}

void sweep_work(void *arg)
{
	struct sweep *s = arg;
	uint64_t at;

	while (s->err == 0 && (at = atomic_fetch_add(&s->next, SWEEP_PIECE)) < s->size) {
		uint64_t len = s->size - at < SWEEP_PIECE ? s->size - at : SWEEP_PIECE;
		int r = s->piece(s->host + at, len);

		if (r < 0)
			s->err = r;
		if (s->err == 0) /* no progress is told once the whole is going to fail */
			report(s, len);
	}
}
