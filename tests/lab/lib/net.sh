# SPDX-License-Identifier: BSD-2-Clause
# What tests of the guest's network share: the guest's address, and servers on the host's loopback.
# shellcheck shell=sh disable=SC2034

# For the guest: an address by DHCP, one line "lease ADDRESS ROUTER NAME-SERVER".
# shellcheck disable=SC2016
DHCP='
printf "#!/bin/sh\n[ \$1 != bound ] || { ip addr add \$ip/\$mask dev \$interface; ip route add default via \$router; echo lease \$ip \$router \$dns; }\n" >/tmp/dhcp
chmod 755 /tmp/dhcp
ip link set lo up; ip link set eth0 up
udhcpc -q -n -t 20 -i eth0 -s /tmp/dhcp 2>&1 | grep -E "^lease|fail"
'

# serve FOLDER BYTES: HTTP on port 8080 of both loopbacks, with BYTES at random in FOLDER/data, and a
# name server, whose process is $DNS.
serve() {
	mkdir -p "$1"
	head -c "$2" /dev/urandom >"$1/data"
	httpd -p 127.0.0.1:8080 -h "$1"
	httpd -p '[::1]:8080' -h "$1"
	"${TALK%/*}/dns" &
	DNS=$!
	[ -e /etc/resolv.conf ] || echo 'nameserver 127.0.0.1' >/etc/resolv.conf # an emulated host's
}
