/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * talk - hold a conversation with a program on a terminal, and check it
 *
 * A small expect(1) for the emulated host, where nothing but busybox is
 * installed. Everything the program prints goes to our standard output. On a
 * pty the terminal's settings must be the same after the program as before.
 */
#define _GNU_SOURCE
#include "tests/lab/tools/tool.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

static const char usage[] =
	"usage: talk [--pipe] STEP... -- COMMAND [ARG...]\n"
	"       talk --open PATH STEP...\n"
	"\n"
	"Steps, in order; the last is an exit, \"exit 0\" when none is given:\n"
	"  within SECONDS   how long each of the following steps may take (30)\n"
	"  expect TEXT      TEXT appears, after what the last expect found\n"
	"  send TEXT        type it; \\n \\r \\t \\e \\\\ \\xHH are understood\n"
	"  send-file PATH   type the file's bytes\n"
	"  raw yes|no       wait until the terminal is, or is not, in raw mode\n"
	"  unread SECONDS   read no more, and wait until nothing more has come for so long\n"
	"  eof              end of input (Ctrl-D on a terminal)\n"
	"  close            hang up\n"
	"  signal NUMBER    to the command\n"
	"  pause SECONDS    take output, do nothing\n"
	"  mark NAME        print the seconds since the command was started\n"
	"  exit STATUS      the command ends with it, 128+N when signal N ended it\n"
	"\n"
	"--pipe gives the command pipes instead of a terminal. --open talks to a terminal\n"
	"or a socket that is there, instead of a command.\n";

static struct {
	pid_t pid;
	int in_fd;    /* what the command reads, -1 when closed */
	int out_fd;   /* what it prints; the same as in_fd on a pty */
	int slave_fd; /* kept open, so that its settings stay readable */
	struct termios before;
	bool ended;
	int status;
} child = { .in_fd = -1, .out_fd = -1, .slave_fd = -1 };

static struct {
	char *data;
	size_t len, cap;
	size_t found; /* end of what the last expect found */
} output;

static const char *step_name, *step_operand = "";
static double limit_s = 30, deadline, started;
static bool reads_no_more;

static double now(void)
{
	return (double)now_ns() / 1e9;
}

/* Never returns: says which step failed and why, and ends the command. */
static void fail(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fprintf(stderr, "\ntalk: %s \"%s\": ", step_name, step_operand);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	if (child.pid > 0 && !child.ended)
		kill(-child.pid, SIGKILL);
	exit(1);
}

static void start(char **argv, bool use_pipes)
{
	struct winsize size = { .ws_row = 24, .ws_col = 80 };
	int in[2], out[2];

	if (use_pipes) {
		if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
			fail("no pipe: %s", strerror(errno));
		child.in_fd = in[1];
		child.out_fd = out[0];
	} else {
		if (openpty(&child.in_fd, &child.slave_fd, NULL, NULL, &size))
			fail("no pty: %s", strerror(errno));
		child.out_fd = child.in_fd;
		in[0] = out[1] = child.slave_fd;
		tcgetattr(child.slave_fd, &child.before);
		fcntl(child.in_fd, F_SETFD, FD_CLOEXEC);
	}
	started = now();
	child.pid = fork();
	if (child.pid < 0)
		fail("no process: %s", strerror(errno));
	if (child.pid == 0) {
		if (use_pipes)
			setsid();
		else
			login_tty(dup(child.slave_fd));
		if (use_pipes) {
			dup2(in[0], 0);
			dup2(out[1], 1);
			dup2(out[1], 2);
		}
		if (child.slave_fd > 2)
			close(child.slave_fd);
		execvp(argv[0], argv);
		fprintf(stderr, "talk: %s: %s\n", argv[0], strerror(errno));
		_exit(127);
	}
	if (use_pipes) {
		close(in[0]);
		close(out[1]);
	}
	fcntl(child.in_fd, F_SETFL, O_NONBLOCK);
	fcntl(child.out_fd, F_SETFL, O_NONBLOCK);
}

