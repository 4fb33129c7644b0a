/* SPDX-License-Identifier: BSD-2-Clause */
/* What the control API and the metrics say of a machine with devices: the calls themselves, without a client. */
#include "tests/unit/vmm/machine/passthrough_fixture.h"
#include "devices/virtio/pci.h"
#include "vmm/base/papr.h"
#include "vmm/machine/machine_impl.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

static struct machine *m;

static void setup(void)
{
	static const char toml[] = "[machine]\nmemory = \"128MiB\"\nhuge_pages = \"off\"\n"
				   "[boot]\nkernel = \"vmlinux\"\n[console]\nbackend = \"none\"\n"
				   "[[disk]]\npath = \"disk\"\n";
	int fd;

	pt_setup();
	fd = open(fx_path("disk"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	cr_assert(eq(int, ftruncate(fd, 1 << 20), 0));
	close(fd);
	file_write(fx.config, toml, sizeof(toml) - 1);
}

TestSuite(api_calls, .init = setup, .fini = fx_teardown, .timeout = 60);

static char text[JTEXT_MAX];

/* The answer to a GET. */
static char *get(enum verb_id id)
{
	struct verb_args args = { 0 };
	struct jtext j = { 0 };

	api_get(&m->api, id, &args, &j);
	cr_assert(eq(int, jtext_finish(&j), 0));
	snprintf(text, sizeof(text), "%.*s", (int)j.len, j.buf ? j.buf : "");
	jtext_free(&j);
	return text;
}

static bool has(const char *part)
{
	return strstr(text, part) != NULL;
}

static void has_metric(const char *line)
{
	char whole[200];

	snprintf(whole, sizeof(whole), "\n%s\n", line);
	cr_expect(has(whole), "no line %s", line);
}

static void end_of(const char *sets, guest_fn *program, enum exit_status want)
{
	fake_guest(0, program, NULL);
	m = fx_machine(sets);
	cr_assert(eq(int, (int)machine_run(m), (int)want), "%s", said_all());
	cr_assert(eq(str, chars(guest_failures()), ""));
}

static void done(void)
{
	machine_destroy(m);
	ALL_IS_GIVEN_BACK();
}

/* ---- devices that are passed through ---- */

static uint64_t new_window(struct guest *g)
{
	guest_check(guest_rtas(g, "ibm,create-pe-dma-window", 5, 4, 0, BUID_HI, BUID_LO, 16, 27) ==
			    0,
		    "create");
	return g->args[1];
}

static void works(struct guest *g)
{
	guest_check(guest_hcall(g, H_PUT_TCE, 3, LIOBN, 0x1000ul, 0x20003ul) == H_SUCCESS, "put");
	guest_check(guest_hcall(g, H_PUT_TCE, 3, LIOBN, 1ul << 50, 0x20003ul) != H_SUCCESS,
		    "beyond the window");
	guest_check(guest_rtas(g, "ibm,change-msi", 6, 4, 0, BUID_HI, BUID_LO, 4, 3, 1) == 0,
		    "msi");
	new_window(g);
	guest_check(guest_rtas(g, "ibm,set-slot-reset", 4, 1, 1, BUID_HI, BUID_LO, 1) == 0,
		    "reset");
	guest_check(guest_rtas(g, "ibm,set-slot-reset", 4, 1, 1, BUID_HI, BUID_LO, 0) == 0,
		    "release");
	guest_rtas(g, "power-off", 2, 1, 0, 0);
}

Test(api_calls, a_group_has_its_windows)
{
	end_of(ONE "machine.vcpus=2", works, STATUS_OFF);
	get(VERB_DMA_WINDOWS);
	cr_expect(has("\"group\":26,\"functions\":[\"" BDF "\"],\"limited\":false,"
		      "\"state\":\"BOTH\",\"windows\":[{\"liobn\":\"0x80000000\","
		      "\"start\":\"0x0\",\"size\":"),
		  "%s", text);
	cr_expect(has("\"default\":true,\"served_by\":\"vmm\",\"mapped_pages\":"), "%s", text);
	cr_expect(has("{\"liobn\":\"0x80000001\",\"start\":\"0x800000000000000\","
		      "\"size\":134217728,\"page_shift\":16,\"levels\":1,\"default\":false,"
		      "\"served_by\":\"vmm\",\"mapped_pages\":0,\"tce\":{\"put\":0,"),
		  "%s", text);
	get(VERB_INFO);
	cr_expect(has("\"state\":\"Shutdown\""));
	cr_expect(has("\"exit_reason\":\"off\""));
	cr_expect(has("\"disk\":[{"));
	cr_expect(has("\"vfio\":[{\"host\":\"" BDF "\","), "%s", text);
	done();
}

static void replaces(struct guest *g)
{
	guest_check(guest_rtas(g, "ibm,remove-pe-dma-window", 1, 1, (uint32_t)LIOBN) == 0,
		    "remove");
	if (g->ctx || g->starts > 1)
		new_window(g);
	guest_rtas(g, "power-off", 2, 1, 0, 0);
}

Test(api_calls, each_state_of_the_windows_has_its_word)
{
	end_of(ONE, replaces, STATUS_OFF);
	cr_expect(strstr(get(VERB_DMA_WINDOWS), "\"state\":\"NONE\",\"windows\":[]") != NULL, "%s",
		  text);
	done();
	fake_guest(0, replaces, &m);
	m = fx_machine(ONE "machine.tce=kernel");
	cr_assert(strstr(get(VERB_DMA_WINDOWS), "\"state\":\"DEFAULT\"") != NULL, "%s", text);
	cr_assert(eq(int, (int)machine_run(m), STATUS_OFF), "%s", said_all());
	cr_expect(strstr(get(VERB_DMA_WINDOWS), "\"state\":\"REPLACED\"") != NULL, "%s", text);
	cr_expect(has("\"served_by\":\"kernel\""), "%s", text);
	done();
}

static char *metrics(void)
{
	struct metric_samples s = { 0 };

	cr_assert(eq(int, metrics_take(&m->watch.metrics, &s), 0));
	cr_assert(lt(sz, metrics_render(&s, text, sizeof(text)), sizeof(text)));
	metric_samples_free(&s);
	return text;
}

Test(api_calls, metrics_have_groups_windows_and_devices)
{
	struct virtio_pci *disk;

	end_of(ONE "machine.vcpus=2", works, STATUS_OFF);
	disk = container_of(m->emu.devs[0]->func, struct virtio_pci, func);
	disk->queues[0].vq.enabled = true;
	disk->queues[0].vq.inflight = 3;
	metrics();
	disk->queues[0].vq.enabled = false;
	has_metric("spapr_virtio_inflight{device=\"disk0\",queue=\"0\"} 3");
	has_metric("spapr_tce_calls_total{liobn=\"0x80000000\",call=\"put\"} 2");
	has_metric("spapr_tce_failures_total{liobn=\"0x80000000\"} 1");
	has_metric("spapr_dma_window_bytes{group=\"26\",liobn=\"0x80000001\"} 134217728");
	has_metric("spapr_dma_window_page_bytes{group=\"26\",liobn=\"0x80000001\"} 65536");
	has_metric("spapr_dma_window_mapped_pages{group=\"26\",liobn=\"0x80000001\"} 0");
	has_metric("spapr_dma_windows_created_total{group=\"26\"} 1");
	has_metric("spapr_eeh_events_total{group=\"26\",kind=\"reset\"} 1");
	has_metric("spapr_msi_changes_total{device=\"" BDF "\"} 1");
	has_metric("spapr_memory_registered_bytes{group=\"26\"} 134217728");
	has_metric("spapr_vfio_intx_total{device=\"" BDF "\"} 0");
	has_metric("spapr_virtio_kicks_total{device=\"disk0\",queue=\"0\"} 0");
	has_metric("spapr_disk_reads_total{device=\"disk0\"} 0");
	get(VERB_COUNTERS);
	cr_expect(has("\"window-0x80000000\":{"), "%s", text);
	cr_expect(has("\"group26\":{"), "%s", text);
	cr_expect(has("\"disk0\":{"), "%s", text);
	done();
}

/* ---- changes ---- */

static uint32_t change(enum verb_id id, const struct verb_args *args)
{
	static const struct verb_args none;
	const char *why = "";
	uint32_t status;

	vcpus_lock(&m->cpus);
	status = api_change(&m->api, id, args ? args : &none, &why);
	vcpus_unlock(&m->cpus);
	snprintf(text, sizeof(text), "%s", why);
	return status;
}

static uint32_t resize(uint64_t bytes)
{
	const struct verb_args args = { .given = 1, .value = { bytes } };

	return change(VERB_RESIZE, &args);
}

Test(api_calls, the_balloon_has_a_new_size)
{
	m = fx_machine("balloon.size=0");
	cr_assert(eq(u32, resize(64 * MiB), 204));
	cr_assert(eq(u32, resize(128 * MiB), 409));
	cr_assert(has("leave the guest some memory"), "%s", text);
	machine_destroy(m);
	m = fx_machine(ONE "balloon.size=0");
	cr_assert(eq(u32, resize(64 * MiB), 409));
	cr_assert(has("passed-through devices reach all of guest RAM"), "%s", text);
	done();
}

/* As many readers as there are places; what reads is a client's connection. */
Test(api_calls, the_console_has_places)
{
	struct verb_args how = { .given = 3, .value = { 1, 1 } };
	int pair[2], n = 0;
	char path[200];

	snprintf(path, sizeof(path), "console.backend=file:%s", fx_path("out"));
	m = fx_machine(path);
	vcpus_lock(&m->cpus);
	while (n < 100) {
		const char *why;

		if (api_change(&m->api, VERB_ATTACH, &how, &why) != 101)
			break;
		cr_assert(
			eq(int,
			   socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair),
			   0));
		cr_assert(eq(int, api_read_console(&m->api, pair[0], &how), 0), "%d", n);
		close(pair[1]);
		n++;
	}
	vcpus_unlock(&m->cpus);
	cr_assert(eq(int, n, CHARDEV_READERS));
	cr_assert(eq(u32, change(VERB_ATTACH, NULL), 503));
	machine_destroy(m);
	FX_NOTHING_LEFT();
}

Test(api_calls, nothing_is_changed_at_the_end)
{
	m = fx_machine("");
	cr_assert(eq(u32, change(VERB_LATER, NULL), 501));
	cr_assert(eq(u32, change(VERB_SHUTDOWN, NULL), 204));
	cr_assert(eq(u32, change(VERB_SHUTDOWN, NULL), 409));
	cr_assert(has("the guest: it is about to end"));
	cr_assert(eq(u32, change(VERB_LOG_LEVEL, &(struct verb_args){ .value = { LOG_DEBUG } }),
		     204));
	machine_destroy(m);
}

static void crashes(struct guest *g)
{
	guest_fail(g, -EFAULT);
}

static void restarts(struct guest *g)
{
	guest_rtas(g, "system-reboot", 0, 1);
}

Test(api_calls, each_end_has_its_reason)
{
	end_of("", crashes, STATUS_CRASH);
	get(VERB_INFO);
	cr_expect(has("\"exit_reason\":\"crash\""), "%s", text);
	machine_destroy(m);
	end_of("machine.on_reboot=exit", restarts, STATUS_REBOOT);
	get(VERB_INFO);
	cr_expect(has("\"exit_reason\":\"reboot\""), "%s", text);
	cr_expect(eq(str, get(VERB_LATER), ""), "no such answer");
	machine_destroy(m);
	FX_NOTHING_LEFT();
}

/* ---- configuration ---- */

Test(api_calls, lists_are_shown_whole)
{
	static const char toml[] = "[machine]\nmemory = \"128MiB\"\n[boot]\nkernel = \"vmlinux\"\n"
				   "[[net]]\nbackend = \"user\"\n"
				   "forward = [\"tcp:127.0.0.1:2222-:22\", \"tcp::8080-:80\"]\n";
	struct jtext j = { 0 };

	file_write(fx.config, toml, sizeof(toml) - 1);
	api_config(fx_options(""), &j);
	cr_assert(eq(int, jtext_finish(&j), 0));
	snprintf(text, sizeof(text), "%.*s", (int)j.len, j.buf);
	jtext_free(&j);
	cr_assert(has("\"forward\":[\"tcp:127.0.0.1:2222-:22\",\"tcp::8080-:80\"]"), "%s", text);
}

Test(api_calls, its_keys_are_judged)
{
	static const char *const wrong[][2] = {
		{ "api.socket=fd:", "\"fd:\" lacks the name of a descriptor" },
		{ "api.socket=", "the path is empty" },
		{ "api.mode=rw", "\"rw\" is no file mode such as \"0660\"" },
		{ "api.mode=", "\"\" is no file mode such as \"0660\"" },
		{ "api.mode=00660", "\"00660\" is no file mode such as \"0660\"" },
	};
	struct options opt;

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		char *set = chars(wrong[i][0]);

		said_forget();
		cr_assert(eq(int, options_load(&opt, fx.config, &set, 1), -EINVAL), "%s", set);
		cr_assert(said(wrong[i][1]), "%s", said_all());
	}
}

/* By the process's own group, as no other may be given; with the real process. */
Test(api_calls, the_socket_is_given_to_a_group)
{
	struct stat st;
	char sets[300], path[160];

	if (!dlopen("libmicrohttpd.so.12", RTLD_NOW) || !dlopen("libjansson.so.4", RTLD_NOW))
		cr_skip_test("libmicrohttpd and jansson are not installed");
	snprintf(path, sizeof(path), "%s", fx_path("api"));
	snprintf(sets, sizeof(sets), "api.socket=%s api.mode=0660 api.group=%u", path, getegid());
	m = fx_machine(sets);
	cr_assert(eq(int, stat(path, &st), 0));
	cr_expect(eq(uint, st.st_mode & 07777, 0660));
	cr_expect(eq(uint, st.st_gid, getegid()));
	machine_destroy(m);
}
