/* SPDX-License-Identifier: BSD-2-Clause */
/* Each test runs in its own process, whose standard input and output it replaces. */
#include "tests/unit/devices/backend/chardev/fixture.h"
#include "tests/unit/needs.h"

#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>

static int saved_in, saved_out;

static void setup_stdio(void)
{
	saved_in = dup(0);
	saved_out = dup(1);
	setup();
}

static void teardown_stdio(void)
{
	teardown();
	dup2(saved_in, 0);
	dup2(saved_out, 1);
	close(saved_in);
	close(saved_out);
}

TestSuite(chardev_stdio, .init = setup_stdio, .fini = teardown_stdio, .timeout = 60);

/* Standard input and output become @in and @out, which are closed. Both must stay as they were. */
static void become(int in, int out)
{
	cr_assert(eq(int, dup2(in, 0), 0));
	cr_assert(eq(int, dup2(out, 1), 1));
	close(in);
	if (out != in)
		close(out);
}

/* Our side of pipes behind both. */
static void become_pipes(int *to, int *from)
{
	int a[2], b[2];

	cr_assert(eq(int, pipe(a), 0));
	cr_assert(eq(int, pipe(b), 0));
	become(a[0], b[1]);
	*to = a[1];
	*from = b[0];
	fcntl(*to, F_SETFL, O_NONBLOCK);
}

static void expect_untouched_flags(void)
{
	cr_assert(eq(int, fcntl(0, F_GETFL) & O_NONBLOCK, 0));
	cr_assert(eq(int, fcntl(1, F_GETFL) & O_NONBLOCK, 0));
}

static void type(int fd, const char *s)
{
	cr_assert(eq(long, write(fd, s, strlen(s)), (long)strlen(s)));
	settle();
}

/* ---- no terminal ---- */

Test(chardev_stdio, pipes_carry_every_byte)
{
	int to, from;

	become_pipes(&to, &from);
	cr_assert(eq(int, cd_open("stdio"), 0));
	type(to, "a\x01x\x01?\r");
	expect_got("a\x01x\x01?\r");
	cr_assert(eq(int, f.quits, 0));
	cr_assert(say("b\n"));
	expect_read(from, "b\n");
	expect_untouched_flags();
	close(to);
	settle(); /* end of input: no busy loop */
	cr_assert(say("still there"));
	expect_read(from, "still there");
	close(from);
}

Test(chardev_stdio, a_64k_paste_through_a_pipe_arrives_whole)
{
	uint8_t paste[PASTE];
	int to, from;

	paste_make(paste);
	become_pipes(&to, &from);
	cr_assert(eq(int, cd_open("stdio"), 0));
	paste_through(to, paste, 4096);
	close(to);
	close(from);
}

Test(chardev_stdio, an_input_refused_before_its_end_is_kept)
{
	int to, from;

	become_pipes(&to, &from);
	cr_assert(eq(int, cd_open("stdio"), 0));
	f.allow = 3;
	type(to, "abcdef");
	close(to);
	settle();
	expect_got("abc");
	f.allow = 100;
	settle();
	cr_assert(eq(sz, f.len, 0)); /* not before it is asked for */
	chardev_resume(&f.cd);
	chardev_resume(&f.cd);
	cr_assert(eq(sz, f.len, 0)); /* nor from inside the resume */
	settle();
	expect_got("def");
	close(from);
}

Test(chardev_stdio, a_flood_into_a_pipe_is_refused_and_nothing_is_lost)
{
	int to, from;
	size_t n;

	become_pipes(&to, &from);
	cr_assert(eq(int, cd_open("stdio"), 0));
	n = flood(0, 10 * MiB);
	cr_assert(lt(sz, n, 10 * MiB));
	drink(from, n);
	cr_assert(eq(sz, flood(n, 1600), 1600));
	close(to);
	close(from);
}

