/* SPDX-License-Identifier: BSD-2-Clause */
/* [[net]]: the keys, and what they must not say. */
#include "devices/backend/net/forward.h"
#include "devices/virtio/net.h"
#include "vmm/conf/toml.h"

#include <ctype.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_TAP "tap0"

static bool is_mac(const char *s)
{
	for (int i = 0; i < 17; i++)
		if (i % 3 == 2 ? s[i] != ':' : !isxdigit((unsigned char)s[i]))
			return false;
	return !s[17];
}

void net_parse_mac(const char *text, uint8_t mac[6])
{
	for (size_t i = 0; i < 6; i++)
		mac[i] = (uint8_t)strtoul(text + 3 * i, NULL, 16);
}

static int check_mac(struct conf_value *v)
{
	uint8_t mac[6];

	for (char *s = v->text; *s; s++)
		*s = (char)tolower((unsigned char)*s);
	if (!is_mac(v->text))
		return conf_why(v, "\"%.60s\" is not a MAC address such as \"52:54:00:12:34:56\"",
				v->text);
	net_parse_mac(v->text, mac);
	if (mac[0] & 1)
		return conf_why(v, "\"%s\" is a multicast address", v->text);
	if (strspn(v->text, "0:") == strlen(v->text))
		return conf_why(v, "\"%s\" is not an address a card may have", v->text);
	return 0;
}

static int check_forward(struct conf_value *v)
{
	struct net_forward f;

	if (net_forward_parse(v->text, &f) == 0)
		return 0;
	return conf_why(v,
			"\"%.60s\" is not a forwarding "
			"such as \"tcp:127.0.0.1:2222-:22\" or \"tcp:[::1]:2222-:22\"",
			v->text);
}

static int check_tap(struct conf_value *v)
{
	const char *s = v->text;
	size_t len = strlen(s);

	if (strncmp(s, "fd:", 3) == 0) {
		if (len >= 4 && len <= 7 && strspn(s + 3, "0123456789") == len - 3 &&
		    atoi(s + 3) > 2)
			return 0;
		return conf_why(v, "\"%.60s\" is not an open descriptor such as \"fd:5\"", s);
	}
	if (len > 0 && len < IFNAMSIZ && !strpbrk(s, "/: %\t\n") && strcmp(s, ".") != 0 &&
	    strcmp(s, "..") != 0)
		return 0;
	return conf_why(v, "\"%.60s\" is not the name of a device such as \"tap0\"", s);
}

/* In the order of the enums in net.h. */
static const char *const kinds[] = { "user", "tap", NULL };
static const char *const vhost_choices[] = { "auto", "off", NULL };
static const struct conf_word mtu_words[] = { { "auto", 0 }, { 0 } };

const struct conf_key net_keys[] = {
	{ "backend", CONF_ENUM, offsetof(struct net_conf, backend), .def = "user", .choices = kinds,
	  .help = "user needs no rights (libslirp)" },
	{ "mac", CONF_STRING, offsetof(struct net_conf, mac), .check = check_mac,
	  .form = "XX:XX:XX:XX:XX:XX",
	  .help = "Ethernet address, made from the position if missing" },
	{ "forward", CONF_LIST, offsetof(struct net_conf, forward),
	  .count_offset = offsetof(struct net_conf, nforward), .check = check_forward,
	  .form = "\"tcp:127.0.0.1:2222-:22\"",
	  .help = "host ports that lead into the guest, with user only" },
	{ "host_loopback", CONF_BOOL, offsetof(struct net_conf, host_loopback), .def = "false",
	  .help = "with user: the guest reaches the host's own 127.0.0.1 and ::1, "
		  "by 10.0.2.2 and fec0::2" },
	/* The default depends on the backend: net_conf_complete(). */
	{ "tap", CONF_STRING, offsetof(struct net_conf, tap), .check = check_tap,
	  .form = "NAME|fd:NUMBER",
	  .help = "with tap: an existing device, " DEFAULT_TAP
		  " if missing, or an open descriptor of one" },
	{ "mtu", CONF_SIZE, offsetof(struct net_conf, mtu), .def = "auto", .min = 68,
	  .max = NET_MAX_MTU, .words = mtu_words,
	  .help = "largest packet; auto is the tap device's, or 65520 with user" },
	{ "vhost", CONF_ENUM, offsetof(struct net_conf, vhost), .def = "auto",
	  .choices = vhost_choices, .help = "with tap: let the kernel move packets if it can" },
	{ "iommu", CONF_BOOL, offsetof(struct net_conf, iommu), .def = "false",
	  .help = "the guest maps each buffer in its DMA window first" },
	{ 0 },
};

