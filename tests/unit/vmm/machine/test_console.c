/* SPDX-License-Identifier: BSD-2-Clause */
/* console.c: the guest's terminal and a stream of the host, joined; without a machine. */
#include "vmm/machine/console.h"

#include "sphapr/hcall.h"
#include "tests/fake/platform.h"
#include "tests/fake/sys.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct fake_machine *m;
static struct loop loop;
static struct stop stop;
static struct console console;
static char dir[64], spec[100];

static void setup(void)
{
	fake_reset();
	strcpy(dir, "/tmp/spapr-unit-XXXXXX");
	cr_assert(ne(ptr, mkdtemp(dir), NULL));
	snprintf(spec, sizeof(spec), "unix:%s/console", dir);
	m = fake_machine_new(INTC_XIVE, 1, 1);
	cr_assert(eq(int, loop_init(&loop, NULL), 0));
	stop.sp = &m->sp;
	stop.loop = &loop;
	cr_assert(eq(int, console_open(&console, spec, &m->sp, &loop, &stop), 0));
}

static void teardown(void)
{
	console_close(&console);
	console_close(&console); /* fine */
	loop_close(&loop);
	fake_machine_free(m);
	unlink(spec + strlen("unix:"));
	rmdir(dir);
}

TestSuite(console, .init = setup, .fini = teardown, .timeout = 20);

static int connect_to_it(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(addr.sun_path, spec + strlen("unix:"));
	cr_assert(eq(int, connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0));
	cr_assert(ge(int, loop_run_once(&loop, 1000), 1)); /* accepted */
	return fd;
}

Test(console, the_guest_is_heard)
{
	uint64_t a[HCALL_MAX_ARGS] = { SPAPR_VTY_UNIT, 5, 0x68656c6c6f000000 }; /* hello */
	int fd = connect_to_it();
	char said[8] = "";

	cr_assert(eq(long, hcall_dispatch(&m->sp, H_PUT_TERM_CHAR, a), H_SUCCESS));
	cr_assert(eq(int, (int)read(fd, said, sizeof(said)), 5));
	cr_assert(eq(str, said, "hello"));
	close(fd);
}

Test(console, what_is_typed_reaches_the_guest)
{
	uint64_t a[HCALL_MAX_ARGS] = { SPAPR_VTY_UNIT };
	int fd = connect_to_it();

	cr_assert(eq(int, (int)write(fd, "hi", 2), 2));
	cr_assert(ge(int, loop_run_once(&loop, 1000), 1));
	cr_assert(eq(long, hcall_dispatch(&m->sp, H_GET_TERM_CHAR, a), H_SUCCESS));
	cr_assert(eq(u64, a[0], 2));
	cr_assert(eq(u64, a[1] >> 48, 0x6869));
	cr_assert(eq(int, (int)stop.why, STOP_NONE));
	close(fd);
}
