/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/kvm/vcpus_metrics.h"

#include "vmm/kvm/vcpus.h"

static void look_at(const struct vcpus *s, const struct vcpu *v, struct vcpu_seen *seen)
{
	*seen = (struct vcpu_seen){ 0 };
	for (uint32_t k = 0; k < KVM_STATS && v->stats_fd >= 0; k++)
		if (kvm_stats_read(&s->stats, v->stats_fd, k, &seen->kvm[k]))
			seen->has |= 1u << k;
	if (vcpu_steal_ns(v, &seen->steal_ns))
		seen->has |= 1u << KVM_STATS;
}

void vcpus_look(struct vcpus *s)
{
	for (uint32_t i = 0; i < s->n; i++)
		look_at(s, &s->v[i], &s->v[i].seen);
}

static void exits(const struct metric *m, const void *obj, struct metric_out *out)
{
	static const char *const kinds[VCPU_EXITS] = { "hcall", "mmio", "signal", "other" };
	const struct vcpus *s = obj;

	(void)m;
	for (uint32_t i = 0; i < s->n; i++)
		for (uint32_t k = 0; k < VCPU_EXITS; k++)
			metric_put(out, s->v[i].exits[k], METRIC_NUMBER("vcpu", s->v[i].kvm.id),
				   METRIC_TEXT("kind", kinds[k]));
}

static void running(const struct metric *m, const void *obj, struct metric_out *out)
{
	const struct vcpus *s = obj;

	(void)m;
	for (uint32_t i = 0; i < s->n; i++)
		metric_put(out, (uint64_t)s->v[i].running, METRIC_NUMBER("vcpu", s->v[i].kvm.id));
}

/* The row's offset is the number's place in enum kvm_stat. */
static void by_kvm(const struct metric *m, const void *obj, struct metric_out *out)
{
	const struct vcpus *s = obj;

	for (uint32_t i = 0; i < s->n; i++)
		if (s->v[i].seen.has & 1u << m->offset)
			metric_put(out, s->v[i].seen.kvm[m->offset],
				   METRIC_NUMBER("vcpu", s->v[i].kvm.id));
}

static void steal(const struct metric *m, const void *obj, struct metric_out *out)
{
	const struct vcpus *s = obj;

	(void)m;
	for (uint32_t i = 0; i < s->n; i++)
		if (s->v[i].seen.has & 1u << KVM_STATS)
			metric_put_ns(out, s->v[i].seen.steal_ns,
				      METRIC_NUMBER("vcpu", s->v[i].kvm.id));
}

const struct metric vcpus_metrics[] = {
	{ "vcpu_exits_total", "Exits of KVM_RUN to the VMM.", exits },
	{ "vcpu_kvm_exits_total", "Exits that KVM counts.", by_kvm, KVM_STAT_EXITS },
	{ "vcpu_kvm_decrementer_exits_total", "Those for the guest's clock.", by_kvm,
	  KVM_STAT_DECREMENTER },
	{ "vcpu_kvm_external_interrupts_total", "Those for interrupts.", by_kvm,
	  KVM_STAT_INTERRUPTS },
	{ "vcpu_kvm_halt_wakeups_total", "Ends of a wait.", by_kvm, KVM_STAT_WAKEUPS },
	{ "vcpu_steal_seconds_total", "Waits of a vCPU's thread for a CPU of the host.", steal },
	{ "vcpu_running", "1 while the guest has it started.", running },
	{ 0 },
};
