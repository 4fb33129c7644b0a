/* SPDX-License-Identifier: BSD-2-Clause */
/* The log of calls, and which of them shall fail. The log has a lock of its own: every thread logs. */
#include "tests/fake/kernel.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct {
	char **lines;
	int n, room;
	unsigned int calls;
	unsigned int fail_at; /* number of the call; 0: none */
	int fail_err;
	bool failed;
	char failed_call[256];
	char all[64];          /* fake_fail_all */
	unsigned int all_pass; /* so many of them pass first */
	int all_err;
	bool all_met;
} the;

static const struct {
	unsigned long req;
	const char *name;
} names[] = {
#define NAME(n) { n, #n }
	NAME(KVM_GET_API_VERSION),
	NAME(KVM_CREATE_VM),
	NAME(KVM_CHECK_EXTENSION),
	NAME(KVM_GET_VCPU_MMAP_SIZE),
	NAME(KVM_CREATE_VCPU),
	NAME(KVM_SET_USER_MEMORY_REGION),
	NAME(KVM_ENABLE_CAP),
	NAME(KVM_IRQ_LINE),
	NAME(KVM_PPC_RTAS_DEFINE_TOKEN),
	NAME(KVM_PPC_CONFIGURE_V3_MMU),
	NAME(KVM_PPC_GET_RMMU_INFO),
	NAME(KVM_PPC_GET_SMMU_INFO),
	NAME(KVM_PPC_GET_CPU_CHAR),
	NAME(KVM_CREATE_DEVICE),
	NAME(KVM_SET_DEVICE_ATTR),
	NAME(KVM_GET_DEVICE_ATTR),
	NAME(KVM_RUN),
	NAME(KVM_GET_REGS),
	NAME(KVM_SET_REGS),
	NAME(KVM_GET_SREGS),
	NAME(KVM_SET_SREGS),
	NAME(KVM_GET_ONE_REG),
	NAME(KVM_SET_ONE_REG),
	NAME(KVM_PPC_ALLOCATE_HTAB),
	NAME(KVM_IRQFD),
	NAME(KVM_IOEVENTFD),
	NAME(KVM_CREATE_SPAPR_TCE_64),
#undef NAME
};

const char *fake_ioctl_name(unsigned long req)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (names[i].req == req)
			return names[i].name;
	return "ioctl";
}

void fake_calls_reset(void)
{
	pthread_mutex_lock(&lock);
	for (int i = 0; i < the.n; i++)
		free(the.lines[i]);
	free(the.lines);
	memset(&the, 0, sizeof(the));
	pthread_mutex_unlock(&lock);
}

/* Whole words: "close vcpu 1" is not the beginning of "close vcpu 10". */
static bool begins(const char *line, const char *what)
{
	size_t n = strlen(what);

	return strncmp(line, what, n) == 0 && (line[n] == '\0' || line[n] == ' ');
}

int fake_enter(const char *fmt, ...)
{
	char text[256];
	va_list ap;
	int r = 0;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	pthread_mutex_lock(&lock);
	the.calls++;
	if (the.calls == the.fail_at) {
		r = the.fail_err;
		the.failed = true;
		memcpy(the.failed_call, text, sizeof(text));
	}
	if (the.all[0] && begins(text, the.all) && (the.all_pass == 0 || the.all_pass-- == 0)) {
		r = the.all_err;
		the.all_met = true;
	}
	pthread_mutex_unlock(&lock);
	return r;
}

int fake_enter_apart(const char *what)
{
	int r;

	pthread_mutex_lock(&lock);
	the.all_met |= the.all[0] && begins(what, the.all);
	r = the.all[0] && begins(what, the.all) ? the.all_err : 0;
	pthread_mutex_unlock(&lock);
	return r;
}

void fake_log(long result, const char *fmt, ...)
{
	char text[256], *line;
	va_list ap;
	int n;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	n = asprintf(&line, "%s = %ld", text, result);
	if (n < 0)
		abort();
	pthread_mutex_lock(&lock);
	if (the.n == the.room) {
		the.room = the.room ? 2 * the.room : 256;
		the.lines = realloc(the.lines, (size_t)the.room * sizeof(*the.lines));
		if (!the.lines)
			abort();
	}
	the.lines[the.n++] = line;
	pthread_mutex_unlock(&lock);
}

void fake_fail_nth(unsigned int n, int err)
{
	pthread_mutex_lock(&lock);
	the.fail_at = n ? the.calls + n : 0;
	the.fail_err = err;
	the.failed = false;
	the.failed_call[0] = '\0';
	pthread_mutex_unlock(&lock);
}

bool fake_has_failed(void)
{
	return the.failed;
}

const char *fake_failed_call(void)
{
	return the.failed_call;
}

void fake_fail_all(const char *what, int err)
{
	fake_fail_after(0, what, err);
}

void fake_fail_after(unsigned int n, const char *what, int err)
{
	pthread_mutex_lock(&lock);
	if (the.all[0] && !the.all_met) {
		fprintf(stderr, "fake_fail_all: nobody called \"%s\"\n", the.all);
		abort();
	}
	the.all_met = false;
	the.all_pass = n;
	snprintf(the.all, sizeof(the.all), "%s", what ? what : "");
	the.all_err = err;
	pthread_mutex_unlock(&lock);
}

unsigned int fake_calls(void)
{
	return the.calls;
}

/* First and last position, and how many. */
static int find(const char *what, int *last)
{
	int first = -1, n = 0;

	pthread_mutex_lock(&lock);
	for (int i = 0; i < the.n; i++) {
		if (!begins(the.lines[i], what))
			continue;
		if (first < 0)
			first = i;
		*last = i;
		n++;
	}
	pthread_mutex_unlock(&lock);
	return n ? first : -1;
}

int fake_at(const char *what)
{
	int last;

	return find(what, &last);
}

int fake_last_at(const char *what)
{
	int last = -1;

	find(what, &last);
	return last;
}

int fake_count(const char *what)
{
	int n = 0;

	pthread_mutex_lock(&lock);
	for (int i = 0; i < the.n; i++)
		n += begins(the.lines[i], what);
	pthread_mutex_unlock(&lock);
	return n;
}
