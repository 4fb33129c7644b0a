/* SPDX-License-Identifier: BSD-2-Clause */
/* What guest programs call: each an exit, staged in the run page as KVM does. */
#include "tests/fake/kvm_run.h"
#include "tests/fake/vfio_impl.h"

#include "sphapr/hcall.h"
#include "sphapr/rtas.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define RTAS_BLOCK 0x8000 /* in guest memory; each vCPU has 256 bytes of it */

static struct {
	pthread_mutex_t lock;
	char text[1024];
} failures = { .lock = PTHREAD_MUTEX_INITIALIZER };

void guest_check(bool ok, const char *what)
{
	size_t n;

	if (ok)
		return;
	pthread_mutex_lock(&failures.lock);
	n = strlen(failures.text);
	snprintf(failures.text + n, sizeof(failures.text) - n, "%s; ", what);
	pthread_mutex_unlock(&failures.lock);
}

const char *guest_failures(void)
{
	return failures.text;
}

void fake_guest_forget_failures(void)
{
	failures.text[0] = '\0';
}

static struct fake_run *prog_of(struct guest *g)
{
	return (struct fake_run *)g;
}

static void leave(struct fake_run *p, uint32_t reason, int result)
{
	p->cpu->run->exit_reason = reason;
	p->result = result;
	fake_run_leave(p);
}

/* Registers that are no argument hold marks, and must hold them afterwards. */
static uint64_t mark(unsigned int i)
{
	return 0xbad0bad000000000ULL + i;
}

/* TCE calls that KVM answers do not leave the guest. */
static bool in_kernel(struct fake_run *p, uint64_t nr, uint64_t *a, long *ret)
{
	bool served;

	pthread_mutex_lock(&fake_lock);
	served = fake_vm_hcall(p->cpu->vm, nr, a, ret);
	pthread_mutex_unlock(&fake_lock);
	return served;
}

static long hcall(struct guest *g, int err, uint64_t nr, unsigned int n, va_list ap)
{
	struct fake_run *p = prog_of(g);
	struct kvm_run *run = p->cpu->run;
	long ret;

	memset(&run->papr_hcall, 0, sizeof(run->papr_hcall));
	run->papr_hcall.nr = nr;
	for (unsigned int i = 0; i < 9; i++)
		run->papr_hcall.args[i] = i < n ? va_arg(ap, uint64_t) : mark(i);
	memcpy(g->args, (void *)run->papr_hcall.args, sizeof(g->args));
	if (in_kernel(p, nr, g->args, &ret)) {
		p->state = RUN_READY; /* the kernel looks for signals before it goes on */
		fake_run_leave(p);
		return ret;
	}
	p->hcall_needed = true;
	leave(p, KVM_EXIT_PAPR_HCALL, err);
	for (unsigned int i = 0; i < 9; i++)
		g->args[i] = p->cpu->regs.gpr[4 + i];
	return (long)p->cpu->regs.gpr[3];
}

long guest_hcall(struct guest *g, uint64_t nr, unsigned int n, ...)
{
	va_list ap;
	long r;

	va_start(ap, n);
	r = hcall(g, 0, nr, n, ap);
	va_end(ap);
	return r;
}

long guest_hcall_failing(struct guest *g, int err, uint64_t nr, unsigned int n, ...)
{
	va_list ap;
	long r;

	va_start(ap, n);
	r = hcall(g, err, nr, n, ap);
	va_end(ap);
	return r;
}

int32_t guest_rtas(struct guest *g, const char *name, uint32_t nargs, uint32_t nret, ...)
{
	gpa_t gpa = RTAS_BLOCK + 256 * (gpa_t)g->server;
	uint8_t block[4 * (3 + RTAS_MAX_WORDS)], *rets = block + 12 + 4 * nargs;
	va_list ap;

	be32_store(block, rtas_token(name));
	be32_store(block + 4, nargs);
	be32_store(block + 8, nret);
	va_start(ap, nret);
	for (uint32_t i = 0; i < nargs; i++)
		be32_store(block + 12 + 4 * i, va_arg(ap, uint32_t));
	va_end(ap);
	memset(rets, 0x5a, 4 * nret);
	guest_write(g, gpa, block, 12 + 4 * (nargs + nret));
	guest_check(guest_hcall(g, H_RTAS, 1, (uint64_t)gpa) == H_SUCCESS, "H_RTAS");
	guest_read(g, gpa, block, 12 + 4 * (nargs + nret));
	for (uint32_t i = 0; i < nret && i < 9; i++)
		g->args[i] = be32_load(rets + 4 * i);
	return (int32_t)be32_load(rets);
}

/*
 * What a memory slot leads to needs no exit. A page that the host's kernel does not give is an error of
 * KVM_RUN, see arch/powerpc/kvm/book3s_64_mmu_radix.c and arch/powerpc/kvm/book3s_64_mmu_hv.c.
 */
