/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines of events, with readers that are quick, slow, and not there. */
#include "tests/unit/vmm/control/events_fixture.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

TestSuite(events, .init = fx_setup, .fini = fx_teardown, .timeout = 20);

static char text[1 << 20];

static size_t read_file(void)
{
	FILE *f = fopen(fx_file, "r");
	size_t n = fread(text, 1, sizeof(text) - 1, f);

	text[n] = '\0';
	fclose(f);
	return n;
}

static void tell(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		event_emit(EVENT_BOOTED, { i });
}

Test(events, nobody_listens_and_nothing_happens)
{
	cr_expect(not(event_heard));
	event_emit(EVENT_BOOTED, { 1 });
}

Test(events, a_line_has_what_its_row_says)
{
	struct events *e = fx_events(NULL);

	events_set_boot(e, 3);
	event_emit(EVENT_WINDOW_CREATED, { 26 }, { 0x80000001 }, { 0x800000000000000 }, { 1 << 20 },
		   { 16 }, { .s = "kernel" });
	event_emit(EVENT_WINDOW_REMOVED, { EVENT_NONE }, { 1 }, { 0 });
	event_emit(EVENT_FIRST_CALL, { .s = "is no line" });
	cr_assert(gt(sz, events_since(e, 0, text, sizeof(text)), 0));
	cr_expect(strstr(text, "{\"v\":1,\"seq\":1,\"time\":\"20") == text, "%s", text);
	cr_expect(strstr(text, ",\"boot\":3,\"source\":\"dma\",\"event\":\"window-created\","
			       "\"properties\":{\"group\":26,\"liobn\":\"0x80000001\","
			       "\"start\":\"0x800000000000000\",\"size\":\"0x100000\","
			       "\"page_shift\":16,\"served_by\":\"kernel\"}}\n") != NULL,
		  "%s", text);
	cr_expect(strstr(text, "\"event\":\"window-removed\",\"properties\":"
			       "{\"liobn\":\"0x1\",\"start\":\"0x0\"}}\n") != NULL,
		  "%s", text);
	cr_expect(eq(u64, events_told(e), 2));
	fx_close(e);
}

Test(events, a_long_text_is_cut_and_the_line_is_whole)
{
	static char said_by_guest[20000];
	struct events *e = fx_events(NULL);
	uint64_t next = 1, lost = 0;

	memset(said_by_guest, '\t', sizeof(said_by_guest) - 1);
	event_emit(EVENT_PANIC, { .s = said_by_guest }, { .s = said_by_guest });
	cr_assert(le(sz, events_since(e, 0, text, sizeof(text)), EVENTS_LINE_MAX));
	cr_expect(eq(uint, fx_follow(text, &next, &lost), 1));
	cr_expect(strstr(text, "\",\"console\":\"") != NULL);
	fx_close(e);
}

Test(events, memory_has_the_last_ones_and_says_what_went)
{
	struct events *e = fx_events(NULL);
	uint64_t next = 1, lost = 0;

	tell(1000);
	events_since(e, 0, text, sizeof(text));
	cr_expect(eq(uint, fx_follow(text, &next, &lost), EVENTS_LINES + 1));
	cr_expect(eq(u64, lost, 1000 - EVENTS_LINES));
	cr_expect(eq(u64, next, 1001));
	/* Who asks in small pieces gets the same. */
	next = 901;
	for (char piece[700]; events_since(e, next - 1, piece, sizeof(piece)) > 0;)
		fx_follow(piece, &next, &lost);
	cr_expect(eq(u64, next, 1001));
	cr_expect(eq(sz, events_since(e, 1000, text, sizeof(text)), 0));
	cr_expect(eq(sz, events_since(e, UINT64_MAX, text, sizeof(text)), 0));
	cr_expect(eq(sz, events_since(e, 0, text, 0), 0));
	fx_close(e);
}

