/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_CONTROL_HTTP_PRIVATE_H
#define VMM_CONTROL_HTTP_PRIVATE_H

/* http.c is the loop; http_request.c judges requests; http_answer.c answers them. */

#include "vmm/control/http.h"

/* The library's callback: comes with the head, with each piece of the body, at the end, with the answer. */
enum MHD_Result http_on_request(void *cls, struct MHD_Connection *conn, const char *url,
				const char *method, const char *version, const char *data,
				size_t *len, void **con_cls);

/* Answers, each of which ends the request. An error: what is wrong, and the code for programs. */
enum MHD_Result http_fail(struct http *h, struct client *c, uint32_t status, const char *why,
			  const char *code);
enum MHD_Result http_ping(struct http *h, struct client *c);

/*
 * The program's last answer once more, where it is to the same GET with @args, young, and of no change's
 * other side: who asks all the time costs the program nothing. True: *@done is the end of the request.
 */
bool http_answer_again(struct http *h, struct client *c, const struct verb_args *args,
		       enum MHD_Result *done);

/* A change was asked for, or answered: what is known is of before. */
void http_forget_answer(struct http *h);

/* What the program said: c->status, c->reply. */
enum MHD_Result http_pass_on(struct http *h, struct client *c);

#endif
