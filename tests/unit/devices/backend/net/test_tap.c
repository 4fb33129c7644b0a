/* SPDX-License-Identifier: BSD-2-Clause */
/* Tap devices, in a network namespace of the test's own: needs root and /dev/net/tun. */
#include "tests/unit/devices/backend/net/fixture.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define GUEST FRAME_IP(10, 9, 0, 2)
#define HOST FRAME_IP(10, 9, 0, 1)
#define HDR ((int)NET_VNET_HDR_SIZE)
#define TSO (NET_OFFLOAD_CSUM | NET_OFFLOAD_TSO4 | NET_OFFLOAD_TSO6)

static struct virtio_net_hdr_v1 header; /* of the frame received last */
static uint8_t big[NET_MAX_FRAME + NET_VNET_HDR_SIZE];

static void own_network(void)
{
	if (access("/dev/net/tun", R_OK | W_OK) < 0)
		cr_skip("no access to /dev/net/tun");
	if (unshare(CLONE_NEWNET) < 0)
		cr_skip("no right to make a network namespace");
	net_setup();
}

TestSuite(net_tap, .init = own_network, .timeout = 60);

static void if_ioctl(unsigned long req, struct ifreq *ifr)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	strcpy(ifr->ifr_name, "tap0");
	cr_assert(eq(int, ioctl(fd, req, ifr), 0), "%s", strerror(errno));
	close(fd);
}

/* A tap device with the host's address; the descriptor that made it. */
static int make_tap(int flags)
{
	struct ifreq ifr = { .ifr_flags = (short)(IFF_TAP | flags) };
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(HOST) };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	strcpy(ifr.ifr_name, "tap0");
	cr_assert(eq(int, ioctl(fd, TUNSETIFF, &ifr), 0), "%s", strerror(errno));
	memcpy(&ifr.ifr_addr, &a, sizeof(a));
	if_ioctl(SIOCSIFADDR, &ifr);
	a.sin_addr.s_addr = htonl(0xffffff00);
	memcpy(&ifr.ifr_netmask, &a, sizeof(a));
	if_ioctl(SIOCSIFNETMASK, &ifr);
	ifr.ifr_mtu = 1400;
	if_ioctl(SIOCSIFMTU, &ifr);
	ifr.ifr_flags = IFF_UP | IFF_RUNNING;
	if_ioctl(SIOCSIFFLAGS, &ifr);
	return fd;
}

static void make_persistent_tap(void)
{
	int fd = make_tap(IFF_NO_PI | IFF_VNET_HDR);

	cr_assert(eq(int, ioctl(fd, TUNSETPERSIST, 1), 0));
	close(fd);
}

static void start(const char *tap)
{
	cr_assert(eq(int, net_tap_open(&backend, tap, &loop, "net0"), 0), "%s", said_last());
	attach();
	net_backend_want(backend, 0);
}

static void send_with(const struct virtio_net_hdr_v1 *h, const struct frame *f)
{
	const struct iovec iov[] = { { (void *)h, sizeof(*h) }, { (void *)f->data, f->len } };

	cr_assert(eq(long, net_backend_send(backend, iov, 2), HDR + (long)f->len));
}

static void send_plain(const struct frame *f)
{
	const struct virtio_net_hdr_v1 none = { 0 };

	send_with(&none, f);
}

/* Receives a frame into *f. Returns its bytes without the header, or 0 after ten seconds. */
static size_t receive(struct frame *f)
{
	const struct iovec iov = { big, sizeof(big) };

	for (int i = 0; i < 10000; i++) {
		ssize_t n = net_backend_receive(backend, &iov, 1);

		if (n > HDR) {
			memcpy(&header, big, sizeof(header));
			f->len = (size_t)(n - HDR) < FRAME_MAX ? (size_t)(n - HDR) : FRAME_MAX;
			memcpy(f->data, big + HDR, f->len);
			return (size_t)(n - HDR);
		}
		usleep(1000);
	}
	return 0;
}

/* The host's hardware address, by ARP. */
static void find_host(uint8_t mac[6])
{
	uint32_t sender, target;
	struct frame f;

	frame_arp(&f, 1, NULL, GUEST, HOST);
	send_plain(&f);
	do
		cr_assert(gt(sz, receive(&f), 0));
	while (!frame_is_arp(&f, 2, &sender, &target));
	memcpy(mac, f.data + 6, 6);
}

static void ping(void)
{
	uint8_t mac[6];
	struct frame f;
	uint32_t src;

	find_host(mac);
	frame_ping(&f, mac, GUEST, HOST);
	send_plain(&f);
	do
		cr_assert(gt(sz, receive(&f), 0));
	while (!frame_is_ping_reply(&f, &src));
	cr_assert(eq(u32, src, HOST));
}

