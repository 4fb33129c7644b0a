/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TCE calls as KVM serves them: arch/powerpc/kvm/book3s_64_vio.c. As weak as KVM: it does not
 * hold the count of a bulk call against the end of the table, which here is a fault.
 */
#include "tests/fake/vfio_impl.h"

#include "sphapr/hcall.h"
#include "sphapr/window.h"

static struct fake_table *find(const struct fake_vm *vm, uint64_t liobn)
{
	struct fake_table *t = fake_tables_first();

	while (t && (t->vm != vm || t->liobn != liobn))
		t = t->next;
	return t;
}

/* kvmppc_ioba_validate(): the first page only, whatever the count. */
static bool ioba_ok(const struct fake_table *t, uint64_t ioba)
{
	uint64_t page = ioba >> t->page_shift;

	return !(ioba & ((1ULL << t->page_shift) - 1)) && page >= t->offset &&
	       page - t->offset < t->size;
}

/* Host address of a guest's page; 0: user space shall look at it. */
static uint64_t to_host(const struct fake_table *t, uint64_t tce)
{
	uint64_t gpa = tce & ~TCE_PERM, page = 1ULL << t->page_shift;
	uint64_t host = (uintptr_t)fake_vm_memory(t->vm, gpa, page);

	if (gpa & (page - 1) || !host)
		return 0;
	for (const struct fake_link *l = t->links; l; l = l->next) {
		const struct fake_region *r = fake_mem_lookup(host, page);

		if (!r || r->page_shift < l->hw->page_shift)
			return 0;
	}
	return host;
}

/* One guest page is as many of the host's as it takes. */
static void enter(const struct fake_table *t, uint64_t index, uint64_t host, uint64_t tce)
{
	for (const struct fake_link *l = t->links; l; l = l->next) {
		uint64_t sub = 1ULL << (t->page_shift - l->hw->page_shift);
		uint64_t perm = tce & TCE_WRITE ? TCE_PERM : tce & TCE_PERM;

		for (uint64_t i = 0; i < sub; i++)
			fake_hw_set(l->hw, index * sub + i,
				    perm ? (host + (i << l->hw->page_shift)) | perm : 0);
	}
	__atomic_store_n(&t->values[index], tce, __ATOMIC_RELAXED);
}

static bool is_inside(const struct fake_table *t, uint64_t index, uint64_t n, const char *call)
{
	if (n <= t->size - index)
		return true;
	fake_fault("%s of %llu entries over the end of the table: the kernel walks past it", call,
		   (unsigned long long)n);
	return false;
}

static long put(struct fake_vm *vm, uint64_t liobn, uint64_t ioba, uint64_t tce)
{
	struct fake_table *t = find(vm, liobn);
	uint64_t host = 0;

	if (!t)
		return FAKE_TOO_HARD;
	if (!ioba_ok(t, ioba))
		return H_PARAMETER;
	if (tce & TCE_PERM) {
		host = to_host(t, tce);
		if (!host)
			return FAKE_TOO_HARD;
	}
	enter(t, (ioba >> t->page_shift) - t->offset, host, tce);
	return H_SUCCESS;
}

static long get(struct fake_vm *vm, uint64_t liobn, uint64_t ioba, uint64_t *tce)
{
	struct fake_table *t = find(vm, liobn);

	if (!t)
		return FAKE_TOO_HARD;
	if (!ioba_ok(t, ioba))
		return H_PARAMETER;
	*tce = __atomic_load_n(&t->values[(ioba >> t->page_shift) - t->offset], __ATOMIC_RELAXED);
	return H_SUCCESS;
}

static long put_indirect(struct fake_vm *vm, const uint64_t *a)
{
	struct fake_table *t = find(vm, a[0]);
	uint64_t n = a[3], index;
	const uint8_t *list;

	if (!t)
		return FAKE_TOO_HARD;
	if (n > TCE_BULK_MAX || a[2] & 4095 || !ioba_ok(t, a[1]))
		return H_PARAMETER;
	list = fake_vm_memory(vm, a[2], n * 8);
	index = (a[1] >> t->page_shift) - t->offset;
	if (!list)
		return FAKE_TOO_HARD;
	for (uint64_t i = 0; i < n; i++)
		if (!to_host(t, be64_load(list + 8 * i)))
			return FAKE_TOO_HARD;
	if (!is_inside(t, index, n, "H_PUT_TCE_INDIRECT"))
		return H_PARAMETER;
	for (uint64_t i = 0; i < n; i++)
		enter(t, index + i, to_host(t, be64_load(list + 8 * i)), be64_load(list + 8 * i));
	return H_SUCCESS;
}

static long stuff(struct fake_vm *vm, const uint64_t *a)
{
	struct fake_table *t = find(vm, a[0]);
	uint64_t index;

	if (!t)
		return FAKE_TOO_HARD;
	if (!ioba_ok(t, a[1]) || a[2] & TCE_PERM)
		return H_PARAMETER;
	index = (a[1] >> t->page_shift) - t->offset;
	if (!is_inside(t, index, a[3], "H_STUFF_TCE"))
		return H_PARAMETER;
	for (uint64_t i = 0; i < a[3]; i++)
		enter(t, index + i, 0, a[2]);
	return H_SUCCESS;
}

static bool is_enabled(const struct fake_vm *vm, uint64_t nr)
{
	return vm->hcall_enabled[nr / 4];
}

bool fake_vm_hcall(struct fake_vm *vm, uint64_t nr, uint64_t *a, long *ret)
{
	switch (nr) {
	case H_PUT_TCE:
		*ret = is_enabled(vm, nr) ? put(vm, a[0], a[1], a[2]) : FAKE_TOO_HARD;
		break;
	case H_GET_TCE:
		*ret = is_enabled(vm, nr) ? get(vm, a[0], a[1], &a[0]) : FAKE_TOO_HARD;
		break;
	case H_PUT_TCE_INDIRECT:
		*ret = is_enabled(vm, nr) ? put_indirect(vm, a) : FAKE_TOO_HARD;
		break;
	case H_STUFF_TCE:
		*ret = is_enabled(vm, nr) ? stuff(vm, a) : FAKE_TOO_HARD;
		break;
	default:
		return false;
	}
	return *ret != FAKE_TOO_HARD;
}

long fake_kvm_put_tce(uint64_t liobn, uint64_t ioba, uint64_t tce)
{
	long r;

	pthread_mutex_lock(&fake_lock);
	r = is_enabled(fake_the_vm, H_PUT_TCE) ? put(fake_the_vm, liobn, ioba, tce) : FAKE_TOO_HARD;
	pthread_mutex_unlock(&fake_lock);
	return r;
}

long fake_kvm_get_tce(uint64_t liobn, uint64_t ioba, uint64_t *tce)
{
	long r;

	pthread_mutex_lock(&fake_lock);
	r = get(fake_the_vm, liobn, ioba, tce);
	pthread_mutex_unlock(&fake_lock);
	return r;
}
