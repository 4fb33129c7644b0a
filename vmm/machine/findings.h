/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_MACHINE_FINDINGS_H
#define VMM_MACHINE_FINDINGS_H

/*
 * What a guest asks of this host, judged once: a list of findings, each given to a sink as soon as
 * it is known. A start ends at the first that failed and logs it; `check` prints them all. Both run
 * the same functions, so neither accepts what the other refuses, and a fault has one wording.
 *
 *   findings.c       the host, its KVM, and what that means for the guest
 *   findings_vfio.c  the [[vfio]] entries
 */

#include "vmm/base/finding.h"
#include "vmm/kvm/caps.h"
#include "vmm/machine/choices.h"
#include "vmm/machine/options.h"

struct pass_groups;

struct findings {
	bool (*sink)(void *ctx, const struct finding *f); /* false: the sink wants no more */
	void *ctx;
	bool failed; /* out: a finding failed */
	bool enough; /* out: the sink wants no more */
};

/* The sinks of a start: both log what warns or fails, and the other wants no more after a failure. */
bool findings_log(void *ctx, const struct finding *f);
bool findings_first_fail(void *ctx, const struct finding *f);

/* For those who judge. */
void findings_say(struct findings *to, const struct finding *f);
void findings_add(struct findings *to, enum verdict verdict, const char *object, const char *text,
		  ...) __attribute__((format(printf, 4, 5)));

/**
 * findings_kvm - the host, its KVM, and whether any guest can run here
 * @vm, @caps: out; the caller closes @vm
 * Return 0; -errno when a finding failed, and nothing stays open.
 */
int findings_kvm(struct findings *to, struct kvm_vm *vm, struct kvm_caps *caps);

/* Which MMUs and interrupt controllers this host has, and which one of each "auto" is for Linux. */
void findings_offer(struct findings *to, const struct kvm_caps *caps);

/* The MMU, interrupt controller, vCPUs and threads of the guest that is configured, as a start chooses them. */
void findings_choices(struct findings *to, const struct options *opt, const struct kvm_caps *caps,
		      struct guest_kind guest);

/* Who serves the TCE calls of the guest that is configured; docs/SECURITY.md says what that means. */
void findings_tce(struct findings *to, const struct options *opt, const struct kvm_caps *caps);

/* The host's CPUs and nodes that machine.cpus and machine.numa name. */
void findings_places(struct findings *to, const struct options *opt);

/**
 * findings_vfio - the passed-through functions of a guest
 * @groups: of @opt, with at least one entry
 * @open:   open each group for a moment, too: for `check`, as a start opens and keeps them soon
 * Besides, nothing is touched: drivers stay, nothing is pinned.
 */
void findings_vfio(struct findings *to, const struct options *opt, const struct pass_groups *groups,
		   bool open);

/* Of the same, what is asked of the drivers alone: has each entry a group, and may it be taken? */
void findings_vfio_drivers(struct findings *to, const struct options *opt,
			   const struct pass_groups *groups);

#endif
