# SPDX-License-Identifier: BSD-2-Clause
# Each rule of the filters of system calls is one that guests need: the host's kernel writes down what
# confined threads call, and a rule that none used, and that is not marked SELDOM, fails
# (vmm/base/callrules.h). Its opposite, that guests need no more than the rules, is what all other tests show.
# hosts: p9-64k
# timeout: 600
# seconds: 110
# options: --smp 2 --nvme --e1000e
# shellcheck shell=sh
. "$LAB/lib/lib.sh"
. "$LAB/lib/net.sh"
. "$LAB/lib/vfio.sh"
. "$LAB/lib/prep.sh"

LIMIT_S=100
TRACING=/sys/kernel/tracing
TRACE=/tmp/trace

# This shell and what it starts.
trace() {
	mount -t tracefs tracefs "$TRACING" 2>/dev/null
	echo 8192 >"$TRACING/buffer_size_kb"
	echo 8192 >"$TRACING/saved_cmdlines_size" # a line of a thread that is not there has no name
	echo event-fork >"$TRACING/trace_options"
	echo $$ >"$TRACING/set_event_pid"
	echo 1 >"$TRACING/events/raw_syscalls/sys_enter/enable" || no "the host's kernel has no trace of system calls"
	# The reader is no part of what is traced.
	sh -c "echo \$\$ >$TRACING/set_event_notrace_pid; exec cat $TRACING/trace_pipe >$TRACE" &
	echo $! >/tmp/reader
}

# Calls of the hypervisor, NVRAM in a file, windows, vectors, EEH, resets, a disk by io_uring, with two vCPUs;
# then a reboot. Its kernel is packed.
bare_devices() {
	bare 'nvram,msi,ddw,eeh,serve,leave asks'
	truncate -s 16M "$TMP/disk"
	printf '[nvram]\npath = "%s"\n' "$TMP/nvram" >>"$TMP/guest.toml"
	sed -i 's/128MiB"/128MiB"\nvcpus = 2/; s/little.elf"/little.elf.xz"/' "$TMP/guest.toml"
	printf '[[disk]]\npath = "%s"\n' "$TMP/disk" >>"$TMP/guest.toml"
	pass "$NVME"
	pass "$NIC"
	reboots
}

# What the tests' shell sets keeps malloc from what it does elsewhere.
begins() {
	listening
	unset GLIBC_TUNABLES
	# shellcheck disable=SC2119 # no options
	background
}

reboots() {
	begins
	says '^leave: '
	tell go
	says '^leave: ' 2
	kill "$PID"
	ends_with 0
}

# The program on a disk is loaded, and reads it; a reboot loads it again.
disk_boots() {
	prep_disk "$TMP/disk" "$BARE/guest-little.elf"
	echo 'topics=leave asks' | prep_text "$TMP/disk"
	printf '[machine]\nmemory = "128MiB"\n[[disk]]\npath = "%s"\n' "$TMP/disk" >"$TMP/guest.toml"
	reboots
}

# The hash MMU. Not Linux: the emulated CPU takes a minute to boot that with this MMU.
hash_mmu() {
	bare 'leave asks'
	sed -i 's/128MiB"/128MiB"\nmmu = "hash"/' "$TMP/guest.toml"
	reboots
}

# A guest that firmware asks what it shall be.
chooses() {
	bare cas
	echo 'firmware = "builtin"' >>"$TMP/guest.toml"
	vmm
	status_is 0
	console_has 'guest: done'
}

# What Linux does with its devices; in its second life its drivers find them, and that is all.
# shellcheck disable=SC2016
ALL='
say() { echo "L2: $*"; }
[ "$(head -c 4 /dev/vda)" != mark ] || { say again; read -r line; poweroff -f; }
'$DHCP'
wget -q -O /tmp/data http://10.0.2.2:8080/data && say "data $(wc -c </tmp/data)"
nslookup lab.test 10.0.2.3 >/tmp/name 2>&1; say "name $(grep -c 192.0.2 /tmp/name)"
ping -c 1 10.0.2.2 | grep received
ping -c 1 -W 1 203.0.113.1 >/dev/null
until ip -6 addr show dev eth0 | grep "inet6 fec0" | grep -qv tentative; do sleep 0.2; done
wget -q -O /dev/null "http://[fec0::2]:8080/data"; say "ipv6 $?"
timeout 2 nslookup lab.test fec0::2 >/dev/null 2>&1; ping -6 -c 1 -W 1 2001:db8::1 >/dev/null
while true; do nc -l -p 7 -e /bin/cat; done &
ip addr add 192.0.2.2/24 dev eth1; ip link set eth1 up
until ping -c 1 -W 1 192.0.2.1 >/dev/null; do :; done; say "tap"
say "random $(head -c 100 /dev/hwrng | wc -c)"
for d in vda vdb; do
	head -c 2000000 /dev/urandom >/tmp/$d; dd if=/tmp/$d of=/dev/$d bs=1M conv=fsync 2>/dev/null
	echo 3 >/proc/sys/vm/drop_caches
	say "$d $(head -c 2000000 /dev/$d | cmp - /tmp/$d && echo well)"
	blkdiscard -o 4194304 -l 1048576 /dev/$d
	dd if=/dev/zero of=/dev/$d bs=64k seek=128 count=1 conv=fsync 2>/dev/null
done
exec 3<>/dev/hvc1
stty raw -echo <&3
read -r line <&3
say "heard $line"
echo "guest speaks" >&3
/vsock listen 5000 </dev/null >/tmp/got; say "vsock $(wc -c </tmp/got)"
printf mark | dd of=/dev/vda conv=fsync 2>/dev/null
head -c 6000 /dev/zero | tr "\0" x; echo; say ready; read -r line
reboot -f
'

