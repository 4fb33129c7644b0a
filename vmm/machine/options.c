/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/machine/options.h"

#include "vmm/machine/options_check.h"

int options_load(struct options *opt, const char *path, char *const *sets, int nsets)
{
	struct conf c;
	int r;

	*opt = (struct options){ .file = path };
	if (conf_open(&c, path) == 0) {
		for (int i = 0; i < nsets; i++)
			conf_set(&c, sets[i]);
		conf_read(&c, options_sections(), opt);
		options_complete(&c, opt);
		options_check_all(&c, opt);
	}
	r = conf_report(&c);
	conf_close(&c);
	if (r < 0)
		options_free(opt);
	return r;
}

void options_free(struct options *opt)
{
	conf_release(options_sections(), opt);
	*opt = (struct options){ 0 };
}

void options_print(const struct options *opt, FILE *out)
{
	conf_print(options_sections(), opt, out);
}
