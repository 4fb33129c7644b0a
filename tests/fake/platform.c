/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/fake/platform.h"

#include "sphapr/hcall.h"
#include "sphapr/rtas.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int plat_cpu_state(void *ctx, uint32_t server)
{
	struct fake_platform *f = ctx;

	return server < FAKE_MAX_CPUS ? f->cpu[server] : -ENOENT;
}

static int plat_start_cpu(void *ctx, uint32_t server, gpa_t entry, uint64_t r3)
{
	struct fake_platform *f = ctx;
	int state = plat_cpu_state(ctx, server);

	if (state < 0)
		return state;
	if (state != CPU_STOPPED)
		return -EBUSY;
	if (f->start_result)
		return f->start_result;
	f->start[f->nstarts++ % FAKE_LOG] = (struct fake_start){ server, entry, r3 };
	f->cpu[server] = CPU_RUNNING;
	return 0;
}

static void plat_stop_self(void *ctx)
{
	struct fake_platform *f = ctx;

	f->nstop_self++;
	if (f->caller && *f->caller < FAKE_MAX_CPUS)
		f->cpu[*f->caller] = CPU_STOPPED;
}

static int plat_set_cpu_mode(void *ctx, struct cpu_mode mode)
{
	struct fake_platform *f = ctx;

	if (f->mode_result)
		return f->mode_result;
	f->mode = mode;
	f->nmodes++;
	return 0;
}

static int plat_set_proc_table(void *ctx, bool radix, bool gtse, uint64_t table)
{
	struct fake_platform *f = ctx;

	if (f->proc_table_result)
		return f->proc_table_result;
	f->radix = radix;
	f->gtse = gtse;
	f->table = table;
	f->ntables++;
	return 0;
}

static int plat_set_sprg0(void *ctx, uint64_t value)
{
	struct fake_platform *f = ctx;

	if (f->sprg0_result)
		return f->sprg0_result;
	f->sprg0 = value;
	return 0;
}

static int plat_system_reset(void *ctx, uint32_t server)
{
	struct fake_platform *f = ctx;
	int state = plat_cpu_state(ctx, server);

	if (state < 0 || state == CPU_STOPPED)
		return -ENOENT;
	f->reset[f->nresets++ % FAKE_LOG] = server;
	return 0;
}

static void plat_request_stop(void *ctx, enum stop_reason why, const char *text)
{
	struct fake_platform *f = ctx;

	if (f->nstops++ > 0)
		return;
	f->stop_reason = why;
	f->stop_has_text = text != NULL;
	snprintf(f->stop_text, sizeof(f->stop_text), "%s", text ? text : "");
}

static int plat_without_lock(void *ctx, int (*fn)(void *arg), void *arg)
{
	struct fake_platform *f = ctx;
	int r;

	if (f->meanwhile)
		f->meanwhile();
	f->unlocked = true;
	r = fn(arg);
	f->unlocked = false;
	return r;
}

static void plat_wait(void *ctx)
{
	struct fake_platform *f = ctx;

	if (!f->awaited) {
		fprintf(stderr, "fake platform: a wait that nobody ends\n");
		abort();
	}
	f->awaited();
}

static void plat_hold_cpus(void *ctx)
{
	((struct fake_platform *)ctx)->nholds++;
}

static uint64_t plat_wall_ns(void *ctx)
{
	struct fake_platform *f = ctx;

	return f->wall_ns;
}

static int plat_random(void *ctx, void *buf, size_t len)
{
	struct fake_platform *f = ctx;

	if (f->random_result)
		return f->random_result;
	memset(buf, f->random_byte, len);
	return 0;
}

void fake_platform_init(struct fake_platform *f, uint32_t ncpus)
{
	*f = (struct fake_platform){ .wall_ns = FAKE_WALL_NS, .random_byte = 0xa5 };
	for (uint32_t i = 0; i < FAKE_MAX_CPUS; i++)
		f->cpu[i] = i == 0 ? CPU_RUNNING : i < ncpus ? CPU_STOPPED : -ENOENT;
}

