/* SPDX-License-Identifier: BSD-2-Clause */
/* What clients of the control API are told: real processes, real libraries. */
#include "tests/unit/child.h"
#include "tests/unit/looped.h"
#include "tests/unit/vmm/control/api_fixture.h"
#include "vmm/base/confine.h"
#include "vmm/control/control_private.h"
#include "vmm/control/wire.h"

#include <sys/resource.h>
#include <sys/wait.h>

TestSuite(api, .init = api_setup, .timeout = 60);

Test(api, answers_a_ping_by_itself)
{
	int fd = client();
	const char *text;

	say(fd, "GET /api/v1/vmm.ping HTTP/1.1\r\nHost: x\r\n\r\n");
	text = answer(fd, 5000);
	cr_assert(eq(int, status_of(text), 200), "%s", text);
	cr_assert(has(text, "\"version\":\"1.2\""));
	cr_assert(has(text, "Content-Type: application/json"));
	cr_assert(eq(u32, gets, 0));
	close(fd);
	api_teardown();
}

/* Every status that the rows name, and those that any verb may have. */
Test(api, gives_each_verb_the_statuses_of_its_row)
{
	for (const struct verb *v = verbs; v->path; v++) {
		const char *good = v->put ? "PUT" : "GET", *bad = v->put ? "GET" : "PUT";
		const char *body = v->id == VERB_LOG_LEVEL ? "{\"level\":\"info\"}" : "";

		next_second();
		change_status = 204;
		if (v->statuses & VERB_200)
			cr_assert(eq(int, ask_verb(good, v->path, body), 200), "%s", v->path);
		if (v->statuses & VERB_204)
			cr_assert(eq(int, ask_verb(good, v->path, body), 204), "%s", v->path);
		change_status = 101;
		if (v->statuses & VERB_101)
			cr_assert(eq(int, ask_verb(good, v->path, body), 101), "%s", v->path);
		change_status = 409;
		if (v->statuses & VERB_409) {
			cr_assert(eq(int, ask_verb(good, v->path, body), 409), "%s", v->path);
			cr_assert(has(answer_text,
				      "[\"the guest: it sleeps: wake it\",\"code=wrong-state\"]"));
		}
		change_status = 501;
		if (v->statuses & VERB_501)
			cr_assert(eq(int, ask_verb(good, v->path, body), 501), "%s", v->path);
		change_status = 503;
		if (v->statuses & (VERB_204 | VERB_101)) {
			cr_assert(eq(int, ask_verb(good, v->path, body), 503), "%s", v->path);
			cr_assert(has(answer_text, "Retry-After: 1"));
		}
		cr_assert(eq(int, ask_verb(bad, v->path, body), 405), "%s", v->path);
		cr_assert(has(answer_text, v->put ? "Allow: PUT" : "Allow: GET"));
		if (v->id != VERB_LATER)
			cr_assert(eq(int, ask_verb(good, v->path, "{\"typo\":1}"), 400), "%s",
				  v->path);
	}
	api_teardown();
}

#define LINE "PUT /api/v1/vm.resize HTTP/1.1\r\nHost: x\r\n"
#define INFO "GET /api/v1/vm.info"

