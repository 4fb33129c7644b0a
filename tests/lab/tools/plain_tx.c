/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plain_tx - a network card of which each packet comes from one piece of memory: no scatter-gather,
 * and with it no segmentation
 *
 * As "ethtool -K NAME sg off" does; for guests where nothing but busybox is installed.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/sockios.h>

int main(int argc, char **argv)
{
	struct ethtool_value off = { .cmd = ETHTOOL_SSG, .data = 0 };
	struct ifreq req = { .ifr_data = (void *)&off };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (argc != 2) {
		fprintf(stderr, "usage: plain_tx INTERFACE\n");
		return 2;
	}
	snprintf(req.ifr_name, sizeof(req.ifr_name), "%s", argv[1]);
	if (fd < 0 || ioctl(fd, SIOCETHTOOL, &req) < 0) {
		fprintf(stderr, "plain_tx: %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	close(fd);
	return 0;
}
