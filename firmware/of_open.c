/* SPDX-License-Identifier: BSD-2-Clause */
/* What a client opens: consoles and disks, and nodes for the sake of their methods. */
#include "firmware/of_impl.h"

#include <stdlib.h>
#include <string.h>

#define CONSOLE_PIECE 256u
#define CONSOLE_MAX (64u << 10)     /* bytes of one call: the machine lock is held meanwhile */
#define NOTHING_READ ((uint32_t)-2) /* of a console: no key was hit */
#define PROTECTED (34 * 512ULL)     /* bytes at a disk's start that no client writes */

struct of_file *of_file(struct of *of, uint32_t handle)
{
	for (size_t i = 0; i < OF_FILES_MAX; i++)
		if (of->files[i].kind != OF_FREE && of->files[i].handle == handle)
			return &of->files[i];
	return NULL;
}

static void open_fixed(struct of *of, uint32_t handle, enum of_kind kind, const struct of_node *n)
{
	of->files[handle - OF_STDIN] = (struct of_file){
		.kind = kind, .fixed = true, .handle = handle, .node = n ? n->handle : 0
	};
}

static const struct of_node *console_node(const struct of_tree *t)
{
	return of_tree_find(t, "hvterm");
}

void of_open_chosen(struct of *of)
{
	const struct of_tree *t = &of->tree;
	const struct of_node *cpus = of_tree_find(t, "/cpus");

	open_fixed(of, OF_STDIN, OF_CONSOLE, console_node(t));
	open_fixed(of, OF_STDOUT, OF_CONSOLE, console_node(t));
	open_fixed(of, OF_MEMORY_INSTANCE, OF_MEMORY, of_tree_find(t, OF_MEMORY_PATH));
	open_fixed(of, OF_MMU_INSTANCE, OF_NODE, cpus ? cpus->child : NULL);
	of->next_handle = OF_FIRST_INSTANCE;
}

/* @args: behind a disk's ':': nothing or 0 is the whole, a number is a partition. */
static bool open_disk(struct of_file *f, struct fw_disk *d, const char *args)
{
	unsigned long part = strtoul(args, NULL, 10);

	if (d->look)
		d->size = d->look(d->ctx);
	f->kind = OF_DISK;
	f->disk = d;
	f->size = d->size;
	return part == 0 || (part <= UINT16_MAX &&
			     disk_partition(d, (unsigned int)part, &f->base, &f->size) == 0);
}

static bool open_node(const struct of *of, struct of_file *f, const struct of_node *n,
		      const char *args)
{
	const struct of_tree *t = &of->tree;

	f->kind = OF_NODE;
	for (uint32_t i = 0; i < of->env.ndisks; i++)
		if (of_tree_find(t, of->env.disks[i].path) == n)
			return open_disk(f, &of->env.disks[i], args);
	if (n == console_node(t))
		f->kind = OF_CONSOLE;
	else if (n == of_tree_find(t, OF_MEMORY_PATH))
		f->kind = OF_MEMORY;
	else
		return !n->parent || strcmp(n->name, "rtas") == 0;
	return true;
}

/* A number that no file has. */
static uint32_t new_handle(struct of *of)
{
	do
		of->next_handle =
			of->next_handle == INT32_MAX ? OF_FIRST_INSTANCE : of->next_handle + 1;
	while (of_file(of, of->next_handle));
	return of->next_handle;
}

/* path and arguments -> ihandle; 0: nothing is open */
static uint32_t open_(struct of *of, struct of_args *a)
{
	char path[OF_PATH_MAX];
	const struct of_node *n;
	struct of_file f = { 0 };
	size_t i = 0;

	if (!of_string(of, a->in[0], path, sizeof(path)))
		return 0;
	n = of_tree_find(&of->tree, path);
	while (i < OF_FILES_MAX && of->files[i].kind != OF_FREE)
		i++;
	if (!n || i == OF_FILES_MAX ||
	    !open_node(of, &f, n, path[strcspn(path, ":")] ? strchr(path, ':') + 1 : ""))
		return 0;
	f.node = n->handle;
	f.handle = new_handle(of);
	of->files[i] = f;
	return f.handle;
}

