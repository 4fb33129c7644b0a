# SPDX-License-Identifier: BSD-2-Clause
# Networks: what a guest gets from the user network, and tap devices with and without vhost-net.
# hosts: p9-64k
# timeout: 900
# seconds: 230
# needs: tools
# options: --smp 2
# shellcheck shell=sh
. "$LAB/lib/lib.sh"
. "$LAB/lib/net.sh"
. "$LAB/lib/process.sh"
. "$LAB/lib/debian.sh"

LIMIT_S=240 # an emulated host that shares its CPUs
MIB=16      # sent each way

# job: what the guest runs, from standard input. The job comes on a disk, as a tar archive.
job() {
	rm -rf "$WORK/job" && mkdir -p "$WORK/job"
	cp "$TOOLS_BIN/flood" "$WORK/job/"
	cat >"$WORK/job/job"
	tar -C "$WORK/job" -cf "$WORK/job.tar" .
}

# linux VCPUS: the guest for the job; its [[net]]s come from standard input
linux() {
	printf 'memory = "384MiB"\nvcpus = %s\n' "$1" |
		guest 6.12-4k "run:$(printf 'tar -x -C /tmp </dev/vda; . /tmp/job' | base64 | tr -d '\n')"
	{
		printf '[[disk]]\npath = "%s"\nread_only = true\n' "$WORK/job.tar"
		cat
	} >>"$TMP/guest.toml"
}

# True as well when the VMM has ended, so that nobody waits for what never comes.
has_said() { grep -q "$1" "$TMP/out" || ! kill -0 "$PID" 2>/dev/null; }

user_net() {
	job <<-END
		echo "card \$(cat /sys/class/net/eth0/address) \$(cat /sys/class/net/eth0/mtu)"
		$DHCP
		wget -q -O /tmp/data http://10.0.2.2:8080/data && echo "data \$(md5sum </tmp/data)"
		until ip -6 addr show dev eth0 | grep 'inet6 fec0' | grep -qv tentative; do sleep 0.2; done
		echo "ipv6 \$(ip -6 addr show dev eth0 | grep -c 'inet6 fec0')"
		ping -6 -c 2 fec0::2 2>&1 | grep -E 'received|bad'
		nslookup lab.test 10.0.2.3 2>&1 | grep 192.0.2
		while true; do nc -l -p 7 -e /bin/cat; done &
		echo ready
		sleep 1000
	END
	linux 2 <<-END
		[[net]]
		backend = "user"
		mac = "52:54:00:AB:cd:01"
		mtu = 4000
		forward = ["tcp:127.0.0.1:7007-:7", "tcp:[::1]:7007-:7"]
		host_loopback = true
	END
	background --log-level debug
	until_true has_said '^ready' || no "the guest says: $(tail -n 1 "$TMP/out")"
	mv "$TMP/out" "$TMP/console"
	console_has 'card 52:54:00:ab:cd:01 4000'
	console_has 'lease 10.0.2.15 10.0.2.2 10.0.2.3'
	console_has "data $(md5sum <"$WORK/www/data")"
	console_has '192.0.2.53'
	console_has 'ipv6 1'
	console_has '2 packets received'
	until_true forward_answers 127.0.0.1 || no 'the forwarded port does not answer'
	until_true forward_answers ::1 || no 'the forwarded port does not answer by IPv6'
	is_confined "$(child_of "$PID")" /etc/resolv.conf # the user network's process, its only child
	grep -q "the user network's process: seccomp, Landlock [1-9]" "$TMP/log" || no "no Landlock: $(grep 'seccomp' "$TMP/log")"
}
# As soon as somebody in the guest listens.
forward_answers() { [ "$(echo through the forward | nc -w 20 "$1" 7007 2>/dev/null)" = 'through the forward' ]; }

# The host's loopback is closed unless the configuration opens it; names are served all the same,
# though the name server is there.
loopback_is_closed() {
	job <<-END
		$DHCP
		ping -c 1 10.0.2.2 | grep received
		nslookup lab.test 10.0.2.3 2>&1 | grep 192.0.2
		wget -q -T 20 -O /dev/null http://10.0.2.2:8080/data; echo "wget \$?"
		until ip -6 addr show dev eth0 | grep 'inet6 fec0' | grep -qv tentative; do sleep 0.2; done
		wget -q -T 20 -O /dev/null 'http://[fec0::2]:8080/data'; echo "wget6 \$?"
		poweroff -f
	END
	printf '[[net]]\nbackend = "user"\n' | linux 1
	background
	ends_with 0
	mv "$TMP/out" "$TMP/console"
	console_has '1 packets received'
	console_has '192.0.2.53'
	console_has 'wget 1'
	console_has 'wget6 1'
}