struct spapr_platform fake_platform_ops(struct fake_platform *f)
{
	return (struct spapr_platform){
		.ctx = f,
		.start_cpu = plat_start_cpu,
		.stop_self = plat_stop_self,
		.cpu_state = plat_cpu_state,
		.set_cpu_mode = plat_set_cpu_mode,
		.set_proc_table = plat_set_proc_table,
		.set_sprg0 = plat_set_sprg0,
		.system_reset = plat_system_reset,
		.request_stop = plat_request_stop,
		.without_lock = plat_without_lock,
		.wait = plat_wait,
		.hold_cpus = plat_hold_cpus,
		.wall_ns = plat_wall_ns,
		.random = plat_random,
	};
}

static int ic_record(struct fake_intc *f, struct fake_intc_call call)
{
	f->calls[f->ncalls++ % ARRAY_LEN(f->calls)] = call;
	return f->fail;
}

const struct fake_intc_call *fake_intc_last(const struct fake_intc *f)
{
	return f->ncalls ? &f->calls[(f->ncalls - 1) % ARRAY_LEN(f->calls)] : NULL;
}

/* Strict where KVM's devices are: a source must have been claimed before it is used. */
static int ic_claim(void *ctx, uint32_t lisn, bool level)
{
	struct fake_intc *f = ctx;
	int r = ic_record(f, (struct fake_intc_call){ .op = 'c', .lisn = lisn, .level = level });

	if (r)
		return r;
	assert(lisn < LISN_END);
	f->claimed[lisn] = true;
	f->level[lisn] = level;
	return 0;
}

static int ic_set_line(void *ctx, uint32_t lisn, bool up)
{
	struct fake_intc *f = ctx;
	int r = ic_record(f, (struct fake_intc_call){ .op = 'l', .lisn = lisn, .up = up });

	if (r)
		return r;
	if (lisn >= LISN_END || !f->claimed[lisn])
		return -EINVAL;
	f->line[lisn] = up && f->level[lisn];
	f->raised[lisn] += up;
	return 0;
}

static int ic_is_enabled(void *ctx, uint32_t lisn)
{
	struct fake_intc *f = ctx;

	return lisn < LISN_END && f->claimed[lisn] ? f->enabled[lisn] : -EINVAL;
}

static int ic_reset(void *ctx)
{
	struct fake_intc *f = ctx;
	int r = ic_record(f, (struct fake_intc_call){ .op = 'r' });

	if (r)
		return r;
	memset(f->enabled, 0, sizeof(f->enabled));
	memset(f->line, 0, sizeof(f->line));
	memset(f->queues, 0, sizeof(f->queues));
	return 0;
}

static int ic_source_config(void *ctx, uint32_t lisn, uint32_t server, uint8_t prio, bool masked,
			    uint32_t eisn)
{
	struct fake_intc *f = ctx;
	int r = ic_record(f, (struct fake_intc_call){ .op = 's',
						      .lisn = lisn,
						      .server = server,
						      .prio = prio,
						      .masked = masked,
						      .eisn = eisn });

	if (r)
		return r;
	if (lisn >= LISN_END || !f->claimed[lisn])
		return -ENOENT;
	f->enabled[lisn] = !masked;
	return 0;
}

static int ic_source_sync(void *ctx, uint32_t lisn)
{
	return ic_record(ctx, (struct fake_intc_call){ .op = 'y', .lisn = lisn });
}

static int ic_queue_set(void *ctx, uint32_t server, uint8_t prio, const struct xive_queue *q)
{
	struct fake_intc *f = ctx;
	int r = ic_record(f, (struct fake_intc_call){
				     .op = 'q', .server = server, .prio = prio, .queue = *q });

	if (r)
		return r;
	if (server >= FAKE_MAX_CPUS || prio > 7)
		return -ENOENT;
	f->queues[server][prio] = *q;
	return 0;
}

static int ic_queue_get(void *ctx, uint32_t server, uint8_t prio, struct xive_queue *q)
{
	struct fake_intc *f = ctx;

	if (f->fail)
		return f->fail;
	if (server >= FAKE_MAX_CPUS || prio > 7)
		return -ENOENT;
	*q = f->queues[server][prio];
	return 0;
}

