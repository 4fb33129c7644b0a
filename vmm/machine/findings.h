/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_MACHINE_FINDINGS_H
#define VMM_MACHINE_FINDINGS_H

/*
 * What a guest asks of this host, judged once: a list of findings, each given to a sink as soon as it
 * is known. A start ends at the first that failed and logs it; `check` prints them all. Both run the same
 * functions, so neither accepts what the other refuses, and a fault has one wording.
 *
 *   findings.c       the host, its KVM, and what that means for the guest
 *   findings_vfio.c  the [[vfio]] entries
 */

#include "vmm/base/finding.h"
#include "vmm/machine/options.h"

struct pass_groups;

struct findings {
	bool (*sink)(void *ctx, const struct finding *f); /* false: it wants no more */
	void *ctx;
	bool failed; /* out: a finding failed */
	bool enough; /* out: the sink wants no more */
};

/* The sink of a start: logs the first finding that failed. */
bool findings_first_fail(void *ctx, const struct finding *f);

/* For those who judge. */
void findings_say(struct findings *to, const struct finding *f);
void findings_add(struct findings *to, enum verdict verdict, const char *object, const char *text,
		  ...) __attribute__((format(printf, 4, 5)));

/* The host and its KVM; @opt: of the guest, or NULL. Opens /dev/kvm for a moment. */
void findings_kvm(struct findings *to, const struct options *opt);

/**
 * findings_vfio - the passed-through functions of a guest
 * @groups: of @opt, with at least one entry
 * @open:   open each group for a moment, too; a start does that soon enough, and keeps it
 * Besides, nothing is touched: drivers stay, nothing is pinned.
 */
void findings_vfio(struct findings *to, const struct options *opt, const struct pass_groups *groups,
		   bool open);

#endif
