# SPDX-License-Identifier: BSD-2-Clause
# Cycle after cycle of starts, reboots and ends with devices, kill -9 at any moment among them: what a
# VMM holds, and what the host has pinned, is the same at the same still point of each, and the next
# start works. More cycles by hand, 200 in about a quarter of an hour:
#   tests/lab/lab run --nvme --e1000e --timeout 3600 p9-64k tests/lab/soak.sh 200
# hosts: p9-64k
# timeout: 600
# seconds: 90
# options: --nvme --e1000e
# shellcheck shell=sh
. "$LAB/lib/lib.sh"
. "$LAB/lib/vfio.sh"

CYCLES=${1-20}
LINUX=10 # one cycle of so many

# The kernel's log holds no more than the last hundred starts: windows cannot be counted in it. (One that
# stayed would be missing at the next start.)
windows() { echo uncounted; }

locked_kib() { awk '/^VmLck/ { print $2 }' "/proc/$PID/status"; }
pins_are() { [ "$(pins)" = "$1" ]; }

# same NAME VALUE: what was the value in the first cycle that had one?
same() {
	[ -e "$TMP/first.$1" ] || echo "$2" >"$TMP/first.$1"
	[ "$(cat "$TMP/first.$1")" = "$2" ] || no "cycle $n: $1: first $(cat "$TMP/first.$1"), then $2"
}

# At rest each VMM holds the same. Where mappings meet, the kernel makes one of them: their number is
# compared within a life.
is_still() {
	same "fds, threads" "$(held_by "$PID" | sed 's/, maps.*//')"
	same 'locked memory' "$(locked_kib)"
	same 'pinned pages' "$(pins)"
}

# With windows, mappings, vectors and bus mastering of both devices: tests/guest/leave.c
starts() {
	bare 'leave asks'
	pass "$NVME"
	pass "$NIC"
	background
}

killed() {
	kill -9 "$PID"
	ends_with 137
	kills=$((kills + 1))
}

# later TENTHS: so long after now, which is before the guest's first instruction or in its reboot
later() { sleep "$(($1 / 10)).$(($1 % 10))"; }

reboots_and_ends() {
	says '^leave: '
	is_still
	for life in 2 3 4; do
		maps=$(wc -l <"/proc/$PID/maps")
		tell go
		says '^leave: ' "$life"
		is_still
		[ "$life" = 2 ] || [ "$(wc -l <"/proc/$PID/maps")" = "$maps" ] || no "cycle $n: $maps mappings, then $(wc -l <"/proc/$PID/maps")"
		reboots=$((reboots + 1))
	done
	! grep '^leave: ' "$TMP/out" | grep -qv ' 0 wrong' || no "cycle $n: $(grep -m 1 ', expected ' "$TMP/out")"
	kill "$PID"
	ends_with 0
}

killed_at_rest() {
	says '^leave: '
	is_still
	killed
}

killed_in_a_start() {
	later "$((n % 9))"
	killed
}

killed_in_a_reboot() {
	says '^leave: '
	is_still
	tell go
	later "$((n / 5 % 5))"
	killed
}

# Its disk's driver, and nothing else that takes time.
linux() {
	mkdir -p "$TMP/quick/modules"
	printf '%s\n' nvme-auth nvme-core nvme >"$TMP/quick/modules/order"
	initrd_with "$TMP/quick"
	printf 'memory = "512MiB"\nvcpus = 2\n' | config "$KERNELS/6.12-4k/vmlinux" "$TMP/initrd.img" \
		"$QUIET l2=run:$(echo "$1" | base64 | tr -d '\n')"
	pass "$NVME"
	background
	says 'init running'
}

linux_ends() {
	linux "$DISK_IN_GUEST
		on_disk nvme 1"
	ends_with 0
	cp "$TMP/out" "$TMP/console"
	disk_is_as_said nvme 1
	console_lacks 'Call Trace'
}

linux_is_killed() {
	linux "$DISK_IN_GUEST"'
		d=$(disk nvme); echo L2: begins
		while :; do dd if=/dev/zero of=/dev/$d bs=1M count=64 oflag=direct 2>/dev/null; done'
	[ $((n / LINUX % 4)) = 1 ] || says 'L2: begins' # or before the driver is there
	later "$((n / LINUX % 7))"
	killed
}

cycle() {
	case $((n % LINUX)),$((n % 5)) in
	0,*)
		if [ $((n / LINUX % 2)) = 1 ]; then linux_is_killed; else linux_ends; fi
		linuxes=$((linuxes + 1))
		;;
	*,1) starts && reboots_and_ends ;;
	*,2 | *,4) starts && killed_in_a_start ;;
	*,3) starts && killed_in_a_reboot ;;
	*) starts && killed_at_rest ;;
	esac
	until_true pins_are "$pinned" || no "cycle $n: pinned pages: $pinned, then $(pins)"
}

cycles() {
	listening
	pinned=$(pins) kills=0 reboots=0 linuxes=0
	for n in $(seq "$CYCLES"); do
		cycle
		! grep -qv '^info: ' "$TMP/log" || no "cycle $n: the VMM says: $(grep -v '^info: ' "$TMP/log" | head -n 1)"
		[ $((n % 10)) != 0 ] || host_log_is_clean
		[ $((n % 50)) != 0 ] || echo "soak: $n cycles: $(free_kib) KiB are free" >&4
	done
	echo "soak: $CYCLES cycles, $linuxes of Linux: $kills killed, $reboots reboots; $(cat "$TMP/first.fds, threads"), $(cat "$TMP/first.pinned pages") pages pinned at rest, $pinned in between" >&4
	# A killed one left the devices to the next start, which gives them back.
	starts
	says '^leave: '
	is_still
	kill "$PID"
	ends_with 0
}

exec 4>&1
LIMIT_S=120
EXPECTED_WARNING=kvm_vfio_release # of a VMM that is killed between two calls
devices NVME NIC 3>&2
remember
echo "soak: $FREE_BEFORE KiB are free"
try "$CYCLES cycles" cycles
try "the host is as it was" as_before
echo "soak: $(free_kib) KiB are free"
finish
