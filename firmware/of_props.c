/* SPDX-License-Identifier: BSD-2-Clause */
/* Services on nodes and properties. */
#include "firmware/of_impl.h"

#include <errno.h>
#include <string.h>

static struct of_node *node_at(const struct of *of, const struct of_args *a)
{
	return of_tree_node(&of->tree, a->in[0]);
}

/* path -> phandle */
static uint32_t finddevice(struct of *of, struct of_args *a)
{
	char path[OF_PATH_MAX];
	const struct of_node *n =
		of_string(of, a->in[0], path, sizeof(path)) ? of_tree_find(&of->tree, path) : NULL;

	return n ? n->handle : OF_ERROR;
}

/* Every node has a name, which is the node's without its unit. */
static bool name_of(const struct of_node *n, struct of_prop *out, char *buf, size_t size)
{
	size_t len = strcspn(n->name, "@");

	if (len >= size)
		return false;
	memcpy(buf, n->name, len);
	buf[len] = '\0';
	*out = (struct of_prop){ .data = buf, .len = (uint32_t)len + 1 };
	return true;
}

static void refresh_available(struct of *of, struct of_prop *out)
{
	struct of_range r[OF_AVAILABLE_MAX];
	uint32_t n = of_available(&of->claims, r);

	for (uint32_t i = 0; i < n; i++) {
		be64_store(of->available + 16UL * i, r[i].start);
		be64_store(of->available + 16UL * i + 8, r[i].end - r[i].start);
	}
	*out = (struct of_prop){ .data = of->available, .len = 16 * n };
}

/* The property that @a names, phandle and name; @buf is for one that is made. False: none. */
static bool find_prop(struct of *of, const struct of_args *a, struct of_prop *out, char *buf)
{
	const struct of_node *n = node_at(of, a);
	char name[OF_NAME_MAX];
	const struct of_prop *p;

	if (!n || !of_string(of, a->in[1], name, sizeof(name)))
		return false;
	p = of_node_prop(n, name);
	if (!p)
		return strcmp(name, "name") == 0 && name_of(n, out, buf, OF_NAME_MAX);
	*out = *p;
	if (p->from == OF_FROM_FIRMWARE && strcmp(name, "available") == 0)
		refresh_available(of, out);
	return true;
}

/* phandle, name, buffer, its size -> size of the property */
static uint32_t getprop(struct of *of, struct of_args *a)
{
	char buf[OF_NAME_MAX];
	struct of_prop p;
	uint32_t n;

	if (!find_prop(of, a, &p, buf))
		return OF_ERROR;
	n = p.len < a->in[3] ? p.len : a->in[3];
	return n && gmem_write(of->env.mem, a->in[2], p.data, n) < 0 ? OF_ERROR : p.len;
}

/* phandle, name -> size */
static uint32_t getproplen(struct of *of, struct of_args *a)
{
	char buf[OF_NAME_MAX];
	struct of_prop p;

	return find_prop(of, a, &p, buf) ? p.len : OF_ERROR;
}

/*
 * A setting outlives a reboot when it is a text. The copy is judged: the guest may change its own meanwhile.
 * False: there is no more room for it.
 */
static bool keep_option(struct of *of, const char *name, const void *data, uint32_t len)
{
	char value[OF_OPTION_MAX];
	int r;

	if (!of->env.set_option || len >= sizeof(value))
		return true;
	if (len)
		memcpy(value, data, len);
	value[len] = '\0';
	if (len && strlen(value) + 1 < len) /* a NUL inside */
		return true;
	r = of->env.set_option(of->env.ctx, name, value);
	return r == 0 || r == -EINVAL;
}

/* phandle, name, buffer, size -> size */
static uint32_t setprop(struct of *of, struct of_args *a)
{
	uint32_t len = a->in[3];
	struct of_node *n = node_at(of, a);
	char name[OF_NAME_MAX];
	/* Not judged, only kept: a guest that changes it meanwhile keeps something else. */
	const void *data = len ? gmem_dma_host(of->env.mem, a->in[2], len) : NULL;

	if (!n || (len && !data) || !of_string(of, a->in[1], name, sizeof(name)) || !name[0] ||
	    (n == of_tree_find(&of->tree, OF_OPTIONS) && !keep_option(of, name, data, len)) ||
	    of_node_set(&of->tree, n, name, data, len, OF_FROM_CLIENT) < 0)
		return OF_ERROR;
	return len;
}