/* The default of `tap`. In the key's row the user backend would have it, too, and refuses the key. */
void net_conf_complete(struct conf *c, void *confs, size_t n)
{
	struct net_conf *conf = confs;

	for (size_t i = 0; i < n; i++) {
		if (conf[i].backend != NET_TAP || conf[i].tap || conf_find(c, "net", i, "tap"))
			continue;
		conf[i].tap = strdup(DEFAULT_TAP);
		if (!conf[i].tap)
			conf_error(c, (struct conf_at){ 0 }, "out of memory");
	}
}

static bool same(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

/* The tap device of a card; NULL: none, or one that was reported. */
static const char *tap_of(const struct net_conf *conf)
{
	return conf->backend == NET_TAP ? conf->tap : NULL;
}

const char *net_conf_conflict(const void *conf, const void *other)
{
	const struct net_conf *a = conf, *b = other;

	if (same(a->mac, b->mac))
		return "mac";
	return same(tap_of(a), tap_of(b)) ? "tap" : NULL;
}

/* Two forwards want the same host port. */
static bool collide(const char *a, const char *b)
{
	struct net_forward x, y;

	return a && b && net_forward_parse(a, &x) == 0 && net_forward_parse(b, &y) == 0 &&
	       net_forward_collides(&x, &y);
}

/* Does a forward before number @k of card @i want the same port? */
static bool find_collision(const struct net_conf *conf, size_t i, size_t k, size_t *card,
			   size_t *index)
{
	for (*card = 0; *card <= i; ++*card)
		for (*index = 0; *index < (*card == i ? k : conf[*card].nforward); ++*index)
			if (collide(conf[i].forward[k], conf[*card].forward[*index]))
				return true;
	return false;
}

/* A backend of another name was reported, and counts as none. */
static bool is_user(const struct conf *c, size_t i)
{
	const struct toml_node *backend = conf_find(c, "net", i, "backend");

	return !backend || (backend->string && strcmp(backend->string, "user") == 0);
}

static void check_tap_keys(struct conf *c, const struct net_conf *conf, size_t i)
{
	static const char *const keys[] = { "tap", "vhost" };

	for (size_t k = 0; k < ARRAY_LEN(keys); k++) {
		const struct toml_node *node = conf_find(c, "net", i, keys[k]);

		/* vhost = "auto" is true of any card. */
		if (node && is_user(c, i) && (k == 0 || conf[i].vhost == NET_VHOST_OFF))
			conf_error(c, conf_at_value(node),
				   "net.%zu.%s: the backend is \"user\": "
				   "set backend = \"tap\", or leave this out",
				   i, keys[k]);
	}
}

void net_conf_check_all(struct conf *c, const void *confs, size_t n, uint64_t ram)
{
	const struct net_conf *conf = confs;
	size_t card, index;

	(void)ram;
	for (size_t i = 0; i < n; i++) {
		struct conf_at at = conf_at_value(conf_find(c, "net", i, "forward"));

		if (conf[i].nforward && conf[i].backend != NET_USER)
			conf_error(c, at, "net.%zu.forward: only backend \"user\" can forward", i);
		if (conf[i].host_loopback && conf[i].backend != NET_USER)
			conf_error(c, conf_at_value(conf_find(c, "net", i, "host_loopback")),
				   "net.%zu.host_loopback: only backend \"user\" has it", i);
		check_tap_keys(c, conf, i);
		for (size_t k = 0; k < conf[i].nforward; k++)
			if (find_collision(conf, i, k, &card, &index))
				conf_error(c, at,
					   "net.%zu.forward.%zu: the host port of \"%s\" "
					   "is taken by net.%zu.forward.%zu already",
					   i, k, conf[i].forward[k], card, index);
	}
}
