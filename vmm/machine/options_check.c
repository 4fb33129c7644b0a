/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/machine/options_check.h"

#include "devices/backend/block/block.h"
#include "sphapr/nvram.h"
#include "vmm/base/sys.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

static void to_lower(char *s)
{
	for (; *s; s++)
		*s = (char)tolower((unsigned char)*s);
}

/*
 * Match @s with @pattern, in which x is a hexadecimal digit and all else stands for itself. Return
 * what is left of @s, NULL when it does not begin so.
 */
static const char *match(const char *s, const char *pattern)
{
	for (; *pattern; pattern++, s++)
		if (*pattern == 'x' ? !isxdigit((unsigned char)*s) : *s != *pattern)
			return NULL;
	return s;
}

int check_node(struct conf_value *v)
{
	return strchr(v->text, ',') ? conf_why(v, "expected an integer, got an array") : 0;
}

int check_node_memory(struct conf_value *v)
{
	uint64_t bytes;

	if (conf_size_parse(v->text, &bytes) < 0)
		return conf_why(v, "\"%.60s\" is not a size such as \"1GiB\"", v->text);
	if (bytes == 0 || bytes % OPT_NODE_UNIT != 0)
		return conf_why(v, "\"%.60s\" is not a multiple of %s", v->text,
				conf_size_text(OPT_NODE_UNIT).text);
	return 0;
}

int check_pci_host(struct conf_value *v)
{
	const char *s = v->text, *rest;
	size_t domain = strspn(s, "0123456789abcdefABCDEF");

	to_lower(v->text);
	rest = match(s, "xx:xx.x");
	if (rest && !*rest)
		return conf_why(v, "\"%s\" lacks the domain, did you mean \"0000:%s\"?", s, s);
	rest = domain >= 4 && domain <= 8 ? match(s + domain, ":xx:xx.x") : NULL;
	if (!rest || *rest)
		return conf_why(v, "\"%.60s\" is not a PCI address such as \"0004:01:00.0\"", s);
	if (strtoul(s + domain + 4, NULL, 16) > 0x1f)
		return conf_why(v, "\"%s\" is not a PCI address: its device is above 1f", s);
	if (rest[-1] > '7')
		return conf_why(v, "\"%s\" is not a PCI address: its function is above 7", s);
	return 0;
}

/* A path beside words that the key's own check knows; it becomes absolute. */
static int resolve(struct conf_value *v)
{
	char *path;

	if (!*v->text)
		return conf_why(v, "the path is empty");
	path = conf_resolve(v, v->text);
	if (!path)
		return -ENOMEM;
	free(v->text);
	v->text = path;
	return 0;
}

#define ISO_MAGIC "CD001"
#define ISO_MAGIC_AT 0x8001

/* A file's beginning, with zeroes behind its end. */
struct head {
	char bytes[ISO_MAGIC_AT + sizeof(ISO_MAGIC)];
	const char *image; /* a format of disks, or NULL */
};

static int read_head(const char *path, struct head *h)
{
	int fd = sys_open(path, O_RDONLY | O_NONBLOCK, 0);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = sys_pread(fd, h->bytes, sizeof(h->bytes), 0);
	h->image = n < 0 ? NULL : block_foreign_format(fd);
	sys_close(fd);
	if (memcmp(h->bytes + ISO_MAGIC_AT, ISO_MAGIC, strlen(ISO_MAGIC)) == 0)
		h->image = "ISO 9660";
	return n < 0 ? (int)n : 0;
}

/* What is entered at 0x100 has no beginning of its own; what has one that is known, is something else. */
static int check_is_code(struct conf_value *v)
{
	struct head h = { 0 };
	int r = read_head(v->text, &h);

	if (r < 0)
		return conf_why(v, "%.160s: %s", v->text, strerror(-r));
	if (memcmp(h.bytes,
		   "\x7f"
		   "ELF",
		   4) == 0)
		return conf_why(
			v, "%.160s: is a kernel, or another ELF program: name it by boot.kernel",
			v->text);
	if (memcmp(h.bytes, "MZ", 2) == 0)
		return conf_why(v, "%.160s: is a program of EFI, for other machines", v->text);
	if (h.image)
		return conf_why(v, "%.160s: is an image of a disk (%s): name it in a [[disk]]",
				v->text, h.image);
	return 0;
}

int check_firmware(struct conf_value *v)
{
	int r;

	if (strcmp(v->text, OPT_FIRMWARE_BUILTIN) == 0)
		return 0;
	r = resolve(v);
	if (r == 0)
		r = conf_check_file(v);
	return r < 0 ? r : check_is_code(v);
}

int check_api_socket(struct conf_value *v)
{
	if (strncmp(v->text, "fd:", 3) == 0)
		return v->text[3] ? 0 : conf_why(v, "\"fd:\" lacks the name of a descriptor");
	return resolve(v);
}

int check_file_mode(struct conf_value *v)
{
	size_t len = strlen(v->text);
	unsigned long mode = strtoul(v->text, NULL, 8);

	if (len == 0 || len > 4 || strspn(v->text, "01234567") != len)
		return conf_why(v, "\"%.20s\" is no file mode such as \"0660\"", v->text);
	if (mode & ~0660ul)
		return conf_why(v, "\"%s\" allows more than \"0660\" does", v->text);
	return 0;
}

/* What needs no look at the rest of the host: nvram_file_try() judges that for "check" and --dry-run. */
int check_nvram_path(struct conf_value *v)
{
	int fd = sys_open(v->text, O_RDONLY | O_NONBLOCK, 0);
	uint64_t size = 0;
	int r = fd;

	if (fd == -ENOENT)
		return 0;
	if (fd >= 0) {
		r = sys_file_size(fd, &size);
		sys_close(fd);
	}
	if (r < 0)
		return conf_why(v, "%.160s: %s", v->text, strerror(-r));
	if (size != 0 && size != NVRAM_SIZE)
		return conf_why(v, "%.160s: has %llu bytes, not %llu: is it another file?", v->text,
				(unsigned long long)size, (unsigned long long)NVRAM_SIZE);
	return 0;
}
