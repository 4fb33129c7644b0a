/* SPDX-License-Identifier: BSD-2-Clause */
/* What a configuration may say of where events go. */
#include "vmm/base/unix_socket.h"
#include "vmm/conf/conf.h"
#include "vmm/control/events.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int events_check_path(struct conf_value *v)
{
	size_t prefix =
		strncmp(v->text, EVENTS_UNIX, strlen(EVENTS_UNIX)) == 0 ? strlen(EVENTS_UNIX) : 0;
	char *path, *text;

	if (!v->text[prefix])
		return conf_why(v, "\"%s\" names no place: write a path, or unix:PATH", v->text);
	path = conf_resolve(v, v->text + prefix);
	text = path ? malloc(prefix + strlen(path) + 1) : NULL;
	if (text) {
		memcpy(text, EVENTS_UNIX, prefix);
		strcpy(text + prefix, path);
		free(v->text);
		v->text = text;
	}
	free(path);
	return text ? 0 : -ENOMEM;
}