/* A terminal or socket instead of a command. */
static void start_open(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct termios raw;
	struct stat st;
	int fd;

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	started = now();
	if (!stat(path, &st) && S_ISSOCK(st.st_mode)) {
		fd = socket(AF_UNIX, SOCK_STREAM, 0);
		/* The socket's name is there a little earlier than somebody who listens. */
		while (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof(addr))) {
			if (errno != ECONNREFUSED || now() > started + limit_s)
				fail("%s: %s", path, strerror(errno));
			usleep(20000);
		}
	} else {
		fd = open(path, O_RDWR | O_NOCTTY);
		if (fd < 0)
			fail("%s: %s", path, strerror(errno));
		if (!tcgetattr(fd, &raw)) {
			cfmakeraw(&raw);
			tcsetattr(fd, TCSANOW, &raw);
		}
	}
	child.in_fd = child.out_fd = fd;
	fcntl(fd, F_SETFL, O_NONBLOCK);
}

/* Take what the command printed; false when there was nothing. */
static bool take_output(void)
{
	char buf[4096];
	ssize_t n = child.out_fd < 0 ? 0 : read(child.out_fd, buf, sizeof(buf));

	if (n <= 0)
		return false;
	fwrite(buf, 1, n, stdout);
	fflush(stdout);
	if (output.len + n > output.cap) {
		output.cap = 2 * (output.len + n);
		output.data = realloc(output.data, output.cap);
		if (!output.data)
			fail("out of memory");
	}
	memcpy(output.data + output.len, buf, n);
	output.len += n;
	return true;
}

/* Wait for something to happen: output, room for input, the command's end. */
static void pump(bool want_room)
{
	struct pollfd fds[2] = {
		{ .fd = reads_no_more ? -1 : child.out_fd, .events = POLLIN },
		{ .fd = want_room ? child.in_fd : -1, .events = POLLOUT },
	};

	if (now() > deadline)
		fail("not within %g s", limit_s);
	poll(fds, 2, 20);
	if (child.pid > 0 && !child.ended &&
	    waitpid(child.pid, &child.status, WNOHANG) == child.pid)
		child.ended = true;
	while (!reads_no_more && take_output())
		;
}

static void do_expect(const char *text)
{
	size_t len = strlen(text);
	char *hit;

	for (;;) {
		bool ended = child.ended;

		hit = output.data ? memmem(output.data + output.found, output.len - output.found,
					   text, len)
				  : NULL;
		if (hit)
			break;
		if (ended)
			fail("not seen, and the command has ended");
		/* Of a flood, look at each byte once. */
		if (output.len - output.found > len)
			output.found = output.len - len;
		pump(false);
	}
	output.found = hit + len - output.data;
}

static void send_bytes(const char *data, size_t len)
{
	while (len) {
		ssize_t n = child.in_fd < 0 ? 0 : write(child.in_fd, data, len);

		if (n > 0) {
			data += n;
			len -= n;
			continue;
		}
		if (child.ended || child.in_fd < 0 || (n < 0 && errno != EAGAIN))
			fail("%zu bytes not sent: the command reads no more", len);
		pump(true);
	}
}

static void do_send(const char *text)
{
	char *buf = malloc(strlen(text) + 1), *end = buf;
	static const char letters[] = "nrte\\", bytes[] = "\n\r\t\033\\";

	if (!buf)
		fail("out of memory");
	for (; *text; text++) {
		const char *letter = text[0] == '\\' && text[1] ? strchr(letters, text[1]) : NULL;
		unsigned int hex;

		if (letter) {
			*end++ = bytes[letter - letters];
			text++;
		} else if (sscanf(text, "\\x%2x", &hex) == 1 && strlen(text) >= 4) {
			*end++ = hex;
			text += 3;
		} else {
			*end++ = *text;
		}
	}
	send_bytes(buf, end - buf);
	free(buf);
}

static void do_send_file(const char *path)
{
	FILE *file = fopen(path, "r");
	char buf[4096];
	size_t n;

	if (!file)
		fail("%s", strerror(errno));
	while ((n = fread(buf, 1, sizeof(buf), file)) > 0)
		send_bytes(buf, n);
	fclose(file);
}

static void do_raw(const char *yes)
{
	struct termios now_set;

	for (;;) {
		if (child.slave_fd < 0 || tcgetattr(child.slave_fd, &now_set))
			fail("there is no terminal");
		if (!(now_set.c_lflag & ICANON) == !strcmp(yes, "yes"))
			return;
		if (child.ended)
			fail("the command has ended");
		pump(false);
	}
}