/* phandle, name before or 0, buffer for the next name -> 1; 0 there is none; -1 */
static uint32_t nextprop(struct of *of, struct of_args *a)
{
	const struct of_node *n = node_at(of, a);
	char before[OF_NAME_MAX] = "";
	const struct of_prop *p;

	if (!n || (a->in[1] && !of_string(of, a->in[1], before, sizeof(before))))
		return OF_ERROR;
	p = n->props;
	if (before[0]) {
		p = of_node_prop(n, before);
		if (!p)
			return OF_ERROR;
		p = p->next;
	}
	before[0] = '\0';
	if (gmem_write(of->env.mem, a->in[2], p ? p->name : before, p ? strlen(p->name) + 1 : 1) <
	    0)
		return OF_ERROR;
	return p != NULL;
}

static uint32_t handle_or_0(const struct of_node *n)
{
	return n ? n->handle : 0;
}

/* phandle -> phandle; 0: the root's, or none */
static uint32_t peer(struct of *of, struct of_args *a)
{
	const struct of_node *n = node_at(of, a);

	return handle_or_0(a->in[0] == 0 ? &of->tree.nodes[0] : n ? n->peer : NULL);
}

static uint32_t child(struct of *of, struct of_args *a)
{
	const struct of_node *n = node_at(of, a);

	return handle_or_0(n ? n->child : NULL);
}

static uint32_t parent(struct of *of, struct of_args *a)
{
	const struct of_node *n = node_at(of, a);

	return handle_or_0(n ? n->parent : NULL);
}

/* Into @a's buffer, with a NUL where there is room. Returns the length without it. */
static uint32_t give_text(struct of *of, const struct of_args *a, const char *text)
{
	uint32_t len = (uint32_t)strlen(text), room = len < a->in[2] ? len + 1 : a->in[2];

	return room && gmem_write(of->env.mem, a->in[1], text, room) < 0 ? OF_ERROR : len;
}

static uint32_t give_path(struct of *of, const struct of_args *a, const struct of_node *n)
{
	char path[2 * OF_PATH_MAX];

	return n && of_node_path(n, path, sizeof(path)) < sizeof(path) ? give_text(of, a, path)
								       : OF_ERROR;
}

/* phandle, buffer, its size -> length */
static uint32_t package_to_path(struct of *of, struct of_args *a)
{
	return give_path(of, a, node_at(of, a));
}

static struct of_node *node_of_file(struct of *of, uint32_t handle)
{
	const struct of_file *f = of_file(of, handle);

	return f ? of_tree_node(&of->tree, f->node) : NULL;
}

/* ihandle, buffer, its size -> length */
static uint32_t instance_to_path(struct of *of, struct of_args *a)
{
	return give_path(of, a, node_of_file(of, a->in[0]));
}

/* ihandle -> phandle */
static uint32_t instance_to_package(struct of *of, struct of_args *a)
{
	const struct of_node *n = node_of_file(of, a->in[0]);

	return n ? n->handle : OF_ERROR;
}

/* path, buffer, its size -> length; an alias is expanded, all else is copied */
static uint32_t canon(struct of *of, struct of_args *a)
{
	char path[OF_PATH_MAX], full[2 * OF_PATH_MAX];

	if (!of_string(of, a->in[0], path, sizeof(path)))
		return OF_ERROR;
	return give_text(of, a, of_tree_expand(&of->tree, path, full) ? full : path);
}

const struct of_service of_services_props[] = {
	{ "finddevice", 1, finddevice },
	{ "getprop", 4, getprop },
	{ "getproplen", 2, getproplen },
	{ "setprop", 4, setprop },
	{ "nextprop", 3, nextprop },
	{ "peer", 1, peer },
	{ "child", 1, child },
	{ "parent", 1, parent },
	{ "package-to-path", 3, package_to_path },
	{ "instance-to-path", 3, instance_to_path },
	{ "instance-to-package", 1, instance_to_package },
	{ "canon", 3, canon },
	{ 0 },
};
