/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads that run requests by waiting for them: a few, or one for what a ring does not take. The
 * threads are there from the start, as a process that has shut itself in starts none.
 */
#include "devices/backend/block/private.h"
#include "vmm/base/sys.h"
#include "vmm/base/thread.h"

#include <errno.h>
#include <stdlib.h>

#define THREADS 4
#define STACK_SIZE (128 * KiB)

struct list {
	struct block_req *first, **end;
};

struct block_pool {
	pthread_mutex_t lock; /* guards todo, finished, running, quit; never held with another */
	pthread_cond_t work, idle;
	struct list todo, finished;
	uint32_t running;
	bool quit;
	int fd; /* an eventfd: something has finished */
	pthread_t threads[THREADS];
	uint32_t nthreads;
};

static void list_init(struct list *l)
{
	l->first = NULL;
	l->end = &l->first;
}

static void list_add(struct list *l, struct block_req *r)
{
	r->next = NULL;
	*l->end = r;
	l->end = &r->next;
}

static struct block_req *list_take(struct list *l)
{
	struct block_req *r = l->first;

	if (r) {
		l->first = r->next;
		if (!l->first)
			l->end = &l->first;
	}
	return r;
}

static void *work(void *arg)
{
	struct block_pool *p = arg;
	const uint64_t one = 1;
	struct block_req *r;

	pthread_mutex_lock(&p->lock);
	for (;;) {
		r = list_take(&p->todo);
		if (!r && p->quit)
			break;
		if (!r) {
			pthread_cond_wait(&p->work, &p->lock);
			continue;
		}
		p->running++;
		pthread_mutex_unlock(&p->lock);
		r->result = block_run(r);
		pthread_mutex_lock(&p->lock);
		p->running--;
		list_add(&p->finished, r);
		pthread_cond_broadcast(&p->idle);
		sys_write(p->fd, &one, sizeof(one));
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

bool block_pool_reap(struct block *b)
{
	struct block_pool *p = b->pool;
	struct block_req *r, *next;

	pthread_mutex_lock(&p->lock);
	r = p->finished.first;
	list_init(&p->finished);
	pthread_mutex_unlock(&p->lock);
	if (!r)
		return false;
	for (; r; r = next) {
		next = r->next;
		block_complete(r);
	}
	return true;
}

static void start_threads(struct block_pool *p, uint32_t number, uint32_t n)
{
	const struct thread_spec spec = {
		.kind = THREAD_DISK, .number = number, .stack = STACK_SIZE, .fn = work, .arg = p
	};

	while (p->nthreads < n && thread_start(&p->threads[p->nthreads], &spec) == 0)
		p->nthreads++;
}

int block_pool_open(struct block *b)
{
	struct block_pool *p = calloc(1, sizeof(*p));
	int r = p ? sys_eventfd() : -ENOMEM;

	if (r < 0) {
		free(p);
		return r;
	}
	b->pool = p;
	p->fd = r;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->work, NULL);
	pthread_cond_init(&p->idle, NULL);
	list_init(&p->todo);
	list_init(&p->finished);
	start_threads(p, b->number, b->ring ? 1 : THREADS);
	if (p->nthreads > 0)
		return 0;
	block_pool_close(b);
	return -EAGAIN;
}

int block_pool_fd(const struct block *b)
{
	return b->pool->fd;
}

void block_pool_submit(struct block *b, struct block_req *r)
{
	pthread_mutex_lock(&b->pool->lock);
	list_add(&b->pool->todo, r);
	pthread_cond_signal(&b->pool->work);
	pthread_mutex_unlock(&b->pool->lock);
}

void block_pool_wait(struct block *b)
{
	struct block_pool *p = b->pool;

	pthread_mutex_lock(&p->lock);
	while (!p->finished.first && (p->todo.first || p->running))
		pthread_cond_wait(&p->idle, &p->lock);
	pthread_mutex_unlock(&p->lock);
}

void block_pool_cancel(struct block *b)
{
	struct block_pool *p = b->pool;
	const uint64_t one = 1;
	struct block_req *r;

	pthread_mutex_lock(&p->lock);
	while ((r = list_take(&p->todo))) {
		r->result = -ECANCELED;
		list_add(&p->finished, r);
	}
	pthread_mutex_unlock(&p->lock);
	sys_write(p->fd, &one, sizeof(one));
}

void block_pool_close(struct block *b)
{
	struct block_pool *p = b->pool;

	pthread_mutex_lock(&p->lock);
	p->quit = true;
	pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->lock);
	while (p->nthreads > 0)
		pthread_join(p->threads[--p->nthreads], NULL);
	sys_close(p->fd);
	pthread_cond_destroy(&p->work);
	pthread_cond_destroy(&p->idle);
	pthread_mutex_destroy(&p->lock);
	free(p);
	b->pool = NULL;
}
