/* SPDX-License-Identifier: BSD-2-Clause */
/* What a configuration may say of a stream, before anything is opened. */
#include "devices/backend/chardev/chardev.h"
#include "vmm/conf/conf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool starts_with(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

/* v->text is PREFIX:PATH; make PATH absolute. */
static int resolve_behind(struct conf_value *v, size_t prefix_len, size_t max_len)
{
	char *path, *text;
	size_t size;

	if (!v->text[prefix_len])
		return conf_why(v, "\"%s\" needs a path behind the colon", v->text);
	path = conf_resolve(v, v->text + prefix_len);
	if (!path)
		return -ENOMEM;
	if (strlen(path) >= max_len) {
		conf_why(v, "the path has %zu bytes, %zu fit a socket's name", strlen(path),
			 max_len - 1);
		free(path);
		return -EINVAL;
	}
	size = prefix_len + strlen(path) + 1;
	text = malloc(size);
	if (text)
		snprintf(text, size, "%.*s%s", (int)prefix_len, v->text, path);
	free(path);
	if (!text)
		return -ENOMEM;
	free(v->text);
	v->text = text;
	return 0;
}

int chardev_check_spec(struct conf_value *v)
{
	static const char *const words[] = { "stdio", "pty", "none" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(v->text, words[i]) == 0)
			return 0;
	if (starts_with(v->text, "file:"))
		return resolve_behind(v, strlen("file:"), SIZE_MAX);
	if (starts_with(v->text, "unix:"))
		return resolve_behind(v, strlen("unix:"),
				      sizeof(((struct sockaddr_un *)0)->sun_path));
	return conf_why(v, "\"%.60s\" is none of stdio, pty, file:PATH, unix:PATH, none", v->text);
}