Test(events, a_file_is_appended_to_and_can_be_renamed)
{
	struct events *e = fx_events(fx_file);
	uint64_t next = 1, lost = 0;
	char old[128];
	struct stat st;

	tell(3);
	events_flush(e);
	snprintf(old, sizeof(old), "%s.1", fx_file);
	cr_assert(eq(int, rename(fx_file, old), 0));
	tell(1);
	events_flush(e);
	cr_assert(eq(int, events_reopen(e), 0));
	tell(2);
	fx_close(e);
	read_file();
	next = 5;
	cr_expect(eq(uint, fx_follow(text, &next, &lost), 2));
	cr_assert(eq(int, stat(fx_file, &st), 0));
	cr_expect(eq(int, st.st_mode & 0777, 0600));
	e = fx_events(fx_file);
	tell(1);
	fx_close(e);
	read_file();
	cr_expect(strstr(strchr(text, '\n') + 1, "\"seq\":6") != NULL, "what was there stays");
}

Test(events, a_fifo_without_reader_holds_up_nobody_and_what_is_lost_is_said)
{
	struct events *e;
	uint64_t next = 1, lost = 0;
	int fd;
	ssize_t n;

	mkfifo(fx_file, 0600);
	e = fx_events(fx_file);
	for (int i = 0; i < 30; i++) { /* far more than the kernel and the ring hold */
		tell(100);
		events_flush(e);
	}
	fd = open(fx_file, O_RDONLY | O_NONBLOCK);
	for (int i = 0; i < 5000 && next < 3001; i++) { /* a slow one, who takes odd pieces */
		static char all[1 << 20];
		static size_t len;

		n = read(fd, all + len, 333);
		len += n > 0 ? (size_t)n : 0;
		all[len] = '\0';
		events_flush(e);
		next = 1;
		lost = 0;
		fx_follow(all, &next, &lost);
	}
	cr_expect(eq(u64, next, 3001));
	cr_expect(gt(u64, lost, 1000));
	cr_expect(eq(u64, events_lost(e), lost));
	close(fd);
	fx_close(e);
}

Test(events, the_loop_writes_when_a_fifo_has_room_again)
{
	struct events *e;
	struct loop l;
	size_t len = 0;
	ssize_t n;
	int fd;

	mkfifo(fx_file, 0600);
	e = fx_events(fx_file);
	cr_assert(eq(int, loop_init(&l, NULL), 0));
	cr_assert(eq(int, events_watch(e, &l), 0));
	for (int i = 0; i < 20; i++) { /* more than the kernel holds */
		tell(50);
		events_flush(e);
	}
	fd = open(fx_file, O_RDONLY | O_NONBLOCK);
	while ((n = read(fd, text + len, 4096)) > 0) {
		len += (size_t)n;
		loop_run_once(&l, 0);
	}
	text[len] = '\0';
	cr_expect(strstr(text, "\"seq\":1000,") != NULL, "nobody but the loop wrote it");
	tell(1);
	events_flush(e);
	cr_expect(gt(int, read(fd, text, sizeof(text)), 0));
	close(fd);
	event_listen(NULL, NULL);
	events_close(e);
	loop_close(&l);
}

static int connect_to(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(addr.sun_path, path);
	cr_assert(eq(int, connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0));
	return fd;
}

/* What is there for @fd, once the loop has had a few rounds. */
static void hear(struct loop *l, int fd)
{
	ssize_t n, len = 0;

	for (int i = 0; i < 50; i++) {
		loop_run_once(l, 1);
		n = recv(fd, text + len, sizeof(text) - 1 - (size_t)len, MSG_DONTWAIT);
		len += n > 0 ? n : 0;
	}
	text[len] = '\0';
}

