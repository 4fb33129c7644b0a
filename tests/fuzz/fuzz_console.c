/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A console from both ends: a user who types at standard input (a terminal), at a pseudo terminal or
 * into a socket, commands behind Ctrl-a among the keys, who leaves and comes again; others who read
 * along, type what goes nowhere, and leave; and a guest that reads and writes by H_GET_TERM_CHAR and
 * H_PUT_TERM_CHAR, and reboots. Beyond the sanitizers' checks: the guest gets what was typed, in order,
 * without the commands, as a second filter understands them; the user gets what the guest was told is
 * written, in order, as long as the user reads; Ctrl-a x quits, and nothing else does; a user is let
 * in whoever else is there; and a guest on a socket is never told to wait.
 *
 * A worker of the kernel hands the bytes of terminals on: how many come in a step may differ from run
 * to run, which ones does not.
 */
#include "devices/backend/chardev/private.h"
#include "sphapr/hcall.h"
#include "tests/fake/platform.h"
#include "tests/fake/sys.h"
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define STREAM 65536u /* bytes of one input at most, each way */
#define WAITS 400     /* of a millisecond, for the last bytes */

enum kind { STDIO, PTY, SOCKET, KINDS };

/* Bytes on their way: what one end gave, how many of them the other end has. */
struct stream {
	uint8_t given[STREAM];
	size_t ngiven, ngot;
	bool lossy; /* an end was away: nothing is known of the rest */
};

static struct {
	struct fake_machine *m;
	struct loop loop;
	struct chardev cd;
	enum kind kind;
	int peer; /* the user's end; -1: away */
	int std[2], slave;
	int others[3]; /* who read along; -1: away */
	struct stream in, out;
	bool escape; /* of the second filter: the last key was Ctrl-a */
	unsigned int quits, quits_due;
} c;

/* ---- what connects terminal and stream, as the machine does ---- */

static size_t receive(void *ctx, const uint8_t *buf, size_t len)
{
	(void)ctx;
	return vty_input(&c.m->sp, &c.m->sp.vty, buf, len);
}

static void quit(void *ctx)
{
	(void)ctx;
	c.quits++;
}

static bool put_out(void *ctx, const uint8_t *buf, size_t len)
{
	(void)ctx;
	return chardev_write(&c.cd, buf, len);
}

static void drained(void *ctx)
{
	(void)ctx;
	chardev_resume(&c.cd);
}

static void settle(void)
{
	for (int i = 0; i < 1000 && loop_run_once(&c.loop, 0) > 0; i++)
		;
}

/* ---- the user ---- */

/* The second filter: what of the typed keys is for the guest. */
static void typed(uint8_t key)
{
	if (c.kind == STDIO && c.escape) {
		c.escape = false;
		if (key == 1 || key == 'a') {
			c.in.given[c.in.ngiven++] = 1;
			return;
		}
		c.quits_due += key == 'x';
		c.out.lossy |= key != 'x'; /* help comes in between */
		return;
	}
	c.escape = c.kind == STDIO && key == 1;
	if (!c.escape)
		c.in.given[c.in.ngiven++] = key;
}

static void type(struct input *in)
{
	static const uint8_t keys[] = { 1, 1, 1, 'x', 'a', '?', 'h', 3, 4, 17, 19, 0, '\n', '\r' };
	uint8_t buf[2048], how = byte(in);
	size_t len = how & 0x80 ? (how & 0x7f) * 16u : how & 7u;
	ssize_t n;

	if (c.peer < 0 || c.in.ngiven + len > STREAM)
		return;
	for (size_t i = 0; i < len; i++) {
		uint8_t key = byte(in);

		buf[i] = i > 64 && key == 0 ? 'y' : key < 0x80 ? keys[key % ARRAY_LEN(keys)] : key;
	}
	n = write(c.peer, buf, len); /* what there is no room for was never typed */
	for (ssize_t i = 0; i < n; i++)
		typed(buf[i]);
}