Test(chardev_stdio, a_reader_that_goes_away_ends_output_only)
{
	int to, from;

	become_pipes(&to, &from);
	cr_assert(eq(int, cd_open("stdio"), 0));
	flood(0, 10 * MiB); /* something waits in the ring, too */
	close(from);
	settle();
	cr_assert(eq(sz, flood(0, MiB), MiB));
	type(to, "in");
	expect_got("in");
	cr_assert(chardev_drain(&f.cd, 5000));
	close(to);
}

Test(chardev_stdio, a_reader_gone_from_the_start_is_fine)
{
	int to, from;

	become_pipes(&to, &from);
	close(from);
	cr_assert(eq(int, cd_open("stdio"), 0));
	cr_assert(eq(sz, flood(0, MiB), MiB));
	settle();
	close(to);
}

Test(chardev_stdio, files_are_read_to_the_end_and_written_behind_what_is_there)
{
	int in = open(f.path, O_RDWR | O_CREAT, 0600);
	uint8_t paste[PASTE];
	char out_path[120], buf[32];
	int out;

	paste_make(paste);
	cr_assert(eq(long, write(in, paste, PASTE), PASTE));
	lseek(in, 0, SEEK_SET);
	snprintf(out_path, sizeof(out_path), "%s.out", f.path);
	out = open(out_path, O_WRONLY | O_CREAT, 0600);
	cr_assert(eq(long, write(out, "before ", 7), 7));
	become(in, out);
	cr_assert(eq(int, cd_open("stdio"), 0));
	f.allow = 20000;
	settle(); /* refused: at rest */
	cr_assert(eq(sz, f.len, 20000));
	f.allow = SIZE_MAX;
	chardev_resume(&f.cd);
	settle(); /* at its end: at rest */
	cr_assert(eq(sz, f.len, PASTE));
	cr_assert(eq(int, memcmp(f.got, paste, PASTE), 0));
	cr_assert(say("after"));
	in = open(out_path, O_RDONLY);
	cr_assert(eq(long, read(in, buf, sizeof(buf)), 12));
	cr_assert(eq(int, memcmp(buf, "before after", 12), 0));
	close(in);
	unlink(out_path);
}

Test(chardev_stdio, dev_null_and_closed_descriptors_are_fine)
{
	become(open("/dev/null", O_RDONLY), open("/dev/null", O_WRONLY));
	cr_assert(eq(int, cd_open("stdio"), 0));
	settle();
	cr_assert(eq(sz, flood(0, MiB), MiB));
	chardev_close(&f.cd);

	close(0);
	close(1);
	cr_assert(eq(int, cd_open("stdio"), 0));
	settle();
	cr_assert(eq(sz, flood(0, MiB), MiB));
	chardev_close(&f.cd);
	cr_assert(eq(int, open("/dev/null", O_RDONLY), 0));
	cr_assert(eq(int, open("/dev/null", O_WRONLY), 1));
}

Test(chardev_stdio, a_socket_is_never_waited_for)
{
	int s[2], s2[2];
	size_t n;

	cr_assert(eq(int, socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0));
	cr_assert(eq(int, socketpair(AF_UNIX, SOCK_STREAM, 0, s2), 0));
	become(s[0], s2[0]);
	cr_assert(eq(int, cd_open("stdio"), 0));
	type(s[1], "hello");
	expect_got("hello");
	n = flood(0, 10 * MiB);
	cr_assert(lt(sz, n, 10 * MiB));
	drink(s2[1], n);
	expect_untouched_flags();
	close(s[1]);
	close(s2[1]);
	settle();
	cr_assert(eq(sz, flood(0, MiB), MiB));
}

/* ---- a terminal ---- */

/* A new terminal: the user's side; *@tty is where the other one can be opened. */
static int terminal(char tty[32])
{
	int user, unlock = 0;
	unsigned int n;

	needs_pts();
	user = open("/dev/ptmx", O_RDWR | O_NOCTTY);
	cr_assert(ge(int, user, 0));
	cr_assert(eq(int, ioctl(user, TIOCSPTLCK, &unlock), 0));
	cr_assert(eq(int, ioctl(user, TIOCGPTN, &n), 0));
	snprintf(tty, 32, "/dev/pts/%u", n);
	return user;
}

