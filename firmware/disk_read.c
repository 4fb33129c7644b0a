/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of the boot from disks have in common: bytes, and the line about a disk that lies. */
#define LOG_PREFIX "boot"
#include "firmware/disk_private.h"

#include "vmm/base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int disk_read(const struct fw_disk *d, const struct disk_extent *e, uint64_t off, void *buf,
	      size_t len)
{
	if (e->off > d->size || e->len > d->size - e->off || off > e->len || len > e->len - off)
		return -ENODATA;
	return d->read(d->ctx, e->off + off, buf, len);
}

struct disk_extent disk_whole(const struct fw_disk *d)
{
	return (struct disk_extent){ 0, d->size };
}

int disk_read_block(const struct fw_disk *d, uint64_t block, void *buf, size_t len)
{
	const struct disk_extent all = disk_whole(d);

	return block > d->size / d->block_size
		       ? -ENODATA
		       : disk_read(d, &all, block * d->block_size, buf, len);
}

int disk_lies(const struct fw_disk *d, const char *fmt, ...)
{
	char text[DISK_LIE_SIZE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (d->lie)
		memcpy(d->lie, text, sizeof(text));
	else if (!d->said || log_may(d->said))
		log_warn("%s: %s", d->name, text);
	return -ENOEXEC;
}
