/* SPDX-License-Identifier: BSD-2-Clause */
/* claim and release, and what is called by the name of a method or by a line of Forth. */
#include "firmware/of_impl.h"
#include "firmware/rtas_stub.h"

#include <string.h>

/* address, size, alignment -> address */
static uint32_t claim(struct of *of, struct of_args *a)
{
	return of_claim(&of->claims, a->in[0], a->in[1], a->in[2]);
}

/* address, size -> */
static uint32_t release(struct of *of, struct of_args *a)
{
	of_release(&of->claims, a->in[0], a->in[1]);
	return 0;
}

const struct of_service of_services_claims[] = {
	{ "claim", 3, claim },
	{ "release", 2, release },
	{ 0 },
};

/* ---- methods: @in has the arguments, the top of the stack first; a result goes to *@out ---- */

#define CAUGHT OF_ERROR /* what a method that failed throws */

typedef uint32_t method_fn(struct of *of, const struct of_file *f, const uint32_t *in,
			   uint32_t *out);

/* vectors -> 0, or an error of the negotiation's own */
static uint32_t client_architecture(struct of *of, const struct of_file *f, const uint32_t *in,
				    uint32_t *out)
{
	(void)f;
	if (!of->env.cas)
		return CAUGHT;
	*out = of->env.cas(of->env.ctx, in[0]);
	return 0;
}

/*
 * address of rtas-size bytes -> entry
 * They are the client's own claim, as Linux makes one; else what is written here becomes one.
 */
static uint32_t instantiate_rtas(struct of *of, const struct of_file *f, const uint32_t *in,
				 uint32_t *out)
{
	const struct of_node *rtas = of_tree_find(&of->tree, "/rtas");
	const struct of_prop *p = rtas ? of_node_prop(rtas, "rtas-size") : NULL;
	uint32_t size = p && p->from == OF_FROM_BLOB ? be32_load(p->data) : 0; /* not a client's */

	(void)f;
	*out = in[0];
	if (size == 0)
		return CAUGHT;
	if (!of_claim_holds(&of->claims, in[0], size) &&
	    of_claim(&of->claims, in[0], size, 0) == OF_ERROR)
		return CAUGHT;
	return rtas_stub_write(of->env.mem, in[0]) < 0 ? CAUGHT : 0;
}

static uint32_t block_size(struct of *of, const struct of_file *f, const uint32_t *in,
			   uint32_t *out)
{
	(void)of, (void)in;
	*out = f->disk->block_size;
	return 0;
}

static uint32_t nblocks(struct of *of, const struct of_file *f, const uint32_t *in, uint32_t *out)
{
	uint64_t n = f->size / f->disk->block_size;

	(void)of, (void)in;
	*out = n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
	return 0;
}

/* alignment, size, address -> address */
static uint32_t memory_claim(struct of *of, const struct of_file *f, const uint32_t *in,
			     uint32_t *out)
{
	(void)f;
	*out = of_claim(&of->claims, in[2], in[1], in[0]);
	return *out == OF_ERROR ? CAUGHT : 0;
}

static const struct {
	const char *name;
	enum of_kind kind;
	uint32_t nargs;
	method_fn *fn;
} methods[] = {
	{ "ibm,client-architecture-support", OF_NODE, 1, client_architecture },
	{ "instantiate-rtas", OF_NODE, 1, instantiate_rtas },
	{ "block-size", OF_DISK, 0, block_size },
	{ "#blocks", OF_DISK, 0, nblocks },
	{ "claim", OF_MEMORY, 3, memory_claim },
};

/* method, ihandle, arguments -> 0 or what was thrown, results */
static uint32_t call_method(struct of *of, struct of_args *a)
{
	const struct of_file *f = of_file(of, a->in[1]);
	char name[OF_SERVICE_MAX];

	if (!f || a->nret == 0 || !of_string(of, a->in[0], name, sizeof(name)))
		return CAUGHT;
	for (size_t i = 0; i < ARRAY_LEN(methods); i++)
		if (strcmp(methods[i].name, name) == 0 && methods[i].kind == f->kind &&
		    a->nargs - 2 >= methods[i].nargs)
			return methods[i].fn(of, f, &a->in[2], &a->out[1]);
	return CAUGHT;
}

/* ---- Forth: the few lines that clients send ---- */

enum forth {
	FORTH_NOTHING,
	FORTH_OFF,
	FORTH_REBOOT,
};

static const struct {
	const char *text;
	enum forth does;
} lines[] = {
	{ "output-device output", FORTH_NOTHING },
	{ "cursor-on", FORTH_NOTHING },
	{ "cursor-off", FORTH_NOTHING },
	{ "power-off", FORTH_OFF },
	{ "poweroff", FORTH_OFF },
	{ "shut-down", FORTH_OFF },
	{ "reset-all", FORTH_REBOOT },
};

/* line -> 0 or what was thrown */
static uint32_t interpret(struct of *of, struct of_args *a)
{
	char text[OF_PATH_MAX];
	size_t i = 0;

	if (!of_string(of, a->in[0], text, sizeof(text)))
		return CAUGHT;
	while (i < ARRAY_LEN(lines) && strcmp(lines[i].text, text) != 0)
		i++;
	if (i == ARRAY_LEN(lines))
		return CAUGHT;
	if (lines[i].does != FORTH_NOTHING)
		of->env.end(of->env.ctx, lines[i].does == FORTH_OFF ? OF_END_OFF : OF_END_REBOOT);
	return 0;
}

const struct of_service of_services_methods[] = {
	{ "call-method", 2, call_method },
	{ "interpret", 1, interpret },
	{ 0 },
};
