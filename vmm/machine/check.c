/* SPDX-License-Identifier: BSD-2-Clause */
/* `spapr-vmm check`: what this host offers, row by row, and the commands that mend the rest. */
#include "vmm/base/log.h"
#include "vmm/machine/check_out.h"
#include "vmm/machine/machine_impl.h"
#include "vmm/machine/passthrough_groups.h"
#include "vmm/machine/power_on.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define ENOUGH_RMA (512 * MiB) /* for what distributions boot */

static void check_vfio(struct findings *to, const struct options *opt)
{
	struct pass_groups groups;

	if (opt->nvfio == 0)
		return;
	if (pass_groups_make(&groups, opt) < 0) {
		findings_add(to, VERDICT_FAIL, "vfio", "out of memory");
		return;
	}
	findings_vfio(to, opt, &groups, true);
	pass_groups_free(&groups);
}

static void check_kvm(struct findings *to, const struct options *opt)
{
	struct kvm_caps caps;
	struct kvm_vm vm;

	if (findings_kvm(to, &vm, &caps) < 0)
		return;
	kvm_vm_close(&vm);
	if (!opt) {
		findings_offer(to, &caps);
		return;
	}
	findings_choices(to, opt, &caps, power_on_kind(&opt->boot));
	findings_places(to, opt);
	findings_tce(to, opt, &caps);
}

/*
 * A check leaves nothing that a run makes for others to read, or to connect to: its folder may be one that
 * a service manager makes with the run, and files of the root who checks would keep the run's user out.
 */
static struct options without_traces(const struct options *opt)
{
	static char none[] = "none";
	struct options o = *opt;

	o.console = (struct opt_console){ .backend = none };
	o.events.path = o.metrics.path = o.api.socket = NULL;
	o.timeline = NULL;
	o.dry = true;
	return o;
}

/* Real mode of a guest that is hash, or may be: boot program, kernel and initrd have no more. */
static void note_rma(struct findings *to, const struct machine *m)
{
	uint64_t rma = m->sp.cfg.rma_size;
	struct finding f;

	if (!m->boot.firmware || rma >= ENOUGH_RMA || rma >= m->ram.size)
		return;
	finding_set(&f, VERDICT_NOTE, "", "memory",
		    "GRUB, kernel and initrd have %llu MiB of it, which is what real mode reaches",
		    (unsigned long long)(rma / MiB));
	finding_remedy(&f, "where that is not enough, raise machine.memory%s",
		       m->sp.mode.radix ? ", or set machine.mmu = \"radix\"" : "");
	findings_say(to, &f);
}

/* The guest itself: build it as a run would, and take it down before it runs. */
static enum exit_status build_guest(struct findings *to, const struct options *opt)
{
	const struct options o = without_traces(opt);
	struct machine *m = NULL;
	enum exit_status status = machine_create(&m, &o);

	if (status == STATUS_OFF) {
		note_rma(to, m);
		findings_add(to, VERDICT_OK, "guest", "this host can run it");
	}
	machine_destroy(m);
	return status;
}

/* ---- rows ---- */

struct check {
	struct check_out out;
	struct findings to;
	pthread_mutex_t lock; /* the guest's threads may log */
	char warned
		[4096]; /* lines of rows that a start logs as a warning, too, while there is room */
};

static bool row(void *ctx, const struct finding *f)
{
	struct check *c = ctx;
	size_t n = strlen(c->warned);
	char line[FINDING_LINE];

	if (f->verdict == VERDICT_WARN) {
		finding_line(f, line);
		snprintf(c->warned + n, sizeof(c->warned) - n, "%s\n", line);
	}
	return check_out_row(&c->out, f);
}

/* What a start would log is a row, so that whoever reads the rows alone has the reason. */
static void row_of_log(void *ctx, enum log_level level, const char *line)
{
	struct check *c = ctx;

	pthread_mutex_lock(&c->lock);
	if (level == LOG_ERROR || !strstr(c->warned, line))
		findings_add(&c->to, level == LOG_ERROR ? VERDICT_FAIL : VERDICT_WARN, "guest",
			     "%s", line);
	pthread_mutex_unlock(&c->lock);
}

static enum exit_status check_guest(struct check *c, const struct options *opt)
{
	const struct log_diversion to_rows = { row_of_log, c };
	enum exit_status status;

	log_divert(&to_rows);
	status = build_guest(&c->to, opt);
	log_divert(NULL);
	return status;
}

enum exit_status machine_check(const struct options *opt, bool json)
{
	struct check c = { .to = { .sink = row, .ctx = &c }, .lock = PTHREAD_MUTEX_INITIALIZER };
	enum exit_status status = STATUS_OFF;

	log_set_level(LOG_ERROR);
	check_out_begin(&c.out, json);
	check_kvm(&c.to, opt);
	if (opt && !c.to.failed)
		check_vfio(&c.to, opt);
	if (c.to.failed)
		status = STATUS_HOST;
	else if (opt)
		status = check_guest(&c, opt);
	check_out_end(&c.out);
	return status;
}
