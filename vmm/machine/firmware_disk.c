/* SPDX-License-Identifier: BSD-2-Clause */
/* The emulated disks, as firmware reads and writes them. */
#include "devices/backend/block/block.h"
#include "vmm/machine/firmware.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct move {
	struct block *b;
	enum block_op op;
	uint64_t off;
	void *buf;
	size_t len;
};

static int move_now(void *arg)
{
	const struct move *m = arg;

	return block_move(m->b, m->op, m->off, m->buf, m->len);
}

/* Of a call, without the lock; at power-on nobody else is there. */
static int move(void *ctx, enum block_op op, uint64_t off, void *buf, size_t len)
{
	const struct firmware_disk *d = ctx;
	struct move m = { d->block, op, off, buf, len };
	const struct spapr *sp = d->f->env.sp;

	if (d->f->env.stop->why != STOP_NONE) /* others wait for this vCPU to park */
		return -ECANCELED;
	if (d->f->of->busy)
		return sp->plat.without_lock(sp->plat.ctx, move_now, &m);
	return move_now(&m);
}

static int disk_read(void *ctx, uint64_t off, void *buf, size_t len)
{
	return move(ctx, BLOCK_READ, off, buf, len);
}

static int disk_write(void *ctx, uint64_t off, const void *buf, size_t len)
{
	return move(ctx, BLOCK_WRITE, off, (void *)(uintptr_t)buf, len);
}

/* The device behind looks at its image every second. */
static uint64_t disk_look(void *ctx)
{
	const struct firmware_disk *d = ctx;

	return d->block->size;
}

struct fw_disk firmware_disk_to_boot(const struct firmware *f, uint32_t i)
{
	struct fw_disk d = f->disks[i];

	d.size = disk_look(d.ctx);
	d.said = &f->behind[i].said_boot;
	return d;
}

static struct block *disk_of(const struct emulated *emu, uint32_t i)
{
	struct device *dev = emu->devs[i];

	return dev->model->disk ? dev->model->disk(dev) : NULL;
}

int firmware_open_disks(struct firmware *f)
{
	const struct emulated *emu = f->env.emu;

	f->disks = calloc(emu->ndevs + 1, sizeof(*f->disks));
	f->behind = calloc(emu->ndevs + 1, sizeof(*f->behind));
	if (!f->disks || !f->behind)
		return -ENOMEM;
	for (uint32_t i = 0; i < emu->ndevs; i++) {
		struct block *b = disk_of(emu, i);
		struct fw_disk *d = &f->disks[f->ndisks];

		if (!b)
			continue;
		f->behind[f->ndisks] = (struct firmware_disk){ .f = f, .block = b };
		*d = (struct fw_disk){
			.ctx = &f->behind[f->ndisks],
			.size = b->size,
			.block_size = b->block_size,
			.read_only = b->read_only,
			.look = disk_look,
			.read = disk_read,
			.write = disk_write,
		};
		snprintf(d->name, sizeof(d->name), "disk%u", f->ndisks);
		d->said = &f->behind[f->ndisks].said;
		phb_func_path(emu->phb, emu->devs[i]->func, d->path, sizeof(d->path));
		f->ndisks++;
	}
	return 0;
}
