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

/* What the program said: c->status, c->reply. */
enum MHD_Result http_pass_on(struct http *h, struct client *c);

#endif
