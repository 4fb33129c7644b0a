/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Configurations from bytes, by the product's own key tables. The input is a TOML file; what
 * follows a NUL byte, if there is one, is the argument of a --set. Beyond the sanitizers' checks:
 * what loads without a message prints as something that loads to the same print.
 */
#include "tests/bad/table.h"
#include "tests/fuzz/fuzz.h"
#include "vmm/machine/options_check.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>

static int load(struct options *opt, const char *text, size_t len, const char *set)
{
	struct conf c;
	int r;

	*opt = (struct options){ 0 };
	if (conf_open_text(&c, "/guest.toml", text, len) == 0) {
		if (set)
			conf_set(&c, set);
		conf_read(&c, options_sections(), opt);
		options_complete(&c, opt);
		options_check_all(&c, opt);
	}
	r = conf_report(&c);
	conf_close(&c);
	return r;
}

static char *print(const struct options *opt, size_t *len)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, len);

	if (!f)
		abort();
	options_print(opt, f);
	fclose(f);
	return text;
}

static void check_round_trip(const struct options *opt)
{
	size_t len, again_len;
	char *text = print(opt, &len), *again;
	struct options other;

	if (load(&other, text, len, NULL) < 0)
		abort();
	again = print(&other, &again_len);
	if (len != again_len || memcmp(text, again, len) != 0)
		abort();
	free(text);
	free(again);
	options_free(&other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = memchr(data, '\0', size);
	char *set = nul ? strndup((const char *)nul + 1, size - (size_t)(nul + 1 - data)) : NULL;
	struct options opt;

	log_set_sink(unread);
	if (load(&opt, (const char *)data, nul ? (size_t)(nul - data) : size, set) == 0)
		check_round_trip(&opt);
	options_free(&opt);
	free(set);
	return 0;
}

/* The configuration of case @n of tests/bad/table. */
static size_t read_case(unsigned int n, uint8_t *out, size_t max)
{
	struct bad_case c;
	struct bad_line l;
	size_t len = 0;

	bad_find(n, &c);
	while (bad_next(&c, &l)) {
		if (strchr("|+", l.kind) && l.len + 1 < max - len) {
			memcpy(out + len, l.text, l.len);
			len += l.len;
			if (!l.open)
				out[len++] = '\n';
		}
		free(l.text);
	}
	return len;
}

static size_t read_file(const char *path, uint8_t *out, size_t max)
{
	FILE *f = fopen(path, "rb");
	size_t len;

	if (!f)
		return 0;
	len = fread(out, 1, max, f);
	fclose(f);
	return len;
}

/* Every file of tests/conf and every case of tests/bad/table, alone and with an override. */
size_t fuzz_seed(unsigned int index, uint8_t *out, size_t max)
{
	static const char *const sets[] = {
		"",
		"machine.memory=4GiB",
		"vfio.0.host=0004:01:00.0",
		"net.0.forward.0=tcp::1-:1",
		"boot.cmdline=a \"b\" c",
		"disk=[{path=\"/dev/null\"}]",
	};
	size_t len = 0;
	const char *set = sets[index % (sizeof(sets) / sizeof(sets[0]))];
	glob_t g;

	if (glob(SPAPR_SOURCE_DIR "/tests/conf/*.toml", 0, NULL, &g) != 0)
		return 0;
	if (index < g.gl_pathc + bad_count()) {
		len = index < g.gl_pathc
			      ? read_file(g.gl_pathv[index], out, max - 64)
			      : read_case(index - (unsigned int)g.gl_pathc, out, max - 64);
		if (!len) /* none: the driver's sign for the end */
			out[len++] = '\n';
	}
	globfree(&g);
	if (len && *set) {
		out[len++] = '\0';
		memcpy(out + len, set, strlen(set));
		len += strlen(set);
	}
	return len;
}