# A guest with each kind of virtio device. Threads serve its disks.
all_devices() {
	truncate -s 16M "$TMP/disk" "$TMP/looped"
	loop=$(losetup -f)
	losetup "$loop" "$TMP/looped" || no "no loop device"
	ip tuntap add dev lab0 mode tap 2>/dev/null || tunctl -t lab0 >/dev/null || no 'no tap device'
	ip addr add 192.0.2.1/24 dev lab0
	ip link set lab0 up
	mkdir -p "$TMP/tools" && cp "$VSOCK" "$TMP/tools/"
	echo "$ALL" >"$TMP/tools/job"
	initrd_with "$TMP/tools"
	printf 'memory = "512MiB"\nvcpus = 2\n' |
		config "$KERNELS/6.12-4k/vmlinux" "$TMP/initrd.img" "$QUIET l2=run:$(echo . /job | base64)"
	cat >>"$TMP/guest.toml" <<-END
		[console]
		log = "$TMP/said"
		log_size = "4KiB"
		[events]
		path = "$TMP/events"
		[metrics]
		path = "$TMP/metrics"
		interval = 1
		[api]
		socket = "$TMP/api"
		[rng]
		[balloon]
		size = "64MiB"
		[vsock]
		cid = 33
		[[virtio_console]]
		backend = "unix:$TMP/hvc1"
		[[net]]
		backend = "user"
		forward = ["tcp:127.0.0.1:7007-:7"]
		host_loopback = true
		[[net]]
		backend = "tap"
		tap = "lab0"
		[[disk]]
		path = "$TMP/disk"
		[[disk]]
		path = "$loop"
	END
	export NOTIFY_SOCKET=/nowhere # SIGHUP is for the log
	begins
	lives
	kill -HUP "$PID"
	tell go
	says 'L2: again'
	tell end
	ends_with 0
	cp "$TMP/out" "$TMP/console"
	for words in 'data 100000' 'name 1' 'ipv6 0' tap 'random 100' 'vda well' 'vdb well' 'heard host speaks' 'vsock 6'; do
		console_has "L2: $words"
	done
	[ -s "$TMP/said.1" ] || no 'the log was not moved aside'
	ip link del lab0
	losetup -d "$loop"
}

# What the guest waits for from outside.
lives() {
	says 'L2: vdb'
	"$TALK" --open "$TMP/hvc1" within "$LIMIT_S" send 'host speaks\n' expect 'guest speaks' >/dev/null 2>"$TMP/talk" ||
		no "hvc1: $(tail -n 1 "$TMP/talk")"
	says 'L2: heard'
	until_true forward_answers || no 'the forwarded port does not answer'
	echo hello | timeout "$LIMIT_S" "$VSOCK" connect 33 5000 >/dev/null 2>"$TMP/complaint" || no "$(cat "$TMP/complaint")"
	says 'L2: ready'
	is_asked
}

# The API's server reads an answer's pieces, cuts a client, and dies.
is_asked() {
	for verb in counters device-tree; do
		"$SPAPR_VMM" ctl "$TMP/api" $verb >/dev/null 2>"$TMP/complaint" || no "$(cat "$TMP/complaint")"
	done
	timeout 2 "$SPAPR_VMM" ctl "$TMP/api" console </dev/null >/dev/null 2>&1
	"${TALK%/*}/apiload" "$TMP/api" slow >/dev/null
	kill -9 "$(named spapr-api)" || no 'there is no process of that name'
	"$SPAPR_VMM" ctl "$TMP/api" info >/dev/null 2>"$TMP/complaint" || no "$(cat "$TMP/complaint")"
}
# named NAME: the process of that name
named() { grep -lx "$1" /proc/[0-9]*/comm 2>/dev/null | cut -d / -f 3; }
forward_answers() { [ "$(echo through the forward | nc -w 20 127.0.0.1 7007 2>/dev/null)" = 'through the forward' ]; }

# A guest on a terminal, which the log shares; Ctrl-A x ends it.
on_a_terminal() {
	bare 'ddw,spin'
	pass "$NVME"
	"$TALK" within "$LIMIT_S" expect 'spin: ready' signal 18 send '\x01x' exit 0 -- \
		"$SPAPR_VMM" --config "$TMP/guest.toml" >"$TMP/console" 2>"$TMP/talk" || no "$(tail -n 1 "$TMP/talk")"
	console_has 'DMA window at 0x800000000000000'
}

each_is_used() {
	echo 0 >"$TRACING/events/raw_syscalls/sys_enter/enable"
	sleep 1
	kill "$(cat /tmp/reader)"
	cp "$TRACE" "$LAB_OUT/trace"
	"${TALK%/*}/rules" "${SPAPR_VMM%/*}/call_rules.txt" "$TRACE" >"$LAB_OUT/unused" || no "$(head -n 1 "$LAB_OUT/unused")"
}

serve /tmp/www 100000
devices NVME NIC 3>&2
try "the host's kernel writes calls down" trace
try "a guest without a kernel, devices, a reboot" bare_devices
try "one that chooses what it is" chooses
try "one that a disk boots, a reboot" disk_boots
try "one with the hash MMU, a reboot" hash_mmu
echo 2 >/proc/sys/kernel/io_uring_disabled
try "Linux with each kind of device, a reboot" all_devices
try "a guest on a terminal" on_a_terminal
try "each rule is used" each_is_used
tail -n 1 "$LAB_OUT/unused" | sed 's/^/# /'
finish