/* Standard input and output become a terminal whose user sits at the descriptor returned. */
static int become_terminal(void)
{
	char tty[32];
	int user = terminal(tty);
	int fd = open(tty, O_RDWR | O_NOCTTY);

	cr_assert(ge(int, fd, 0));
	become(fd, fd);
	fcntl(user, F_SETFL, O_NONBLOCK);
	return user;
}

/* Field by field: the struct has holes. */
static bool same_modes(const struct termios *a, const struct termios *b)
{
	return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag && a->c_cflag == b->c_cflag &&
	       a->c_lflag == b->c_lflag && !memcmp(a->c_cc, b->c_cc, sizeof(a->c_cc));
}

static bool is_raw(int fd)
{
	struct termios t;

	cr_assert(eq(int, tcgetattr(fd, &t), 0));
	return !(t.c_lflag & (ICANON | ECHO | ISIG | IEXTEN)) && !(t.c_oflag & OPOST) &&
	       !(t.c_iflag & (IXON | ICRNL));
}

Test(chardev_stdio, a_terminal_is_raw_while_open_and_then_as_before)
{
	struct termios before, after;
	int user = become_terminal();

	tcgetattr(0, &before);
	before.c_cc[VMIN] = 5; /* something odd of the user's */
	before.c_iflag |= IXOFF;
	tcsetattr(0, TCSANOW, &before);
	tcgetattr(0, &before);
	for (int i = 0; i < 3; i++) {
		cr_assert(eq(int, cd_open("stdio"), 0));
		cr_assert(is_raw(0));
		type(user, "\x03\x1a\x04\x11\r");
		expect_got("\x03\x1a\x04\x11\r");
		cr_assert(say("x\ny"));
		expect_read(user, "x\ny");
		expect_untouched_flags();
		chardev_close(&f.cd);
		tcgetattr(0, &after);
		cr_assert(same_modes(&before, &after));
	}
	close(user);
}

Test(chardev_stdio, restoring_works_from_anywhere_and_twice)
{
	struct termios before, after;
	int user = become_terminal();

	tcgetattr(0, &before);
	chardev_restore_terminal(); /* nothing to do */
	cr_assert(eq(int, cd_open("stdio"), 0));
	errno = 77;
	chardev_restore_terminal();
	cr_assert(eq(int, errno, 77));
	tcgetattr(0, &after);
	cr_assert(same_modes(&before, &after));
	before.c_lflag &= ~(tcflag_t)ECHO; /* the user's own change after that stays */
	tcsetattr(0, TCSANOW, &before);
	chardev_restore_terminal();
	chardev_close(&f.cd);
	tcgetattr(0, &after);
	cr_assert(same_modes(&before, &after));
	close(user);
}

Test(chardev_stdio, while_raw_log_lines_on_a_terminal_return_the_carriage)
{
	int user = become_terminal();

	log_set_sink(NULL);
	log_set_fd(0);
	cr_assert(eq(int, cd_open("stdio"), 0));
	log_error("one");
	chardev_close(&f.cd);
	log_error("two"); /* the terminal itself adds the carriage return again */
	expect_read(user, "test: one\r\ntest: two\r\n");
	log_set_sink(said_sink);
	close(user);
}

Test(chardev_stdio, while_raw_log_lines_elsewhere_stay_as_they_are)
{
	int user = become_terminal(), p[2];

	cr_assert(eq(int, pipe(p), 0));
	log_set_sink(NULL);
	log_set_fd(p[1]);
	cr_assert(eq(int, cd_open("stdio"), 0));
	log_error("one");
	chardev_close(&f.cd);
	expect_read(p[0], "test: one\n");
	log_set_sink(said_sink);
	close(p[0]);
	close(p[1]);
	close(user);
}

Test(chardev_stdio, a_second_stream_does_not_take_the_terminal)
{
	struct chardev_callbacks cb = { &f, receive, quit };
	struct chardev *second = calloc(1, sizeof(*second));
	int user = become_terminal();

	cr_assert(eq(int, cd_open("stdio"), 0));
	cr_assert(eq(int, chardev_open(second, "stdio", &f.h.l, &cb), -EBUSY));
	cr_assert(eq(int, said_errors(), 1));
	cr_assert(is_raw(0));
	free(second);
	close(user);
}