static int ic_esb_load(void *ctx, uint32_t lisn, uint32_t offset, uint64_t *value)
{
	struct fake_intc *f = ctx;

	*value = f->esb_value;
	return ic_record(f, (struct fake_intc_call){ .op = 'L', .lisn = lisn, .offset = offset });
}

static int ic_esb_store(void *ctx, uint32_t lisn, uint32_t offset, uint64_t value)
{
	return ic_record(ctx, (struct fake_intc_call){
				      .op = 'S', .lisn = lisn, .offset = offset, .value = value });
}

const struct intc_ops fake_intc_ops = {
	.claim = ic_claim,
	.set_line = ic_set_line,
	.is_enabled = ic_is_enabled,
	.reset = ic_reset,
	.source_config = ic_source_config,
	.source_sync = ic_source_sync,
	.queue_set = ic_queue_set,
	.queue_get = ic_queue_get,
	.esb_load = ic_esb_load,
	.esb_store = ic_esb_store,
};

static bool console_write(void *ctx, const uint8_t *buf, size_t len)
{
	struct fake_machine *m = ctx;

	if (m->console_full)
		return false;
	for (size_t i = 0; i < len && m->console_len < sizeof(m->console) - 1; i++)
		m->console[m->console_len++] = (char)buf[i];
	return true;
}

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "fake machine: %s\n", what);
	abort();
}

struct fake_machine *fake_machine_new(enum intc_kind kind, uint32_t ncpus, uint64_t ram_mib)
{
	struct fake_machine *m = calloc(1, sizeof(*m));
	struct spapr_platform plat;

	must(m && ncpus > 0 && ncpus <= FAKE_MAX_CPUS, "size");
	m->sp.mode.intc = kind;
	m->sp.cfg = (struct spapr_config){
		.name = "fake", .ncores = ncpus, .max_cores = ncpus, .threads = 1, .vsmt = 1
	};
	m->ram_size = ram_mib * MiB;
	m->ram = calloc(1, m->ram_size);
	must(m->ram && gmem_add(&m->mem, 0, m->ram_size, m->ram) == 0, "RAM");
	fake_platform_init(&m->plat, ncpus);
	m->plat.caller = &m->sp.caller;
	plat = fake_platform_ops(&m->plat);
	must(spapr_init(&m->sp, &plat, &m->mem) == 0, "spapr_init");
	intc_init(&m->sp.intc, &m->sp.mode, &fake_intc_ops, &m->intc, ncpus);
	m->sp.vty.backend = (struct vty_backend){ .ctx = m, .write = console_write };
	must(spapr_claim_sources(&m->sp) == 0, "spapr_claim_sources");
	m->intc.ncalls = 0;
	return m;
}

void fake_machine_free(struct fake_machine *m)
{
	if (!m)
		return;
	spapr_close(&m->sp);
	free(m->ram);
	free(m);
}

int32_t fake_rtas(struct fake_machine *m, const char *name, uint32_t nargs, const uint32_t *args,
		  uint32_t nret, uint32_t *rets)
{
	uint8_t before[4 * (3 + 2 * RTAS_MAX_WORDS)], *block = m->ram + FAKE_BLOCK;
	uint64_t a[HCALL_MAX_ARGS] = { FAKE_BLOCK };
	size_t start = 4 * (3 + (size_t)nargs), end = start + 4 * (size_t)nret;

	must(nret > 0 && nargs <= RTAS_MAX_WORDS && nret <= RTAS_MAX_WORDS, "words");
	memset(block, 0x5a, sizeof(before));
	be32_store(block, rtas_token(name));
	be32_store(block + 4, nargs);
	be32_store(block + 8, nret);
	for (uint32_t i = 0; i < nargs; i++)
		be32_store(block + 12 + 4 * i, args[i]);
	memcpy(before, block, sizeof(before));
	must(rtas_hcall(&m->sp, a) == H_SUCCESS, "H_RTAS");
	must(memcmp(block, before, start) == 0, "an argument was overwritten");
	must(memcmp(block + end, before + end, sizeof(before) - end) == 0,
	     "written past the block");
	for (uint32_t i = 0; rets && i < nret; i++)
		rets[i] = be32_load(block + start + 4 * i);
	return (int32_t)be32_load(block + start);
}
