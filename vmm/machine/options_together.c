/* SPDX-License-Identifier: BSD-2-Clause */
/* Values that must go together, and devices that are there twice. */
#include "vmm/machine/options_check.h"

#include "devices/backend/chardev/chardev.h"

#include <inttypes.h>
#include <string.h>

#define NODE_MIN (128 * MiB) /* what a guest boots with is on its first node */

/* A field whose own value was wrong is zero or NULL here; it was reported, and is left alone. */

static void check_vcpus(struct conf *c, const struct opt_machine *m)
{
	const struct toml_node *node = conf_find(c, "machine", 0, "vcpus");

	if (!m->vcpus || !m->threads_per_core || m->vcpus % m->threads_per_core == 0)
		return;
	if (!node)
		node = conf_find(c, "machine", 0, "threads_per_core");
	conf_error(c, conf_at_value(node),
		   "machine.vcpus: %" PRIu64 " cannot fill cores of %" PRIu64
		   " threads: make it a multiple of threads_per_core",
		   m->vcpus, m->threads_per_core);
}

static void check_cpus(struct conf *c, const struct opt_machine *m)
{
	if (!m->vcpus || !m->ncpus || m->ncpus == m->vcpus)
		return;
	conf_error(c, conf_at_value(conf_find(c, "machine", 0, "cpus")),
		   "machine.cpus: %zu of %" PRIu64
		   " vCPUs have host CPUs: give each an element, or leave the key out",
		   m->ncpus, m->vcpus);
}

/* Sizes of the nodes' own. */
static void check_numa_memory(struct conf *c, const struct opt_machine *m)
{
	struct conf_at at = conf_at_value(conf_find(c, "machine", 0, "numa_memory"));
	uint64_t sum = 0, first = 0;

	for (size_t i = 0; i < m->nnuma_memory; i++) {
		uint64_t n;

		if (!m->numa_memory[i] || conf_size_parse(m->numa_memory[i], &n) < 0)
			return;
		first = i ? first : n;
		sum = n < UINT64_MAX - sum ? sum + n : UINT64_MAX;
	}
	if (m->nnuma_memory != m->nnuma)
		conf_error(c, at,
			   "machine.numa_memory: %zu sizes for %zu nodes: give each node one",
			   m->nnuma_memory, m->nnuma);
	else if (sum != m->memory)
		conf_error(c, at, "machine.numa_memory: %s in all, but machine.memory is %s",
			   conf_size_text(sum).text, conf_size_text(m->memory).text);
	else if (first < NODE_MIN)
		conf_error(c, at, "machine.numa_memory: %s for the first node: it needs %s",
			   conf_size_text(first).text, conf_size_text(NODE_MIN).text);
}

static void check_numa(struct conf *c, const struct opt_machine *m)
{
	if (m->memory && m->nnuma_memory)
		check_numa_memory(c, m);
	if (!m->memory || !m->nnuma || m->nnuma_memory || m->memory / m->nnuma >= NODE_MIN)
		return;
	conf_error(c, conf_at_value(conf_find(c, "machine", 0, "numa")),
		   "machine.numa: memory of %s for %zu nodes: each needs %s",
		   conf_size_text(m->memory).text, m->nnuma, conf_size_text(NODE_MIN).text);
}

static void check_huge_pages(struct conf *c, const struct opt_machine *m)
{
	const struct toml_node *node = conf_find(c, "machine", 0, "huge_pages");

	if (!m->memory || !m->huge_pages || m->huge_pages == OPT_HUGE_AUTO ||
	    m->memory % m->huge_pages == 0)
		return;
	conf_error(c, conf_at_value(node),
		   "machine.huge_pages: memory of %s is not a multiple of %s",
		   conf_size_text(m->memory).text, conf_size_text(m->huge_pages).text);
}

static void twice(struct conf *c, const char *section, size_t first, size_t second, const char *key,
		  const char *value)
{
	conf_error(c, conf_at_value(conf_find(c, section, second, key)),
		   "%s.%zu.%s: %.160s is taken by %s.%zu already", section, second, key, value,
		   section, first);
}