FLOOD=3000 # connections; a process of the network may have 1024 descriptors

# A guest that wants more connections than there may be: what that costs the host, and that it passes.
flood() {
	"$TOOLS_BIN/flood" listen 9999 &
	listener=$!
	listening
	job <<-END
		$DHCP
		/tmp/flood 10.0.2.2 9999 $FLOOD
		until wget -q -O /tmp/data http://10.0.2.2:8080/data; do sleep 1; done
		echo "data \$(md5sum </tmp/data)"
		poweroff -f
	END
	printf '[[net]]\nbackend = "user"\nhost_loopback = true\n' | linux 1
	background
	until_true has_said '^flood' || no "the guest says: $(tail -n 1 "$TMP/out")"
	helper=$(child_of "$PID")
	fds=$(ls "/proc/$helper/fd" | wc -l)
	kib=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$helper/status")
	echo "# $fds descriptors, $kib KiB at the most, $(grep '^flood' "$TMP/out")"
	[ "$fds" -gt 900 ] && [ "$fds" -le 1024 ] || no "$fds descriptors"
	[ "$kib" -lt 524288 ] || no "$kib KiB of memory"
	kill "$listener" # as long as the other end is open libslirp keeps its own, whatever the guest does
	tell
	ends_with 0
	mv "$TMP/out" "$TMP/console"
	console_has "data $(md5sum <"$WORK/www/data")"
}

# The real kernel's word on each right that the process gave up.
rights() {
	"${SPAPR_VMM%/*}/confined" >"$TMP/console" 2>&1 || no "$(grep -m 1 'NOT' "$TMP/console" || tail -n 1 "$TMP/console")"
	echo "# $(tail -n 1 "$TMP/console")"
}

# The user network's process ends with the VMM, however the VMM ended.
helper_ends() {
	bare spin
	printf '[[net]]\nbackend = "user"\n' >>"$TMP/guest.toml"
	background
	until_true has_said '^spin: ready' || no 'the guest does not run'
	helper=$(child_of "$PID")
	[ -d "/proc/$helper" ] || no 'there is no process'
	kill -9 "$PID"
	wait "$PID" 2>/dev/null
	rm "$TMP/pid"
	until_true sh -c "! kill -0 $helper 2>/dev/null" || no 'it outlives the VMM'
}

# The guest lives on when the user network's process dies.
helper_dies() {
	job <<-END
		ip link set eth0 up; echo ready
		until [ "\$(cat /sys/class/net/eth0/carrier)" = 0 ]; do sleep 0.2; done
		echo 'link is down'; poweroff -f
	END
	printf '[[net]]\nbackend = "user"\n' | linux 1
	background
	until_true has_said '^ready' || no 'the guest does not boot'
	kill -9 "$(child_of "$PID")"
	ends_with 0
	mv "$TMP/out" "$TMP/console"
	console_has 'link is down'
	log_has "net0: the user network's process was ended by signal 9"
}

