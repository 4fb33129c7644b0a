/* SPDX-License-Identifier: BSD-2-Clause */
/* clients.c: who keeps a place, and who has to go. Descriptors are one end of a pair, "cut" is seen at the other. */
#include "vmm/control/clients.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <sys/socket.h>

static struct clients all;
static struct client *c[CLIENTS_MAX];
static int other[CLIENTS_MAX];

static int a_client(int *end)
{
	int pair[2];

	cr_assert(eq(int, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0));
	*end = pair[1];
	return pair[0];
}

/* As many as may be, each a millisecond older than the next. */
static void setup(void)
{
	for (uint32_t i = 0; i < CLIENTS_MAX; i++) {
		c[i] = clients_add(&all, a_client(&other[i]));
		cr_assert(c[i] != NULL);
		c[i]->since_ms -= 100 - i;
	}
}

TestSuite(clients, .init = setup, .timeout = 10);

static bool is_cut(uint32_t i)
{
	char byte;

	return recv(other[i], &byte, 1, MSG_DONTWAIT) == 0;
}

static struct client *one_more(void)
{
	int end;

	return clients_add(&all, a_client(&end));
}

Test(clients, the_one_that_rests_goes_before_the_one_that_asks)
{
	client_enter(c[3], CLIENT_RESTS);
	client_enter(c[5], CLIENT_RESTS);
	c[3]->since_ms -= 10;
	client_enter(c[0], CLIENT_REPLIES);
	cr_assert(one_more() != NULL);
	cr_expect(is_cut(3), "of those that rest, the one that does so longest");
	cr_assert(one_more() != NULL);
	cr_expect(is_cut(5));
	cr_assert(one_more() != NULL);
	cr_expect(is_cut(1), "of those that ask, the first");
	for (uint32_t i = 0; i < CLIENTS_MAX; i++)
		cr_expect(eq(int, is_cut(i), i == 1 || i == 3 || i == 5), "%u", i);
}

Test(clients, nobody_goes_who_waits_for_the_program)
{
	for (uint32_t i = 0; i < CLIENTS_MAX; i++)
		client_enter(c[i], CLIENT_WAITS);
	cr_assert(eq(ptr, one_more(), NULL));
	client_enter(c[2], CLIENT_REPLIES);
	cr_assert(one_more() != NULL);
	cr_expect(is_cut(2));
}

/* Who is cut has a place until the library has seen the end. */
Test(clients, there_are_twice_as_many_places)
{
	for (uint32_t i = 0; i < CLIENTS_MAX; i++)
		cr_assert(one_more() != NULL);
	cr_assert(eq(ptr, one_more(), NULL));
	client_free(c[0]);
	cr_assert(one_more() != NULL);
}

Test(clients, each_state_has_its_time)
{
	cr_assert(eq(ptr, clients_hurry(&all), NULL));
	c[0]->since_ms -= 3000; /* reads */
	client_enter(c[1], CLIENT_WAITS);
	c[1]->since_ms -= 5500;
	client_enter(c[2], CLIENT_REPLIES);
	c[2]->since_ms -= 3000;
	client_enter(c[3], CLIENT_RESTS);
	c[3]->since_ms -= 14000;
	cr_assert(eq(int, clients_wait_ms(&all), 0));
	cr_assert(eq(ptr, clients_hurry(&all), NULL));
	for (uint32_t i = 0; i < CLIENTS_MAX; i++)
		cr_expect(eq(int, is_cut(i), i == 0 || i == 2), "%u", i);
	cr_assert(le(int, clients_wait_ms(&all), 500));
	c[1]->since_ms -= 1000;
	cr_assert(eq(ptr, clients_hurry(&all), c[1]), "it gets an answer");
	cr_expect(not(is_cut(1)));
}

Test(clients, are_found_by_what_names_them)
{
	c[4]->id = 77;
	cr_assert(eq(ptr, clients_by_id(&all, 77), NULL), "nobody waits");
	client_enter(c[4], CLIENT_WAITS);
	cr_assert(eq(ptr, clients_by_id(&all, 77), c[4]));
	cr_assert(eq(ptr, clients_by_fd(&all, c[6]->fd), c[6]));
	cr_assert(eq(ptr, clients_by_fd(&all, -1), NULL));
	for (uint32_t i = 0; i < CLIENTS_MAX; i++)
		client_free(c[i]);
	cr_assert(eq(int, clients_wait_ms(&all), -1));
}
