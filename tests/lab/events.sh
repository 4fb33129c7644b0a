# SPDX-License-Identifier: BSD-2-Clause
# What is told of a guest while it boots, reboots and ends: events, metrics, a picture of the start. Nobody
# who reads them holds the guest up.
# hosts: p9-64k
# timeout: 300
# seconds: 45
# options: --nvme
# after: tests/lab/check_events
# shellcheck shell=sh
. "$LAB/lib/lib.sh"
. "$LAB/lib/vfio.sh"
. "$LAB/lib/events.sh"
LIMIT_S=150

# watched LINES: one more section of the guest that was configured
watched() { printf '%s\n' "$@" >>"$TMP/guest.toml"; }

# value NAME LABELS: of a sample in the metrics
value() { awk -v "name=$1$2" '$1 == name { print $2 }' "$TMP/metrics"; }
# at_least N NAME [LABELS]
at_least() {
	n=$(value "spapr_$2" "${3-}")
	[ "${n:-none}" != none ] && [ "${n%.*}" -ge "$1" ] || no "spapr_$2${3-}: ${n:-none}, expected $1 or more"
}
well_formed() {
	awk '
		/^# (HELP|TYPE) [a-z_]+ / { if ($3 != name && seen[$3]++) { print "again: " $3 }; name = $3; next }
		/^[a-z_]+([{][a-z]+="[^"]*"(,[a-z]+="[^"]*")*[}])? [0-9]+([.][0-9]+)?$/ { sub(/[{ ].*/, ""); if ($0 != name) print "alone: " $0; next }
		{ print "no metric: " $0 }' "$TMP/metrics" >"$TMP/why"
	[ ! -s "$TMP/why" ] || no "$(head -n 1 "$TMP/why")"
}
# falls OLD NEW: a counter of OLD that is less in NEW
falls() { awk 'NR == FNR { old[$1] = $2; next } $1 ~ /_total/ && $2 < old[$1] { print $1 ": " old[$1] ", then " $2 }' "$1" "$2"; }

# The guest reads its disk, keeps still, reboots, keeps still, and powers off.
# shellcheck disable=SC2016
LIFE='
until [ -b /dev/nvme0n1 ]; do sleep .1; done
dd if=/dev/nvme0n1 of=/dev/null bs=1M count=4 2>/dev/null
echo "L2: still"
read -r x
[ "$x" = off ] || reboot -f
'