static void user_reads(void)
{
	uint8_t buf[4096];
	ssize_t n;

	while (c.peer >= 0 && (n = read(c.peer, buf, sizeof(buf))) > 0) {
		if (c.out.lossy)
			continue;
		must((size_t)n <= c.out.ngiven - c.out.ngot);
		must(memcmp(c.out.given + c.out.ngot, buf, (size_t)n) == 0);
		c.out.ngot += (size_t)n;
	}
}

/* The first to type has the input: what the user typed must have been taken as such. */
static void other_steps(struct input *in)
{
	uint8_t how = byte(in), buf[4096];
	int *fd = &c.others[how % ARRAY_LEN(c.others)], pair[2];

	if (*fd < 0) {
		must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == 0);
		must(chardev_add_reader(&c.cd, pair[0], CHARDEV_READ_ONLY) == 0);
		*fd = pair[1];
	} else if (how < 0x40) {
		close(*fd);
		*fd = -1;
	} else if (how < 0x80) {
		memset(buf, how, sizeof(buf));
		(void)!send(*fd, buf, how * 16u, MSG_NOSIGNAL);
	} else if (how < 0xf0) {
		(void)!read(*fd, buf, how * 16u);
	} else {
		shutdown(*fd, how & 1 ? SHUT_WR : SHUT_RD);
	}
}

