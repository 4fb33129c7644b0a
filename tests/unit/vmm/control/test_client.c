/* SPDX-License-Identifier: BSD-2-Clause */
/* client.c and sample.c: what a server may answer, well or not. Answers lie ready before the question. */
#include "tests/unit/said.h"
#include "vmm/control/client.h"
#include "vmm/control/sample.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

static int ours, server;

static void setup(void)
{
	int pair[2];

	cr_assert(eq(int, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0));
	ours = pair[0];
	server = pair[1];
}

TestSuite(client, .init = setup, .timeout = 20);
TestSuite(sample, .init = setup, .timeout = 20);

static void put(const char *text)
{
	cr_assert(eq(i64, send(server, text, strlen(text), 0), (int64_t)strlen(text)));
}

static int ask(const char *verb, const char *body, struct client_reply *reply)
{
	return client_ask(ours, verb_find(verb), body, reply);
}

static char *sent(void)
{
	static char text[1000];
	ssize_t n = recv(server, text, sizeof(text) - 1, MSG_DONTWAIT);

	text[n < 0 ? 0 : n] = '\0';
	return text;
}

Test(client, asks_one_thing_after_the_other)
{
	struct client_reply reply;

	put("HTTP/1.1 200 OK\r\ncontent-length: 3\r\nX: y\r\n\r\nabcHTTP/1.1 204 No\r\n\r\n");
	cr_assert(eq(int, ask("vm.events", "since=7", &reply), 0));
	cr_assert(eq(str, sent(),
		     "GET /api/v1/vm.events?since=7 HTTP/1.1\r\nHost: spapr-vmm\r\n"
		     "Content-Length: 0\r\n\r\n"));
	cr_assert(eq(u32, reply.status, 200));
	cr_assert(eq(str, reply.body, "abc"));
	client_reply_free(&reply);
	cr_assert(eq(int, ask("vm.resize", "{}", &reply), 0));
	cr_assert(eq(str, sent(),
		     "PUT /api/v1/vm.resize HTTP/1.1\r\nHost: spapr-vmm\r\n"
		     "Content-Length: 2\r\n\r\n{}"));
	cr_assert(eq(u32, reply.status, 204));
	cr_assert(eq(sz, reply.len, 0));
	client_reply_free(&reply);
}

/* Each end of a server in the midst of an answer, and answers that are none. */
Test(client, an_answer_that_is_none_is_an_error)
{
	static const struct {
		const char *text;
		int r;
	} table[] = {
		{ "", -ECONNRESET },
		{ "HTTP/1.1 200 OK\r\n", -ECONNRESET },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc", -ECONNRESET },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 67108865\r\n\r\n", -EPROTO },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", -EPROTO },
		{ "SSH-2.0\r\n\r\n", -EPROTO },
	};
	struct client_reply reply;

	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		put(table[i].text);
		shutdown(server, SHUT_WR);
		cr_assert(eq(int, ask("vm.info", NULL, &reply), table[i].r), "%zu", i);
		cr_assert(eq(ptr, reply.body, NULL));
		close(ours);
		close(server);
		setup();
	}
}

Test(client, a_head_has_4_kib_at_most)
{
	struct client_reply reply;
	char text[8000];

	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	put("HTTP/1.1 200 OK\r\nX: ");
	put(text);
	cr_assert(eq(int, ask("vm.info", NULL, &reply), -EPROTO));
}

Test(client, a_server_that_has_gone_is_no_signal)
{
	struct client_reply reply;

	close(server);
	cr_assert(eq(int, ask("vm.resize", "{}", &reply), -EPIPE));
	cr_assert(eq(int, client_connect("/nowhere/at/all"), -ENOENT));
}

/* ---- looks ---- */

static void put_body(const char *body)
{
	char head[100];

	snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n",
		 strlen(body));
	put(head);
	put(body);
}

#define INFO                                                                                                  \
	"{\"state\":\"Running\",\"phase\":\"ready\",\"config\":{\"machine\":{\"memory\":1}},\"uptime_s\":61," \
	"\"reboots\":2,\"memory_actual_size\":4096}"

static struct sample before, now;

