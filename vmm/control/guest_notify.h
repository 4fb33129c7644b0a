/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_CONTROL_GUEST_NOTIFY_H
#define VMM_CONTROL_GUEST_NOTIFY_H

/*
 * What the guest's own service manager says. systemd (from 254 on) sends the words of sd_notify(3) to
 * the AF_VSOCK address that the credential vmm.notify_socket names: a message a connection, whose end
 * is the message's end; and (from 256 on) waits there until its connection is closed.
 *
 * Heard is who has the guest's own address and a port below 1024, which is for root there. Of a message
 * READY=1 and STATUS= count, the rest is read and forgotten. Whatever a guest does, one connection is
 * open at a time and for a second, a hundred are taken in a tenth of a second, and one STATUS is passed on.
 * Nothing waits for the guest.
 *
 * Source: systemd.system-credentials(7), sd_notify(3); vsock(7).
 */

#include "vmm/base/loop.h"

/* Where it listens, on the host's address (2): another port for each guest, as no two have one CID. */
static inline uint32_t guest_notify_port(uint32_t cid)
{
	return cid + 10000;
}

#define GUEST_NOTIFY_STATUS 80u /* bytes of STATUS= that are passed on, with the NUL */

/* Called under the machine lock, on the I/O thread. @text is printable ASCII. */
struct guest_notify_ops {
	void (*ready)(void *ctx);
	void (*status)(void *ctx, const char *text);
	void *ctx;
};

struct guest_notify;

/**
 * guest_notify_open - listen for a guest, whose vsock device is open
 * @cid: the guest's address
 * Return the listener; NULL, logged. Undone by guest_notify_close(); the loop is borrowed until then.
 */
struct guest_notify *guest_notify_open(struct loop *loop, uint32_t cid,
				       const struct guest_notify_ops *ops);
void guest_notify_close(struct guest_notify *g); /* tolerates NULL */

/*
 * The two halves of it, for tests: what listens without a socket, and a connection that is believed,
 * which becomes the listener's own.
 */
struct guest_notify *guest_notify_new(struct loop *loop, uint32_t cid,
				      const struct guest_notify_ops *ops);
void guest_notify_hear(struct guest_notify *g, int fd);

#endif