/* As the ring is there for who comes late, what the user gets first is the end of what was said. */
static void come(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	char slave[64];

	if (c.kind == SOCKET) {
		snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
		c.peer = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		must(connect(c.peer, (struct sockaddr *)&a, sizeof(a)) == 0);
	} else if (c.kind == PTY) {
		must(ptsname_r(c.cd.in_fd, slave, sizeof(slave)) == 0);
		c.peer = open(slave, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	}
	must(c.peer >= 0);
	settle();
}

static void leave(void)
{
	close(c.peer);
	c.peer = -1;
	c.in.lossy = c.out.lossy = true;
}

/* ---- the guest ---- */

/* False: nothing is there. */
static bool guest_reads(uint64_t termno)
{
	uint64_t a[HCALL_MAX_ARGS] = { termno };
	uint8_t got[16];

	must(hcall_dispatch(&c.m->sp, H_GET_TERM_CHAR, a) == H_SUCCESS && a[0] <= sizeof(got));
	be64_store(got, a[1]);
	be64_store(got + 8, a[2]);
	for (size_t i = a[0]; i < sizeof(got); i++)
		must(got[i] == 0);
	if (!c.in.lossy) {
		must(a[0] <= c.in.ngiven - c.in.ngot);
		must(memcmp(c.in.given + c.in.ngot, got, a[0]) == 0);
		c.in.ngot += a[0];
	}
	return a[0] > 0;
}

static void guest_writes(struct input *in, unsigned int n)
{
	while (n-- > 0) {
		uint64_t a[HCALL_MAX_ARGS] = { SPAPR_VTY_UNIT, byte(in) % 18u, raw64(in),
					       raw64(in) };
		uint64_t len = a[1];
		uint8_t buf[16];
		long r;

		if (len > STREAM - c.out.ngiven)
			return;
		be64_store(buf, a[2]);
		be64_store(buf + 8, a[3]);
		r = hcall_dispatch(&c.m->sp, H_PUT_TERM_CHAR, a);
		must(r == H_SUCCESS || (r == H_BUSY && len > 0 && c.kind != SOCKET) ||
		     (r == H_PARAMETER && len > 16));
		if (r != H_SUCCESS)
			return;
		memcpy(c.out.given + c.out.ngiven, buf, len);
		c.out.ngiven += len;
	}
}

static void reboot(void)
{
	const struct vty *v = &c.m->sp.vty;

	if (!c.in.lossy) /* what is typed ahead is lost, but for what is in the stream yet */
		c.in.ngot += v->head - v->tail;
	must(spapr_reset(&c.m->sp) == 0 && v->head == v->tail);
}

/* ---- life ---- */

static void step(struct input *in, const char *path)
{
	uint8_t what = byte(in);

	if (what < 0x08)
		other_steps(in);
	else if (what < 0x50)
		type(in);
	else if (what < 0x90)
		guest_writes(in, what == 0x50 ? 1000 : what & 7);
	else if (what < 0xc0)
		for (uint8_t n = what & 0x1f;
		     n > 0 && guest_reads(what & 0x20 ? SPAPR_VTY_UNIT : 0);)
			n--;
	else if (what < 0xe0)
		user_reads();
	else if (what < 0xe8)
		reboot();
	else if (what < 0xec && c.kind != STDIO && c.peer >= 0)
		leave();
	else if (c.kind != STDIO && c.peer < 0)
		come(path);
	settle();
	must(c.quits <= c.quits_due);
}

static void open_stdio(void)
{
	c.peer = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	must(c.peer >= 0 && grantpt(c.peer) == 0 && unlockpt(c.peer) == 0);
	c.slave = open(ptsname(c.peer), O_RDWR | O_NOCTTY | O_CLOEXEC);
	must(c.slave >= 0);
	for (int fd = 0; fd < 2; fd++) {
		c.std[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		must(dup2(c.slave, fd) == fd);
	}
}

static void close_stdio(void)
{
	for (int fd = 0; fd < 2; fd++) {
		if (c.std[fd] < 0)
			close(fd);
		else
			must(dup2(c.std[fd], fd) == fd && close(c.std[fd]) == 0);
	}
	close(c.slave);
}

static void begin(uint8_t how, char *spec, size_t size)
{
	const struct chardev_callbacks cb = { NULL, receive, quit, NULL };
	static const char *const names[] = { "stdio", "pty", "unix:" };

	memset(&c, 0, sizeof(c));
	c.peer = c.others[0] = c.others[1] = c.others[2] = -1;
	c.kind = how % KINDS;
	c.m = fake_machine_new(how & 0x80 ? INTC_XICS : INTC_XIVE, 1, 1);
	c.m->sp.vty.backend = (struct vty_backend){ NULL, put_out, drained };
	must(loop_init(&c.loop, NULL) == 0);
	snprintf(spec, size, "%s", names[c.kind]);
	if (c.kind == SOCKET)
		snprintf(spec, size, "unix:/tmp/fuzz_console.%d", getpid());
	if (c.kind == STDIO)
		open_stdio();
	must(chardev_open(&c.cd, spec, &c.loop, &cb) == 0);
}

/* Once both ends read, all comes that was not lost. */
static void check_the_rest(void)
{
	for (int i = 0; i < WAITS; i++) {
		settle();
		user_reads();
		while (guest_reads(0))
			;
		if ((c.in.lossy || c.in.ngot == c.in.ngiven) && c.quits == c.quits_due &&
		    (c.out.lossy || c.out.ngot == c.out.ngiven))
			return;
		poll(NULL, 0, 1);
	}
	must(false);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, data + size };
	char spec[64];

	log_set_sink(unread);
	fake_reset();
	begin(byte(&in), spec, sizeof(spec));
	if (c.kind != STDIO)
		come(spec + strlen("unix:"));
	while (in.p < in.end)
		step(&in, spec + strlen("unix:"));
	if (c.peer >= 0)
		check_the_rest();
	chardev_close(&c.cd);
	for (size_t i = 0; i < ARRAY_LEN(c.others); i++)
		if (c.others[i] >= 0)
			close(c.others[i]);
	if (c.kind == STDIO)
		close_stdio();
	if (c.peer >= 0)
		close(c.peer);
	loop_close(&c.loop);
	fake_machine_free(c.m);
	must(fake_open_fds() == 0);
	fake_reset();
	return 0;
}

size_t fuzz_seed(unsigned int index, uint8_t *out, size_t max)
{
	size_t len = any_bytes(index, 24, out, max < 600 ? max : 600);

	if (len)
		out[0] = (uint8_t)index;
	return len;
}
