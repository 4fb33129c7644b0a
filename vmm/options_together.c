/* SPDX-License-Identifier: BSD-2-Clause */
/* Values that must go together, and devices that are there twice. */
#include "vmm/options_check.h"

#include <inttypes.h>
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

static void check_disks(struct conf *c, const struct options *opt)
{
	const struct opt_disk *d = opt->disk;

	for (size_t i = 1; i < opt->ndisk; i++) {
		for (size_t j = 0; j < i; j++) {
			if (same(d[i].path, d[j].path) && !(d[i].read_only && d[j].read_only)) {
				twice(c, "disk", j, i, "path", d[i].path);
				break;
			}
		}
	}
}

static void check_macs(struct conf *c, const struct options *opt)
{
	for (size_t i = 1; i < opt->nnet; i++) {
		for (size_t j = 0; j < i; j++) {
			if (same(opt->net[i].mac, opt->net[j].mac)) {
				twice(c, "net", j, i, "mac", opt->net[i].mac);
				break;
			}
		}
	}
}

/* Two forwards want the same host port; an address of 0 is every address. */
static bool collide(const char *a, const char *b)
{
	struct forward x, y;

	if (!a || !b || forward_parse(a, &x) < 0 || forward_parse(b, &y) < 0)
		return false;
	return x.udp == y.udp && x.host_port == y.host_port &&
	       (x.host_addr == y.host_addr || !x.host_addr || !y.host_addr);
}

/* Does a forward before number @k of card @i want the same port? */
static bool find_collision(const struct options *opt, size_t i, size_t k, size_t *card,
			   size_t *index)
{
	for (*card = 0; *card <= i; ++*card)
		for (*index = 0; *index < (*card == i ? k : opt->net[*card].nforward); ++*index)
			if (collide(opt->net[i].forward[k], opt->net[*card].forward[*index]))
				return true;
	return false;
}

static void check_forwards(struct conf *c, const struct options *opt)
{
	for (size_t i = 0; i < opt->nnet; i++) {
		struct conf_at at = conf_at_value(conf_find(c, "net", i, "forward"));
		size_t card, index;

		if (opt->net[i].nforward && opt->net[i].backend != OPT_NET_USER)
			conf_error(c, at, "net.%zu.forward: only backend \"user\" can forward", i);
		for (size_t k = 0; k < opt->net[i].nforward; k++)
			if (find_collision(opt, i, k, &card, &index))
				conf_error(c, at,
					   "net.%zu.forward.%zu: the host port of \"%s\" is taken "
					   "by net.%zu.forward.%zu already",
					   i, k, opt->net[i].forward[k], card, index);
	}
}

void options_check_all(struct conf *c, const struct options *opt)
{
	check_vcpus(c, &opt->machine);
	check_huge_pages(c, &opt->machine);
	check_vfio(c, opt);
	check_disks(c, opt);
	check_macs(c, opt);
	check_forwards(c, opt);
}