static bool same(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

static void check_vfio(struct conf *c, const struct options *opt)
{
	for (size_t i = 1; i < opt->nvfio; i++) {
		for (size_t j = 0; j < i; j++) {
			if (same(opt->vfio[i].host, opt->vfio[j].host)) {
				twice(c, "vfio", j, i, "host", opt->vfio[i].host);
				break;
			}
		}
	}
}

/* The text of a CONF_STRING or CONF_PATH. */
static const char *text_of(const struct device_model *model, const void *conf, const char *key)
{
	const struct conf_key *k = model->keys;

	while (strcmp(k->name, key) != 0)
		k++;
	return *(char *const *)((const char *)conf + k->offset);
}

static void check_conflicts(struct conf *c, const struct options *opt, size_t m)
{
	const struct device_model *model = device_models[m];

	for (size_t i = 1; i < opt->devices[m].n; i++) {
		const void *conf = options_device(opt, m, i);
		const char *key = NULL;

		for (size_t j = 0; j < i && !key; j++) {
			key = model->conflict(options_device(opt, m, j), conf);
			if (key)
				twice(c, model->section, j, i, key, text_of(model, conf, key));
		}
	}
}

/* ---- streams: two consoles cannot share one ---- */

struct stream {
	const char *section, *key, *spec;
	size_t index;
	bool counted; /* the section is an array */
};

/* A key whose value chardev_check_spec() checks names a stream. */
static bool is_stream(const struct conf_key *key)
{
	return key->check == chardev_check_spec;
}

static bool is_shared(const char *spec)
{
	return strcmp(spec, "pty") == 0 || strcmp(spec, "none") == 0;
}

static void stream_name(const struct stream *s, char *buf, size_t size)
{
	if (s->counted)
		snprintf(buf, size, "%s.%zu.%s", s->section, s->index, s->key);
	else
		snprintf(buf, size, "%s.%s", s->section, s->key);
}

/* The @n-th stream of the whole configuration. */
static bool find_stream(const struct options *opt, size_t n, struct stream *out)
{
	for (const struct conf_section *s = options_sections(); s->name; s++) {
		size_t count;
		const char *e = conf_elements(s, opt, &count);

		for (size_t i = 0; i < count; i++)
			for (const struct conf_key *k = s->keys; k->name; k++) {
				const char *spec;

				if (!is_stream(k))
					continue;
				spec = *(char *const *)(e + i * s->size + k->offset);
				if (n-- > 0)
					continue;
				*out = (struct stream){ s->name, k->name, spec, i, s->array };
				return true;
			}
	}
	return false;
}

static void check_streams(struct conf *c, const struct options *opt)
{
	struct stream a, b;
	char first[80], second[80];

	for (size_t j = 1; find_stream(opt, j, &b); j++) {
		const struct toml_node *node = conf_find(c, b.section, b.index, b.key);

		for (size_t i = 0; i < j && b.spec && !is_shared(b.spec); i++) {
			if (!find_stream(opt, i, &a) || !same(a.spec, b.spec))
				continue;
			stream_name(&a, first, sizeof(first));
			stream_name(&b, second, sizeof(second));
			conf_error(c, conf_at_value(node), "%s: %.160s is taken by %s already",
				   second, b.spec, first);
			break;
		}
	}
}

/* ---- devices ---- */

static void check_devices(struct conf *c, const struct options *opt)
{
	for (size_t m = 0; device_models[m]; m++) {
		const struct device_model *model = device_models[m];

		if (model->check_all)
			model->check_all(c, opt->devices[m].confs, opt->devices[m].n,
					 opt->machine.memory);
		if (model->conflict)
			check_conflicts(c, opt, m);
	}
}

static void check_api(struct conf *c, const struct opt_api *api)
{
	if (api->start == OPT_START_PAUSED && !api->socket)
		conf_error(c, conf_at_value(conf_find(c, "api", 0, "start")),
			   "api.start: nobody could start the guest: set api.socket");
}

void options_complete(struct conf *c, struct options *opt)
{
	for (size_t m = 0; device_models[m]; m++)
		if (device_models[m]->complete)
			device_models[m]->complete(c, opt->devices[m].confs, opt->devices[m].n);
	c->no_memory |= complete_boot(c, opt) < 0;
	c->no_memory |= complete_ready(opt) < 0;
}

void options_check_all(struct conf *c, const struct options *opt)
{
	check_vcpus(c, &opt->machine);
	check_cpus(c, &opt->machine);
	check_numa(c, &opt->machine);
	check_huge_pages(c, &opt->machine);
	check_vfio(c, opt);
	check_boot(c, opt);
	check_streams(c, opt);
	check_api(c, &opt->api);
	check_ready_together(c, opt);
	check_devices(c, opt);
}
