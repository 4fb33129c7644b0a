/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/fake/pci.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct fake_pci *all; /* made and not freed: a test need not say when */

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "fake pci: %s\n", what);
	abort();
}

static void note(struct fake_pci *d, const char *what)
{
	size_t len = strlen(d->log);

	snprintf(d->log + len, sizeof(d->log) - len, "%s", what);
}

static void check_config(const struct fake_pci *d, uint32_t off, uint32_t size)
{
	must(size == 1 || size == 2 || size == 4, "host access of an odd size");
	must(off % size == 0 && off < d->f.config_size, "host access misaligned or outside");
}

static uint32_t host_read(struct pci_func *f, uint32_t off, uint32_t size)
{
	struct fake_pci *d = f->ctx;
	uint32_t v = 0;

	check_config(d, off, size);
	d->nhost_reads++;
	for (uint32_t i = 0; i < size; i++)
		v |= (uint32_t)d->host[off + i] << 8 * i;
	return v;
}

static void host_write(struct pci_func *f, uint32_t off, uint32_t size, uint32_t value)
{
	struct fake_pci *d = f->ctx;

	check_config(d, off, size);
	d->nhost_writes++;
	note(d, "h");
	for (uint32_t i = 0; i < size; i++) {
		must(f->emu[off + i] != 0xff, "host write of an emulated byte");
		d->host[off + i] = (uint8_t)(value >> 8 * i);
	}
}

static void bar_moved(struct pci_func *f, int bar)
{
	struct fake_pci *d = f->ctx;
	char text[4];

	must(f->bars[bar].size != 0, "a BAR moved that does not exist");
	must(d->at[bar] != f->bars[bar].addr, "a BAR moved to where it is");
	d->at[bar] = f->bars[bar].addr;
	d->nmoved++;
	snprintf(text, sizeof(text), "%c%d", d->at[bar] == PCI_BAR_OFF ? 'x' : 'm', bar);
	note(d, text);
}

static void record(struct fake_pci *d, int bar, uint64_t off, uint32_t size, uint64_t value,
		   bool write)
{
	must(size == 1 || size == 2 || size == 4 || size == 8, "BAR access of an odd size");
	must(off % size == 0, "BAR access misaligned");
	must(off < d->f.bars[bar].size && size <= d->f.bars[bar].size - off,
	     "BAR access outside it");
	d->access[d->naccesses++ % ARRAY_LEN(d->access)] = (struct fake_pci_access){
		.bar = bar, .off = off, .size = size, .value = value, .write = write
	};
}

static uint64_t bar_read(struct pci_func *f, int bar, uint64_t off, uint32_t size)
{
	struct fake_pci *d = f->ctx;
	uint64_t v = 0;

	for (uint32_t i = 0; i < size && off + i < FAKE_BAR_BYTES; i++)
		v |= (uint64_t)d->bar[bar][off + i] << 8 * i;
	record(d, bar, off, size, v, false);
	return v;
}

static void bar_write(struct pci_func *f, int bar, uint64_t off, uint32_t size, uint64_t value)
{
	struct fake_pci *d = f->ctx;

	record(d, bar, off, size, value, true);
	must(size == 8 || value >> 8 * size == 0, "BAR write with bits beyond its size");
	for (uint32_t i = 0; i < size && off + i < FAKE_BAR_BYTES; i++)
		d->bar[bar][off + i] = (uint8_t)(value >> 8 * i);
}

static void command_changed(struct pci_func *f, uint16_t old, uint16_t now)
{
	must(old != now && now == pci_config_get(f, 4, 2), "command_changed without a change");
	note(f->ctx, "c");
}

static void irqs_changed(struct pci_func *f)
{
	struct fake_pci *d = f->ctx;

	d->nirqs++;
	d->told = f->vectors;
	note(d, "i");
}

static void reset(struct pci_func *f)
{
	struct fake_pci *d = f->ctx;

	d->nresets++;
	note(d, "r");
}

static const struct pci_func_ops emulated = {
	.command_changed = command_changed,
	.bar_moved = bar_moved,
	.bar_read = bar_read,
	.bar_write = bar_write,
	.irqs_changed = irqs_changed,
	.reset = reset,
};

static const struct pci_func_ops hosted = {
	.config_read = host_read,
	.config_write = host_write,
	.command_changed = command_changed,
	.bar_moved = bar_moved,
	.bar_read = bar_read,
	.bar_write = bar_write,
	.irqs_changed = irqs_changed,
	.reset = reset,
};

struct fake_pci *fake_pci_new(bool host, uint8_t devfn, uint32_t config_size)
{
	struct fake_pci *d = calloc(1, sizeof(*d));

	must(d != NULL, "memory");
	d->next = all;
	all = d;
	pci_func_init(&d->f, host ? &hosted : &emulated, d, devfn, config_size);
	d->f.name = "fake";
	for (int i = 0; i <= PCI_BAR_ROM; i++)
		d->at[i] = PCI_BAR_OFF;
	return d;
}

void fake_pci_free_all(void)
{
	while (all) {
		struct fake_pci *next = all->next;

		free(all);
		all = next;
	}
}

void fake_pci_forget(struct fake_pci *d)
{
	d->log[0] = 0;
	d->nhost_reads = d->nhost_writes = d->nmoved = d->nirqs = d->nresets = d->naccesses = 0;
}

const struct fake_pci_access *fake_pci_last(const struct fake_pci *d, unsigned int i)
{
	must(i < d->naccesses && i < ARRAY_LEN(d->access), "no such access");
	return &d->access[(d->naccesses - 1 - i) % ARRAY_LEN(d->access)];
}

struct phb *fake_machine_add_phb(struct fake_machine *m)
{
	m->phb = spapr_add_phb(&m->sp);
	must(m->phb != NULL, "too many PHBs");
	return m->phb;
}

void fake_machine_add_pci(struct fake_machine *m, struct fake_pci *d)
{
	must(m->phb != NULL, "no PHB");
	must(phb_add_func(&m->sp, m->phb, &d->f) == 0, "phb_add_func");
}

static int eeh(void *ctx, char op, uint32_t arg)
{
	struct fake_eeh *e = ctx;

	e->ncalls++;
	e->op = op;
	e->arg = arg;
	return op == 's' ? e->state : e->result;
}

static int eeh_set_option(void *ctx, uint32_t option)
{
	return eeh(ctx, 'o', option);
}

static int eeh_read_state(void *ctx)
{
	return eeh(ctx, 's', 0);
}

static int eeh_reset(void *ctx, uint32_t how)
{
	return eeh(ctx, 'r', how);
}

static int eeh_configure(void *ctx)
{
	return eeh(ctx, 'c', 0);
}

static int eeh_inject(void *ctx, const struct eeh_error *e)
{
	((struct fake_eeh *)ctx)->error = *e;
	return eeh(ctx, 'i', e->function);
}

const struct eeh_ops fake_eeh_ops = {
	.set_option = eeh_set_option,
	.read_state = eeh_read_state,
	.reset = eeh_reset,
	.configure = eeh_configure,
	.inject = eeh_inject,
};
