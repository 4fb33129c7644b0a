/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/kvm/vcpus.h"

#include "vmm/base/sys.h"
#include "vmm/kvm/vcpu_regs.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#define SECOND_NS 1000000000ULL

#define ASLEEP_NS 60000000000ULL /* a reset of a device, a window that is emptied */

int vcpus_open(struct vcpus *s, struct kvm_vm *vm, const struct spapr *sp, uint32_t *failed_id)
{
	uint32_t n = spapr_nvcpus(sp);
	pthread_condattr_t monotonic;
	int r = 0;

	s->mode = &sp->mode;
	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(
		&monotonic); /* a deadline does not move when the host's time is set */
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&s->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	s->v = calloc(spapr_max_vcpus(sp), sizeof(*s->v)); /* never moves: threads point into it */
	if (!s->v)
		return -ENOMEM;
	for (s->n = 0; s->n < n; s->n++) {
		struct vcpu *v = &s->v[s->n];

		v->all = s;
		v->stats_fd = v->steal_fd = -1;
		pthread_cond_init(&v->wake, NULL);
		*failed_id = spapr_server(sp, s->n);
		r = kvm_cpu_open(&v->kvm, vm, *failed_id);
		if (r < 0)
			break;
	}
	return r;
}

void vcpus_close(struct vcpus *s)
{
	if (!s->v)
		return;
	vcpus_lock(s);
	s->quitting = true;
	for (uint32_t i = 0; i < s->n; i++) {
		vcpu_kick(&s->v[i]);
		pthread_cond_signal(&s->v[i].wake);
	}
	pthread_cond_broadcast(&s->changed);
	vcpus_unlock(s);
	for (uint32_t i = 0; i < s->n; i++)
		if (s->v[i].has_thread)
			pthread_join(s->v[i].thread, NULL);
	for (uint32_t i = 0; i < s->n; i++) {
		if (s->v[i].stats_fd >= 0)
			sys_close(s->v[i].stats_fd);
		if (s->v[i].steal_fd >= 0)
			sys_close(s->v[i].steal_fd);
		kvm_cpu_close(&s->v[i].kvm);
		pthread_cond_destroy(&s->v[i].wake);
	}
	free(s->v);
	s->v = NULL;
	s->n = 0;
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->lock);
}

void vcpus_open_stats(struct vcpus *s)
{
	for (uint32_t i = 0; i < s->n && i < VCPUS_MAX_STATS; i++) {
		int r = kvm_cpu_stats(&s->v[i].kvm);

		if (r < 0 || (i == 0 && kvm_stats_find(&s->stats, r) < 0)) {
			if (r >= 0)
				sys_close(r);
			return;
		}
		s->v[i].stats_fd = r;
	}
}

int vcpus_create_threads(struct vcpus *s)
{
	int r = 0;

	vcpus_lock(s);
	for (uint32_t i = 0; i < s->n && r == 0; i++)
		r = vcpu_create_thread(&s->v[i]);
	vcpus_unlock(s);
	return r;
}

struct vcpu *vcpus_find(struct vcpus *s, uint32_t server)
{
	for (uint32_t i = 0; i < s->n; i++)
		if (s->v[i].kvm.id == server)
			return &s->v[i];
	return NULL;
}

int vcpus_start(struct vcpus *s, uint32_t server, const struct vcpu_entry *entry)
{
	struct vcpu *v = vcpus_find(s, server);

	if (!v)
		return -ENOENT;
	if (v->running)
		return -EBUSY;
	v->entry = *entry;
	v->started = true;
	v->running = true;
	pthread_cond_signal(&v->wake);
	return 0;
}

/* Every running vCPU but @self; parked ones load the mode when they start. */
static bool all_have_mode(const struct vcpus *s)
{
	for (uint32_t i = 0; i < s->n; i++) {
		const struct vcpu *v = &s->v[i];

		if (v->running && !v->started && v->mode_seen != s->mode_generation)
			return false;
	}
	return true;
}

/*
 * The vCPU that waits here is out of the guest, and gives the lock up by waiting. If two change the
 * mode at the same time, each loads its own LPCR in the loop, so both come to an end.
 */
