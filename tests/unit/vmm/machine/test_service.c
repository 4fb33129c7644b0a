/* SPDX-License-Identifier: BSD-2-Clause */
/* service.c: a machine that a service manager watches, from its first phase to its end. */
#include "vmm/machine/service.h"

#include "sphapr/hcall.h"
#include "tests/unit/vmm/machine/fixture.h"
#include "vmm/base/event.h"

#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

static int manager;
static char all[65536]; /* what it heard, a line each */

static void setup(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	char name[64];
	int len = snprintf(name, sizeof(name), "@spapr-service-%d", getpid());

	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	memcpy(at.sun_path, name, (size_t)len);
	at.sun_path[0] = '\0';
	cr_assert(eq(int,
		     bind(manager, (struct sockaddr *)&at,
			  (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)len)),
		     0));
	setenv("NOTIFY_SOCKET", name, 1);
	fx_setup();
}

static void teardown(void)
{
	close(manager);
	fx_teardown();
}

TestSuite(service, .init = setup, .fini = teardown, .timeout = 30);

static void listen_on(void)
{
	size_t n = strlen(all);
	ssize_t len;

	while ((len = recv(manager, all + n, sizeof(all) - n - 2, 0)) > 0) {
		n += (size_t)len;
		strcpy(all + n, "\n");
		n++;
	}
}

/* The place of a line in what was heard; it must be there. */
static ptrdiff_t heard_at(const char *text)
{
	const char *found = strstr(all, text);

	cr_assert(ne(ptr, pointer(found), NULL), "no \"%s\" in: %s", text, all);
	return found - all;
}

static int times(const char *text)
{
	int n = 0;

	for (const char *p = all; (p = strstr(p, text)) != NULL; p++)
		n++;
	return n;
}

static void off(struct guest *g)
{
	guest_rtas(g, "power-off", 2, 1, 0, 0);
}

static void print(struct guest *g, const char *text)
{
	for (; *text; text++)
		guest_check(guest_hcall(g, H_PUT_TERM_CHAR, 4, 0ul, 1ul,
					(unsigned long)(unsigned char)*text << 56,
					0ul) == H_SUCCESS,
			    "H_PUT_TERM_CHAR");
}

Test(service, the_manager_hears_phases_readiness_and_the_end)
{
	fake_guest(0, off, NULL);
	cr_assert(eq(int, (int)fx_run(""), STATUS_OFF), "%s", said_all());
	listen_on();
	cr_assert(eq(int, times("READY=1"), 1));
	cr_assert(lt(long, heard_at("STATUS=starting: images\nEXTEND_TIMEOUT_USEC=60000000"),
		     heard_at("READY=1")));
	cr_assert(lt(long, heard_at("READY=1"), heard_at("STOPPING=1")));
	cr_assert(eq(int, times("WATCHDOG=1"), 0));
}

static void talks(struct guest *g)
{
	listen_on();
	guest_check(times("READY=1") == 0, "ready before it spoke");
	print(g, "lologin");
	listen_on();
	guest_check(times("READY=1") == 0, "ready at half of the text");
	print(g, ": login: login: ");
	listen_on();
	guest_check(times("READY=1") == 1, "not ready at the text");
	off(g);
}

Test(service, a_text_on_the_console_is_the_mark)
{
	fake_guest(0, talks, NULL);
	cr_assert(eq(int, (int)fx_run("service.ready=console:login:"), STATUS_OFF), "%s",
		  said_all());
	listen_on();
	cr_assert(eq(int, times("READY=1"), 1));
}

/* What is heard of the guest's readiness where there is no manager. */
static char mark[64];

static void heard_mark(void *ctx, enum event e, const struct event_value *v)
{
	(void)ctx;
	if (e == EVENT_READY)
		snprintf(mark + strlen(mark), sizeof(mark) - strlen(mark), "%s;", v[1].s);
}

Test(service, that_the_guest_is_ready_is_an_event_too)
{
	unsetenv("NOTIFY_SOCKET");
	event_listen(heard_mark, NULL);
	fake_guest(0, off, NULL);
	cr_assert(eq(int, (int)fx_run(""), STATUS_OFF), "%s", said_all());
	cr_assert(eq(str, mark, "started;"));
	event_listen(NULL, NULL);
}

