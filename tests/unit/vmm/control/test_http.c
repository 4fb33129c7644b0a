/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The server of the control API in the test's own process, turn by turn: here the test is the program, too,
 * and answers well, late, wrongly or not at all. Skipped where the libraries are not installed.
 */
#include "tests/unit/said.h"
#include "vmm/control/http.h"
#include "vmm/control/jtext.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct http h;
static struct sockaddr_un address = { .sun_family = AF_UNIX };
static socklen_t address_len = sizeof(address);
static int program;

static void setup(void)
{
	char why[300];
	int pair[2];

	if (http_lib_load(&h.lib, why, sizeof(why)) < 0)
		cr_skip_test("libmicrohttpd and jansson are not installed");
	h.listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	cr_assert(eq(int, bind(h.listen_fd, (struct sockaddr *)&address, sizeof(sa_family_t)), 0));
	getsockname(h.listen_fd, (struct sockaddr *)&address, &address_len);
	cr_assert(eq(int, listen(h.listen_fd, 16), 0));
	cr_assert(eq(int, socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0));
	program = pair[0];
	h.channel = pair[1];
	h.version = "1.2";
	h.program = 77;
	cr_assert(eq(int, http_start(&h, 1u << 24), 0));
}

TestSuite(http, .init = setup, .timeout = 20);

static void turn(void)
{
	for (int i = 0; i < 8; i++)
		cr_assert(http_turn(&h, 0));
}

static int client(const char *request)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	cr_assert(eq(int, connect(fd, (struct sockaddr *)&address, address_len), 0));
	send(fd, request, strlen(request), MSG_NOSIGNAL);
	turn();
	return fd;
}

#define INFO "GET /api/v1/vm.info HTTP/1.1\r\nHost: x\r\n\r\n"
#define COUNTERS "GET /api/v1/vm.counters HTTP/1.1\r\nHost: x\r\n\r\n"
#define ATTACH                                                                                     \
	"PUT /api/v1/vm.attach HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n"                     \
	"Upgrade: spapr-console\r\n\r\n"

/* What has come on @fd; "": nothing yet; NULL: the end. */
static const char *came(int fd)
{
	static char text[4096];
	ssize_t n;

	turn();
	n = recv(fd, text, sizeof(text) - 1, 0);
	text[n < 0 ? 0 : n] = '\0';
	return n == 0 || (n < 0 && errno == ECONNRESET) ? NULL : text;
}

static bool came_with(int fd, const char *part)
{
	const char *text = came(fd);

	return text && strstr(text, part);
}

static struct wire_ask asked(void)
{
	struct wire_ask a = { 0 };

	cr_assert(eq(i64, recv(program, &a, sizeof(a), MSG_DONTWAIT), sizeof(a)));
	return a;
}

static void answer(struct wire_reply r, const char *bytes)
{
	struct {
		struct wire_reply head;
		char bytes[100];
	} m = { .head = r };

	memcpy(m.bytes, bytes, strlen(bytes));
	cr_assert(ge(i64, send(program, &m, sizeof(m.head) + strlen(bytes), 0), 0));
}

Test(http, passes_pieces_on_in_their_order)
{
	int fd = client(INFO);
	struct wire_ask a = asked();

	cr_assert(eq(u32, a.id, 1u << 24));
	cr_assert(eq(int, verbs[a.verb].id, VERB_INFO));
	cr_assert(eq(u32, a.uid, getuid()));
	cr_assert(eq(int, a.pid, getpid()));
	answer((struct wire_reply){ a.id + 1, 200, 3, 0 }, "abc"); /* for nobody */
	send(program, "x", 1, 0);                                  /* no answer at all */
	answer((struct wire_reply){ a.id, 200, 5, 0 }, "{\"a");
	cr_assert(eq(str, chars(came(fd)), ""));
	answer((struct wire_reply){ a.id, 200, 5, 3 }, "\"}");
	cr_assert(came_with(fd, "\r\n\r\n{\"a\"}"));
	answer((struct wire_reply){ a.id, 200, 5, 0 }, "{\"a\"}"); /* again */
	cr_assert(eq(str, chars(came(fd)), ""));
	close(fd);
}

/* Within 50 ms. */
Test(http, answers_the_same_question_again_by_itself)
{
	int first = client(INFO), second;

	answer((struct wire_reply){ asked().id, 200, 5, 0 }, "{\"a\"}");
	cr_assert(came_with(first, "{\"a\"}"));
	second = client(INFO);
	cr_assert(came_with(second, "{\"a\"}"));
	close(first);
	close(second);
}

