/* SPDX-License-Identifier: BSD-2-Clause */
/* Opening an image: whose it is, what it is, how large. */
#include "devices/backend/block/private.h"
#include "vmm/base/log.h"
#include "vmm/base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>

#define SECTOR 512u
#define PAGE_ALIGN 4096u /* where the host does not say what O_DIRECT needs */

/*
 * Formats that would be garbage as a raw disk. A guest may write such a beginning to its raw disk;
 * the user then says so (format = "raw").
 */
static const struct {
	const char *magic;
	size_t len;
	uint64_t off;
	const char *name;
} formats[] = {
	{ "QFI\xfb", 4, 0, "qcow2" },
	{ "QED", 4, 0, "QED" },
	{ "KDMV", 4, 0, "VMDK" },
	{ "# Disk DescriptorFile", 21, 0, "VMDK" },
	{ "vhdxfile", 8, 0, "VHDX" },
	{ "conectix", 8, 0, "VHD" },
	{ "\x7f\x10\xda\xbe", 4, 64, "VDI" },
};

const char *block_foreign_format(int fd)
{
	uint8_t head[SECTOR] = { 0 };

	sys_pread(fd, head, sizeof(head), 0);
	for (size_t i = 0; i < ARRAY_LEN(formats); i++)
		if (memcmp(head + formats[i].off, formats[i].magic, formats[i].len) == 0)
			return formats[i].name;
	return NULL;
}

static int open_failed(const struct block_conf *conf, const char *who, int r)
{
	if (r == -EACCES || r == -EPERM)
		log_error("%s: %s: no right to %s: change the file's rights%s", who, conf->path,
			  conf->read_only ? "read it" : "write it",
			  conf->read_only ? "" : ", or set read_only = true");
	else if (r == -EROFS)
		log_error("%s: %s: is on a read-only file system: set read_only = true", who,
			  conf->path);
	else if (r == -EBUSY)
		log_error("%s: %s: this host uses the device itself: "
			  "unmount it (\"lsblk %s\" shows where), or set read_only = true",
			  who, conf->path, conf->path);
	else if (r == -EINVAL && conf->direct)
		log_error("%s: %s: its file system knows no direct I/O: set direct = false", who,
			  conf->path);
	else
		log_error("%s: %s: cannot be opened: %s", who, conf->path, strerror(-r));
	return r;
}

/* The error of a @conf that names no disk, on whatever host. The reason has been logged. */
static int is_no_disk(enum blame *blame)
{
	*blame = BLAME_CONFIG;
	return -EINVAL;
}

/*
 * The first look is without O_DIRECT, which would want aligned buffers, and does not wait for the
 * other end of a pipe. The second open is the one that stays: O_NONBLOCK would make io_uring give up
 * where it should wait.
 */
static int open_image(struct block *b, const struct block_conf *conf, const char *who,
		      enum blame *blame)
{
	int flags = conf->read_only ? O_RDONLY : O_RDWR;
	struct file_facts facts;
	const char *format;
	int fd = sys_open(conf->path, O_RDONLY | O_NONBLOCK, 0), r;

	if (fd < 0)
		return open_failed(conf, who, fd);
	r = sys_file_facts(fd, &facts);
	format = r == 0 && !conf->raw ? block_foreign_format(fd) : NULL;
	sys_close(fd);
	if (r < 0)
		return open_failed(conf, who, r);
	if (!facts.is_file && !facts.is_block_device) {
		log_error("%s: %s: is neither a file nor a block device: correct its path", who,
			  conf->path);
		return is_no_disk(blame);
	}
	if (format) {
		log_error("%s: %s: begins as a %s image, but disks are raw here: "
			  "if a guest wrote that, set format = \"raw\", "
			  "and give \"-f raw\" to qemu-img, "
			  "which would open files that the guest names; "
			  "an image of your own becomes raw by \"qemu-img convert -O raw\"",
			  who, conf->path, format);
		return is_no_disk(blame);
	}
	b->is_device = facts.is_block_device;
	flags |= conf->direct ? O_DIRECT : 0;
	flags |= b->is_device && !conf->read_only ? O_EXCL : 0;
	r = sys_open(conf->path, flags, 0);
	if (r < 0)
		return open_failed(conf, who, r);
	b->fd = r;
	return 0;
}