int vcpus_set_mode(struct vcpus *s, struct vcpu *self, struct cpu_mode mode)
{
	int r = 0;

	s->cpu_mode = mode;
	s->mode_generation++;
	for (uint32_t i = 0; i < s->n; i++)
		vcpu_kick(&s->v[i]);
	while (r == 0 && !s->quitting && !s->pausing) {
		if (self->mode_seen != s->mode_generation) {
			r = vcpu_apply_mode(self);
			pthread_cond_broadcast(&s->changed);
		} else if (all_have_mode(s)) {
			break;
		} else {
			pthread_cond_wait(&s->changed, &s->lock);
		}
	}
	return r;
}

static bool any_in_guest(const struct vcpus *s)
{
	for (uint32_t i = 0; i < s->n; i++)
		if (s->v[i].in_guest)
			return true;
	return false;
}

/*
 * A vCPU that waits here is out of the guest, so two at once wait for third ones only. A vCPU that
 * comes out meanwhile has its exit answered and then waits, too. An H_SET_MODE that waits for such a
 * vCPU is held up no longer than the hold lasts.
 */
void vcpus_hold(struct vcpus *s)
{
	if (!any_in_guest(s)) /* always so at the end of the machine */
		return;
	s->holds++;
	for (uint32_t i = 0; i < s->n; i++)
		vcpu_kick(&s->v[i]);
	while (any_in_guest(s))
		pthread_cond_wait(&s->changed, &s->lock);
	s->holds--;
	pthread_cond_broadcast(&s->changed);
}

void vcpus_wait_ns(struct vcpus *s, uint64_t ns)
{
	uint64_t until = sys_now_ns() + ns;
	struct timespec t = { (time_t)(until / SECOND_NS), (long)(until % SECOND_NS) };

	pthread_cond_timedwait(&s->changed, &s->lock, &t);
}

void vcpus_stop_soon(struct vcpus *s)
{
	s->pausing = true;
	for (uint32_t i = 0; i < s->n; i++)
		vcpu_kick(&s->v[i]);
	pthread_cond_broadcast(&s->changed);
}

void vcpus_pause(struct vcpus *s)
{
	vcpus_stop_soon(s);
	while (s->busy > 0)
		pthread_cond_wait(&s->changed, &s->lock);
}

void vcpus_resume(struct vcpus *s)
{
	s->pausing = false;
	for (uint32_t i = 0; i < s->n; i++)
		pthread_cond_signal(&s->v[i].wake);
}

static bool owes_answer(const struct vcpu *v, uint64_t now_ns)
{
	return v->asked && (v->in_guest || now_ns - v->asked_ns > ASLEEP_NS);
}

bool vcpus_answer(struct vcpus *s, uint64_t now_ns)
{
	bool all = true;

	for (uint32_t i = 0; i < s->n; i++) {
		struct vcpu *v = &s->v[i];

		if (!v->running || s->pausing)
			v->asked = false; /* parked, or on the way there */
		else if (owes_answer(v, now_ns))
			all = false;
		else if (!v->asked)
			v->asked_ns = now_ns;
		v->asked = v->running && !s->pausing;
		vcpu_kick(v);
	}
	return all;
}

void vcpus_reset(struct vcpus *s)
{
	s->cpu_mode = (struct cpu_mode){ 0 };
	s->mode_generation++;
	for (uint32_t i = 0; i < s->n; i++) {
		s->v[i].running = false;
		s->v[i].started = false;
		s->v[i].nmi = false;
	}
}

/* A thread that comes late finds nothing left to do. */
void vcpus_all_do(struct vcpus *s, void (*fn)(void *arg), void *arg)
{
	s->job = fn;
	s->job_arg = arg;
	for (uint32_t i = 0; i < s->n; i++) {
		s->v[i].has_job = s->v[i].has_thread;
		s->jobs += s->v[i].has_job;
		pthread_cond_signal(&s->v[i].wake);
	}
	vcpus_unlock(s);
	fn(arg);
	vcpus_lock(s);
	while (s->jobs > 0)
		pthread_cond_wait(&s->changed, &s->lock);
}