Test(events, a_socket_has_one_reader_and_the_next_one_goes_on)
{
	uint64_t next = 1, lost = 0;
	char spec[128];
	struct events *e;
	struct loop l;
	struct stat st;
	int fd, other;

	snprintf(spec, sizeof(spec), "unix:%s", fx_file);
	e = fx_events(spec);
	cr_assert(eq(int, loop_init(&l, NULL), 0));
	cr_assert(eq(int, events_watch(e, &l), 0));
	cr_assert(eq(int, stat(fx_file, &st), 0));
	cr_expect(eq(int, st.st_mode & 0777, 0600));
	tell(2);
	events_flush(e);
	fd = connect_to(fx_file);
	hear(&l, fd);
	fx_follow(text, &next, &lost);
	cr_expect(eq(u64, next, 3), "who comes late hears all");
	for (int i = 0; i < 100; i++) { /* far more than the kernel and memory hold */
		tell(100);
		events_flush(e);
	}
	other = connect_to(fx_file);
	close(fd);
	hear(&l, other);
	next = fx_number(text, strstr(text, "\"lost\"") < strchr(text, '\n') ? "from" : "seq");
	cr_expect(gt(u64, next, 3), "the first one had some");
	fx_follow(text, &next, &lost);
	cr_expect(eq(u64, next, 10003));
	tell(1);
	events_flush(e);
	hear(&l, other);
	cr_expect(eq(uint, fx_follow(text, &next, &lost), 1));
	close(other);
	event_listen(NULL, NULL);
	events_close(e);
	loop_close(&l);
	cr_expect(lt(int, stat(fx_file, &st), 0), "the socket's file is gone");
	cr_expect(eq(int, fake_open_fds(), 0));
}

/* As a disk that is full: the line that did not fit goes on where it ended. */
Test(events, a_full_disk_tears_no_line)
{
	struct rlimit all, few;
	struct events *e = fx_events(fx_file);
	uint64_t next = 1, lost = 0;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &all);
	few = all;
	few.rlim_cur = 1000;
	setrlimit(RLIMIT_FSIZE, &few);
	for (int i = 0; i < 10; i++) {
		tell(50);
		events_flush(e);
	}
	cr_expect(eq(sz, read_file(), 1000));
	cr_expect(eq(int, said_times("lines are kept"), 1));
	setrlimit(RLIMIT_FSIZE, &all);
	events_flush(e);
	read_file();
	fx_follow(text, &next, &lost);
	cr_expect(eq(u64, next, 501));
	cr_expect(eq(u64, lost, events_lost(e)));
	cr_expect(gt(u64, lost, 200));
	fx_close(e);
}

Test(events, what_a_guest_causes_is_told_ten_times_a_second_and_then_counted)
{
	struct events *e = fx_events(NULL);

	for (int i = 0; i < 1000; i++)
		event_emit(EVENT_CPU_ONLINE, { 1 });
	event_emit(EVENT_VIRTIO_RESET, { .s = "disk0" });
	cr_expect(eq(u64, events_told(e), EVENTS_GUEST_MAX + 1));
	event_listen(NULL, NULL);
	events_close(e); /* says how many more there were; seen by the next test */
}

Test(events, how_many_more_is_said_at_the_end_at_the_latest)
{
	struct events *e = fx_events(fx_file);

	for (int i = 0; i < 1000; i++)
		event_emit(EVENT_CPU_ONLINE, { 1 });
	fx_close(e);
	read_file();
	cr_expect(strstr(text, "\"event\":\"more\",\"properties\":"
			       "{\"of\":\"vcpu.online\",\"count\":990}}\n") != NULL,
		  "%s", text);
}

Test(events, the_last_words_of_a_thread_are_written_at_once)
{
	struct events *e = fx_events(fx_file);

	event_emit(EVENT_VIOLATION, { .s = "vcpu0" }, { .s = "socket" }, { 326 });
	read_file();
	cr_expect(strstr(text, "\"event\":\"sandbox-violation\",\"properties\":"
			       "{\"thread\":\"vcpu0\",\"call\":\"socket\",\"nr\":326}}\n") != NULL,
		  "%s", text);
	fx_close(e);
}

Test(events, a_place_that_cannot_be_written_is_an_error)
{
	int err;

	cr_expect(events_open("/nowhere/events", &err) == NULL);
	cr_expect(eq(int, err, -ENOENT));
	cr_expect(said("/nowhere/events: No such file or directory: name a file"), "%s",
		  said_all());
}

static struct events *watched(struct loop *l, const char *path)
{
	struct events *e = fx_events(path);

	cr_assert(eq(int, loop_init(l, NULL), 0));
	cr_assert(eq(int, events_watch(e, l), 0));
	return e;
}

static void end(struct events *e, struct loop *l)
{
	event_listen(NULL, NULL);
	events_close(e);
	loop_close(l);
	cr_expect(eq(int, fake_open_fds(), 0));
}