# taps VHOST COUNT: data both ways between host and guest; COUNT: threads of the kernel that move it
taps() {
	ip tuntap add dev lab0 mode tap 2>/dev/null || tunctl -t lab0 >/dev/null || no 'no tap device'
	ip addr add 192.0.2.1/24 dev lab0
	ip link set lab0 mtu 3000 up
	job <<-END
		ip addr add 192.0.2.2/24 dev eth0; ip link set lo up; ip link set eth0 up
		until [ "\$(cat /sys/class/net/eth0/carrier)" = 1 ]; do sleep 0.1; done
		echo "card \$(cat /sys/class/net/eth0/mtu) \$(cat /sys/class/net/eth0/carrier)"
		mkfifo /tmp/open; nc -l -p 9000 <>/tmp/open >/tmp/data
		nc -l -p 9001 </tmp/data
		poweroff -f
	END
	printf '[[net]]\nbackend = "tap"\ntap = "lab0"\nvhost = "%s"\n' "$1" | linux 2
	background
	until_true has_said '^card' || no 'the guest does not boot'
	threads=$(cat "/proc/$PID"/task/*/comm | grep -c '^vhost-')
	[ "$threads" = "$2" ] || no "$threads threads of vhost, expected $2"
	# Until the guest listens. An end of its input ends nc's connection, so input stays open.
	until_true sh -c "nc 192.0.2.2 9000 <$WORK/www/data >/dev/null 2>&1" || no 'nothing reaches the guest'
	until_true sh -c "nc 192.0.2.2 9001 <>$WORK/open >$WORK/back 2>/dev/null" || no 'nothing comes from the guest'
	ends_with 0
	cmp "$WORK/www/data" "$WORK/back" >"$TMP/cmp" 2>&1 || no "$(cat "$TMP/cmp")"
	mv "$TMP/out" "$TMP/console"
	console_has 'card 3000 1'
	tx=$(cat /sys/class/net/lab0/statistics/tx_packets)
	# Fewer than fit the MTU: segments were left to the other side.
	[ "$tx" -lt $(((MIB << 20) / 3000)) ] || no "$tx packets for $MIB MiB: no segmentation offload"
	ip link del lab0
}

# loses_master VHOST: Linux at kexec takes a card from its driver by clearing bus mastering alone. From
# then on frames would land in memory that is somebody else's: nobody may read one for the guest.
loses_master() {
	ip tuntap add dev lab0 mode tap 2>/dev/null || tunctl -t lab0 >/dev/null || no 'no tap device'
	ip addr add 192.0.2.1/24 dev lab0
	ip link set lab0 up
	job <<-END
		ip addr add 192.0.2.2/24 dev eth0; ip link set eth0 up
		until ping -c 1 -W 1 192.0.2.1 >/dev/null; do :; done
		printf '\2\4' | dd of=\$(readlink -f /sys/class/net/eth0/device/..)/config bs=1 seek=4 count=2 conv=notrunc 2>/dev/null
		echo 'is off'; sleep 2
		printf '\6\4' | dd of=\$(readlink -f /sys/class/net/eth0/device/..)/config bs=1 seek=4 count=2 conv=notrunc 2>/dev/null
		echo 'is on'; sleep 1000
	END
	printf '[[net]]\nbackend = "tap"\ntap = "lab0"\nvhost = "%s"\n' "$1" | linux 2
	background
	until_true has_said '^is off' || no "the guest says: $(tail -n 1 "$TMP/out")"
	before=$(cat /sys/class/net/lab0/statistics/tx_packets)
	[ "$before" -gt 0 ] || no 'no frame had passed'
	ping -c 2 -W 1 192.0.2.2 >/dev/null && no 'it answers'
	until_true has_said '^is on' || no "the guest says: $(tail -n 1 "$TMP/out")"
	ping -c 2 -W 1 192.0.2.2 >/dev/null && no 'it answers again, without a reset'
	after=$(cat /sys/class/net/lab0/statistics/tx_packets)
	[ "$before" = "$after" ] || no "$((after - before)) frames went into the guest's memory"
	kill "$PID"
	ends_with 0
	ip link del lab0
}

serve "$WORK/www" ${MIB}m
mkfifo "$WORK/open"
try "the user network's process has no right that it could use" rights
try "user network: MAC, MTU, DHCP, DNS, $MIB MiB, IPv6, forward, confined" user_net
[ ! -e "$TMP/pid" ] || { kill -9 "$(cat "$TMP/pid")"; rm -f "$TMP/pid"; }
try "the guest does not reach the host's loopback" loopback_is_closed
try "a flood of connections is bounded, and passes" flood
kill "$DNS"
try "the user network's process ends with the VMM" helper_ends
try "the guest survives the user network's process" helper_dies
try "tap without vhost-net, with segmentation offload" taps off 0
ip link del lab0 2>/dev/null
try "tap with vhost-net" taps auto 1
ip link del lab0 2>/dev/null
for vhost in off auto; do
	try "without bus mastering no frame reaches the guest, vhost $vhost" loses_master $vhost
	ip link del lab0 2>/dev/null
done
finish
