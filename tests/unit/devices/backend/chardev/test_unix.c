/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/devices/backend/chardev/fixture.h"

TestSuite(chardev_unix, .init = setup, .fini = teardown, .timeout = 60);

/* The server hung up. */
static void expect_end(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char c;

	cr_assert(eq(int, poll(&p, 1, 1000), 1));
	cr_assert(le(long, read(fd, &c, 1), 0));
}

Test(chardev_unix, a_client_reads_and_writes)
{
	struct stat st;
	int fd;

	cr_assert(eq(int, cd_open_path("unix:"), 0));
	cr_assert(eq(int, stat(f.path, &st), 0));
	cr_assert(eq(uint, st.st_mode & 07777, 0600));
	fd = dial();
	cr_assert(say("login: "));
	expect_read(fd, "login: ");
	type_in(fd, "root\n");
	expect_got("root\n");
	chardev_close(&f.cd);
	expect_end(fd);
	close(fd);
	cr_assert(eq(int, stat(f.path, &st), -1));
}

Test(chardev_unix, who_comes_late_has_the_last_output_from_a_whole_line_on)
{
	int fd;

	cr_assert(eq(int, cd_open_path("unix:"), 0));
	for (int i = 0; i < 100000; i++)
		cr_assert(say("nobody reads\n"));
	cr_assert(say("login: "));
	fd = dial();
	for (size_t n = (RING_SIZE - 7) / 13; n > 0; n--)
		expect_next(fd, "nobody reads\n");
	expect_next(fd, "login: ");
	cr_assert(say("now"));
	expect_read(fd, "now");
	close(fd);
	settle();
}

Test(chardev_unix, the_next_client_is_served_after_the_first)
{
	int a, b;

	cr_assert(eq(int, cd_open_path("unix:"), 0));
	a = dial();
	for (int i = 0; i < 3; i++) {
		type_in(a, "a");
		expect_got("a");
		b = dial(); /* reads along */
		cr_assert(say("\n"));
		drop_input(a);
		drop_input(b);
		cr_assert(say("1"));
		expect_read(a, "1");
		expect_read(b, "1");
		close(a);
		settle();
		type_in(b, "b");
		expect_got("b");
		a = b;
	}
	close(a);
	settle();
}

Test(chardev_unix, a_client_that_only_stops_sending_still_reads)
{
	int a, b;

	cr_assert(eq(int, cd_open_path("unix:"), 0));
	a = dial();
	type_in(a, "cmd");
	shutdown(a, SHUT_WR);
	settle(); /* comes to rest */
	expect_got("cmd");
	cr_assert(say("answer"));
	expect_read(a, "answer");
	b = dial();
	cr_assert(say("!"));
	expect_read(a, "!");
	close(a); /* now it is gone, though we neither read nor write */
	settle();
	type_in(b, "b");
	expect_got("b");
	close(b);
	settle();
}

Test(chardev_unix, what_a_client_sent_before_it_left_still_arrives)
{
	uint8_t paste[PASTE];
	ssize_t n;
	int fd;

	paste_make(paste);
	cr_assert(eq(int, cd_open_path("unix:"), 0));
	fd = dial();
	f.allow = 0;
	n = write(fd, paste, sizeof(paste));
	cr_assert(gt(long, n, CHARDEV_IN_SIZE));
	close(fd);
	settle();
	cr_assert(say("echo")); /* EPIPE */
	settle();
	cr_assert(eq(sz, f.len, 0));
	while (f.len < (size_t)n) {
		f.allow = 1000;
		chardev_resume(&f.cd);
		settle();
	}
	cr_assert(eq(int, memcmp(f.got, paste, (size_t)n), 0));
	fd = dial();
	cr_assert(say("next"));
	expect_read(fd, "echonext");
	close(fd);
	settle();
}

Test(chardev_unix, a_64k_paste_arrives_whole)
{
	uint8_t paste[PASTE];
	int fd;

	paste_make(paste);
	cr_assert(eq(int, cd_open_path("unix:"), 0));
	fd = dial();
	paste_through(fd, paste, 777);
	close(fd);
	settle();
}

Test(chardev_unix, a_flood_is_refused_when_the_ring_is_full_and_nothing_is_lost)
{
	uint64_t start;
	size_t n;
	int fd;

	f.patient = true;
	cr_assert(eq(int, cd_open_path("unix:"), 0));
	fd = dial();
	start = now_ms();
	n = flood(0, 100 * MiB);
	cr_assert(lt(sz, n, 100 * MiB));
	cr_assert(ge(sz, n, CHARDEV_OUT_SIZE));
	cr_assert(not(say("0123456789abcdef")));
	cr_assert(lt(u64, now_ms() - start, 5000));
	drink(fd, n);
	cr_assert(say("0123456789abcdef"));
	expect_read(fd, "0123456789abcdef");

	/* A client that leaves in the middle of it frees the guest. */
	flood(0, 100 * MiB);
	close(fd);
	settle();
	cr_assert(eq(sz, flood(0, 1000000), 1000000));
}

