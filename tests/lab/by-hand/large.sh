# SPDX-License-Identifier: BSD-2-Clause
# Much memory: how long guests of some GiB take to their first word, with and without a device, where that
# goes, and how long a reboot takes to make memory new again, which it has to be. By hand:
#   tests/lab/lab run --nvme --mem 10G --timeout 900 p9-64k tests/lab/by-hand/large.sh 1 3 6
# shellcheck shell=sh
. "$LAB/lib/lib.sh"
. "$LAB/lib/vfio.sh"

SIZES=${*-1 3 6} # GiB

now() { cut -d ' ' -f 1 /proc/uptime; }
since() { awk -v "from=$1" '{ printf "%.2f s", $1 - from }' /proc/uptime; }
rebooted() { grep -q 'the guest rebooted' "$TMP/log"; }

# What the host does itself meanwhile
host() { awk '/^(pgfault|compact_stall|allocstall_normal|pgmigrate_success|kswapd_inodesteal|nr_foll_pin_acquired) / { printf "%s %s ", $1, $2 }' /proc/vmstat; }

large() {
	echo "memory = \"$1GiB\"" | config "$BARE/guest-little.elf" '' "topics=reboot asks"
	[ ! "${2-}" ] || pass "$2"
	listening
	from=$(now)
	background --log-level debug
	says '^guest: '
	first=$(since "$from")
	says 'memory is new'
	from=$(now)
	tell go
	until_true rebooted || no "no reboot in $LIMIT_S s"
	echo "large: $1 GiB${2:+ with a device}: first word after $first, reboot $(since "$from")" >&4
	sed -n 's/^debug: machine: \(phase .*\): \([0-9]*\) us, .*/\2 us \1/p' "$TMP/log" | sort -rn | head -n 4 | sed 's/^/large:     /' >&4
	grep ' guest RAM ' "$TMP/log" | sed 's/^/large:     /' >&4
	echo "large:     $(host)" >&4
	says 'memory is new' 2
	kill "$PID"
	ends_with 0
	! grep -q 'is not new' "$TMP/out" || no "$(grep -m 1 'is not new' "$TMP/out")"
}

exec 4>&1
LIMIT_S=300
devices NVME 3>&2
echo "large: $(free_kib) KiB are free"
for size in $SIZES; do
	try "$size GiB" large "$size"
	try "$size GiB with a device" large "$size" "$NVME"
done
finish