/* The user sees @text, which the kernel hands over in its own time, and maybe in pieces. */
static void expect_answer(int user, const char *text)
{
	struct pollfd p = { .fd = user, .events = POLLIN };
	char buf[4000] = "";
	size_t len = 0;

	while (!strstr(buf, text)) {
		ssize_t n;

		cr_assert(eq(int, poll(&p, 1, 10000), 1), "no \"%s\" in \"%s\"", text, buf);
		n = read(user, buf + len, sizeof(buf) - 1 - len);
		cr_assert(gt(long, n, 0));
		len += (size_t)n;
		buf[len] = 0;
	}
}

Test(chardev_stdio, ctrl_a_starts_commands)
{
	int user = become_terminal();

	cr_assert(eq(int, cd_open("stdio"), 0));
	type(user, "a\x01"
		   "ab\x01\x01"
		   "c");
	expect_got("a\x01"
		   "b\x01"
		   "c");
	type(user, "\x01"); /* in two reads */
	type(user, "a");
	expect_got("\x01");
	cr_assert(eq(int, f.quits, 0));
	type(user, "1\x01x2");
	expect_got("12");
	cr_assert(eq(int, f.quits, 1));

	for (const char *key = "?h"; *key; key++) {
		char command[3] = { 1, *key };

		type(user, command);
		expect_answer(user, "Ctrl-a x");
	}
	type(user, "\x01z"); /* unknown: a hint, nothing for the guest */
	expect_answer(user, "Ctrl-a ? lists");
	cr_assert(eq(sz, f.len, 0));
	cr_assert(eq(int, f.quits, 1));
	close(user);
}

Test(chardev_stdio, a_guest_that_reads_nothing_can_be_quit)
{
	int user = become_terminal();

	cr_assert(eq(int, cd_open("stdio"), 0));
	f.allow = 0;
	type(user, "hello? anybody?\r");
	type(user, "\x01x");
	cr_assert(eq(int, f.quits, 1));
	close(user);
}

Test(chardev_stdio, a_64k_paste_into_a_terminal_arrives_whole)
{
	int user = become_terminal();
	uint8_t paste[PASTE];

	/* No Ctrl-a: that is a command here. */
	cr_assert(eq(int, cd_open("stdio"), 0));
	f.cd.u.stdio.tty = false;
	paste_make(paste);
	paste_through(user, paste, 300);
	f.cd.u.stdio.tty = true;
	close(user);
}

Test(chardev_stdio, a_terminal_that_hangs_up_ends_both_directions)
{
	int user = become_terminal();

	cr_assert(eq(int, cd_open("stdio"), 0));
	flood(0, 10 * MiB);
	close(user);
	settle(); /* comes to rest */
	cr_assert(eq(sz, flood(0, MiB), MiB));
	cr_assert(chardev_drain(&f.cd, 5000));
}

/* As under `su`: /proc/self/fd/N cannot be opened. A pty master is never opened anew. */
Test(chardev_stdio, a_terminal_that_cannot_be_reopened_is_used_without_waiting)
{
	char tty[32];
	int user = terminal(tty);
	int fd = open(tty, O_RDWR | O_NOCTTY | O_NONBLOCK);
	uint8_t paste[PASTE];
	size_t n;

	dup2(user, 0);
	dup2(user, 1);
	close(user);
	cr_assert(eq(int, cd_open("stdio"), 0));
	cr_assert(eq(int, f.cd.in_fd, 0));
	cr_assert(eq(int, f.cd.out_fd, 1));
	settle();
	n = flood(0, MiB); /* would hang if it waited */
	cr_assert(lt(sz, n, MiB));
	drink(fd, n);
	f.cd.u.stdio.tty = false;
	paste_make(paste);
	paste_through(fd, paste, 300);
	f.cd.u.stdio.tty = true;
	expect_untouched_flags();
	close(fd);
	settle();
}