static bool in_memory(struct fake_run *p, gpa_t gpa, void *to, const void *from, uint32_t len)
{
	bool faults;
	void *m;

	pthread_mutex_lock(&fake_lock);
	m = fake_vm_memory(p->cpu->vm, gpa, len);
	faults = m && !fake_device_answers(m);
	if (m && !faults)
		memcpy(to ? to : m, to ? m : from, len);
	pthread_mutex_unlock(&fake_lock);
	if (faults)
		leave(p, p->cpu->run->exit_reason, -EFAULT);
	return m;
}

static void mmio(struct fake_run *p, gpa_t gpa, uint32_t len, bool write)
{
	struct kvm_run *run = p->cpu->run;

	run->mmio.phys_addr = gpa;
	run->mmio.len = len;
	run->mmio.is_write = write;
	p->load_needed = !write;
	leave(p, KVM_EXIT_MMIO, 0);
}

uint64_t guest_load(struct guest *g, gpa_t gpa, uint32_t len)
{
	struct fake_run *p = prog_of(g);
	uint64_t v = 0;

	memset(p->cpu->run->mmio.data, 0, sizeof(p->cpu->run->mmio.data));
	if (!in_memory(p, gpa, p->loaded, NULL, len))
		mmio(p, gpa, len, false);
	for (uint32_t i = 0; i < len; i++)
		v = v << 8 | p->loaded[i];
	return v;
}

void guest_store(struct guest *g, gpa_t gpa, uint32_t len, uint64_t value)
{
	struct fake_run *p = prog_of(g);
	uint8_t bytes[8];

	for (uint32_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(value >> (8 * (len - 1 - i)));
	if (in_memory(p, gpa, NULL, bytes, len))
		return;
	memcpy(p->cpu->run->mmio.data, bytes, len);
	mmio(p, gpa, len, true);
}

void guest_exit(struct guest *g, uint32_t reason, uint64_t detail)
{
	struct fake_run *p = prog_of(g);

	p->cpu->run->hw.hardware_exit_reason = detail; /* where fail_entry has its own, too */
	leave(p, reason, 0);
}

void guest_fail(struct guest *g, int err)
{
	leave(prog_of(g), prog_of(g)->cpu->run->exit_reason, err);
}

bool guest_wait_ms(struct guest *g, int ms)
{
	struct fake_run *p = prog_of(g);

	p->state = RUN_ASLEEP;
	p->timeout_ms = ms;
	fake_run_leave(p);
	return p->woken;
}

void guest_wait(struct guest *g)
{
	guest_wait_ms(g, -1);
}

void guest_wake(uint32_t server)
{
	struct fake_cpu *c;

	pthread_mutex_lock(&fake_lock);
	c = fake_vm_cpu(fake_the_vm, server);
	if (c)
		fake_run_wake(c);
	pthread_mutex_unlock(&fake_lock);
}

static struct fake_source *source(struct guest *g, uint32_t lisn)
{
	struct fake_dev *d = prog_of(g)->cpu->vm->irqchip;
	struct fake_source *s = d ? fake_source(d, lisn) : NULL;

	return s && s->exists ? s : NULL;
}

static bool take(struct guest *g, uint32_t lisn)
{
	struct fake_source *s;
	bool fires;

	pthread_mutex_lock(&fake_lock);
	s = source(g, lisn);
	fires = s && !s->masked && (s->pending || s->asserted);
	if (fires)
		s->pending = false;
	pthread_mutex_unlock(&fake_lock);
	return fires;
}

void guest_wait_irq(struct guest *g, uint32_t lisn)
{
	while (!take(g, lisn))
		guest_wait(g);
}

void guest_unmask(struct guest *g, uint32_t lisn)
{
	struct fake_source *s;

	pthread_mutex_lock(&fake_lock);
	s = source(g, lisn);
	if (s) {
		s->masked = false;
		s->server = g->server;
		s->prio = 5;
	}
	pthread_mutex_unlock(&fake_lock);
	guest_check(s != NULL, "no such source");
}

void guest_read(struct guest *g, gpa_t gpa, void *buf, size_t len)
{
	void *p;

	pthread_mutex_lock(&fake_lock);
	p = fake_vm_memory(prog_of(g)->cpu->vm, gpa, len);
	if (p)
		memcpy(buf, p, len);
	pthread_mutex_unlock(&fake_lock);
	guest_check(p != NULL, "guest_read outside memory");
}

void guest_write(struct guest *g, gpa_t gpa, const void *buf, size_t len)
{
	void *p;

	pthread_mutex_lock(&fake_lock);
	p = fake_vm_memory(prog_of(g)->cpu->vm, gpa, len);
	if (p)
		memcpy(p, buf, len);
	pthread_mutex_unlock(&fake_lock);
	guest_check(p != NULL, "guest_write outside memory");
}