/* A vCPU thread floods while the loop runs on this one, a client reads on a third. */
static void *vcpu(void *ctx)
{
	size_t *sent = ctx;

	while (*sent < MiB) {
		pthread_mutex_lock(&f.h.mutex);
		*sent += flood(*sent, MiB - *sent < 16 ? MiB - *sent : 16);
		pthread_mutex_unlock(&f.h.mutex);
	}
	return NULL;
}

static void *reader(void *ctx)
{
	uint8_t buf[3000];
	size_t at = 0;
	ssize_t n;

	while (at < MiB && (n = read(*(int *)ctx, buf, sizeof(buf))) > 0)
		for (ssize_t i = 0; i < n; i++)
			if (buf[i] != paste_byte(at++))
				abort();
	loop_quit(&f.h.l);
	return NULL;
}

Test(chardev_unix, threads_share_it_under_the_lock)
{
	size_t sent = 0;
	pthread_t a, b;
	int fd;

	f.patient = true;
	cr_assert(eq(int, cd_open_path("unix:"), 0));
	fd = dial();
	fcntl(fd, F_SETFL, 0);
	pthread_create(&a, NULL, vcpu, &sent);
	pthread_create(&b, NULL, reader, &fd);
	cr_assert(eq(int, loop_run(&f.h.l), 0));
	pthread_join(a, NULL);
	pthread_join(b, NULL);
	cr_assert(eq(sz, sent, MiB));
	close(fd);
}

Test(chardev_unix, drain_is_bounded_and_complete_when_read)
{
	uint64_t start = now_ms();
	uint8_t buf[65536];
	size_t n, at = 0;
	ssize_t r;
	int fd;

	f.patient = true;
	cr_assert(eq(int, cd_open_path("unix:"), 0));
	fd = dial();
	n = flood(0, 100 * MiB);
	cr_assert(not(chardev_drain(&f.cd, 100)));
	cr_assert(ge(u64, now_ms() - start, 100));
	cr_assert(lt(u64, now_ms() - start, 3000));
	for (int i = 0; i < 4; i++) { /* make room for the ring */
		r = read(fd, buf, sizeof(buf));
		at += r > 0 ? (size_t)r : 0;
	}
	cr_assert(chardev_drain(&f.cd, 5000));
	chardev_close(&f.cd);
	while ((r = read(fd, buf, sizeof(buf))) > 0)
		at += (size_t)r;
	cr_assert(eq(sz, at, n));
	close(fd);
}

Test(chardev_unix, a_stale_socket_is_replaced_and_a_live_one_refused)
{
	struct chardev_callbacks cb = { &f, receive, quit };
	struct chardev *second = calloc(1, sizeof(*second));
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(a.sun_path, f.path, strlen(f.path) + 1);
	cr_assert(eq(int, bind(fd, (struct sockaddr *)&a, sizeof(a)), 0));
	close(fd); /* its file stays */
	cr_assert(eq(int, cd_open_path("unix:"), 0));
	cr_assert(eq(int, said_errors(), 0));

	cr_assert(eq(int, chardev_open(second, f.spec, &f.h.l, &cb), -EADDRINUSE));
	cr_assert(eq(int, said_errors(), 1));
	settle();
	fd = dial(); /* the first one is unharmed */
	type_in(fd, "x");
	expect_got("x");
	close(fd);
	free(second);
}

Test(chardev_unix, files_of_others_are_left_alone)
{
	char longer[200];
	int fd = open(f.path, O_WRONLY | O_CREAT, 0600);

	close(fd);
	cr_assert(eq(int, cd_open_path("unix:"), -EEXIST));
	cr_assert(eq(int, said_errors(), 1));
	cr_assert(eq(int, access(f.path, F_OK), 0));
	unlink(f.path);

	cr_assert(eq(int, cd_open_path("unix:"), 0));
	unlink(f.path); /* somebody cleans up, somebody else moves in */
	close(open(f.path, O_WRONLY | O_CREAT, 0600));
	chardev_close(&f.cd);
	cr_assert(eq(int, access(f.path, F_OK), 0));

	memset(longer, 'x', sizeof(longer));
	memcpy(longer, "unix:/", 6);
	longer[199] = 0;
	cr_assert(eq(int, cd_open(longer), -ENAMETOOLONG));
	cr_assert(eq(int, said_errors(), 2));
	cr_assert(eq(int, cd_open("unix:/nonexistent/dir/s"), -ENOENT));
	cr_assert(eq(int, said_errors(), 3));
}