/* ---- job control ---- */

/* In the background of a session with this terminal. Exit status: 0 when all went well. */
static int background_job(int tell_fd)
{
	struct termios t, now;
	char c = 0;

	tcgetattr(0, &t);
	if (cd_open("stdio"))
		return 1;
	tcgetattr(0, &now);
	if (!same_modes(&t, &now))
		return 2; /* the shell's modes */
	for (int i = 0; i < 20; i++)
		loop_run_once(&f.h.l, 20);
	if (f.len || !say("out"))
		return 3;
	if (write(tell_fd, &c, 1) != 1) /* now bring us to the front */
		return 4;
	for (int i = 0; i < 200 && !is_raw(0); i++)
		loop_run_once(&f.h.l, 20);
	if (!is_raw(0))
		return 5;
	for (int i = 0; i < 100 && !f.len; i++)
		loop_run_once(&f.h.l, 20);
	if (f.len != 4)
		return 6;
	if (write(tell_fd, &c, 1) != 1) /* and back again, with something typed for the shell */
		return 7;
	for (int i = 0; i < 50; i++)
		loop_run_once(&f.h.l, 20);
	if (f.len != 4)
		return 8;
	if (write(tell_fd, &c, 1) != 1) /* to the front once more */
		return 9;
	for (int i = 0; i < 100 && tcgetpgrp(0) != getpgrp(); i++)
		loop_run_once(&f.h.l, 20);
	for (int i = 0; i < 20; i++)
		loop_run_once(&f.h.l, 20);
	chardev_close(&f.cd);
	tcgetattr(0, &now);
	return same_modes(&t, &now) ? 0 : 10; /* what we found first */
}

/* The shell: session leader with the terminal. */
static int shell(const char *tty, int user)
{
	struct termios cooked;
	int p[2], status, fd;
	pid_t job;
	char c;

	setsid();
	fd = open(tty, O_RDWR);
	ioctl(fd, TIOCSCTTY, 0);
	become(fd, fd);
	tcgetattr(0, &cooked);
	signal(SIGTTOU, SIG_IGN);
	if (pipe(p))
		return 20;
	job = fork();
	if (job == 0) {
		signal(SIGTTOU, SIG_DFL);
		setpgid(0, 0);
		_exit(background_job(p[1]));
	}
	setpgid(job, job);
	if (write(user, "ls\n", 3) != 3)
		return 21;
	if (read(p[0], &c, 1) != 1 || read(0, (char[8]){ 0 }, 8) != 3)
		goto stopped;
	tcsetpgrp(0, job);
	for (int i = 0; i < 200 && !is_raw(0); i++)
		usleep(20000);
	if (write(user, "key\r", 4) != 4)
		return 22;
	if (read(p[0], &c, 1) != 1)
		goto stopped;
	tcsetpgrp(0, getpgrp());
	tcsetattr(0, TCSANOW, &cooked);
	if (write(user, "ls\n", 3) != 3)
		return 23;
	if (read(p[0], &c, 1) != 1 || read(0, (char[8]){ 0 }, 8) != 3)
		goto stopped;
	cfmakeraw(&cooked); /* a shell gives a job the modes it was stopped with */
	tcsetattr(0, TCSANOW, &cooked);
	tcsetpgrp(0, job);
stopped:
	if (waitpid(job, &status, WUNTRACED) != job)
		return 24;
	if (WIFSTOPPED(status)) {
		kill(job, SIGKILL);
		return 25;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 26;
}

Test(chardev_stdio, in_the_background_it_neither_stops_nor_touches_the_terminal)
{
	char tty[32];
	int user = terminal(tty), status;
	pid_t pid = fork();

	if (pid == 0) {
		alarm(20);
		_exit(shell(tty, user));
	}
	cr_assert(eq(int, waitpid(pid, &status, 0), pid));
	cr_assert(eq(int, status, 0), "exit %d, signal %d", WEXITSTATUS(status), WTERMSIG(status));
	close(user);
}
