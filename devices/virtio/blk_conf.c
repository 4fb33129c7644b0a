/* SPDX-License-Identifier: BSD-2-Clause */
/* [[disk]]: its keys, and what two of them must not say. */
#include "devices/virtio/blk.h"

#include <string.h>

const char *blk_conf_conflict(const void *conf, const void *other)
{
	const struct blk_conf *a = conf, *b = other;

	if (!a->path || !b->path || strcmp(a->path, b->path) != 0)
		return NULL;
	return a->read_only && b->read_only ? NULL : "path";
}

static const char *const formats[] = { [BLK_FORMAT_AUTO] = "auto", [BLK_FORMAT_RAW] = "raw", NULL };

const struct conf_key blk_keys[] = {
	{ "path", CONF_PATH, offsetof(struct blk_conf, path), .required = true,
	  .check = conf_check_file, .help = "raw image or block device" },
	{ "read_only", CONF_BOOL, offsetof(struct blk_conf, read_only), .def = "false",
	  .help = "refuse writes of the guest" },
	{ "format", CONF_ENUM, offsetof(struct blk_conf, format), .def = "auto", .choices = formats,
	  .help = "raw takes images that begin like another format" },
	{ "serial", CONF_STRING, offsetof(struct blk_conf, serial), .max_len = BLK_SERIAL_LEN,
	  .form = "TEXT", .help = "up to 20 bytes, \"disk\" and the position if missing" },
	{ "direct", CONF_BOOL, offsetof(struct blk_conf, direct), .def = "false",
	  .help = "past the host's page cache (O_DIRECT)" },
	{ "queues", CONF_UINT, offsetof(struct blk_conf, queues), .def = "0", .max = BLK_MAX_QUEUES,
	  .help = "request queues, 0 is one for each vCPU up to 4" },
	{ "iommu", CONF_BOOL, offsetof(struct blk_conf, iommu), .def = "false",
	  .help = "the guest maps each buffer in its DMA window first" },
	{ 0 },
};