a_life() {
	truncate -s 16M "$TMP/disk"
	printf 'memory = "512MiB"\nvcpus = 2\n' | passing "$LIFE" ''
	pass "$NVME"
	printf '[[disk]]\npath = "%s"\n' "$TMP/disk" >>"$TMP/guest.toml"
	watched '[events]' "path = \"$TMP/events\"" '[metrics]' "path = \"$TMP/metrics\"" 'interval = 1'
	listening
	export NOTIFY_SOCKET=/nowhere # SIGHUP is for files
	background --timeline "$TMP/start.svg"
	says 'L2: still'
	sleep 1.5
	cp "$TMP/metrics" "$TMP/first"
	well_formed
	at_least 5 hcalls_total '{name="H_PUT_TERM_CHAR"}'
	at_least 1 rtas_calls_total '{name="ibm,change-msi",result="ok"}'
	at_least 1 vcpu_running '{vcpu="1"}'
	# Which queue a request takes depends on the CPU.
	requests=$(sed -n 's/^spapr_virtio_requests_total{device="disk0",.*} //p' "$TMP/metrics" | awk '{ n += $1 } END { print n + 0 }')
	[ "$requests" -ge 1 ] || no "the disk had $requests requests"
	at_least 536870912 memory_registered_bytes "{group=\"$(basename "$(readlink "/sys/bus/pci/devices/$NVME/iommu_group")")\"}"
	at_least 536870912 memory_locked_bytes
	at_least 2 vcpu_exits_total '{vcpu="1",kind="hcall"}'
	at_least 100 vcpu_kvm_exits_total '{vcpu="0"}'
	tell again
	says 'L2: still' 2
	sleep 1.5
	well_formed
	why=$(falls "$TMP/first" "$TMP/metrics")
	[ ! "$why" ] || no "a counter falls: $why"
	at_least 1 guest_reboots_total
	mv "$TMP/events" "$TMP/before"
	kill -HUP "$PID"
	until_true test -s "$TMP/events" || no 'the file of events is not opened anew'
	tell off
	ends_with 0
	mv "$TMP/out" "$TMP/console"
	[ "$(stat -c %a "$TMP/events")" = 600 ] || no "mode $(stat -c %a "$TMP/events")"
	cat "$TMP/before" "$TMP/events" >"$TMP/both" && mv "$TMP/both" "$TMP/events"
	numbers_add_up
	has vmm starting '"config":"'
	has vm booted
	has guest ready '"mark":"started"'
	has guest console
	has vcpu online '"server":1'
	has dma window-created '"group":[0-9]*,.*"served_by":"'
	has dma window-removed
	has device interrupts "\"device\":\"$NVME\",\"kind\":\"msi-x\""
	has virtio-device activated '"id":"disk0"'
	has vm rebooting
	has vm rebooted '"us":[0-9]'
	has vm shutdown '"by":"guest"'
	tail -n 1 "$TMP/events" | grep -q '"event":"shutdown","properties":{"status":0,"reason":"off"}' ||
		no "the last event is $(tail -n 1 "$TMP/events")"
	has vmm rotated
	[ ! -e "$TMP/metrics.new" ] || no 'half a file of metrics is left'
	grep -q '</svg>' "$TMP/start.svg" || no 'the picture has no end'
	[ "$(wc -c <"$TMP/start.svg")" -lt 40960 ] || no "the picture has $(wc -c <"$TMP/start.svg") bytes"
	cp "$TMP/events" "$LAB_OUT/life.events"
	cp "$TMP/start.svg" "$TMP/metrics" "$LAB_OUT"
}

# A FIFO that nobody reads until the end of a guest that makes and removes windows all the time.
no_reader() {
	mkfifo "$TMP/fifo"
	bare 'ddw,leave asks'
	pass "$NVME"
	watched '[events]' "path = \"$TMP/fifo\""
	listening
	background
	says '^leave: '
	exec 6<"$TMP/fifo"
	cat <&6 >"$TMP/events" &
	kill "$PID"
	ends_with 0
	numbers_add_up
	has vmm shutdown
	cp "$TMP/events" "$LAB_OUT/fifo.events"
}

# A full file system costs lines, and they are named once there is room.
full_disk() {
	mkdir -p "$TMP/small"
	mount -t tmpfs -o size=64k tmpfs "$TMP/small"
	head -c 65536 /dev/zero >"$TMP/small/filler"
	bare reboot
	watched '[events]' "path = \"$TMP/small/events\"" '[metrics]' "path = \"$TMP/metrics\"" 'interval = 1'
	background
	until_true log_says 'lines are kept' || no 'a full disk is not told of'
	until_true has_rebooted || no 'the guest does not go on'
	rm "$TMP/small/filler"
	until_true test -s "$TMP/small/events" || no 'it is not written to again'
	kill "$PID"
	ends_with 0
	cp "$TMP/small/events" "$TMP/events"
	umount "$TMP/small"
	numbers_add_up
	has vmm shutdown
	cp "$TMP/events" "$LAB_OUT/full.events"
}
log_says() { grep -q "$1" "$TMP/log"; }
has_rebooted() { n=$(value spapr_guest_reboots_total '') && [ "${n:-0}" -ge 10 ]; }

# The last words of a guest.
a_panic() {
	printf 'memory = "512MiB"\n' | guest 6.12-4k panic
	watched '[events]' "path = \"$TMP/events\""
	vmm
	status_is 4
	has guest panic '"text":".*"console":".*Kernel panic - not syncing'
	has vmm shutdown '"status":4,"reason":"crash"'
	numbers_add_up
	cp "$TMP/events" "$LAB_OUT/panic.events"
}

devices NVME 3>&2
try "a guest boots, reboots and powers off: events, metrics, picture" a_life
try "a FIFO without a reader holds up nobody" no_reader
try "a full disk tears no line and holds up nobody" full_disk
try "a panic is told with the console's last lines" a_panic
finish
