/* SPDX-License-Identifier: BSD-2-Clause */
/* What the host's VFIO can do, its functions, what went wrong, and what is left. */
#include "tests/fake/vfio_impl.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct fake_vfio_facts fake_vfio;
struct fake_hostdev *fake_hostdevs;

static char faults[4096];

void fake_fault(const char *fmt, ...)
{
	size_t n = strlen(faults);
	va_list ap;

	if (n > sizeof(faults) - 200)
		return;
	va_start(ap, fmt);
	vsnprintf(faults + n, sizeof(faults) - n - 1, fmt, ap);
	va_end(ap);
	strcat(faults, "\n");
}

const char *fake_faults(void)
{
	return faults;
}

static void drop_hostdevs(void)
{
	struct fake_hostdev *d;

	while ((d = fake_hostdevs)) {
		fake_hostdevs = d->next;
		free(d);
	}
}

void fake_vfio_host(enum fake_host_id id)
{
	bool l1 = id == FAKE_L1 || id == FAKE_L1_COMPAT;

	drop_hostdevs();
	fake_groups_reset();
	fake_sysfs_reset();
	fake_files_reset();
	fake_mem_reset();
	fake_vfio = (struct fake_vfio_facts){
		.api_version = VFIO_API_VERSION,
		.has_spapr = true,
		.eeh = !l1,
		.dma32_start = 0,
		.dma32_size = l1 ? 1 * GiB : 2 * GiB,
		.pgsizes = 4 * KiB | 64 * KiB | (l1 ? 0 : 2 * MiB | 1 * GiB) |
			   (id == FAKE_HASH ? 16 * MiB : 0),
		.max_windows = 2,
		.levels = l1 ? 1 : 5,
		.contiguous = 16 * MiB,
		.l1 = l1,
		.l0_start = 1ULL << 59,
	};
}

/* fake_host() follows, which calls the function above. */
void fake_vfio_reset(void)
{
	faults[0] = '\0';
}

struct fake_hostdev *fake_hostdev_find(const char *bdf)
{
	struct fake_hostdev *d = fake_hostdevs;

	while (d && strcmp(d->bdf, bdf) != 0)
		d = d->next;
	return d;
}

struct fake_hostdev *fake_hostdev_new(enum fake_hostdev_kind kind, const char *bdf, int group,
				      const char *driver)
{
	struct fake_hostdev *d = calloc(1, sizeof(*d)), **p = &fake_hostdevs;

	if (!d || fake_hostdev_find(bdf))
		abort();
	snprintf(d->bdf, sizeof(d->bdf), "%s", bdf);
	snprintf(d->driver, sizeof(d->driver), "%s", driver);
	d->group = group;
	d->irqs = -1;
	fake_hostdev_fill(d, kind);
	while (*p)
		p = &(*p)->next;
	*p = d;
	fake_group_by_id(group)->exists = true;
	return d;
}

/* ---- paths ---- */

bool fake_vfio_owns(const char *path)
{
	return strncmp(path, "/dev/vfio/", 10) == 0 || fake_sysfs_owns(path) ||
	       fake_files_own(path);
}

int fake_vfio_open(const char *path, int flags)
{
	if (strcmp(path, "/dev/vfio/vfio") == 0)
		return fake_container_open();
	if (strncmp(path, "/dev/vfio/", 10) == 0)
		return fake_group_open(path);
	if (fake_files_own(path))
		return fake_files_open(path, flags);
	return fake_sysfs_owns(path) ? fake_sysfs_open(path) : -ENXIO;
}

void fake_vfio_reap(void)
{
	fake_tables_reap();
	fake_devices_reap();
}

/* ---- what there is ---- */

#define LOCKED(type, what)                                                                         \
	do {                                                                                       \
		type v_;                                                                           \
                                                                                                   \
		pthread_mutex_lock(&fake_lock);                                                    \
		v_ = what;                                                                         \
		pthread_mutex_unlock(&fake_lock);                                                  \
		return v_;                                                                         \
	} while (0)

static int count_containers(void)
{
	int n = 0;

	for (const struct fake_container *c = fake_containers_first(); c; c = c->next)
		n++;
	return n;
}

static int count_windows(void)
{
	int n = 0;

	for (const struct fake_container *c = fake_containers_first(); c; c = c->next)
		for (int i = 0; i < FAKE_SLOTS; i++)
			n += c->slots[i] != NULL;
	return n;
}

static int count_tables(void)
{
	int n = 0;

	for (const struct fake_table *t = fake_tables_first(); t; t = t->next)
		n++;
	return n;
}

static int count_groups(void)
{
	struct fake_group *g;
	int at = 0, n = 0;

	while ((g = fake_groups_each(&at)))
		n += g->refs > 0;
	return n;
}

int fake_containers(void)
{
	LOCKED(int, count_containers());
}

int fake_windows(void)
{
	LOCKED(int, count_windows());
}

int fake_kvm_tables(void)
{
	LOCKED(int, count_tables());
}

int fake_groups_open(void)
{
	LOCKED(int, count_groups());
}

static void *reach(int group, uint64_t ioba, bool write)
{
	const struct fake_container *c = fake_group_by_id(group)->container;
	const struct fake_hw *hw = c ? fake_window_at(c, ioba) : NULL;
	uint64_t tce, page;

	if (!hw)
		return NULL;
	page = 1ULL << hw->page_shift;
	tce = hw->tces[(ioba - hw->start) >> hw->page_shift];
	if (!(tce & (write ? 2 : 1)))
		return NULL;
	return (void *)(uintptr_t)((tce & ~3ULL) + (ioba & (page - 1)));
}

void *fake_dma(int group, uint64_t ioba, bool write)
{
	LOCKED(void *, reach(group, ioba, write));
}

const char *fake_vfio_left(void)
{
	static char text[256];
	int n = 0;

	text[0] = '\0';
#define LEFT(what, v)                                                                              \
	do {                                                                                       \
		unsigned long long v_ = (unsigned long long)(v);                                   \
                                                                                                   \
		if (v_)                                                                            \
			n += snprintf(text + n, sizeof(text) - (size_t)n, "%llu %s; ", v_, what);  \
	} while (0)
	LEFT("containers", fake_containers());
	LEFT("groups", fake_groups_open());
	LEFT("windows", fake_windows());
	LEFT("live TCEs", fake_live_tces());
	LEFT("bytes pinned", fake_pinned());
	LEFT("bytes locked", fake_locked());
	LEFT("KVM tables", fake_kvm_tables());
	LEFT("irqfds", fake_irqfds());
	LEFT("PE held in reset", fake_vfio.eeh_held);
#undef LEFT
	return text;
}
