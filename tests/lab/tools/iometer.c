/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * iometer - run a guest, and measure this host between two lines of its console
 *
 * For each "io-end" line (see iodisk.c), on standard output: the guest's words and the nanoseconds
 * for which this host's CPUs were not idle since "io-begin". Under icount on one CPU these are the
 * instructions that everything together took: guest, VMM and kernel. Everything that the command
 * prints goes to the file CONSOLE.
 *
 *	metered NAME REQUESTS BYTES NANOSECONDS BUSY-NANOSECONDS
 */
#define _GNU_SOURCE
#include "tests/lab/tools/tool.h"

#include <glob.h>
#include <sys/wait.h>
#include <unistd.h>

#define IDLE_FILES "/sys/devices/system/cpu/cpu[0-9]*/cpuidle/state*/time" /* microseconds */

/* Of all CPUs together, from some time on. */
static int64_t busy_ns(const glob_t *files)
{
	int64_t idle_us = 0, us;
	for (size_t i = 0; i < files->gl_pathc; i++) {
		FILE *f = fopen(files->gl_pathv[i], "r");

		if (!f || fscanf(f, "%lld", (long long *)&us) != 1)
			die(files->gl_pathv[i]);
		idle_us += us;
		fclose(f);
	}
	return sysconf(_SC_NPROCESSORS_ONLN) * (int64_t)now_ns() - idle_us * 1000;
}

static FILE *start(char **argv, pid_t *pid)
{
	int fd[2];

	if (pipe(fd) < 0)
		die("pipe");
	*pid = fork();
	if (*pid == 0) {
		dup2(fd[1], 1);
		close(fd[0]);
		close(fd[1]);
		execvp(argv[0], argv);
		_exit(127);
	}
	close(fd[1]);
	return fdopen(fd[0], "r");
}

int main(int argc, char **argv)
{
	FILE *console = argc > 2 ? fopen(argv[1], "w") : NULL, *out;
	char line[4096], name[64];
	unsigned long long count, bytes, ns;
	int64_t since = 0;
	glob_t idle;
	pid_t pid;
	int status;

	if (argc < 3) {
		fputs("usage: iometer CONSOLE COMMAND [ARGUMENT...]\n", stderr);
		return 2;
	}
	if (!console)
		die(argv[1]);
	if (glob(IDLE_FILES, 0, NULL, &idle) != 0)
		die("no " IDLE_FILES);
	out = start(argv + 2, &pid);
	while (out && fgets(line, sizeof(line), out)) {
		const char *end = strstr(line, "io-end ");

		if (strstr(line, "io-begin "))
			since = busy_ns(&idle);
		else if (end &&
			 sscanf(end, "io-end %63s %llu %llu %llu", name, &count, &bytes, &ns) == 4)
			printf("metered %s %llu %llu %llu %lld\n", name, count, bytes, ns,
			       (long long)(busy_ns(&idle) - since));
		fputs(line, console);
	}
	fclose(console);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
