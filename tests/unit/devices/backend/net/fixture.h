/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_UNIT_DEVICES_BACKEND_NET_FIXTURE_H
#define TESTS_UNIT_DEVICES_BACKEND_NET_FIXTURE_H

/* A back end, a loop, and the frames that came. Every wait is bounded. */

#include "devices/backend/net/backend.h"
#include "tests/fake/frames.h"
#include "tests/unit/looped.h"
#include "tests/unit/said.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAIT_MS 20000

static struct loop loop;
static struct net_backend *backend;
static struct frame last;
static int nreadable, nwritable, ndown;
static int fds_before;

static void on_readable(void *ctx)
{
	struct iovec iov = { last.data, sizeof(last.data) };
	ssize_t n = net_backend_receive(backend, &iov, 1);

	(void)ctx;
	nreadable++;
	last.len = n > 0 ? (size_t)n : 0;
}

static void on_writable(void *ctx)
{
	(void)ctx;
	nwritable++;
}

static void on_link(void *ctx, bool up)
{
	(void)ctx;
	ndown += !up;
}

static void net_setup(void)
{
	fds_before = open_fds();
	said_catch(LOG_WARN);
	cr_assert(eq(int, loop_init(&loop, NULL), 0));
}

static void attach(void)
{
	const struct net_events events = { NULL, on_readable, on_writable, on_link };

	cr_assert(eq(int, net_backend_attach(backend, &events), 0));
	net_backend_want(backend, NET_READABLE);
}

/* No process and no descriptor is left. */
static void net_teardown(void)
{
	net_backend_close(backend);
	backend = NULL;
	loop_close(&loop);
	cr_expect(lt(int, waitpid(-1, NULL, WNOHANG), 0));
	cr_expect(eq(int, errno, ECHILD));
	cr_expect(eq(int, open_fds(), fds_before));
}

#endif
