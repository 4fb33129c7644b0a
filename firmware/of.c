/* SPDX-License-Identifier: BSD-2-Clause */
#define LOG_PREFIX "firmware"
#include "firmware/of_impl.h"

#include "vmm/base/log.h"

#include <errno.h>
#include <string.h>

#define HEAD 12 /* of a block: service, counts */

static uint32_t milliseconds(struct of *of, struct of_args *a)
{
	(void)a;
	return (uint32_t)(of->env.now_ns(of->env.ctx) / 1000000);
}

/* No DMA of ours is under way; the console stays. */
static uint32_t quiesce(struct of *of, struct of_args *a)
{
	(void)of, (void)a;
	return 0;
}

static uint32_t gives_up(struct of *of, struct of_args *a)
{
	(void)a;
	of->env.end(of->env.ctx, OF_END_EXIT);
	return 0;
}

static uint32_t boot(struct of *of, struct of_args *a)
{
	(void)a;
	of->env.end(of->env.ctx, OF_END_REBOOT);
	return 0;
}

static uint32_t test(struct of *of, struct of_args *a)
{
	char name[OF_SERVICE_MAX];

	return of_string(of, a->in[0], name, sizeof(name)) && of_find_service(name) ? 0 : OF_ERROR;
}

static const struct of_service own[] = {
	{ "milliseconds", 0, milliseconds },
	{ "quiesce", 0, quiesce },
	{ "exit", 0, gives_up },
	{ "enter", 0, gives_up },
	{ "boot", 0, boot },
	{ "test", 1, test },
	{ 0 },
};

/* A new topic is one more name here. */
const struct of_service *const of_topics[] = {
	of_services_props, of_services_files, of_services_claims, of_services_methods, own, NULL,
};

const struct of_service *of_find_service(const char *name)
{
	for (size_t t = 0; of_topics[t]; t++)
		for (const struct of_service *s = of_topics[t]; s->name; s++)
			if (strcmp(s->name, name) == 0)
				return s;
	return NULL;
}

/* The block at @gpa, copied. NULL: there is no such service, or no such block. */
static const struct of_service *read_block(const struct of *of, gpa_t gpa, struct of_args *a)
{
	uint8_t head[HEAD], cells[4 * OF_MAX_CELLS];
	char name[OF_SERVICE_MAX];
	const struct of_service *s;

	if (gmem_read(of->env.mem, gpa, head, HEAD) < 0)
		return NULL;
	*a = (struct of_args){ .nargs = be32_load(head + 4), .nret = be32_load(head + 8) };
	if (a->nargs > OF_MAX_CELLS || a->nret > OF_MAX_CELLS - a->nargs ||
	    gmem_read(of->env.mem, gpa + HEAD, cells, 4UL * (a->nargs + a->nret)) < 0 ||
	    !of_string(of, be32_load(head), name, sizeof(name))) {
		log_guest("a call of the client interface has no good block at 0x%llx",
			  (unsigned long long)gpa);
		return NULL;
	}
	for (uint32_t i = 0; i < a->nargs; i++)
		a->in[i] = be32_load(cells + 4UL * i);
	s = of_find_service(name);
	if (!s || a->nargs < s->nargs) {
		log_guest("the client interface has no service \"%.32s\" of %u arguments", name,
			  a->nargs);
		return NULL;
	}
	return s;
}

static int64_t answer(struct of *of, gpa_t gpa)
{
	const struct of_service *s;
	uint8_t cells[4 * OF_MAX_CELLS];
	struct of_args a;

	s = read_block(of, gpa, &a);
	if (!s)
		return -1;
	a.out[0] = s->fn(of, &a);
	for (uint32_t i = 0; i < a.nret; i++)
		be32_store(cells + 4UL * i, a.out[i]);
	return gmem_write(of->env.mem, gpa + HEAD + 4UL * a.nargs, cells, 4UL * a.nret) < 0 ? -1
											    : 0;
}

int64_t of_call(struct of *of, gpa_t block)
{
	int64_t r;

	if (of->busy) {
		log_guest("two processors call the client interface at once");
		return -1;
	}
	of->busy = true;
	r = answer(of, (uint32_t)block);
	of->busy = false;
	return r;
}

int of_tree_replace(struct of *of, void *fdt)
{
	struct of_tree new;
	int r = of_tree_load(&new, fdt, &of->tree);

	if (r == 0)
		r = of_nodes_add(of, &new);
	if (r < 0) {
		of_tree_free(&new);
		return r;
	}
	of_tree_inherit(&new, &of->tree);
	of_tree_free(&of->tree);
	of->tree = new;
	return 0;
}

int of_init(struct of *of, const struct of_env *env, const struct of_start *start)
{
	bool fits = true;
	int r;

	of->env = *env;
	of_claims_init(&of->claims, start->ram_end);
	for (size_t i = 0; i < ARRAY_LEN(start->taken); i++) {
		struct of_range t = start->taken[i];

		if (t.end > t.start && of_claim(&of->claims, (uint32_t)t.start,
						(uint32_t)(t.end - t.start), 0) == OF_ERROR)
			fits = false;
	}
	strncpy(of->bootpath, start->bootpath, sizeof(of->bootpath) - 1);
	of->has_bootargs = start->bootargs;
	if (start->bootargs)
		strncpy(of->bootargs, start->bootargs, sizeof(of->bootargs) - 1);
	r = of_tree_replace(of, start->fdt);
	if (r == 0)
		of_open_chosen(of);
	return r == 0 && !fits ? -ENOSPC : r;
}

void of_free(struct of *of)
{
	of_tree_free(&of->tree);
	*of = (struct of){ 0 };
}
