/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the client interface of Open Firmware to a flat tree, so that a topic knows one kind only.
 * Source: IEEE 1275-1994, "Client interface"; Devicetree Specification 0.4, chapter 5.
 */
#include "guest.h"

enum { BEGIN_NODE = 1, END_NODE = 2, PROP = 3, END = 9 };
enum { FAILED = 0xffffffff };

#define HEAD 40
#define MAX_ARGS 6
#define STRUCT_MAX 0x80000
#define STRINGS_MAX 0x20000
#define NAME_MAX 64 /* the standard says 32, but there are longer ones */
#define PATH_MAX 256

static struct {
	uint32_t entry;
	uint32_t len, strings_len;
	uint8_t flat[HEAD + STRUCT_MAX];
	char strings[STRINGS_MAX];
} of;

static uint32_t address(const void *p)
{
	return (uint32_t)(uintptr_t)p;
}

/* @args and the one value that comes back; FAILED, too, when there is no such service. */
static uint32_t client(const char *service, uint32_t nargs, const uint32_t *args)
{
	uint8_t block[4 * (3 + MAX_ARGS + 1)];

	be32_put(block, address(service));
	be32_put(block + 4, nargs);
	be32_put(block + 8, 1);
	for (uint32_t i = 0; i < nargs; i++)
		be32_put(block + 12 + 4 * i, args[i]);
	be32_put(block + 12 + 4 * nargs, FAILED);
	of_enter(block, of.entry);
	return be32(block + 12 + 4 * nargs);
}

static void put32(uint32_t v)
{
	be32_put(of.flat + of.len, v);
	of.len += 4;
}

static void put_string(const char *s)
{
	size_t n = strlen(s) + 1;

	memcpy(of.flat + of.len, s, n);
	of.len = (uint32_t)(of.len + n + 3) & ~3u;
}

/* Where @name stands among the strings: there are many properties, but few names. */
static uint32_t string_at(const char *name)
{
	uint32_t at = 0, n = (uint32_t)strlen(name) + 1;

	while (at < of.strings_len && strcmp(of.strings + at, name) != 0)
		at += (uint32_t)strlen(of.strings + at) + 1;
	if (at == of.strings_len && at + n <= STRINGS_MAX) {
		memcpy(of.strings + at, name, n);
		of.strings_len += n;
	}
	return at;
}

static bool room(uint32_t n)
{
	return n < STRUCT_MAX && of.len < HEAD + STRUCT_MAX - n;
}

static void put_prop(uint32_t node, const char *name)
{
	uint32_t args[] = { node, address(name), 0, 0 }, len = client("getproplen", 2, args);

	if (len == FAILED || !room(len + 64))
		return;
	put32(PROP);
	put32(len);
	put32(string_at(name));
	args[2] = address(of.flat + of.len);
	args[3] = len;
	client("getprop", 4, args);
	of.len = (of.len + len + 3) & ~3u;
}

static void put_props(uint32_t node)
{
	char names[2][NAME_MAX] = { "" };

	for (unsigned int i = 0;; i ^= 1) {
		uint32_t args[] = { node, address(names[i]), address(names[i ^ 1]) };

		if (client("nextprop", 3, args) != 1)
			return;
		if (strcmp(names[i ^ 1], "name") != 0) /* a flat tree has it in the node */
			put_prop(node, names[i ^ 1]);
	}
}

static void put_name(uint32_t node)
{
	char path[PATH_MAX + 1] = "";
	uint32_t args[] = { node, address(path), PATH_MAX };
	const char *name = path;

	client("package-to-path", 3, args);
	for (const char *p = path; *p; p++)
		if (*p == '/')
			name = p + 1;
	put_string(name);
}

static void put_node(uint32_t node)
{
	uint32_t child;

	if (!room(2 * PATH_MAX))
		return;
	put32(BEGIN_NODE);
	put_name(node);
	put_props(node);
	for (child = client("child", 1, &node); child != 0 && child != FAILED;
	     child = client("peer", 1, &child))
		put_node(child);
	put32(END_NODE);
}

const void *of_flatten(uint32_t entry)
{
	const uint32_t none = 0;

	of.entry = entry;
	of.len = HEAD;
	put_node(client("peer", 1, &none));
	put32(END);
	be32_put(of.flat + 8, HEAD);
	be32_put(of.flat + 12, (uint32_t)(address(of.strings) - address(of.flat)));
	return of.flat;
}

const char *of_command_line(void)
{
	static char text[513];
	uint32_t path = address("disk:0"), disk = client("open", 1, &path);
	const uint32_t seek[] = { disk, 0, 512 }, read[] = { disk, address(text), 512 };

	if (!disk || client("seek", 3, seek) != 0 || client("read", 3, read) != 512)
		text[0] = '\0';
	for (char *p = text; *p; p++)
		*p = *p == '\n' ? ' ' : *p;
	return text;
}

/* A method of the root, with one argument and one result behind that of the call itself. */
int32_t of_cas(const void *words)
{
	static const char method[] = "ibm,client-architecture-support", path[] = "/";
	const uint32_t root = address(path);
	uint32_t handle = client("open", 1, &root);
	uint8_t block[4 * 8];

	be32_put(block, address("call-method"));
	be32_put(block + 4, 3);
	be32_put(block + 8, 2);
	be32_put(block + 12, address(method));
	be32_put(block + 16, handle);
	be32_put(block + 20, address(words));
	be32_put(block + 24, FAILED);
	be32_put(block + 28, FAILED);
	of_enter(block, of.entry);
	client("close", 1, &handle);
	return be32(block + 24) || be32(block + 28) ? -1 : 0;
}
