/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_CONTROL_HTTP_LIB_H
#define VMM_CONTROL_HTTP_LIB_H

/* libmicrohttpd and jansson, loaded at run time by the process of the control API. */

#include "vmm/base/types.h"

#include <jansson.h>
#include <microhttpd.h>

/* Functions of both libraries. The types come from the libraries' headers, so that a wrong use does not compile. */
#define HTTP_FUNCTIONS(X)                                                                          \
	X(MHD_start_daemon)                                                                        \
	X(MHD_get_fdset2)                                                                          \
	X(MHD_run_from_select)                                                                     \
	X(MHD_get_timeout)                                                                         \
	X(MHD_add_connection)                                                                      \
	X(MHD_get_connection_info)                                                                 \
	X(MHD_get_connection_values)                                                               \
	X(MHD_lookup_connection_value)                                                             \
	X(MHD_create_response_for_upgrade)                                                         \
	X(MHD_upgrade_action)                                                                      \
	X(MHD_create_response_from_buffer)                                                         \
	X(MHD_add_response_header)                                                                 \
	X(MHD_queue_response)                                                                      \
	X(MHD_destroy_response)                                                                    \
	X(MHD_suspend_connection)                                                                  \
	X(MHD_resume_connection)

#define JSON_FUNCTIONS(X)                                                                          \
	X(json_object_seed)                                                                        \
	X(json_loadb)                                                                              \
	X(json_delete)                                                                             \
	X(json_object_iter)                                                                        \
	X(json_object_iter_next)                                                                   \
	X(json_object_iter_key)                                                                    \
	X(json_object_iter_value)                                                                  \
	X(json_integer_value)                                                                      \
	X(json_string_value)

struct http_lib {
#define HTTP_MEMBER(name) __typeof__(&(name)) name;
	HTTP_FUNCTIONS(HTTP_MEMBER)
	JSON_FUNCTIONS(HTTP_MEMBER)
#undef HTTP_MEMBER
};

/* For the process's life. 0; or -ENOPKG and a sentence in @why. */
int http_lib_load(struct http_lib *lib, char *why, size_t size);

#endif
