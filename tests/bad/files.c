/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/bad/table.h"
#include "tests/fake/elf.h"
#include "vmm/conf/conf_private.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "tests/bad: %s\n", what);
	abort();
}

/* 64:7f10dabe, bytes from an offset on. */
static bool patch(const char *path, const char *word)
{
	unsigned long long at;
	unsigned int byte;
	int fd, n;

	if (sscanf(word, "%llu:%n", &at, &n) != 1 || word[strspn(word, "0123456789")] != ':')
		return false;
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	for (word += n; sscanf(word, "%2x", &byte) == 1; word += 2, at++)
		must(pwrite(fd, &(uint8_t){ (uint8_t)byte }, 1, (off_t)at) == 1, word);
	close(fd);
	return true;
}

/* size=10, size=1GiB; sparse */
static bool resize(const char *path, const char *word)
{
	uint64_t size;
	int fd;

	if (strncmp(word, "size=", 5) != 0)
		return false;
	must(conf_size_parse(word + 5, &size) == 0, word);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	must(fd >= 0 && ftruncate(fd, (off_t)size) == 0, path);
	close(fd);
	return true;
}

/* A socket's file; its program listens, or has gone. */
static void make_socket(const char *path, bool listens)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	must(bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0, path);
	if (listens)
		listen(fd, 1);
	else
		close(fd);
}

static bool make(const char *path, const char *word)
{
	if (strcmp(word, "tiny") == 0)
		elf_write(path, &elf_tiny);
	else if (strcmp(word, "dir") == 0)
		must(mkdir(path, 0700) == 0, path);
	else if (strcmp(word, "fifo") == 0)
		must(mkfifo(path, 0600) == 0, path);
	else if (strcmp(word, "listener") == 0)
		make_socket(path, true);
	else if (strcmp(word, "none") == 0)
		must(unlink(path) == 0, path);
	else if (strncmp(word, "link=", 5) == 0)
		must(symlink(word + 5, path) == 0, path);
	else
		return false;
	return true;
}

void bad_file(char *text)
{
	const char *path = strtok(text, " "), *word;

	while ((word = strtok(NULL, " ")))
		must(make(path, word) || patch(path, word) || resize(path, word), word);
}
