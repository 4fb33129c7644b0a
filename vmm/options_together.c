/* SPDX-License-Identifier: BSD-2-Clause */
/* Values that must go together, and devices that are there twice. */
#include "vmm/options_check.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

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

static void check_devices(struct conf *c, const struct options *opt)
{
	for (size_t m = 0; device_models[m]; m++) {
		const struct device_model *model = device_models[m];

		if (model->conflict)
			check_conflicts(c, opt, m);
		if (model->check_all)
			model->check_all(c, opt->devices[m].confs, opt->devices[m].n);
		for (size_t i = 0; model->check && i < opt->devices[m].n; i++) {
			const char *key = NULL;
			char *why = model->check(options_device(opt, m, i), &key);

			if (why)
				conf_error(c, conf_at_value(conf_find(c, model->section, i, key)),
					   "%s.%zu.%s: %s", model->section, i, key, why);
			free(why);
		}
	}
}

void options_check_all(struct conf *c, const struct options *opt)
{
	check_vcpus(c, &opt->machine);
	check_huge_pages(c, &opt->machine);
	check_vfio(c, opt);
	check_devices(c, opt);
}
