/* SPDX-License-Identifier: BSD-2-Clause */
/* Clients of the control API that mean no good: real processes, real libraries. */
#include "tests/unit/vmm/control/api_fixture.h"

TestSuite(api_hostile, .init = api_setup, .timeout = 60);

#define LINE "PUT /api/v1/vm.resize HTTP/1.1\r\nHost: x\r\n"
#define INFO "GET /api/v1/vm.info"

/* Bodies of vm.resize. */
static const struct {
	const char *body, *text;
} bodies[] = {
	{ "{\"desired_balloon\":1}x", "code=bad-json" },
	{ "{\"desired_balloon\":1}{}", "code=bad-json" },
	{ "{\"desired_balloon\":18446744073709551616}", "code=bad-json" },
	{ "{\"desired_balloon\":1e400}", "code=bad-json" },
	{ "{\"desired_balloon\":1.0}", "code=bad-value" },
	{ "{\"desired_balloon\":null}", "code=bad-value" },
	{ "{\"desired_balloon\":{}}", "code=bad-value" },
	{ "{\"desired_balloon\":1,\"\\u0064esired_balloon\":2}", "duplicate" },
	{ "{\"desired_balloon\\u0000\":1}", "code=bad-json" },
	{ "{\"\x80\":1}", "code=bad-json" },
	{ "{\"\\u000a\\u001b[2J\":1}", "\\u000a\\u001b[2J" }, /* said again, as JSON has to */
	{ "\xef\xbb\xbf{}", "code=bad-json" },
	{ "nul", "code=bad-json" },
};

Test(api_hostile, takes_no_body_that_is_odd)
{
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		next_second();
		cr_assert(eq(int, ask_verb("PUT", "vm.resize", bodies[i].body), 400), "%s",
			  bodies[i].body);
		cr_assert(has(answer_text, bodies[i].text), "%s: %s", bodies[i].body, answer_text);
	}
	cr_assert(eq(u32, changes, 0));
	api_teardown();
}

/* The deepest that fits: the reader's stack is as deep. */
Test(api_hostile, takes_no_body_that_is_deep)
{
	static const char *const opens[] = { "[", "{\"a\":" };
	static char text[80000];

	for (size_t i = 0; i < ARRAY_LEN(opens); i++) {
		size_t times = 65536 / strlen(opens[i]);
		int n = snprintf(text, sizeof(text), LINE "Content-Length: %zu\r\n\r\n",
				 times * strlen(opens[i]));

		for (; times; times--)
			n += snprintf(text + n, sizeof(text) - (size_t)n, "%s", opens[i]);
		cr_assert(eq(int, status_of(ask(text)), 400));
		cr_assert(has(answer_text, "code=bad-json"), "%s", answer_text);
	}
	api_teardown();
}

/* A NUL does not end a body. */
Test(api_hostile, takes_no_bytes_behind_a_nul)
{
	static const char text[] = LINE "Content-Length: 24\r\n\r\n{\"desired_balloon\":1}\0{}";
	int fd = client();

	(void)!send(fd, text, sizeof(text) - 1, MSG_NOSIGNAL);
	cr_assert(eq(int, status_of(answer(fd, 5000)), 400), "%s", answer_text);
	cr_assert(eq(u32, changes, 0));
	close(fd);
	api_teardown();
}

/* What is no HTTP/1.1 is refused or cut, and others are served. */
Test(api_hostile, survives_what_is_no_http)
{
	static const char *const texts[] = {
		"\r\n\r\n\r\n\r\n",
		"GET\r\n\r\n",
		"GET /api/v1/vm.info\r\n\r\n",
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		"GET /api/v1/vm.info HTTP/9.9\r\nHost: x\r\n\r\n",
		"GET /api/v1/vm.info HTTP/1.1\r\n: x\r\nHost\r\n\r\n",
		"GET /api/v1/vm.info HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
		LINE "Content-Length: 99999999999999999999\r\n\r\n{}",
		"\x16\x03\x01\x02",
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		int fd = client(), status;

		say(fd, texts[i]);
		status = status_of(answer(fd, 200));
		cr_assert(status == 0 || status >= 400, "%s: %s", texts[i], answer_text);
		close(fd);
		cr_assert(eq(int, ask_verb("GET", "vmm.ping", ""), 200), "%s", texts[i]);
	}
	cr_assert(eq(u32, gets + changes, 0));
	api_teardown();
}

/* Requests that come at once are answered one after the other. */
Test(api_hostile, answers_a_pipeline_in_order)
{
	static const char three[] = "GET /api/v1/vmm.ping HTTP/1.1\r\nHost: x\r\n\r\n" INFO
				    " HTTP/1.1\r\nHost: x\r\n\r\n"
				    "GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n";
	const char *ping, *info, *none;
	int fd = client();

	say(fd, three);
	answer(fd, 5000);
	for (uint64_t end = ms_now() + 5000; ms_now() < end && !has(answer_text, "not-found");)
		take(fd);
	ping = strstr(answer_text, "build_version");
	info = strstr(answer_text, "\"render\":1");
	none = strstr(answer_text, "code=not-found");
	cr_assert(ping && info && none && ping < info && info < none, "%s", answer_text);
	close(fd);
	api_teardown();
}

/* What follows a refused head may be its body, in which another request hides. */
Test(api_hostile, runs_nothing_that_hides_in_a_body)
{
	static const char hidden[] = "PUT /api/v1/vm.shutdown HTTP/1.1\r\nHost: x\r\n\r\n";
	static const char *const heads[] = {
		"PUT /nowhere HTTP/1.1\r\nHost: x\r\n",
		"GET /api/v1/vm.info HTTP/1.1\r\nHost: x\r\nOrigin: y\r\n",
		LINE "Content-Length: 2\r\n",
		LINE,
	};

	for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
		char text[512];

		snprintf(text, sizeof(text), "%sContent-Length: %zu\r\n\r\n%s", heads[i],
			 sizeof(hidden) - 1, hidden);
		cr_assert(ge(int, status_of(ask(text)), 400));
		serve(50);
		cr_assert(eq(u32, changes, 0), "%s", text);
	}
	api_teardown();
}

/* Who asks much and takes nothing is let go, and holds nobody up. */
Test(api_hostile, cuts_a_client_that_takes_no_answer)
{
	uint64_t start = ms_now();
	int fd = client();
	char text[256];

	get_size = 256 * 1024;
	request(text, sizeof(text), "GET", "vm.device-tree", "");
	for (int i = 0; i < 8; i++)
		say(fd, text);
	serve(300);
	cr_assert(eq(int, ask_verb("GET", "vm.device-tree", ""), 200));
	while (send(fd, "", 0, MSG_NOSIGNAL) == 0 && ms_now() - start < 8000) {
		struct pollfd p = { .fd = fd };

		serve(50);
		if (poll(&p, 1, 0) == 1 && p.revents & POLLHUP)
			break;
	}
	cr_assert(lt(u64, ms_now() - start, 6000));
	cr_assert(gt(u64, ms_now() - start, 2500));
	close(fd);
	api_teardown();
}

Test(api_hostile, refuses_a_flood_of_headers)
{
	static char text[60000];
	int n = snprintf(text, sizeof(text), INFO " HTTP/1.1\r\nHost: x\r\n"), status;

	for (int i = 0; i < 5000; i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n, "X%d: y\r\n", i);
	strcpy(text + n, "\r\n");
	status = status_of(ask(text));
	cr_assert(status == 431 || status == 413 || status == 400, "%d", status);
	cr_assert(eq(u32, gets, 0));
	api_teardown();
}
