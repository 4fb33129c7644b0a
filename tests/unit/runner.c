/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * In place of libcriterion for the thread sanitizer, which has its own memory where Criterion puts an
 * arena for its children. The tests are Criterion's, with its headers; here is what these call: one
 * fork a test, the fixtures, and a word about an assertion that does not hold. As much of it as the
 * tests with threads use.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SKIPPED 77

extern struct criterion_test *__start_cr_tst[], *__stop_cr_tst[];
extern struct criterion_suite *__start_cr_sts[] __attribute__((weak)),
	*__stop_cr_sts[] __attribute__((weak));

/* What this process runs; set before it. */
static struct {
	const struct criterion_test *test;
	const struct criterion_test_extra_data *suite;
	void *param;
	int failed;
} the;

/* ---- what the macros call ---- */

void criterion_internal_test_setup(void)
{
	if (the.suite && the.suite->init)
		the.suite->init();
	if (the.test->data->init)
		the.test->data->init();
}

void criterion_internal_test_main(void (*fn)(void))
{
	if (the.test->data->kind_ == CR_TEST_PARAMETERIZED)
		((void (*)(void *))fn)(the.param);
	else
		fn();
}

void criterion_internal_test_teardown(void)
{
	if (the.test->data->fini)
		the.test->data->fini();
	if (the.suite && the.suite->fini)
		the.suite->fini();
}

void criterion_abort_test(void)
{
	fflush(NULL);
	_exit(1);
}

void criterion_continue_test(void)
{
	the.failed = 1;
}

void criterion_skip_test(const char *format, ...)
{
	(void)format;
	_exit(SKIPPED);
}

int cr_asprintf(char **text, const char *format, ...)
{
	va_list ap;
	int r;

	va_start(ap, format);
	r = vasprintf(text, format, ap);
	va_end(ap);
	return r;
}

/* @format begins with a mark, as a macro's list may not be empty. */
char *cri_assert_message(const char *format, ...)
{
	char *text;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&text, format, ap) < 0)
		abort();
	va_end(ap);
	return text;
}

int cr_user_str_eq(char **a, char **b)
{
	return strcmp(*a, *b) == 0;
}

char *cr_user_str_tostr(char **s)
{
	return cri_assert_message("\"%s\"", *s);
}

void cri_assert_node_init(struct cri_assert_node *node)
{
	*node = (struct cri_assert_node){ 0 };
}

struct cri_assert_node *cri_assert_node_add(struct cri_assert_node *tree,
					    struct cri_assert_node *node)
{
	tree->children = realloc(tree->children, (tree->nchild + 1u) * sizeof(*node));
	if (!tree->children)
		abort();
	tree->children[tree->nchild] = *node;
	return &tree->children[tree->nchild++];
}

void cri_assert_node_negate(struct cri_assert_node *tree)
{
	tree->pass = !tree->pass;
}

void cri_assert_node_term(struct cri_assert_node *tree)
{
	(void)tree; /* the process ends soon */
}

static void print_node(const struct cri_assert_node *n)
{
	if (n->repr && !n->pass)
		fprintf(stderr, "  %s\n", n->repr);
	for (int i = 0; i < CRI_ASSERT_MAX_PARAMS && n->params[i].name && !n->pass; i++)
		if (n->params[i].type == CRI_ASSERT_RT_STR)
			fprintf(stderr, "    %s: %s\n", n->params[i].name,
				(const char *)n->params[i].data);
	for (uint32_t i = 0; i < n->nchild; i++)
		print_node(&n->children[i]);
}

void cri_assert_node_send(const char *file, size_t line, struct cri_assert_node *tree)
{
	fprintf(stderr, "%s:%zu: %s/%s: %s\n", file, line, the.test->category, the.test->name,
		tree->message ? tree->message + 1 : "");
	print_node(tree);
}

/* ---- the runs ---- */

static const struct criterion_test_extra_data *find_suite(const char *name)
{
	for (struct criterion_suite **s = __start_cr_sts; s < __stop_cr_sts; s++)
		if (strcmp((*s)->name, name) == 0)
			return (*s)->data;
	return NULL;
}

static void *nothing(void *arg)
{
	return arg;
}

/* The sanitizer starts a thread of its own with the first of ours: before a test counts them. */
static void start_first_thread(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, nothing, NULL) != 0 || pthread_join(thread, NULL) != 0)
		abort();
}

/* 0 it held, SKIPPED, or 1 */
static int run(const struct criterion_test *test, void *param)
{
	int status = 0, sig = test->data->signal;
	pid_t pid;

	the.test = test;
	the.suite = find_suite(test->category);
	the.param = param;
	if (!sig && the.suite)
		sig = the.suite->signal;
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		start_first_thread();
		test->test();
		exit(the.failed);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		abort();
	if (WIFSIGNALED(status) ? WTERMSIG(status) == sig
				: !sig && WEXITSTATUS(status) == test->data->exit_code)
		return 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED)
		return SKIPPED;
	fprintf(stderr, "[FAIL] %s::%s: %s %d\n", test->category, test->name,
		WIFSIGNALED(status) ? "signal" : "status",
		WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	return 1;
}

int main(int argc, char **argv)
{
	int tested = 0, failing = 0;

	for (struct criterion_test **t = __start_cr_tst; t < __stop_cr_tst; t++) {
		struct criterion_test_params p = { .params = NULL, .length = 1 };

		if (argc > 1 && !strstr((*t)->data->identifier_, argv[1]))
			continue;
		if ((*t)->data->kind_ == CR_TEST_PARAMETERIZED)
			p = (*t)->data->param_();
		for (size_t i = 0; i < p.length; i++) {
			int r = run(*t, p.params ? (char *)p.params + i * p.size : NULL);

			tested += r != SKIPPED;
			failing += r == 1;
		}
	}
	printf("Tested: %d | Failing: %d\n", tested, failing);
	return failing > 0;
}