Test(net_tap, an_existing_device_carries_frames_both_ways)
{
	make_persistent_tap();
	start("tap0");
	cr_expect(backend->vnet_hdr);
	cr_expect(not(backend->checked));
	cr_expect(eq(u32, backend->mtu, 1400));
	cr_expect(eq(u32, backend->offload & TSO, TSO));
	ping();
	cr_expect(eq(int, said_lines(), 0));
	net_teardown();
}

Test(net_tap, an_open_descriptor_does_the_same)
{
	int fd = make_tap(IFF_NO_PI | IFF_VNET_HDR);
	char text[16];

	snprintf(text, sizeof(text), "fd:%d", fd);
	start(text);
	ping();
	cr_expect(eq(int, fcntl(fd, F_GETFD), FD_CLOEXEC));
	net_teardown();
}

Test(net_tap, frames_wait_for_someone_to_want_them)
{
	struct frame f;

	make_persistent_tap();
	start("tap0");
	frame_arp(&f, 1, NULL, GUEST, HOST);
	send_plain(&f);
	usleep(10000);
	while (loop_run_once(&loop, 0) > 0)
		;
	cr_expect(eq(int, nreadable, 0));
	net_backend_want(backend, NET_READABLE);
	cr_expect(gt(int, loop_run_once(&loop, 1000), 0));
	cr_expect(eq(int, nreadable, 1));
	net_backend_want(backend, NET_WRITABLE);
	cr_expect(gt(int, loop_run_once(&loop, 1000), 0));
	cr_expect(eq(int, nwritable, 1));
	net_teardown();
}

/* A TCP connection from the guest to the host's port; the host's end of it. */
static int connect_guest(int listener, uint16_t port, const uint8_t *mac, struct frame_tcp *t)
{
	struct frame f;

	*t = (struct frame_tcp){ .src = GUEST,
				 .dst = HOST,
				 .sport = 4000,
				 .dport = port,
				 .seq = 1,
				 .flags = FRAME_SYN };
	frame_tcp(&f, mac, t);
	send_plain(&f);
	do
		cr_assert(gt(sz, receive(&f), 0));
	while (!frame_is_tcp(&f, t));
	cr_assert(eq(int, t->flags, FRAME_SYN | FRAME_ACK));
	*t = (struct frame_tcp){ .src = GUEST,
				 .dst = HOST,
				 .sport = 4000,
				 .dport = port,
				 .seq = 2,
				 .ack = t->seq + 1,
				 .flags = FRAME_ACK };
	frame_tcp(&f, mac, t);
	send_plain(&f);
	return accept(listener, NULL, NULL);
}

static int listen_on(uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	cr_assert(eq(int, bind(fd, (struct sockaddr *)&a, sizeof(a)), 0));
	cr_assert(eq(int, listen(fd, 1), 0));
	return fd;
}

Test(net_tap, offloads_pass_checksums_and_segments_that_are_left_undone)
{
	struct virtio_net_hdr_v1 undone = { .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
					    .csum_start = 34,
					    .csum_offset = 16 };
	uint8_t mac[6], text[16384] = "big";
	struct frame_tcp t;
	struct frame f;
	char got[6] = "";
	size_t longest = 0;
	int listener, fd;

	make_persistent_tap();
	start("tap0");
	find_host(mac);
	cr_assert(eq(int, net_backend_set_offload(backend, TSO), 0));
	listener = listen_on(5000);
	fd = connect_guest(listener, 5000, mac, &t);
	cr_assert(ge(int, fd, 0));

	/* To the host: the pseudo header's sum stands where the checksum goes. */
	t.data = (const uint8_t *)"hello";
	t.len = 5;
	t.flags = FRAME_ACK | FRAME_PSH;
	frame_tcp(&f, mac, &t);
	be16_store(f.data + 34 + 16, 0);
	{
		uint32_t sum = 6 + 25;

		for (int i = 0; i < 4; i++)
			sum += be16_load(f.data + 26 + 2 * i);
		be16_store(f.data + 34 + 16, (uint16_t)((sum & 0xffff) + (sum >> 16)));
	}
	send_with(&undone, &f);
	cr_assert(eq(long, read(fd, got, 5), 5));
	cr_assert(eq(str, got, "hello"));

	/* To the guest: more than the MTU in one piece, and no checksum. */
	cr_assert(eq(long, write(fd, text, sizeof(text)), (long)sizeof(text)));
	while (longest <= 1500) {
		size_t len = receive(&f);

		cr_assert(gt(sz, len, 0));
		if (frame_is_tcp(&f, &t) && len > longest) {
			longest = len;
			if (len > 1500) {
				cr_expect(eq(int, header.gso_type & ~VIRTIO_NET_HDR_GSO_ECN,
					     VIRTIO_NET_HDR_GSO_TCPV4));
				cr_expect(eq(int, header.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM));
				cr_expect(eq(int, header.csum_start, 34));
			}
		}
	}
	close(fd);
	close(listener);
	net_teardown();
}