static const struct {
	const char *request;
	int status;
	const char *text;
} table[] = {
	{ "GET /api/v1/vm.nothing HTTP/1.1\r\nHost: x\r\n\r\n", 404, "code=not-found" },
	{ "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 404, "code=not-found" },
	{ INFO " HTTP/1.1\r\nHost: x\r\nOrigin: http://a\r\n\r\n", 403, "code=forbidden" },
	{ INFO " HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n", 400, "" },
	{ LINE "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "" },
	{ LINE "Content-Length: 65537\r\n\r\n", 413, "code=too-large" },
	{ LINE "Content-Length: 2\r\n\r\n[]", 400, "the body is no object" },
	{ LINE "Content-Length: 1\r\n\r\n{", 400, "code=bad-json" },
	{ LINE "Content-Length: 26\r\n\r\n{\"desired_balloon\":\"much\"}", 400, "desired_balloon" },
	{ LINE "Content-Length: 22\r\n\r\n{\"desired_balloon\":-1}", 400, "code=bad-value" },
	{ LINE "Content-Length: 41\r\n\r\n{\"desired_balloon\":1,\"desired_balloon\":2}", 400,
	  "duplicate" },
	{ LINE "Content-Length: 10\r\n\r\n{\"size\":1}", 400, "size: no such field" },
	{ LINE "Content-Length: 4\r\n\r\n \r\n ", 204, "" },
	{ INFO "?since=1 HTTP/1.1\r\nHost: x\r\n\r\n", 400, "code=unknown-field" },
	{ "PUT /api/v1/vmm.log-level HTTP/1.1\r\nHost: x\r\n\r\n", 400, "code=missing-field" },
	{ "PUT /api/v1/vmm.log-level HTTP/1.1\r\nHost: x\r\nContent-Length: 16\r\n\r\n"
	  "{\"level\":\"loud\"}",
	  400, "take error, warn, info or debug" },
	{ INFO " HTTP/1.1\r\n\r\n", 400, "" }, /* without a Host */

	/* How long is the body? */
	{ LINE "Content-Length: 0\r\nContent-Length: 2\r\n\r\n{}", 400, "" },
	{ LINE "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "" },
	{ LINE "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400, "" },
	{ LINE "Content-Length: +2\r\n\r\n{}", 400, "" },
	{ LINE "Content-Length: 0x2\r\n\r\n{}", 400, "" },
	{ LINE "Content-Length: 2, 2\r\n\r\n{}", 400, "" },

	/* Which verb is it? */
	{ "PUT /api/v1/vm.nmi%00x HTTP/1.1\r\nHost: x\r\n\r\n", 404, "code=not-found" },
	{ "GET /api/v1/vm%2einfo HTTP/1.1\r\nHost: x\r\n\r\n", 404, "code=not-found" },
	{ "GET /api/v1/../v1/vm.info HTTP/1.1\r\nHost: x\r\n\r\n", 404, "code=not-found" },
	{ "GET /api/v1/vm.events?since=1&since=2 HTTP/1.1\r\nHost: x\r\n\r\n", 400,
	  "since: say it once" },
	{ "GET /api/v1/vm.events?since HTTP/1.1\r\nHost: x\r\n\r\n", 400, "code=bad-value" },
	{ "GET /api/v1/vm.events?since=18446744073709551616 HTTP/1.1\r\nHost: x\r\n\r\n", 400,
	  "code=bad-value" },
};

Test(api, says_what_is_wrong_with_a_request)
{
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		const char *text = ask(table[i].request);

		next_second();
		cr_assert(eq(int, status_of(text), table[i].status), "%s: %s", table[i].request,
			  text);
		cr_assert(has(text, table[i].text), "%s: %s", table[i].request, text);
	}
	api_teardown();
}

Test(api, refuses_a_head_of_more_than_16_kib)
{
	static char text[40000];
	int n = snprintf(text, sizeof(text), INFO " HTTP/1.1\r\nHost: x\r\nX: "), status;

	memset(text + n, 'a', 30000);
	strcpy(text + n + 30000, "\r\n\r\n");
	status = status_of(ask(text));
	cr_assert(status == 431 || status == 413 || status == 400, "%d", status);
	api_teardown();
}

Test(api, passes_numbers_on)
{
	cr_assert(eq(int, ask_verb("PUT", "vm.resize", "{\"desired_balloon\":1073741824}"), 204));
	cr_assert(eq(int, last_verb, VERB_RESIZE));
	cr_assert(eq(u32, last_args.given, 1));
	cr_assert(eq(u64, last_args.value[0], 1u << 30));
	cr_assert(eq(int, ask_verb("PUT", "vmm.log-level", "{\"level\":\"debug\"}"), 204));
	cr_assert(eq(u64, last_args.value[0], LOG_DEBUG));
	api_teardown();
}

Test(api, renders_an_answer_ten_times_a_second_at_most)
{
	uint64_t start = ms_now();

	for (int i = 0; i < 20; i++)
		cr_assert(eq(int, ask_verb("GET", "vm.info", ""), 200));
	cr_assert(le(u64, gets, 2 + (ms_now() - start) / 100));
	serve(150);
	gets = 100;
	cr_assert(eq(int, ask_verb("GET", "vm.info", ""), 200));
	cr_assert(has(answer_text, "{\"render\":101}"));
	api_teardown();
}

/* Fifty milliseconds are short: it may take some tries on a slow machine. */
Test(api, the_same_again_is_answered_without_the_program)
{
	bool again = false;
	char text[256];

	request(text, sizeof(text), "GET", "vm.info", "");
	for (int i = 0; i < 100 && !again; i++) {
		struct pollfd p = { .fd = client(), .events = POLLIN };

		cr_assert(eq(int, ask_verb("GET", "vm.info", ""), 200));
		say(p.fd, text);
		again = poll(&p, 1, 1000) == 1; /* the program does not serve */
		cr_assert(eq(int, status_of(answer(p.fd, 5000)), 200));
		close(p.fd);
	}
	cr_assert(again);
	cr_assert(eq(int, ask_verb("GET", "vm.counters", ""), 200));
	cr_assert(eq(int, (int)last_verb, VERB_COUNTERS));
	api_teardown();
}

Test(api, an_answer_behind_a_change_is_of_behind_it)
{
	for (uint32_t i = 1; i < 8; i++) {
		char want[32];

		snprintf(want, sizeof(want), "{\"render\":%u}", gets + 1);
		cr_assert(eq(int, ask_verb("PUT", "vm.nmi", ""), 204));
		cr_assert(eq(int, ask_verb("GET", "vm.info", ""), 200));
		cr_assert(has(answer_text, want), "%s: %s", want, answer_text);
	}
	api_teardown();
}

Test(api, sends_large_answers_in_pieces)
{
	get_size = 256 * 1024;
	cr_assert(eq(int, ask_verb("GET", "vm.device-tree", ""), 200));
	cr_assert(eq(sz, strlen(strstr(answer_text, "\r\n\r\n") + 4), get_size));
	cr_assert(has(answer_text, "Content-Type: application/octet-stream"));
	api_teardown();
}

Test(api, takes_ten_changes_a_second)
{
	int refused = 0;

	for (int i = 0; i < 200 && !refused; i++)
		refused += ask_verb("PUT", "vm.nmi", "") == 429;
	cr_assert(ge(int, refused, 1));
	cr_assert(has(answer_text, "code=too-many"));
	cr_assert(said("vm.nmi, by user"));
	api_teardown();
}

Test(api, answers_a_change_when_it_is_done)
{
	char text[256];
	int fd = client();

	change_status = 0;
	say(fd, request(text, sizeof(text), "PUT", "vm.pause", ""));
	cr_assert(eq(str, (char *)answer(fd, 300), ""));
	cr_assert(eq(int, ask_verb("GET", "vm.info", ""), 200)); /* others do not wait for it */
	control_done(&control, VERB_RESUME, 204, NULL);
	cr_assert(eq(str, (char *)answer(fd, 100), ""));
	control_done(&control, VERB_PAUSE, 204, NULL);
	cr_assert(eq(int, status_of(answer(fd, 2000)), 204));
	say(fd, request(text, sizeof(text), "GET", "vm.info", "")); /* the connection stays */
	cr_assert(eq(int, status_of(answer(fd, 2000)), 200));
	close(fd);
	api_teardown();
}

Test(api, gives_up_on_a_machine_that_does_not_answer)
{
	change_status = 0;
	cr_assert(eq(int, ask_verb("PUT", "vm.pause", ""), 503));
	cr_assert(has(answer_text, "code=busy"));
	api_teardown();
}

Test(api, silent_clients_keep_nobody_out)
{
	int silent[16];
	uint64_t start;

	for (size_t i = 0; i < ARRAY_LEN(silent); i++) {
		silent[i] = client();
		serve(5);
	}
	start = ms_now();
	cr_assert(eq(int, ask_verb("GET", "vm.info", ""), 200));
	cr_assert(lt(u64, ms_now() - start, 1000));
	for (size_t i = 0; i < ARRAY_LEN(silent); i++)
		close(silent[i]);
	api_teardown();
}

Test(api, cuts_a_client_that_sends_a_byte_at_a_time)
{
	static const char head[] = INFO " HTTP/1.1\r\nHost: x\r\nX: aaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	uint64_t start = ms_now();
	int fd = client();
	char byte;

	for (size_t i = 0; i < sizeof(head) - 1; i++) {
		if (send(fd, head + i, 1, MSG_NOSIGNAL) != 1 ||
		    recv(fd, &byte, 1, MSG_DONTWAIT) == 0)
			break;
		serve(200);
	}
	cr_assert(gt(u64, ms_now() - start, 2500));
	cr_assert(lt(u64, ms_now() - start, 5000));
	close(fd);
	api_teardown();
}

Test(api, has_another_process_when_one_dies)
{
	pid_t first;
	char text[256];
	int fd;

	cr_assert(eq(int, ask_verb("GET", "vm.info", ""), 200)); /* it is there */
	first = child_of(control.pid);
	cr_assert(gt(int, first, 1));
	change_status = 0;
	fd = client();
	say(fd, request(text, sizeof(text), "PUT", "vm.pause", ""));
	serve_changes(1);
	kill(first, SIGKILL);
	cr_assert(eq(str, (char *)answer(fd, 500), ""));
	close(fd);
	change_status = 204;
	cr_assert(eq(int, ask_verb("PUT", "vm.resume", ""), 204)); /* waited in the queue */
	cr_assert(serve_said("its process ended with status 0x9: the next one comes"));
	cr_assert(ne(int, child_of(control.pid), first));
	api_teardown();
}

Test(api, says_when_nobody_can_ask_any_more)
{
	kill(control.pid, SIGKILL);
	cr_assert(serve_said("its process has ended: nobody can ask any more"));
	cr_assert(eq(int, client(), -1));
	api_teardown();
}

/* As the answer to vm.shutdown is. */
Test(api, an_answer_on_its_way_at_the_end_arrives)
{
	char text[256], got[512] = "";
	int fd = client();

	change_status = 0;
	say(fd, request(text, sizeof(text), "PUT", "vm.shutdown", ""));
	serve_changes(1);
	control_done(&control, VERB_SHUTDOWN, 204, NULL);
	api_teardown();
	cr_assert(gt(i64, recv(fd, got, sizeof(got) - 1, 0), 0));
	cr_assert(eq(int, status_of(got), 204));
	close(fd);
}

Test(api, survives_what_a_hostile_process_asks)
{
	struct wire_ask a = { .verb = 77777 };

	control_take(&control, &a, sizeof(a), -1);
	control_take(&control, &a, 3, -1);
	a.verb = 0; /* a ping, which it answers itself */
	control_take(&control, &a, sizeof(a), -1);
	cr_assert(eq(u32, gets + changes, 0));
	change_status = 0;
	for (a.verb = 0; verbs[a.verb].id != VERB_PAUSE;)
		a.verb++;
	for (int i = 0; i < 100; i++)
		control_take(&control, &a, sizeof(a), -1);
	cr_assert(le(u32, changes, 10));
	control_done(&control, VERB_PAUSE, 204, NULL);
	cr_assert(eq(int, ask_verb("GET", "vm.info", ""), 200));
	api_teardown();
}

/* ---- a connection that becomes the machine's ---- */

static int attach_client(const char *body)
{
	char text[512];
	int fd = client();

	change_status = 101;
	attached = -1;
	say(fd, request(text, sizeof(text), "PUT", "vm.attach", body));
	cr_assert(eq(int, status_of(answer(fd, 5000)), 101), "%s", answer_text);
	cr_assert(has(answer_text, "Upgrade: spapr-console"));
	for (int i = 0; i < 100 && attached < 0; i++)
		serve(10);
	return fd;
}

/* Also after the time in which a client is cut, and after the server's end. */
Test(api, hands_a_connection_to_the_machine)
{
	char got[16] = "";
	int fd = attach_client("{\"steal\":true}");

	cr_assert(ge(int, attached, 0));
	cr_assert(eq(u64, last_args.value[0], 0));
	cr_assert(eq(u64, last_args.value[1], 1));
	serve(3500);
	kill(child_of(control.pid), SIGKILL);
	serve(100);
	say(fd, "keys");
	cr_assert(eq(i64, recv(attached, got, sizeof(got), 0), 4));
	say(attached, "words");
	cr_assert(eq(i64, recv(fd, got, sizeof(got), 0), 5));
	cr_assert(eq(str, got, "words"));
	close(attached);
	cr_assert(eq(i64, recv(fd, got, sizeof(got), 0), 0)); /* nobody else holds it */
	close(fd);
	api_teardown();
}

Test(api, a_connection_that_the_machine_does_not_want_is_closed)
{
	char byte;
	int fd;

	attach_error = -EBUSY;
	fd = attach_client("");
	cr_assert(eq(int, attached, -1));
	cr_assert(eq(i64, recv(fd, &byte, 1, 0), 0));
	close(fd);
	api_teardown();
}

Test(api, wants_to_hear_that_a_connection_is_to_be_switched)
{
	const char *text = ask("PUT /api/v1/vm.attach HTTP/1.1\r\nHost: x\r\n\r\n");

	cr_assert(eq(int, status_of(text), 400));
	cr_assert(has(text, "send Upgrade: spapr-console"));
	cr_assert(eq(u32, changes, 0));
	api_teardown();
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

Test(api, a_descriptor_that_nobody_asked_for_is_closed)
{
	struct wire_ask a = { .id = 7, .verb = WIRE_VERB_SOCKET };
	int pair[2], pipes[2];

	cr_assert(eq(int, socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0));
	cr_assert(eq(int, pipe(pipes), 0));
	control_take(&control, &a, sizeof(a), pair[0]); /* no such question */
	cr_assert(not(is_open(pair[0])));
	control.grants[3] = (struct control_grant){ .used = true, .id = 7 };
	control_take(&control, &a, sizeof(a), pipes[0]); /* no socket */
	cr_assert(not(is_open(pipes[0])));
	control_take(&control, &a, 3, pipes[1]); /* no question */
	cr_assert(not(is_open(pipes[1])));
	cr_assert(eq(int, attached, -1));
	control_take(&control, &a, sizeof(a), pair[1]);
	cr_assert(eq(int, attached, pair[1]));
	control_take(&control, &a, sizeof(a), dup(pair[1])); /* once */
	cr_assert(eq(int, attached, pair[1]));
	close(pair[1]);
	api_teardown();
}

static enum blame blame; /* of the last start */

static int start_at(const char *where)
{
	struct control c;
	int r;

	control_init(&c);
	blame = BLAME_HOST;
	r = control_start(&c, where, 0600, UNIX_SOCKET_OWN_GROUP, "1.2", &blame);
	control_close(&c);
	return r;
}

Test(api_start, says_why_it_cannot_listen)
{
	char name[32];
	int fd = open("/tmp", O_TMPFILE | O_RDWR, 0600);

	said_catch(LOG_INFO);
	cr_assert(eq(int, start_at("/nowhere/at/all"), -ENOENT));
	cr_assert(eq(int, (int)blame, BLAME_CONFIG));
	cr_assert(said("socket /nowhere/at/all: cannot listen: No such file or directory"));
	cr_assert(eq(int, start_at("fd:api"), -ENOENT));
	cr_assert(eq(int, (int)blame, BLAME_CONFIG));
	cr_assert(said("socket \"fd:api\": no descriptor of this name was passed"));
	snprintf(name, sizeof(name), "%d", getpid());
	setenv("LISTEN_PID", name, 1);
	setenv("LISTEN_FDNAMES", "api:other", 1);
	cr_assert(eq(int, start_at("fd:api"), -ENOTSOCK));
	cr_assert(said("it is no socket that listens"));
	cr_assert(eq(int, start_at("fd:third"), -ENOENT));
	close(fd);
}

/* ---- what the process says, or does not ---- */

/* Its first message, as it may be. */
static int hear(const struct wire_hello *hello, size_t len)
{
	struct control c;
	int pair[2], r;

	control_init(&c);
	cr_assert(eq(int, socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0));
	c.channel = pair[0];
	if (len)
		send(pair[1], hello, len, 0);
	close(pair[1]);
	said_forget();
	r = control_hear(&c);
	close(pair[0]);
	return r;
}

Test(api_start, hears_why_its_process_cannot_serve)
{
	struct wire_hello hello = { .error = -ENOPKG, .text = "the library is not there" };

	said_catch(LOG_DEBUG);
	log_set_level(LOG_DEBUG);
	cr_assert(eq(int, hear(&hello, sizeof(hello)), -ENOPKG));
	cr_assert(said("the library is not there"));
	hello.error = 5;
	memset(hello.text, 'x', sizeof(hello.text));
	cr_assert(eq(int, hear(&hello, sizeof(hello)), -EIO));
	hello = (struct wire_hello){ .same_user = 1, .landlock = 3 };
	cr_assert(eq(int, hear(&hello, sizeof(hello)), 0));
	cr_assert(said("its process stays user 0"));
	cr_assert(said("Landlock 3"));
	cr_assert(eq(int, hear(&hello, 7), -EIO));
	cr_assert(eq(int, hear(&hello, 0), -EIO));
	cr_assert(said("its process ended while it started: try again"), "%s", said_all());
}

static bool in_child(bool (*good)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		child_end(!good());
	return waitpid(pid, &status, 0) == pid && status == 0;
}

/* As a socket unit does: the first descriptor that is passed is 3. */
static bool takes_what_was_passed(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	char name[32];

	if (bind(fd, (struct sockaddr *)&a, sizeof(sa_family_t)) < 0 || listen(fd, 1) < 0 ||
	    dup2(fd, 3) != 3)
		return false;
	snprintf(name, sizeof(name), "%d", getpid());
	setenv("LISTEN_PID", name, 1);
	setenv("LISTEN_FDNAMES", "api", 1);
	return start_at("fd:api") == 0 && fcntl(3, F_GETFD) < 0;
}

static bool says_that_no_descriptor_is_left(void)
{
	int before = open_fds(), failures = 0, r = -1;
	struct rlimit all, few;

	getrlimit(RLIMIT_NOFILE, &all);
	few = all;
	few.rlim_cur = (rlim_t)dup(0);
	close((int)few.rlim_cur);
	for (; r < 0 && failures < 20; few.rlim_cur++) {
		said_forget();
		setrlimit(RLIMIT_NOFILE, &few);
		r = start_at("/tmp/test_api.none");
		setrlimit(RLIMIT_NOFILE, &all);
		failures += r < 0;
		if ((r < 0 && said_errors() != 1) || open_fds() != before)
			return false;
	}
	return r == 0 && failures > 3;
}

Test(api_start, takes_a_socket_that_a_unit_made)
{
	if (!has_libraries())
		cr_skip_test("libmicrohttpd and jansson are not installed");
	cr_assert(in_child(takes_what_was_passed));
}

Test(api_start, says_that_no_descriptor_is_left)
{
	if (!has_libraries())
		cr_skip_test("libmicrohttpd and jansson are not installed");
	said_catch(LOG_INFO);
	cr_assert(in_child(says_that_no_descriptor_is_left));
}

Test(api, an_answer_without_room_is_none)
{
	get_size = JTEXT_MAX + 1;
	cr_assert(eq(int, ask_verb("GET", "vm.info", ""), 503));
	cr_assert(has(answer_text, "the answer has no room: ask for less"));
	api_teardown();
}

Test(api, names_a_call_that_its_process_has_no_use_for)
{
	const struct confine_words words = { .nr = 77 };
	struct wire_ask a = { .verb = WIRE_VERB_DIED, .uid = 9 };
	int fds[2];

	cr_assert(eq(int, pipe(fds), 0));
	cr_assert(eq(i64, write(fds[1], &words, sizeof(words)), sizeof(words)));
	dup2(fds[0], control.words_fd);
	control_take(&control, &a, sizeof(a), -1);
	cr_assert(said("its process asked for system call 77, which it has no use for"));
	api_teardown();
}
