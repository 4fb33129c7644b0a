/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SPHAPR_VTY_H
#define SPHAPR_VTY_H

/*
 * hvterm1: a virtual terminal behind H_GET_TERM_CHAR and H_PUT_TERM_CHAR, with an interrupt for
 * input. Input waits in a ring that the back end fills through vty_input(); output goes to the
 * back end's write function, which may take less than it is given: then the guest gets H_BUSY and
 * tries again, so a slow reader never holds a vCPU.
 */

#include "vmm/base/types.h"

struct spapr;

#define VTY_IN_SIZE 4096u   /* power of two */
#define VTY_SAID_SIZE 8192u /* power of two */

struct vty_backend {
	void *ctx;
	/* Takes all @len (<= 16) bytes: true; or none: false. NULL: output is lost. */
	bool (*write)(void *ctx, const uint8_t *buf, size_t len);
	/*
	 * There is room for input again after vty_input() took less than it was offered. Called in
	 * the middle of the guest's hypercall: note it, and offer more later (chardev_resume).
	 */
	void (*input_drained)(void *ctx);
};

struct vty {
	uint32_t unit; /* reg of the node, the termno of the hcalls */
	uint32_t lisn;
	struct vty_backend backend;
	uint8_t in[VTY_IN_SIZE];
	uint32_t head, tail;         /* free-running; head - tail bytes wait */
	bool refused;                /* the back end has more than fitted */
	uint64_t written;            /* bytes of output; outlives a reboot */
	uint8_t said[VTY_SAID_SIZE]; /* the last output, for who asks why a guest ended */
	uint32_t nsaid;              /* free-running */
};

/* The vty, if @unit names it: by its unit, or by 0 (PAPR: "the partition's console"); else NULL. */
struct vty *vty_find(struct spapr *sp, uint64_t unit);

/* Offer typed bytes. Returns how many were taken; fewer than @len: wait for input_drained. */
size_t vty_input(struct spapr *sp, struct vty *v, const uint8_t *buf, size_t len);

/*
 * The guest reads: move up to @len waiting bytes to @buf, return how many. A back end that was
 * refused is asked to go on (input_drained) once half of the ring is free.
 */
size_t vty_take(struct vty *v, uint8_t *buf, size_t len);

/* Keep what the guest said on its terminal. */
void vty_remember(struct vty *v, const uint8_t *buf, size_t len);

/*
 * The rest of the last line that holds @key among the last output, printable, into @out of @size
 * bytes. False: there is none.
 */
bool vty_find_said(const struct vty *v, const char *key, char *out, size_t size);

/* The last output, at most @size - 1 bytes, and a NUL. */
void vty_last_said(const struct vty *v, char *out, size_t size);

/* Reboot: typed-ahead input is dropped, the back end stays. */
void vty_reset(struct vty *v);

#endif