Test(net_tap, without_agreement_the_host_does_all)
{
	uint8_t mac[6], text[16384] = "big";
	struct frame_tcp t;
	struct frame f;
	int listener, fd, n = 0;

	make_persistent_tap();
	start("tap0");
	find_host(mac);
	listener = listen_on(5000);
	fd = connect_guest(listener, 5000, mac, &t);
	cr_assert(eq(long, write(fd, text, sizeof(text)), (long)sizeof(text)));
	for (size_t len; n < 3 && (len = receive(&f)) > 0; n += frame_is_tcp(&f, &t)) {
		cr_expect(le(sz, len, 1414));
		cr_expect(eq(int, header.gso_type, VIRTIO_NET_HDR_GSO_NONE));
		cr_expect(eq(int, header.flags &VIRTIO_NET_HDR_F_NEEDS_CSUM, 0));
	}
	cr_expect(ge(int, n, 2));
	close(fd);
	close(listener);
	net_teardown();
}

Test(net_tap, a_deleted_device_takes_the_link_down)
{
	struct ifreq ifr = { 0 };
	struct {
		struct nlmsghdr n;
		struct ifinfomsg i;
	} del = { { sizeof(del), RTM_DELLINK, NLM_F_REQUEST, 1, 0 }, { 0 } };
	int nl = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	make_persistent_tap();
	start("tap0");
	net_backend_want(backend, NET_READABLE); /* the kernel tells only those who read */
	if_ioctl(SIOCGIFINDEX, &ifr);
	del.i.ifi_index = ifr.ifr_ifindex;
	cr_assert(eq(long, send(nl, &del, sizeof(del), 0), (long)sizeof(del)));
	while (!ndown)
		cr_assert(gt(int, loop_run_once(&loop, 5000), 0));
	cr_expect(eq(str, said_last(),
		     "net0: tap device tap0 was deleted: the guest's link is down"));
	close(nl);
	net_teardown();
}

/* ---- what cannot be opened: one line each ---- */

static void refuse(const char *tap, int err, const char *text)
{
	cr_expect(eq(int, net_tap_open(&backend, tap, &loop, "net0"), err));
	cr_expect(eq(int, said_lines(), 1));
	cr_expect(strstr(said_last(), text) != NULL, "%s", said_last());
	net_teardown();
}

Test(net_tap, a_missing_device_is_not_made)
{
	refuse("tap9", -ENODEV,
	       "net0: there is no device tap9: make it with \"ip tuntap add dev "
	       "tap9 mode tap user NAME\" and \"ip link set tap9 up\"");
}

Test(net_tap, a_device_in_use_is_refused)
{
	int fd = make_tap(IFF_NO_PI | IFF_VNET_HDR);

	fds_before++;
	refuse("tap0", -EBUSY, "net0: tap device tap0: Device or resource busy: end the process");
	close(fd);
}

Test(net_tap, what_is_not_a_tap_device_is_refused)
{
	refuse("lo", -EINVAL, "net0: tap device lo: Invalid argument: it must be of mode tap");
}

Test(net_tap, a_descriptor_that_is_not_open_is_refused)
{
	refuse("fd:99", -EBADF, "net0: tap device fd:99: Bad file descriptor: have it open");
}

Test(net_tap, a_descriptor_of_something_else_is_refused)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	char text[16];

	snprintf(text, sizeof(text), "fd:%d", fd);
	refuse(text, -ENOTTY, "Inappropriate ioctl for device: it must be /dev/net/tun");
}

Test(net_tap, a_descriptor_of_packets_without_ethernet_is_refused)
{
	struct ifreq ifr = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	char text[16];

	cr_assert(eq(int, ioctl(fd, TUNSETIFF, &ifr), 0));
	snprintf(text, sizeof(text), "fd:%d", fd);
	refuse(text, -ENOTSUP, "attach it with IFF_TAP and IFF_NO_PI");
}

Test(net_tap, one_that_is_down_is_warned_of)
{
	struct ifreq ifr = { 0 };

	make_persistent_tap();
	if_ioctl(SIOCGIFFLAGS, &ifr);
	ifr.ifr_flags = (short)(ifr.ifr_flags & ~IFF_UP);
	if_ioctl(SIOCSIFFLAGS, &ifr);
	start("tap0");
	cr_expect(eq(str, said_last(),
		     "warning: net0: tap0 is down: \"ip link set tap0 up\" lets frames pass"));
	net_teardown();
}