static void do_unread(const char *seconds)
{
	double since = now();
	int n, last = 0;

	reads_no_more = true;
	fcntl(child.out_fd, F_SETPIPE_SZ, 1); /* as small as can be: one page, soon full */
	while (!last || now() - since < atof(seconds)) {
		pump(false);
		if (ioctl(child.out_fd, FIONREAD, &n) || child.ended)
			fail("the command has ended");
		if (n != last)
			since = now();
		last = n;
	}
}

static void do_close(const char *unused)
{
	(void)unused;
	if (child.slave_fd >= 0)
		close(child.slave_fd);
	if (child.out_fd != child.in_fd)
		close(child.out_fd);
	close(child.in_fd);
	child.slave_fd = child.in_fd = child.out_fd = -1;
}

static void do_eof(const char *unused)
{
	(void)unused;
	if (child.out_fd == child.in_fd) {
		send_bytes((const char *)&child.before.c_cc[VEOF], 1);
		return;
	}
	close(child.in_fd);
	child.in_fd = -1;
}

static void do_signal(const char *number)
{
	if (!child.ended)
		kill(child.pid, atoi(number));
}

static void do_pause(const char *seconds)
{
	double until = now() + atof(seconds);

	deadline = until + limit_s;
	while (now() < until)
		pump(false);
}

static void do_mark(const char *name)
{
	fflush(stdout);
	fprintf(stderr, "talk: mark %s %.3f\n", name, now() - started);
}

static void do_within(const char *seconds)
{
	limit_s = atof(seconds);
}

static void do_exit(const char *status)
{
	struct termios after;
	int got;

	while (!child.ended)
		pump(false);
	while (take_output())
		;
	got = WIFSIGNALED(child.status) ? 128 + WTERMSIG(child.status) : WEXITSTATUS(child.status);
	if (got != atoi(status))
		fail("it was %d", got);
	if (child.slave_fd < 0)
		return;
	tcgetattr(child.slave_fd, &after);
	if (after.c_iflag != child.before.c_iflag || after.c_oflag != child.before.c_oflag ||
	    after.c_cflag != child.before.c_cflag || after.c_lflag != child.before.c_lflag ||
	    memcmp(after.c_cc, child.before.c_cc, sizeof(after.c_cc)))
		fail("the terminal's settings were not restored");
}

static const struct step {
	const char *name;
	bool has_operand;
	void (*run)(const char *operand);
} steps[] = {
	{ "within", true, do_within }, { "expect", true, do_expect },
	{ "send", true, do_send },     { "send-file", true, do_send_file },
	{ "raw", true, do_raw },       { "eof", false, do_eof },
	{ "close", false, do_close },  { "signal", true, do_signal },
	{ "mark", true, do_mark },     { "pause", true, do_pause },
	{ "unread", true, do_unread }, { "exit", true, do_exit },
};

static const struct step *step_find(const char *name)
{
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (!strcmp(steps[i].name, name))
			return &steps[i];
	fprintf(stderr, "talk: %s: no such step\n%s", name, usage);
	exit(2);
}

/* Index of the "--" in front of the command, or argc. */
static int check_steps(int argc, char **argv, int arg)
{
	while (arg < argc && strcmp(argv[arg], "--"))
		arg += 1 + step_find(argv[arg])->has_operand;
	return arg < argc ? arg : argc;
}

int main(int argc, char **argv)
{
	bool use_pipes = argc > 1 && !strcmp(argv[1], "--pipe");
	bool use_open = argc > 2 && !strcmp(argv[1], "--open");
	int arg = 1 + use_pipes + 2 * use_open;
	/* Before the command runs, as half a script proves nothing. */
	int dashes = check_steps(argc, argv, arg);
	const struct step *step = NULL;

	if (!use_open && dashes + 1 >= argc) {
		fputs(usage, stderr);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	step_name = "start";
	if (use_open)
		start_open(argv[2]);
	else
		start(argv + dashes + 1, use_pipes);
	while (arg < dashes) {
		step = step_find(argv[arg++]);
		step_name = step->name;
		step_operand = step->has_operand ? argv[arg++] : "";
		deadline = now() + limit_s;
		step->run(step_operand);
	}
	if (!use_open && (!step || step->run != do_exit)) {
		step_name = "exit";
		step_operand = "0";
		deadline = now() + limit_s;
		do_exit("0");
	}
	return 0;
}
