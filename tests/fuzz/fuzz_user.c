/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The VMM's end of a user network whose process is the attacker's: what it says at its start, frames
 * of any length, last words, its end by itself or by a signal. The process is a real one, forked as
 * the product does, but its body is ours (slirp_process below, linked in the product's place); it acts
 * when a frame comes, so that each run of an input is the same. Beyond the sanitizers' checks: a start
 * that fails says so and leaves nothing, frames come whole or not at all, the end is told once and
 * with words that fit into a log, and no process or descriptor stays.
 */
#include "devices/backend/net/slirp.h"
#include "tests/fake/sys.h"
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAIT_MS 30000 /* for a busy machine */

static struct input script; /* the process reads on where the VMM's side forked */
static unsigned int downs;
static bool odd_log;

/* ---- the process ---- */

static void send_some(int fd, size_t len, uint8_t mark)
{
	static uint8_t buf[NET_MAX_FRAME + 1000];

	memset(buf, mark, sizeof(buf));
	(void)!send(fd, buf, len % sizeof(buf), MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void say_hello(int fd, struct input *in)
{
	uint8_t how = byte(in);
	struct slirp_hello hello = { 0 };

	if (how & 1) {
		hello.error = how & 2 ? (int32_t)raw32(in) : -EADDRINUSE;
		memset(hello.text, byte(in), sizeof(hello.text)); /* with no NUL, maybe */
	}
	hello.confined.landlock = byte(in);
	hello.confined.same_user = how & 4;
	if (how >= 0xf0)
		send_some(fd, raw32(in) & 0xfff, how);
	else if (how < 0xe8)
		(void)!send(fd, &hello, sizeof(hello), MSG_NOSIGNAL);
	else
		_exit(how); /* one that stays and is silent is waited for, for 20 s */
}

static void last_words(int words, struct input *in)
{
	struct confine_words w = { .nr = (int)raw32(in) };

	for (size_t i = 0; i < sizeof(w.name); i++)
		w.name[i] = (char)byte(in);
	(void)!write(words, &w, sizeof(w) - byte(in) % 4u);
}

void slirp_process(const struct net_user_conf *conf, int fd, int words, pid_t parent)
{
	struct input in = script;
	uint8_t frame[256];

	(void)conf;
	(void)parent;
	for (int i = 3; i < 64; i++) /* the VMM's end among them */
		if (i != fd && i != words)
			close(i);
	signal(SIGABRT, SIG_DFL); /* the fuzzer's would take this for a find */
	say_hello(fd, &in);
	while (in.p < in.end && recv(fd, frame, sizeof(frame), 0) > 0) {
		uint8_t how = byte(&in);

		if (how < 0xa0)
			send_some(fd, how < 0x10 ? raw32(&in) : 1u + byte(&in), how);
		else if (how < 0xc0)
			last_words(words, &in);
		else if (how < 0xd0)
			break;
		else if (how == 0xd0)
			abort();
		else if (how < 0xd8)
			kill(getpid(), SIGKILL);
		send_some(fd, 1, 0xee); /* the step is over */
	}
	_exit(byte(&in));
}

/* ---- the VMM ---- */

static void line(enum log_level level, const char *text)
{
	(void)level;
	for (; *text; text++) /* bytes of the process are not for somebody's terminal */
		odd_log |= (unsigned char)*text < ' ' && *text != '\n';
}

static void nothing(void *ctx)
{
	(void)ctx;
}

static void on_link(void *ctx, bool up)
{
	(void)ctx;
	must(!up);
	downs++;
}

/* The fuzzer's own clock interrupts a wait. */
static int wait_for(struct pollfd *p)
{
	int r;

	do
		r = poll(p, 1, WAIT_MS);
	while (r < 0 && errno == EINTR);
	return r;
}

/* The process acts; then all it sent is taken, in buffers of many sizes. */
static void provoke(struct net_backend *b, struct input *in)
{
	static uint8_t buf[NET_MAX_FRAME];
	const struct iovec out = { (void *)"frame", 6 };
	ssize_t n = 0;

	if (b->fd < 0 || net_backend_send(b, &out, 1) < 0)
		return;
	do {
		struct pollfd p = { .fd = b->fd, .events = POLLIN };
		size_t first = byte(in);
		struct iovec iov[2] = { { buf, first }, { buf + first, sizeof(buf) - first } };

		must(wait_for(&p) == 1);
		if (!(p.revents & POLLIN))
			break;
		n = net_backend_receive(b, iov, first & 1 ? 1 : 2);
		must(n == -EMSGSIZE || n == -EAGAIN || (n > 0 && n <= (ssize_t)sizeof(buf)));
		for (ssize_t i = 1; i < n; i++)
			must(buf[i] == buf[0]);
	} while (n != -EAGAIN && !(n == 1 && buf[0] == 0xee));
}

static void run(struct net_backend *b, struct loop *l, struct input *in)
{
	const struct net_events events = { NULL, nothing, nothing, on_link };

	must(net_backend_attach(b, &events) == 0);
	for (int i = 0; i < 40 && in->p < in->end; i++) {
		uint8_t how = byte(in);

		provoke(b, in);
		net_backend_want(b, how & 2 ? NET_WRITABLE : 0);
		if (how & 1)
			loop_run_once(l, 0);
		must(downs <= 1 && (b->fd < 0) == (downs == 1));
	}
	net_backend_close(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* The first half is the process's script, the second is ours. */
	struct input in = { data + size / 2, data + size };
	const struct net_user_conf conf = { 0 };
	struct net_backend *b = NULL;
	struct loop l;
	int r;

	script = (struct input){ data, data + size / 2 };
	downs = 0;
	odd_log = false;
	log_set_sink(line);
	fake_reset();
	must(loop_init(&l, NULL) == 0);
	r = net_user_open(&b, &conf, &l, "net0");
	must(r <= 0 && (r == 0) == (b != NULL));
	if (r == 0)
		run(b, &l, &in);
	loop_close(&l);
	must(!odd_log);
	must(waitpid(-1, &r, WNOHANG) < 0 && errno == ECHILD);
	must(fake_open_fds() == 0);
	fake_reset();
	return 0;
}

size_t fuzz_seed(unsigned int index, uint8_t *out, size_t max)
{
	size_t len = any_bytes(index, 24, out, max < 120 ? max : 120);

	if (len && index % 4)
		out[0] = 0; /* a good start */
	return len;
}
