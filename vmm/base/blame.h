/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_BASE_BLAME_H
#define VMM_BASE_BLAME_H

/*
 * Whose fault a failure is. -errno says what happened; this says who can mend it, and with that the
 * status that the program ends with. A function whose failures may be either's takes an
 * `enum blame *` as its last argument: its caller sets BLAME_HOST, and the function writes
 * BLAME_CONFIG where the configuration asks for what cannot be, on any host.
 */
enum blame {
	BLAME_HOST,   /* this host lacks something, forbids it or failed */
	BLAME_CONFIG, /* the user has to say something else */
};

#endif