Test(service, a_phase_that_fails_is_named_with_its_error)
{
	struct machine *m;

	fake_fail_all("KVM_CREATE_VCPU", -EMFILE);
	cr_assert(eq(int, (int)machine_create(&m, fx_options("")), STATUS_HOST));
	listen_on();
	heard_at("STATUS=failed: vcpus\nERRNO=24");
	cr_assert(eq(int, times("READY=1"), 0));
}

static void says_one_letter(struct guest *g)
{
	listen_on();
	guest_check(times("READY=1") == 0, "ready before it spoke");
	print(g, "x");
	listen_on();
	guest_check(times("READY=1") == 1, "not ready at its first letter");
	off(g);
}

Test(service, the_first_letter_is_the_mark)
{
	fake_guest(0, says_one_letter, NULL);
	cr_assert(eq(int, (int)fx_run("service.ready=console"), STATUS_OFF), "%s", said_all());
}

/* An idle guest stays in KVM, and comes out when it is kicked. */
static void idle(struct guest *g)
{
	for (int i = 0; i < 100 && times("WATCHDOG=1") < 4; i++) {
		guest_wait_ms(g, 20);
		listen_on();
	}
	guest_check(times("WATCHDOG=1") >= 4, "few signs of life");
	off(g);
}

Test(service, signs_of_life_come_while_every_vcpu_answers)
{
	setenv("WATCHDOG_USEC", "80000", 1);
	fake_guest(0, idle, NULL);
	cr_assert(eq(int, (int)fx_run(""), STATUS_OFF), "%s", said_all());
}

/* The reboot may take longer than a period. */
static void reboots(struct guest *g)
{
	if (g->starts > 1)
		off(g);
	guest_rtas(g, "system-reboot", 0, 1);
}

Test(service, a_reboot_lengthens_the_period_while_it_lasts)
{
	setenv("WATCHDOG_USEC", "20000000", 1);
	fake_guest(0, reboots, NULL);
	cr_assert(eq(int, (int)fx_run(""), STATUS_OFF), "%s", said_all());
	listen_on();
	cr_assert(lt(long, heard_at("WATCHDOG_USEC=80000000"), heard_at("WATCHDOG_USEC=20000000")));
	cr_assert(eq(int, times("READY=1"), 1));
}

/* ---- which vCPU owes an answer ---- */

Test(service, a_vcpu_in_the_guest_owes_an_answer_until_it_comes_out)
{
	struct kvm_run run = { 0 };
	struct vcpu v = { .running = true, .thread = pthread_self(), .kvm.run = &run };
	struct vcpus s = { .v = &v, .n = 1 };

	vcpu_install_kick();
	cr_assert(vcpus_answer(&s, 1));
	v.in_guest = true; /* it went in, and was kicked there */
	cr_assert(not(vcpus_answer(&s, 2)));
	cr_assert(eq(int, run.immediate_exit, 1));
	cr_assert(not(vcpus_answer(&s, 3)));
	v.asked = false; /* as its loop says */
	cr_assert(vcpus_answer(&s, 4));
	v.in_guest = false; /* the host makes it wait for a device */
	cr_assert(vcpus_answer(&s, 5));
	cr_assert(vcpus_answer(&s, 60000000003));
	cr_assert(not(vcpus_answer(&s, 60000000005)));
	s.pausing = true;
	cr_assert(vcpus_answer(&s, 60000000006));
	s.pausing = false;
	v.running = false;
	cr_assert(vcpus_answer(&s, 60000000007));
}

/* Its queue is full before the machine starts; the word comes when there is room. */
static void waits_for_room(struct guest *g)
{
	for (int i = 0; i < 100 && times("READY=1") == 0; i++) {
		guest_wait_ms(g, 20);
		listen_on();
	}
	guest_check(times("READY=1") == 1, "the manager never heard of it");
	off(g);
}

Test(service, a_manager_that_is_busy_hears_later)
{
	struct notify n;
	const char *name = getenv("NOTIFY_SOCKET");
	char copy[64];

	snprintf(copy, sizeof(copy), "%s", name);
	notify_open(&n);
	while (notify_say(&n, "STATUS=x"))
		;
	notify_close(&n);
	setenv("NOTIFY_SOCKET", copy, 1);
	fake_guest(0, waits_for_room, NULL);
	cr_assert(eq(int, (int)fx_run(""), STATUS_OFF), "%s", said_all());
}