/* ihandle -> */
static uint32_t close_(struct of *of, struct of_args *a)
{
	struct of_file *f = of_file(of, a->in[0]);

	if (f && !f->fixed)
		f->kind = OF_FREE;
	return 0;
}

/* ihandle, upper and lower half of a position -> 0 */
static uint32_t seek(struct of *of, struct of_args *a)
{
	struct of_file *f = of_file(of, a->in[0]);

	if (!f || f->kind != OF_DISK)
		return OF_ERROR;
	f->pos = (uint64_t)a->in[1] << 32 | a->in[2];
	return 0;
}

/* How much of @len there is at the position, and may be moved. */
static uint32_t clamp(const struct of_file *f, uint32_t len)
{
	uint64_t left = f->pos < f->size ? f->size - f->pos : 0;

	left = left < OF_MOVE_MAX ? left : OF_MOVE_MAX;
	return len < left ? len : (uint32_t)left;
}

/*
 * Straight between the disk and guest memory: what the client changes there meanwhile is its own. The
 * lock may be away while a piece moves, but the file stays: nobody else is served.
 */
static uint32_t move_disk(struct of *of, struct of_file *f, gpa_t gpa, uint32_t len, bool write)
{
	uint8_t *host = gmem_dma_host(of->env.mem, gpa, len);
	const struct fw_disk *d = f->disk;

	if (!host)
		return OF_ERROR;
	for (uint32_t done = 0, n; done < len; done += n) {
		uint64_t at = f->base + f->pos;
		int r;

		n = len - done < OF_PIECE_MAX ? len - done : (uint32_t)OF_PIECE_MAX;
		r = write ? d->write(d->ctx, at, host + done, n)
			  : d->read(d->ctx, at, host + done, n);
		if (r < 0)
			return done ? done : OF_ERROR;
		f->pos += n;
	}
	return len;
}

static uint32_t read_console(struct of *of, gpa_t gpa, uint32_t len)
{
	uint8_t buf[CONSOLE_PIECE];
	uint32_t n;

	if (len == 0 || !gmem_contains(of->env.mem, gpa, len))
		return len ? OF_ERROR : 0;
	n = of->env.console_read(of->env.ctx, buf, len < sizeof(buf) ? len : sizeof(buf));
	return n == 0 || gmem_write(of->env.mem, gpa, buf, n) < 0 ? NOTHING_READ : n;
}

/* ihandle, buffer, size -> bytes read */
static uint32_t read_(struct of *of, struct of_args *a)
{
	struct of_file *f = of_file(of, a->in[0]);

	if (f && f->kind == OF_CONSOLE)
		return read_console(of, a->in[1], a->in[2]);
	return f && f->kind == OF_DISK ? move_disk(of, f, a->in[1], clamp(f, a->in[2]), false)
				       : OF_ERROR;
}

static uint32_t write_console(struct of *of, gpa_t gpa, uint32_t len)
{
	uint8_t buf[CONSOLE_PIECE];
	uint32_t done = 0, n, moved;

	len = len < CONSOLE_MAX ? len : CONSOLE_MAX;
	for (; done < len; done += moved) {
		n = len - done < sizeof(buf) ? len - done : sizeof(buf);
		if (gmem_read(of->env.mem, gpa + done, buf, n) < 0)
			return done ? done : OF_ERROR;
		moved = of->env.console_write(of->env.ctx, buf, n);
		if (moved < n)
			return done + moved;
	}
	return done;
}

static uint32_t write_disk(struct of *of, struct of_file *f, gpa_t gpa, uint32_t len)
{
	if (f->disk->read_only || f->base + f->pos < PROTECTED)
		return OF_ERROR;
	return move_disk(of, f, gpa, clamp(f, len), true);
}

/* ihandle, buffer, size -> bytes written */
static uint32_t write_(struct of *of, struct of_args *a)
{
	struct of_file *f = of_file(of, a->in[0]);

	if (f && f->kind == OF_CONSOLE)
		return write_console(of, a->in[1], a->in[2]);
	return f && f->kind == OF_DISK ? write_disk(of, f, a->in[1], a->in[2]) : OF_ERROR;
}

const struct of_service of_services_files[] = {
	{ "open", 1, open_ }, { "close", 1, close_ }, { "seek", 3, seek },
	{ "read", 3, read_ }, { "write", 3, write_ }, { 0 },
};