Test(http, pieces_that_do_not_fit_are_no_answer)
{
	static const struct wire_reply wrong[] = {
		{ 0, 200, 5, 1 }, /* not the next */
		{ 0, 200, 2, 0 }, /* longer than the whole */
		{ 0, 200, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		int fd = client(INFO);
		struct wire_reply r = wrong[i];

		r.id = asked().id;
		answer(r, "abc");
		cr_assert(came_with(fd, "code=busy"), "%zu", i);
		close(fd);
		turn();
	}
}

Test(http, an_error_has_its_own_type)
{
	int fd = client("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
	struct wire_ask a = asked();

	answer((struct wire_reply){ a.id, 429, 2, 0 }, "[]");
	cr_assert(came_with(fd, "Content-Type: application/json\r\n"));
	close(fd);
}

Test(http, an_answer_that_comes_too_late_is_none)
{
	int fd = client(INFO);
	struct wire_ask a = asked();

	for (size_t i = 0; i < ARRAY_LEN(h.clients.c); i++)
		h.clients.c[i].since_ms -= 7000;
	cr_assert(came_with(fd, "HTTP/1.1 503 "));
	answer((struct wire_reply){ a.id, 200, 2, 0 }, "{}");
	cr_assert(eq(str, chars(came(fd)), ""));
	close(fd);
}

Test(http, a_program_that_takes_no_question_is_busy)
{
	struct wire_ask filler = { 0 };
	int fd;

	fcntl(h.channel, F_SETFL, O_NONBLOCK);
	while (send(h.channel, &filler, sizeof(filler), 0) > 0)
		;
	fd = client(INFO);
	cr_assert(came_with(fd, "the program: it is busy: try again"));
	close(fd);
}

/* All that may wait do so: who comes then is told nothing. */
Test(http, lets_nobody_in_while_all_wait)
{
	int fds[CLIENTS_MAX + 1];

	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		fds[i] = client(INFO);
	cr_assert(eq(ptr, pointer(came(fds[CLIENTS_MAX])), NULL));
	answer((struct wire_reply){ asked().id, 200, 2, 0 }, "{}");
	cr_assert(came_with(fds[0], "{}"));
	fds[CLIENTS_MAX] = client(COUNTERS); /* the other question was answered just now */
	cr_assert(eq(ptr, pointer(came(fds[0])), NULL), "the one that rests makes room");
	for (uint32_t i = 1; i < CLIENTS_MAX; i++)
		asked();
	answer((struct wire_reply){ asked().id, 200, 2, 0 }, "{}");
	cr_assert(came_with(fds[CLIENTS_MAX], "{}"));
}

Test(http, hands_a_connection_over_after_its_head)
{
	int fd = client(ATTACH), taken;
	struct wire_ask a = asked();
	char text[8] = "";

	answer((struct wire_reply){ a.id, 101, 0, 0 }, "");
	cr_assert(came_with(fd, "HTTP/1.1 101 "));
	cr_assert(eq(i64, wire_recv_fd(program, &a, sizeof(a), &taken, MSG_DONTWAIT), sizeof(a)));
	cr_assert(eq(u32, a.verb, WIRE_VERB_SOCKET));
	cr_assert(ge(int, taken, 0));
	turn();
	send(taken, "words", 5, 0);
	cr_assert(eq(i64, recv(fd, text, sizeof(text), 0), 5), "the server did not shut it down");
	close(taken);
	close(fd);
}

/* Those bytes are in the library: the program would miss them. */
Test(http, lets_one_go_that_talks_before_the_head_is_there)
{
	int fd = client(ATTACH "too early"), taken;
	struct wire_ask a = asked();

	answer((struct wire_reply){ a.id, 101, 0, 0 }, "");
	cr_assert(came_with(fd, "HTTP/1.1 101 "));
	cr_assert(eq(i64, wire_recv_fd(program, &a, sizeof(a), &taken, MSG_DONTWAIT), -EAGAIN));
	cr_assert(eq(ptr, pointer(came(fd)), NULL));
	close(fd);
}

/* What needs no program. */
Test(http, answers_by_itself)
{
	static const struct {
		const char *request, *status, *text;
	} table[] = {
		{ "GET /api/v1/vmm.ping HTTP/1.1\r\nHost: x\r\n\r\n", "200 ", "\"pid\":77" },
		{ "PUT /api/v1/vm.resize HTTP/1.1\r\nHost: x\r\nContent-Length: 65537\r\n\r\n",
		  "413 ", "code=too-large" },
		{ "PUT /api/v1/vm.create HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
		  "501 ", "vm.create: not built" },
		{ "PUT /api/v1/vm.attach HTTP/1.1\r\nHost: x\r\n\r\n", "400 ", "Upgrade" },
		{ "GET /api/v1/vm.events?since=x HTTP/1.1\r\nHost: x\r\n\r\n", "400 ",
		  "code=bad-value" },
	};

	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		int fd = client(table[i].request);
		const char *text = came(fd);

		cr_assert(text && strstr(text, table[i].status) == text + 9, "%s: %s",
			  table[i].request, text ? text : "");
		cr_assert(strstr(text, table[i].text) != NULL, "%s", text);
		close(fd);
		turn();
	}
	close(program);
	http_serve(&h); /* returns at once: nobody waits for an answer */
}

/* A reader who is slow has a second for the last answer, and no more. */
Test(http, an_answer_is_on_its_way_when_the_program_ends)
{
	static char piece[sizeof(struct wire_reply) + WIRE_PIECE];
	int slow = client(INFO), quick;
	struct wire_reply r = { asked().id, 200, JTEXT_MAX, 0 };
	uint64_t start = clients_now_ms();

	quick = client(INFO);
	for (; r.at < JTEXT_MAX; r.at += WIRE_PIECE) {
		memcpy(piece, &r, sizeof(r));
		cr_assert(eq(i64, send(program, piece, sizeof(piece), 0), sizeof(piece)));
		turn();
	}
	answer((struct wire_reply){ asked().id, 200, 2, 0 }, "{}");
	close(program);
	http_serve(&h);
	cr_assert(ge(u64, clients_now_ms() - start, 900));
	cr_assert(lt(u64, clients_now_ms() - start, 5000));
	cr_assert(gt(i64, recv(quick, piece, sizeof(piece), 0), 0));
	cr_assert(gt(i64, recv(slow, piece, sizeof(piece), 0), 0));
}

/* Work that the library has to do at once. */
static enum MHD_Result is_in_a_hurry(struct MHD_Daemon *daemon, MHD_UNSIGNED_LONG_LONG *ms)
{
	(void)daemon;
	*ms = 0;
	return MHD_YES;
}

Test(http, waits_no_longer_than_the_library_can)
{
	uint64_t start = clients_now_ms();

	h.lib.MHD_get_timeout = is_in_a_hurry;
	cr_assert(http_turn(&h, 10000));
	cr_assert(lt(u64, clients_now_ms() - start, 5000));
}