Test(sample, has_counts_windows_and_the_state)
{
	put_body(
		"{\"vcpu0\":{\"running\":1,\"exits\":18446744073709551615},\"hcall\":{\"H_RTAS\":5},"
		"\"total\":9}");
	put_body(INFO);
	put_body(
		"[{\"phb\":1,\"functions\":[\"0000:00:01.0\"],\"windows\":["
		"{\"liobn\":\"0x80000000\",\"start\":\"0x0\",\"size\":1073741824,\"page_shift\":12,"
		"\"served_by\":\"vmm\",\"mapped_pages\":null},"
		"{\"liobn\":\"0x80000001\",\"start\":\"0x800000000000000\",\"size\":4096,"
		"\"page_shift\":16,\"served_by\":\"kernel\",\"mapped_pages\":7,"
		"\"tce\":{\"put\":3,\"indirect\":0,\"stuff\":null,\"get\":5,\"failed\":1}}]}]");
	cr_assert(eq(int, sample_take(&now, ours), 0));
	cr_assert(eq(u32, now.n, 3));
	cr_assert(eq(str, now.counts[1].id, "vcpu0"));
	cr_assert(eq(str, now.counts[1].name, "exits"));
	cr_assert(eq(u64, now.counts[1].value, UINT64_MAX));
	cr_assert(eq(str, now.state, "Running"));
	cr_assert(eq(str, now.phase, "ready"));
	cr_assert(eq(u64, now.uptime_s, 61));
	cr_assert(eq(u64, now.reboots, 2));
	cr_assert(eq(u64, now.memory, 4096));
	cr_assert(eq(u32, now.nwindows, 2));
	cr_assert(not(now.windows[0].mapped.known));
	cr_assert(eq(str, now.windows[0].served_by, "vmm"));
	cr_assert(eq(u64, now.windows[0].page_shift, 12));
	cr_assert(eq(str, now.windows[1].liobn, "0x80000001"));
	cr_assert(eq(str, now.windows[1].start, "0x800000000000000"));
	cr_assert(eq(u64, now.windows[1].size, 4096));
	cr_assert(now.windows[1].mapped.known);
	cr_assert(eq(u64, now.windows[1].mapped.n, 7));
	cr_assert(eq(u64, now.windows[1].calls[SAMPLE_PUT].n, 3));
	cr_assert(now.windows[1].calls[SAMPLE_INDIRECT].known);
	cr_assert(not(now.windows[1].calls[SAMPLE_STUFF].known));
	cr_assert(eq(u64, now.windows[1].calls[SAMPLE_FAILED].n, 1));
	cr_assert(not(now.windows[0].calls[SAMPLE_PUT].known));
}

/* Words of any length, more counts than there is room for, a window's part without its window. */
Test(sample, has_room_for_what_it_keeps)
{
	static char text[SAMPLE_COUNTS * 24];
	size_t n = (size_t)snprintf(text, sizeof(text),
				    "{\"a-name-that-is-longer-than-its-room\":{"
				    "\"a-name-that-is-longer-than-its-room-is-too\":1}");

	for (uint32_t i = 0; i < SAMPLE_COUNTS; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, ",\"c%u\":{\"n\":1}", i);
	snprintf(text + n, sizeof(text) - n, "}");
	put_body(text);
	put_body("{\"state\":\"a-state-that-is-longer-than-its-room\"}");
	n = (size_t)snprintf(text, sizeof(text), "[{\"windows\":[{\"size\":1}");
	for (uint32_t i = 0; i < SAMPLE_WINDOWS + 1; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, ",{\"liobn\":\"%u\",\"size\":%u}",
				      i, i);
	snprintf(text + n, sizeof(text) - n, "]}]");
	put_body(text);
	cr_assert(eq(int, sample_take(&now, ours), 0));
	cr_assert(eq(u32, now.n, SAMPLE_COUNTS));
	cr_assert(eq(str, now.counts[0].id, "a-name-that-is-longer-t"));
	cr_assert(eq(str, now.state, "a-state-that-is"));
	cr_assert(eq(u32, now.nwindows, SAMPLE_WINDOWS));
	cr_assert(eq(u64, now.windows[0].size, 0));
	cr_assert(eq(u64, now.windows[SAMPLE_WINDOWS - 1].size, SAMPLE_WINDOWS - 1));
}

Test(sample, an_answer_that_is_no_json_is_an_error)
{
	put_body("{\"vcpu0\":");
	cr_assert(eq(int, sample_take(&now, ours), -EPROTO));
	put("HTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\n{}");
	cr_assert(eq(int, sample_take(&now, ours), -EPROTO));
	shutdown(server, SHUT_WR);
	cr_assert(eq(int, sample_take(&now, ours), -ECONNRESET));
}

Test(sample, a_count_is_compared_with_its_own_before)
{
	struct sample_count c = { "hcall", "H_RTAS", 7 };

	before.n = 2;
	before.counts[0] = (struct sample_count){ "hcall", "H_CEDE", 1 };
	before.counts[1] = (struct sample_count){ "hcall", "H_RTAS", 4 };
	cr_assert(eq(u64, sample_more(&before, &c), 3));
	c.value = 3;
	cr_assert(eq(u64, sample_more(&before, &c), 0));
	snprintf(c.id, sizeof(c.id), "rtas");
	cr_assert(eq(u64, sample_more(&before, &c), 3));
}
