/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/control/ctl.h"

#include "vmm/base/log.h"
#include "vmm/base/suggest.h"
#include "vmm/control/client.h"
#include "vmm/control/ctl_console.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LOOK_NS 100000000L /* between two looks of "wait" */

static enum ctl_status nobody(const char *path, int r)
{
	log_error("%.200s: %s: %s", path, strerror(-r),
		  r == -EACCES ? "be a user of its group, or root"
			       : "does the guest run, with this api.socket?");
	return CTL_NOBODY;
}

/* The first string of an error's body, which is what a person reads. */
static void complain(const struct client_reply *reply)
{
	const char *start = reply->len ? strchr(reply->body, '"') : NULL;
	size_t n = start ? strcspn(start + 1, "\"") : 0;

	if (n)
		log_error("%.*s", (int)(n < 400 ? n : 400), start + 1);
	else
		log_error("the answer is status %u", reply->status);
}

static enum ctl_status show(const struct client_reply *reply, const struct verb *v, FILE *out)
{
	bool is_text = v->type && strcmp(v->type, "application/octet-stream") != 0;

	if (reply->status >= 400) {
		complain(reply);
		return CTL_REFUSED;
	}
	fwrite(reply->body, 1, reply->len, out);
	if (is_text && reply->len && reply->body[reply->len - 1] != '\n')
		fputc('\n', out);
	return CTL_DONE;
}

static enum ctl_status no_such(const char *verb)
{
	struct suggest s = { .word = verb };

	for (const struct verb *v = verbs; v->path; v++)
		suggest_offer(&s, strchr(v->path, '.') + 1);
	if (s.best)
		log_error("%.60s: there is no such verb, did you mean \"%s\"?", verb, s.best);
	else
		log_error("%.60s: there is no such verb: --help lists them", verb);
	return CTL_USAGE;
}

/* ---- wait ---- */

/* Does the guest run, and has it reached the mark of service.ready? -errno: nobody answers. */
static int is_ready(const char *path)
{
	struct client_reply reply;
	int fd = client_connect(path), r;

	if (fd < 0)
		return fd;
	r = client_ask(fd, verb_find("vm.info"), NULL, &reply);
	close(fd);
	if (r == 0)
		r = reply.status == 200 && strstr(reply.body, "\"state\":\"Running\"") &&
		    strstr(reply.body, "\"phase\":\"ready\"");
	client_reply_free(&reply);
	return r;
}

static enum ctl_status wait_for(const char *path, const char *what)
{
	const struct timespec some = { .tv_nsec = LOOK_NS };
	bool end = what && strcmp(what, "end") == 0;

	if (!end && (!what || strcmp(what, "ready") != 0)) {
		log_error("wait: for what? take \"ready\" or \"end\"");
		return CTL_USAGE;
	}
	for (;;) {
		int r = is_ready(path);

		if (end ? r == -ENOENT || r == -ECONNREFUSED : r > 0)
			return CTL_DONE;
		if (r == -EACCES || r == -ENAMETOOLONG)
			return nobody(path, r);
		nanosleep(&some, NULL);
	}
}

/* ---- console ---- */

static enum ctl_status console(const char *path, const char *how)
{
	struct client_reply reply;
	enum ctl_status status = CTL_DONE;
	const char *body;
	int fd, r;

	if (!ctl_console_how(how, &body))
		return CTL_USAGE;
	fd = client_connect(path);
	r = fd < 0 ? fd : client_ask(fd, verb_find("vm.attach"), body, &reply);
	if (r < 0) {
		status = nobody(path, r);
	} else if (reply.status != 101) {
		complain(&reply);
		status = CTL_REFUSED;
	} else {
		ctl_console_talk(fd);
	}
	if (r == 0)
		client_reply_free(&reply);
	if (fd >= 0)
		close(fd);
	return status;
}

enum ctl_status ctl(const char *path, const char *verb, const char *arg, FILE *out)
{
	const struct verb *v = verb_find(verb);
	struct client_reply reply;
	enum ctl_status status;
	int fd, r;

	if (strcmp(verb, "wait") == 0)
		return wait_for(path, arg);
	if (strcmp(verb, "console") == 0 || (v && v->id == VERB_ATTACH))
		return console(path, arg);
	if (!v)
		return no_such(verb);
	fd = client_connect(path);
	if (fd < 0)
		return nobody(path, fd);
	r = client_ask(fd, v, arg, &reply);
	close(fd);
	if (r < 0)
		return nobody(path, r);
	status = show(&reply, v, out);
	client_reply_free(&reply);
	return status;
}
