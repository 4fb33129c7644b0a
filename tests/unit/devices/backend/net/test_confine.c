/* SPDX-License-Identifier: BSD-2-Clause */
/* Each right that the user network's process gave up: a real process, the real kernel. */
#include "tests/unit/devices/backend/net/rights_fixture.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>

TestSuite(net_confine, .timeout = 60);

ParameterizedTestParameters(net_confine, ends_by_a_call_it_has_no_use_for)
{
	static size_t index[ARRAY_LEN(rights)];

	for (size_t i = 0; i < ARRAY_LEN(rights); i++)
		index[i] = i;
	return cr_make_param_array(size_t, index, ARRAY_LEN(rights), NULL);
}

ParameterizedTest(size_t *i, net_confine, ends_by_a_call_it_has_no_use_for)
{
	cr_expect(is_refused(*i), "%s: %s", rights[*i].call, words.name);
}

/* ---- what fails, and it lives ---- */

Test(net_confine, whatever_it_opens_is_the_list_of_name_servers)
{
	cr_expect(eq(int, confined(open_anything), 0));
}

Test(net_confine, the_name_servers_can_be_read_again)
{
	if (access("/etc/resolv.conf", R_OK) < 0)
		cr_skip("this host has no /etc/resolv.conf");
	cr_expect(eq(int, confined(read_twice), 0));
}

/* "nameserver fe80::1%eth0" */
Test(net_confine, a_name_server_may_be_on_one_interface)
{
	cr_expect(eq(int, confined(number_of_interface), 0));
}

Test(net_confine, a_raw_socket_for_pings_is_refused_in_peace)
{
	cr_expect(eq(int, confined(raw_ping), 0));
}

Test(net_confine, descriptors_are_bounded)
{
	cr_expect(eq(int, confined(take_descriptors), 0));
}

#ifndef __SANITIZE_ADDRESS__ /* which has memory and an abort() of its own */
Test(net_confine, memory_is_bounded)
{
	cr_expect(eq(int, confined(take_memory), 0));
}

/* A bound that is met must look like itself, not like a call that was refused. */
Test(net_confine, aborts_as_any_other)
{
	cr_expect(eq(int, confined(run_out_of_memory), 128 + SIGABRT));
	cr_expect(eq(int, words.nr, 0));
}
#endif

Test(net_confine, writes_no_file)
{
	cr_expect(eq(int, confined(write_file), 0));
}
