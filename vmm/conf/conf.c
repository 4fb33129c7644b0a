/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/base/file.h"
#include "vmm/base/sys.h"
#include "vmm/conf/conf_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_FILE (64 * KiB) /* a guest with hundreds of devices takes a third of it */

/* @folder and "/" and @path; an absolute @path alone. malloc'ed. */
static char *join(const char *folder, const char *path)
{
	size_t len = strlen(folder) + strlen(path) + 2;
	char *s;

	if (path[0] == '/')
		return strdup(path);
	while (path[0] == '.' && path[1] == '/')
		path += 2;
	s = malloc(len);
	if (s)
		snprintf(s, len, "%s/%s", folder, path);
	return s;
}

static int find_folders(struct conf *c)
{
	char *slash;

	/* NOLINTNEXTLINE(clang-analyzer-unix.StdCLibraryFunctions): glibc allocates */
	c->cwd = getcwd(NULL, 0);
	if (!c->cwd)
		c->cwd = strdup("."); /* the folder is gone: only absolute paths will work */
	if (!c->cwd)
		return -ENOMEM;
	if (strcmp(c->cwd, "/") == 0)
		c->cwd[0] = '\0';
	c->folder = join(c->cwd, c->name);
	if (!c->folder)
		return -ENOMEM;
	slash = strrchr(c->folder, '/');
	*slash = '\0';
	return 0;
}

static int fail_memory(struct conf *c)
{
	c->no_memory = true;
	return -ENOMEM;
}

int conf_open_text(struct conf *c, const char *name, const char *text, size_t len)
{
	struct toml_error err = { 0 };
	int r;

	*c = (struct conf){ .name = name };
	if (find_folders(c) < 0)
		return fail_memory(c);
	r = toml_parse(&c->root, text, len, &err);
	if (r == -ENOMEM)
		return fail_memory(c);
	if (r < 0)
		conf_error(c, (struct conf_at){ .line = err.line, .column = err.column }, "%s",
			   err.text);
	return r;
}

int conf_open(struct conf *c, const char *path)
{
	char *text = malloc(MAX_FILE + 1);
	size_t len;
	int r;

	*c = (struct conf){ .name = path };
	if (!text)
		return fail_memory(c);
	r = file_read(path, text, MAX_FILE + 1, &len);
	if (r < 0) {
		conf_error(c, conf_at_key(NULL), "%s", strerror(-r));
	} else if (len > MAX_FILE) {
		conf_error(c, conf_at_key(NULL), "too long for a configuration: more than %s",
			   conf_size_text(MAX_FILE).text);
		r = -EINVAL;
	} else {
		r = conf_open_text(c, path, text, len);
	}
	free(text);
	return r;
}

void conf_close(struct conf *c)
{
	for (size_t i = 0; i < c->nmessages && i < CONF_MAX_MESSAGES; i++)
		free(c->messages[i].text);
	toml_free(c->root);
	free(c->folder);
	free(c->cwd);
	*c = (struct conf){ 0 };
}

const struct toml_node *conf_find(const struct conf *c, const char *section, size_t index,
				  const char *key)
{
	const struct toml_node *table = toml_child(c->root, section);

	if (table && table->type == TOML_ARRAY)
		table = toml_element(table, index);
	return toml_child(table, key);
}

/* A path on the command line is meant as the shell shows it, from the current folder. */
char *conf_resolve(const struct conf_value *v, const char *path)
{
	return join(v->node->set ? v->conf->cwd : v->conf->folder, path);
}

int conf_check_file(struct conf_value *v)
{
	int fd = sys_open(v->text, O_RDONLY | O_NONBLOCK, 0);
	ssize_t r = fd;

	if (fd >= 0) {
		/* Of no bytes: enough for a directory's EISDIR. */
		r = sys_read(fd, (char[1]){ 0 }, 0);
		sys_close(fd);
	}
	return r < 0 ? conf_why(v, "%.160s: %s", v->text, strerror((int)-r)) : 0;
}