static int lock_image(const struct block *b, const char *who)
{
	int r = sys_lock_file(b->fd, !b->read_only);

	if (r == -EAGAIN || r == -EACCES)
		log_error("%s: %s: another program %s it: end that one%s", who, b->path,
			  b->read_only ? "writes" : "uses",
			  b->read_only ? "" : ", or set read_only = true in both");
	else if (r < 0)
		log_warn("%s: %s: its file system cannot lock: %s: nobody else may write it", who,
			 b->path, strerror(-r));
	return r == -EAGAIN || r == -EACCES ? -EAGAIN : 0;
}

static int read_facts(struct block *b, const char *who)
{
	struct file_facts facts;
	int logical = 0, r = sys_file_facts(b->fd, &facts);
	unsigned int physical = 0;

	if (r < 0)
		return r;
	b->block_size = SECTOR;
	b->physical_size = is_power_of_2(facts.io_size) ? facts.io_size : SECTOR;
	if (b->is_device) {
		r = sys_ioctl(b->fd, BLKSSZGET, &logical);
		if (r < 0 || !is_power_of_2((uint64_t)logical) || logical < (int)SECTOR)
			return r < 0 ? r : -EINVAL;
		b->block_size = (uint32_t)logical;
		r = sys_ioctl(b->fd, BLKPBSZGET, &physical);
		b->physical_size = r == 0 && is_power_of_2(physical) ? physical : b->block_size;
	}
	if (b->physical_size < b->block_size)
		b->physical_size = b->block_size;
	b->mem_align = facts.dio_mem_align ? facts.dio_mem_align : PAGE_ALIGN;
	if (b->direct && facts.dio_offset_align > b->block_size) {
		log_error("%s: %s: its file system does direct I/O in units of %u bytes, "
			  "but the disk's are %u: set direct = false",
			  who, b->path, facts.dio_offset_align, b->block_size);
		return -ENOTSUP;
	}
	return 0;
}

static int read_size(const struct block *b, uint64_t *size)
{
	int r = sys_file_size(b->fd, size);

	*size = r < 0 ? 0 : ALIGN_DOWN(*size, b->block_size);
	return r;
}

bool block_poll_size(struct block *b)
{
	uint64_t size;

	if (read_size(b, &size) < 0 || size == b->size)
		return false;
	b->size = size;
	return true;
}

static int find_size(struct block *b, const char *who, enum blame *blame)
{
	int r = read_size(b, &b->size);

	if (r < 0) {
		log_error("%s: %s: its size: %s", who, b->path, strerror(-r));
		return r;
	}
	if (b->size > 0)
		return 0;
	log_error(
		"%s: %s: is empty, or shorter than a block of %u bytes: give it a size (\"truncate -s 10G %s\")",
		who, b->path, b->block_size, b->path);
	return is_no_disk(blame);
}

int block_open(struct block *b, const struct block_conf *conf, struct loop *loop, const char *who,
	       enum blame *blame)
{
	int r;

	*b = (struct block){ .fd = -1, .loop = loop, .path = conf->path };
	b->read_only = conf->read_only;
	b->direct = conf->direct;
	r = open_image(b, conf, who, blame);
	if (r < 0)
		return r;
	r = lock_image(b, who);
	if (r == 0) {
		r = read_facts(b, who);
		if (r < 0 && r != -ENOTSUP)
			log_error("%s: %s: %s", who, b->path, strerror(-r));
	}
	if (r == 0)
		r = find_size(b, who, blame);
	if (r < 0) {
		block_close(b);
		return r;
	}
	r = block_start(b, who);
	if (r < 0)
		block_close(b);
	return r;
}

void block_close(struct block *b)
{
	if (!b->loop)
		return;
	block_stop(b);
	if (b->fd >= 0)
		sys_close(b->fd); /* and the lock with it */
	*b = (struct block){ .fd = -1 };
}
