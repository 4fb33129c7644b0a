/* SPDX-License-Identifier: BSD-2-Clause */
/* A tap device of the host. Source: Documentation/networking/tuntap.rst, linux/if_tun.h. */
#include "devices/backend/net/backend.h"

#include "vmm/base/log.h"
#include "vmm/base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

struct tap {
	struct net_backend b;
	char name[IFNAMSIZ];
};

static ssize_t tap_send(struct net_backend *b, const struct iovec *iov, uint32_t n)
{
	ssize_t r = writev(b->fd, iov, (int)n);

	if (r < 0 && (errno == EINTR || errno == ENOBUFS || errno == ENOMEM))
		return -EAGAIN;
	return r < 0 ? -errno : r;
}

static ssize_t tap_receive(struct net_backend *b, const struct iovec *iov, uint32_t n)
{
	ssize_t r = readv(b->fd, iov, (int)n);

	/* A deleted device and one that is down are told by an event; each read would say so again. */
	return r <= 0 ? -EAGAIN : r;
}

static unsigned long tun_flags(uint32_t offload)
{
	if (!(offload & NET_OFFLOAD_CSUM))
		return 0; /* no segmentation without */
	return TUN_F_CSUM | (offload & NET_OFFLOAD_TSO4 ? TUN_F_TSO4 : 0u) |
	       (offload & NET_OFFLOAD_TSO6 ? TUN_F_TSO6 : 0u) |
	       (offload & NET_OFFLOAD_ECN ? TUN_F_TSO_ECN : 0u);
}

static int tap_set_offload(struct net_backend *b, uint32_t offload)
{
	return sys_ioctl(b->fd, TUNSETOFFLOAD, (void *)(uintptr_t)tun_flags(offload));
}

static void tap_gone(struct net_backend *b)
{
	log_error("%s: tap device %s was deleted: the guest's link is down", b->id,
		  container_of(b, struct tap, b)->name);
}

static void tap_close(struct net_backend *b)
{
	free(b);
}

static const struct net_backend_ops tap_ops = {
	.send = tap_send,
	.receive = tap_receive,
	.set_offload = tap_set_offload,
	.gone = tap_gone,
	.close = tap_close,
};

/* ---- open ---- */

static int fail(const struct tap *t, int err, const char *remedy)
{
	log_error("%s: tap device %s: %s: %s", t->b.id, t->name, strerror(-err), remedy);
	return err;
}

static int open_by_name(struct tap *t, const char *name)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	int r;

	if (!if_nametoindex(name)) {
		log_error(
			"%s: there is no device %s: "
			"make it with \"ip tuntap add dev %s mode tap user NAME\" and \"ip link set %s up\"",
			t->b.id, name, name, name);
		return -ENODEV;
	}
	r = t->b.fd = sys_open("/dev/net/tun", O_RDWR | O_NONBLOCK, 0);
	if (r < 0) {
		log_error("%s: /dev/net/tun: %s: %s", t->b.id, strerror(-r),
			  r == -EACCES ? "allow this user to open it"
				       : "load the module with \"modprobe tun\"");
		return r;
	}
	strncpy(ifr.ifr_name, name, IFNAMSIZ - 1);
	r = sys_ioctl(t->b.fd, TUNSETIFF, &ifr);
	if (r == 0)
		return 0;
	return fail(t, r,
		    r == -EBUSY    ? "end the process that uses it, or choose another one"
		    : r == -EPERM  ? "make it for this user, with \"ip tuntap add ... user NAME\""
		    : r == -EINVAL ? "it must be of mode tap, without multi_queue"
				   : "choose another one");
}

static int take_fd(struct tap *t, const char *number)
{
	int fd = atoi(number); /* digits: checked with the configuration */
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return fail(t, -EBADF, "have it open when spapr-vmm starts");
	t->b.fd = fd;
	if (fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return fail(t, -errno, "give another descriptor");
	return 0;
}

/* Finds out what a descriptor from elsewhere is, and the name of its device. */
static int identify(struct tap *t)
{
	struct ifreq ifr = { 0 };
	int r = sys_ioctl(t->b.fd, TUNGETIFF, &ifr);

	if (r < 0)
		return fail(t, r, "it must be /dev/net/tun, attached with TUNSETIFF");
	if (!(ifr.ifr_flags & IFF_TAP) || !(ifr.ifr_flags & IFF_NO_PI))
		return fail(t, -ENOTSUP, "attach it with IFF_TAP and IFF_NO_PI");
	t->b.vnet_hdr = ifr.ifr_flags & IFF_VNET_HDR;
	memcpy(t->name, ifr.ifr_name, IFNAMSIZ);
	t->name[IFNAMSIZ - 1] = '\0';
	return 0;
}

/* The guest's headers are little-endian and of the length that virtio 1 gives them. */
static int set_header(struct tap *t)
{
	static const uint32_t tries[] = {
		NET_OFFLOAD_CSUM | NET_OFFLOAD_TSO4 | NET_OFFLOAD_TSO6 | NET_OFFLOAD_ECN,
		NET_OFFLOAD_CSUM | NET_OFFLOAD_TSO4 | NET_OFFLOAD_TSO6,
		NET_OFFLOAD_CSUM,
	};
	int size = NET_VNET_HDR_SIZE, on = 1, r;

	if (!t->b.vnet_hdr)
		return 0;
	r = sys_ioctl(t->b.fd, TUNSETVNETHDRSZ, &size);
	if (r == 0)
		r = sys_ioctl(t->b.fd, TUNSETVNETLE, &on);
	if (r < 0)
		return fail(t, r, "this kernel is too old for it");
	for (size_t i = 0; i < ARRAY_LEN(tries) && !t->b.offload; i++)
		if (tap_set_offload(&t->b, tries[i]) == 0)
			t->b.offload = tries[i];
	tap_set_offload(&t->b, 0); /* until the guest's driver agrees to something */
	return 0;
}

/* Reads the MTU, and warns of a device that is down. A descriptor's may be in another namespace. */
static void look_at_link(struct tap *t)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq ifr = { 0 };

	memcpy(ifr.ifr_name, t->name, IFNAMSIZ);
	if (fd >= 0 && sys_ioctl(fd, SIOCGIFMTU, &ifr) == 0 && ifr.ifr_mtu > 0)
		t->b.mtu = (uint32_t)ifr.ifr_mtu;
	if (fd >= 0 && sys_ioctl(fd, SIOCGIFFLAGS, &ifr) == 0 && !(ifr.ifr_flags & IFF_UP))
		log_warn("%s: %s is down: \"ip link set %s up\" lets frames pass", t->b.id, t->name,
			 t->name);
	if (fd >= 0)
		close(fd);
}

int net_tap_open(struct net_backend **out, const char *tap, struct loop *loop, const char *id)
{
	struct tap *t = calloc(1, sizeof(*t));
	int r;

	if (!t) {
		log_error("%s: out of memory", id);
		return -ENOMEM;
	}
	net_backend_init(&t->b, &tap_ops, loop, id);
	strncpy(t->name, tap, IFNAMSIZ - 1);
	if (strncmp(tap, "fd:", 3) == 0)
		r = take_fd(t, tap + 3);
	else
		r = open_by_name(t, tap);
	if (r == 0)
		r = identify(t);
	if (r == 0)
		r = set_header(t);
	if (r < 0) {
		net_backend_close(&t->b);
		return r;
	}
	look_at_link(t);
	*out = &t->b;
	return 0;
}