Test(events, how_many_more_is_said_a_second_later)
{
	struct loop l;
	struct events *e = watched(&l, fx_file);

	for (int i = 0; i < 1000; i++)
		event_emit(EVENT_CPU_ONLINE, { 1 });
	for (int i = 0; i < 200 && events_told(e) == EVENTS_GUEST_MAX; i++)
		loop_run_once(&l, 20);
	events_flush(e);
	read_file();
	cr_expect(strstr(text, "{\"of\":\"vcpu.online\",\"count\":990}}\n") != NULL, "%s", text);
	end(e, &l);
}

Test(events, a_disk_that_was_full_is_tried_again_a_second_later)
{
	struct loop l;
	struct events *e = watched(&l, fx_file);

	fake_fail_all("write file", -ENOSPC);
	tell(1);
	events_flush(e);
	cr_expect(said("No space left on device: the last"), "%s", said_all());
	fake_fail_all(NULL, 0);
	for (int i = 0; i < 200 && read_file() == 0; i++)
		loop_run_once(&l, 20);
	cr_expect(strstr(text, "\"seq\":1,") != NULL);
	end(e, &l);
}

/* The line that was begun in the old file is whole in the new one. */
Test(events, a_file_can_be_renamed_in_the_middle_of_a_line)
{
	struct events *e = fx_events(fx_file);
	uint64_t next = 1, lost = 0;
	struct rlimit all, few;
	char old[128];

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &all);
	few = all;
	few.rlim_cur = 50;
	setrlimit(RLIMIT_FSIZE, &few);
	tell(1);
	events_flush(e);
	cr_expect(eq(sz, read_file(), 50));
	setrlimit(RLIMIT_FSIZE, &all);
	snprintf(old, sizeof(old), "%s.1", fx_file);
	cr_assert(eq(int, rename(fx_file, old), 0));
	cr_assert(eq(int, events_reopen(e), 0));
	read_file();
	cr_expect(eq(uint, fx_follow(text, &next, &lost), 1));
	cr_expect(eq(u64, lost, 0));
	fx_close(e);
}

Test(events, where_it_cannot_be_opened_anew_the_old_file_goes_on)
{
	struct events *e = fx_events(fx_file);
	char old[128];
	struct stat st;

	snprintf(old, sizeof(old), "%s.1", fx_file);
	cr_assert(eq(int, rename(fx_file, old), 0));
	cr_assert(eq(int, mkdir(fx_file, 0700), 0));
	cr_expect(eq(int, events_reopen(e), -EISDIR));
	cr_expect(said("Is a directory: the file that is open stays"), "%s", said_all());
	tell(1);
	events_flush(e);
	cr_assert(eq(int, stat(old, &st), 0));
	cr_expect(gt(int, (int)st.st_size, 0));
	rmdir(fx_file);
	fx_close(e);
}

/* In the middle of a line, before the loop has heard of it; what the reader says is nothing to us. */
Test(events, a_reader_that_goes_has_had_part_of_a_line)
{
	char spec[128];
	struct loop l;
	struct events *e;
	uint64_t next, lost = 0;
	int fd, other;

	signal(SIGPIPE, SIG_IGN); /* as the program does */
	snprintf(spec, sizeof(spec), "unix:%s", fx_file);
	e = watched(&l, spec);
	fd = connect_to(fx_file);
	hear(&l, fd);
	send(fd, "more!", 5, 0);
	tell(1);
	hear(&l, fd);
	next = 1;
	cr_expect(eq(uint, fx_follow(text, &next, &lost), 1));
	for (int i = 0; i < 100; i++) { /* more than the kernel holds: the last line is cut */
		tell(100);
		events_flush(e);
	}
	close(fd);
	tell(1);
	events_flush(e);
	other = connect_to(fx_file);
	hear(&l, other);
	lost = 0;
	next = fx_number(text, strstr(text, "\"lost\"") < strchr(text, '\n') ? "from" : "seq");
	cr_expect(gt(u64, next, 2));
	fx_follow(text, &next, &lost);
	cr_expect(eq(u64, next, 10003));
	close(other);
	end(e, &l);
}
