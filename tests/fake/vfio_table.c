/* SPDX-License-Identifier: BSD-2-Clause */
/* KVM's TCE tables: arch/powerpc/kvm/book3s_64_vio.c. A table lives while it is open or mapped. */
#include "tests/fake/vfio_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define HEADER 128 /* of the kernel's structure */

static struct fake_table *tables;

struct fake_table *fake_tables_first(void)
{
	return tables;
}

static size_t bytes_of(const struct fake_table *t)
{
	return ALIGN_UP(t->size * 8, fake_facts.page_size);
}

bool fake_hw_is_linked(const struct fake_hw *hw)
{
	for (const struct fake_table *t = tables; t; t = t->next)
		for (const struct fake_link *l = t->links; l; l = l->next)
			if (l->hw == hw)
				return true;
	return false;
}

void fake_table_unlink(struct fake_table *t, const struct fake_hw *hw)
{
	for (struct fake_link **p = &t->links, *l; (l = *p);) {
		if (hw && l->hw != hw) {
			p = &l->next;
			continue;
		}
		*p = l->next;
		fake_hw_put(l->hw);
		free(l);
	}
}

void fake_tables_reap(void)
{
	for (struct fake_table **p = &tables, *t; (t = *p);) {
		if (t->open || fake_maps_of(t)) {
			p = &t->next;
			continue;
		}
		*p = t->next;
		fake_table_unlink(t, NULL);
		fake_mem_uncharge(t->charge);
		real_munmap(t->values, bytes_of(t));
		fake_vm_put(t->vm);
		free(t);
	}
}

/* kvm_spapr_tce_release() frees by plain RCU what a sleeping H_PUT_TCE goes on to use. */
static void table_close(struct fake_file *f)
{
	struct fake_table *t = f->obj;

	for (const struct fake_cpu *c = t->vm->cpus; c; c = c->next)
		if (c->in_run)
			fake_fault("a TCE table is closed while vCPU %u is inside KVM", c->id);
	t->open = false;
	fake_tables_reap();
}

static int table_ioctl(struct fake_file *f, unsigned long req, void *arg, char *detail)
{
	(void)f;
	(void)req;
	(void)arg;
	(void)detail;
	return -ENOTTY;
}

static int may_mmap(struct fake_file *f, size_t len, uint64_t offset)
{
	size_t size = bytes_of(f->obj);

	return offset > size || ALIGN_UP(len, fake_facts.page_size) > size - offset ? -EINVAL : 0;
}

static const struct fake_ops table_ops = {
	.ioctl = table_ioctl,
	.may_mmap = may_mmap,
	.close = table_close,
};

struct fake_table *fake_table_of(int fd)
{
	struct fake_file *f = fake_file_find(fd);

	return f && f->ops == &table_ops ? f->obj : NULL;
}

static uint64_t charge_of(const struct kvm_create_spapr_tce_64 *p)
{
	uint64_t page = fake_facts.page_size, pages = ALIGN_UP(p->size * 8, page) / page;

	return pages * page + ALIGN_UP(HEADER + 8 * pages, page);
}

int fake_vm_create_table(struct fake_vm *vm, const struct kvm_create_spapr_tce_64 *p)
{
	uint32_t shift = p->page_shift;
	struct fake_table *t;
	void *values;
	int r;

	if (!fake_cap(KVM_CAP_SPAPR_TCE_64))
		return -ENOTTY;
	if (p->flags || p->size == 0 || shift < 12 || shift > 34 ||
	    p->offset + p->size > UINT64_MAX >> shift)
		return -EINVAL;
	r = fake_mem_charge(charge_of(p));
	if (r < 0)
		return r;
	for (t = tables; t; t = t->next)
		if (t->vm == vm && t->liobn == p->liobn) {
			fake_mem_uncharge(charge_of(p));
			return -EBUSY;
		}
	t = calloc(1, sizeof(*t));
	if (!t)
		abort();
	*t = (struct fake_table){ .liobn = p->liobn,
				  .offset = p->offset,
				  .size = p->size,
				  .page_shift = shift,
				  .charge = charge_of(p),
				  .vm = vm,
				  .open = true,
				  .next = tables };
	r = fake_file_new(&table_ops, t, bytes_of(t), "tce-table 0x%llx",
			  (unsigned long long)p->liobn);
	if (r < 0 ||
	    real_mmap(&values, NULL, bytes_of(t), PROT_READ | PROT_WRITE, MAP_SHARED, r, 0) < 0)
		abort();
	t->fd = r;
	t->values = values;
	vm->refs++;
	tables = t;
	return r;
}
