/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control API from both ends. Inputs whose first byte is even are what clients send: any bytes, cut
 * anywhere, to the server of the helper's process, with the real libmicrohttpd and jansson; a program of
 * ours answers, well or not. Those whose first byte is odd are what a hostile helper asks the program.
 * Beyond the sanitizers' checks: each question names a verb of the program, a change is never made by a GET, no
 * more than WIRE_ASKS questions are answered at once, and nobody keeps a place for ever.
 *
 * Without the libraries only the program's end is tried.
 */
#include "tests/fuzz/fuzz.h"
#include "vmm/control/control.h"
#include "vmm/control/http.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define TURNS 6

/* ---- the helper's end ---- */

static struct http http;
static struct sockaddr_un address;
static socklen_t address_len;
static int program; /* our end of its channel */
static bool has_http;

static void start_http(void)
{
	char why[300];
	int pair[2];

	http.listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	address.sun_family = AF_UNIX;
	must(bind(http.listen_fd, (struct sockaddr *)&address, sizeof(address.sun_family)) == 0);
	address_len = sizeof(address);
	must(getsockname(http.listen_fd, (struct sockaddr *)&address, &address_len) == 0);
	must(listen(http.listen_fd, 8) == 0);
	must(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
	program = pair[0];
	http.channel = pair[1];
	http.version = "fuzz";
	has_http = http_lib_load(&http.lib, why, sizeof(why)) == 0 && http_start(&http, 0) == 0;
}

/* A question is answered in pieces, of which some are nonsense. */
static void answer(struct input *in)
{
	static const uint32_t statuses[] = { 200, 204, 409, 501, 503, 101 };
	struct wire_ask ask;
	struct {
		struct wire_reply head;
		char bytes[64];
	} m = { 0 };

	while (recv(program, &ask, sizeof(ask), MSG_DONTWAIT) == sizeof(ask)) {
		uint8_t how = byte(in);
		size_t len = how & 63;

		if (ask.verb == WIRE_VERB_SOCKET)
			continue; /* the kernel closes what has no room */
		must(verbs[ask.verb].id != VERB_PING && verbs[ask.verb].id != VERB_LATER);
		m.head = (struct wire_reply){ .id = ask.id + (how >= 250),
					      .status = statuses[how % 6],
					      .total = (uint32_t)len + (how >= 240),
					      .at = how >= 245 };
		if (how < 230)
			(void)!send(program, &m, sizeof(m.head) + len, MSG_DONTWAIT);
	}
}

static void turn(struct input *in)
{
	for (int i = 0; i < TURNS; i++) {
		must(http_turn(&http, 0));
		answer(in);
	}
}

static bool any_client(void)
{
	for (size_t i = 0; i < ARRAY_LEN(http.clients.c); i++)
		if (http.clients.c[i].state != CLIENT_FREE)
			return true;
	return false;
}

/* Nobody waits for a machine that does not answer. */
static void answer_all(void)
{
	for (size_t i = 0; i < ARRAY_LEN(http.clients.c); i++) {
		const struct client *c = &http.clients.c[i];
		const struct wire_reply r = { .id = c->id, .status = 204 };

		if (c->state == CLIENT_WAITS)
			(void)!send(program, &r, sizeof(r), MSG_DONTWAIT);
	}
}

static void clients(struct input *in)
{
	char taken[4096];
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	must(connect(fd, (struct sockaddr *)&address, address_len) == 0);
	while (in->p < in->end) {
		size_t n = 1 + byte(in) * 4u, left = (size_t)(in->end - in->p);

		n = n < left ? n : left;
		if (n == 0 || send(fd, in->p, n, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
			break;
		in->p += n;
		turn(in);
		while (recv(fd, taken, sizeof(taken), MSG_DONTWAIT) > 0)
			;
	}
	close(fd);
	for (int i = 0; i < 200 && any_client(); i++) {
		answer_all();
		turn(in);
	}
	must(!any_client());
}

/* ---- the program's end ---- */

static uint32_t waits;

static int on_attach(void *ctx, int fd, const struct verb_args *args)
{
	(void)ctx;
	must(args->value[0] % 8 == 7);
	close(fd);
	return 0;
}

static void on_get(void *ctx, enum verb_id id, const struct verb_args *args, struct jtext *to)
{
	size_t len = args->value[0] % JTEXT_MAX;
	char *room = jtext_room(to, len);

	(void)ctx;
	must(id < VERB_GETS && id != VERB_PING);

	if (!room)
		return;
	memset(room, 'x', len);
	jtext_filled(to, len);
}

static uint32_t on_change(void *ctx, enum verb_id id, const struct verb_args *args,
			  const char **why)
{
	static const uint32_t statuses[] = { 0, 204, 409, 501, 0, 204, 409, 101 };

	(void)ctx;
	must(id >= VERB_GETS && id < VERB_LATER);
	*why = "the machine: no";
	waits += args->value[0] % 4 == 0;
	return statuses[args->value[0] % 8];
}

static int stream(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static void helper(struct input *in)
{
	const struct control_ops ops = { NULL, on_get, on_change, on_attach };
	struct wire_ask ask;
	struct control c;
	struct loop loop;
	int pair[2];
	char taken[WIRE_PIECE + 64];

	control_init(&c);
	must(loop_init(&loop, NULL) == 0);
	must(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
	c.channel = pair[0];
	c.loop = &loop;
	c.ops = ops;
	while (in->p < in->end) {
		uint8_t how = byte(in);

		memset(&ask, 0, sizeof(ask));
		ask.id = byte(in);
		ask.verb = how < 200 ? how % 40u : raw32(in);
		ask.args.value[0] = raw64(in);
		if (how >= 240)
			control_done(&c, (enum verb_id)byte(in), 204, NULL);
		if (how >= 252)
			c.changes = 0;
		if (how % 16 == 9)
			ask.verb = WIRE_VERB_SOCKET;
		control_take(&c, &ask, how == 255 ? byte(in) : sizeof(ask),
			     how % 8 != 1 ? -1
			     : how & 128  ? dup(pair[1])
					  : stream());
		if (how & 1)
			while (recv(pair[1], taken, sizeof(taken), MSG_DONTWAIT) > 0)
				;
	}
	control_close(&c);
	loop_close(&loop);
	close(pair[1]);
}

/* ---- the target ---- */

static const char *const heads[] = {
	"GET /api/v1/vm.info HTTP/1.1\r\nHost: x\r\n\r\n",
	"GET /api/v1/vmm.ping HTTP/1.1\r\nHost: x\r\n\r\nGET /metrics HTTP/1.1\r\nHost: x\r\n\r\n",
	"PUT /api/v1/vm.resize HTTP/1.1\r\nHost: x\r\nContent-Length: 21\r\n\r\n"
	"{\"desired_balloon\":1}",
	"PUT /api/v1/vmm.log-level HTTP/1.1\r\nHost: x\r\nContent-Length: 16\r\n\r\n"
	"{\"level\":\"info\"}",
	"PUT /api/v1/vm.pause HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0"
	"\r\n\r\n",
	"PUT /api/v1/vm.pause HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 2\r\n\r\n{}",
	"GET /api/v1/vm.info?since=99999999999999999999 HTTP/1.1\r\nHost: x\r\nOrigin: y\r\n\r\n",
	"PUT /api/v1/vm.attach HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: spapr-console\r\n"
	"Content-Length: 14\r\n\r\n{\"steal\":true}",
	"PUT /api/v1/vm.nmi%00x HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked"
	"\r\n\r\n0\r\n\r\nPUT /api/v1/vm.shutdown HTTP/1.1\r\nHost: x\r\n\r\n",
	"PUT /api/v1/vm.resize HTTP/1.1\r\nHost: x\r\nContent-Length: 65\r\n\r\n"
	"{\"desired_balloon\":1e400,\"\\u0064esired_vcpus\":[[[[{\"\\u0000\":-0}]]]]}",
	"GET /api/v1/vm.events?since=1&since=%31 HTTP/1.1\r\nHost: x\r\n\r\n"
	"GET /api/v1/vm.events?since=2 HTTP/1.1\r\nHost: x\r\n\r\n",
	"PUT /api/v1/vm.create HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"
	"[1]",
};

/* Pieces of any length: a byte before each says which. */
size_t fuzz_seed(unsigned int index, uint8_t *out, size_t max)
{
	size_t n = 0, len;

	if (index >= ARRAY_LEN(heads)) {
		n = any_bytes(index, ARRAY_LEN(heads) + 4, out, max);
		if (n)
			out[0] = 1;
		return n;
	}
	len = strlen(heads[index]);
	if (max < len + 2)
		return 0;
	out[n++] = 0;
	out[n++] = index % 2 ? 255 : 5;
	memcpy(out + n, heads[index], len);
	return n + len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, data + size };

	log_set_sink(unread);
	if (!program)
		start_http();
	if (byte(&in) & 1)
		helper(&in);
	else if (has_http)
		clients(&in);
	return 0;
}
