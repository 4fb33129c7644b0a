# SPDX-License-Identifier: BSD-2-Clause
# The control API of a guest with an NVMe disk passed through: what it tells, what it changes, and clients that
# mean no good. By hand, what 1,000 requests a second cost a booting guest, beside the same against a server
# that does nothing (control), on one CPU that counts instructions:
#   tests/lab/lab run --icount --nvme --timeout 1200 p9-64k tests/lab/api.sh load
# hosts: p9-64k
# timeout: 400
# seconds: 65
# options: --smp 2 --nvme
# shellcheck shell=sh
. "$LAB/lib/lib.sh"
. "$LAB/lib/vfio.sh"
. "$LAB/lib/process.sh"

APILOAD=${TALK%/*}/apiload
SOCKET=$TMP/api

ctl() { "$SPAPR_VMM" ctl "$SOCKET" "$@"; }

# asks STATUS WORD...: ctl, whose exit status has to be this
asks() {
	wanted=$1 status=0
	shift
	ctl "$@" >"$TMP/said" 2>"$TMP/error" || status=$?
	[ "$status" = "$wanted" ] || no "ctl $*: status $status, expected $wanted: $(head -n 1 "$TMP/error")"
}

said() { grep -qF -- "$1" "$TMP/said" || no "the answer lacks $1: $(head -c 300 "$TMP/said")"; }

# api [LINE]: [api] for the guest that was configured
api() { printf '[api]\nsocket = "%s"\n%s\n' "$SOCKET" "${1-}" >>"$TMP/guest.toml"; }

says() { until_true grep -q "$1" "$TMP/out" || no "the guest does not say $1: $(tail -n 1 "$TMP/out")"; }

# The guest counts, a line each tenth of a second, and reads from its disk.
counting() {
	printf 'memory = "512MiB"\nvcpus = 2\n' | passing "$DISK_IN_GUEST"'
		d=$(disk nvme)
		dd if=/dev/$d of=/tmp/x bs=1M count=4 2>/tmp/e
		echo "L2: is up"
		n=0
		while true; do n=$((n + 1)); echo "L2: count $n"; sleep .1; done' ''
	pass "$NVME"
	api "$@"
	background
}
count() { grep -c 'L2: count' "$TMP/out"; }
counts_on() { [ "$(count)" -gt "$1" ]; }

tells() {
	asks 0 vmm.ping
	said '"version":"'
	asks 0 info
	said '"state":"Running"'
	said "\"host\":\"$NVME\""
	said '"phase":"ready"'
	said '"memory_actual_size":536870912'
	asks 0 counters
	said '"vcpu1":{"exits_hcall":'
	said '"steal_us":'
	asks 0 dma-windows
	said "\"functions\":[\"$NVME\"]"
	said '"liobn":"0x8'
	said '"start":"0x800000000000000"' # of the guest's dynamic window
	said '"levels":'
	said '"served_by":"vmm"' # two vCPUs
	grep -qE '"tce":\{"put":[0-9]+,"indirect":[0-9]+,"stuff":[0-9]+,"get":null,"failed":0\}' "$TMP/said" ||
		no "no counts of TCE calls: $(head -c 600 "$TMP/said")"
	said '"refused":0}'
	asks 0 metrics
	said "spapr_dma_window_bytes{group=\"$(basename "$(readlink "/sys/bus/pci/devices/$NVME/iommu_group")")\",liobn=\"0x8"
	asks 0 events since=2
	said '"event":"window-created"'
	asks 0 device-tree
	dtc -I dtb -O dts "$TMP/said" >"$TMP/tree" 2>"$TMP/error" || no "it is no tree: $(head -n 1 "$TMP/error")"
	grep -q 'ibm,hypertas-functions' "$TMP/tree" || no 'the tree has no hypertas'
	"$SPAPR_VMM" top "$SOCKET" >"$TMP/said" 2>&1 || no "top: $(head -n 1 "$TMP/said")"
	said 'guest Running'
	said 'console dropped 0'
	said 'steal'
	said '0x800000000000000'
	"$SPAPR_VMM" top "$SOCKET" --json >"$TMP/said" 2>&1
	said '"interval_ms":'
}

# The console: what was said, and a terminal's place, which types. The guest's terminal says it again.
attaches() {
	asks 0 vm.console
	said 'L2: is up'
	(echo typed by hand && sleep 3) | timeout 4 "$SPAPR_VMM" ctl "$SOCKET" console --steal >"$TMP/said" 2>"$TMP/error"
	said 'L2: is up'
	said 'typed by hand'
	before=$(grep -c 'L2: count' "$TMP/said")
	[ "$before" -gt 1 ] || no 'who joins the console does not see what comes next'
	asks 2 console --loud
	asks 0 vmm.rotate
}

pauses() {
	asks 0 pause
	asks 3 pause
	asks 0 info
	said '"state":"Paused"'
	before=$(count)
	sleep 1
	[ "$(count)" -le $((before + 1)) ] || no "a paused guest counts on: $before, then $(count)"
	asks 3 power-button
	asks 0 resume
	asks 3 resume
	until_true counts_on $((before + 1)) || no 'it does not go on'
}

# Clients that keep their places, and one that is slow, while an honest one is answered and the guest goes on.
crowd() {
	"$APILOAD" "$SOCKET" silent 8 4 >"$TMP/silent" &
	crowd=$!
	"$APILOAD" "$SOCKET" slow >"$TMP/slow" &
	slow=$!
	before=$(count)
	for _ in 1 2 3; do asks 0 info; done
	until_true counts_on $((before + 3)) || no 'the guest stands still'
	wait "$crowd" "$slow"
	grep -q '^cut [1-8] of 8' "$TMP/silent" || no "of silent clients it $(cat "$TMP/silent")"
	grep -qE '^cut after [0-9]{1,4} ms' "$TMP/slow" || no "the slow client was $(cat "$TMP/slow")"
}

dies() {
	first=$(child_of "$KEEPER")
	kill -9 "$first"
	asks 0 info
	[ "$(child_of "$KEEPER")" != "$first" ] || no 'it is the same process'
	log_has 'its process ended with status 0x9: the next one comes'
}

whole_life() {
	devices NVME
	counting
	says 'L2: is up'
	[ "$(stat -c %a "$SOCKET")" = 600 ] || no "the socket has mode $(stat -c %a "$SOCKET")"
	KEEPER=$(child_of "$PID") # the caretaker is its younger sister
	for pid in "$KEEPER" "$(child_of "$KEEPER")"; do is_confined "$pid" "anon_inode:*"; done
	tells
	attaches
	pauses
	crowd
	dies
	asks 3 resize '{"desired_balloon":1}'
	asks 3 add-disk
	asks 0 log-level '{"level":"debug"}'
	asks 2 nonsense
	asks 0 power-button
	until_true grep -q 'L2: asked to power off' "$TMP/out" || no 'the guest does not hear of the button'
	ends_with 0
	[ ! -e "$SOCKET" ] || no 'the socket is left'
	asks 1 info
}

# Nobody is in the guest before vm.boot; a reboot and an end that nobody asks the guest about.
waits_for_boot() {
	printf 'memory = "256MiB"\n' | guest 6.12-4k 'run:'"$(echo 'echo L2: is up; sleep 1000' | base64 | tr -d '\n')"
	api 'start = "paused"'
	printf '[service]\nready = "console:L2: is up"\n' >>"$TMP/guest.toml"
	background
	until_true test -S "$SOCKET"
	until_true ctl info >"$TMP/said" 2>&1
	asks 0 info
	said '"state":"Created","phase":"created"'
	asks 3 resume
	[ ! -s "$TMP/out" ] || no 'the guest runs'
	asks 0 boot
	asks 0 wait ready
	grep -q 'L2: is up' "$TMP/out" || no 'ready before its mark'
	asks 0 info
	said '"phase":"ready"'
	asks 0 reboot
	asks 0 info
	said '"reboots":1'
	ctl wait end &
	waits=$!
	asks 0 shutdown
	ends_with 0
	wait "$waits" || no "wait end: status $?"
}

# now_ms: since the host's boot, to 10 ms
now_ms() { echo "$(cut -d' ' -f1 /proc/uptime | tr -d .)0"; }

# boot_ms [SOCKET]: a guest's life, while somebody asks there, if anywhere. What that client saw: $TMP/load
boot_ms() {
	printf 'memory = "256MiB"\n' | guest 6.12-4k
	api
	client=
	if [ "${1-}" ]; then
		"$APILOAD" "$1" load 1000 >"$TMP/load" 2>&1 &
		client=$!
	fi
	start=$(now_ms)
	vmm
	end=$(now_ms)
	if [ "$client" ]; then
		kill "$client" 2>/dev/null
		wait "$client" || no "the client: $(cat "$TMP/load")"
	fi
	status_is 0
	echo $((end - start))
}

# rate: of what the client saw, a second
rate() {
	read -r answers _ _ ms _ <"$TMP/load"
	echo $((answers * 1000 / ms))
}

# Whoever asks costs the one CPU something, whoever answers: that is what the server beside the guest shows.
# into_memory: program, kernel and initrd. Where a CPU is counted, time goes by timers while it waits for a file from
# outside, and those of who asks make that a long one.
into_memory() {
	mkdir "$TMP/6.12-4k"
	cp "$SPAPR_VMM" "$KERNELS/6.12-4k/vmlinux" "$INITRDS/initrd-6.12-4k.gz" "$TMP/"
	mv "$TMP/vmlinux" "$TMP/6.12-4k/"
	SPAPR_VMM=$TMP/spapr-vmm KERNELS=$TMP INITRDS=$TMP
}
load() {
	LIMIT_S=300
	into_memory
	"$APILOAD" "$TMP/bare" serve &
	server=$!
	boot_ms >/dev/null || exit # libraries come into memory
	alone=$(boot_ms) || exit
	control=$(boot_ms "$TMP/bare") || exit
	at_control=$(rate)
	ours=$(boot_ms "$SOCKET") || exit
	at_ours=$(rate)
	kill $server
	echo "# a boot alone: $alone ms; beside a bare server with $at_control answers a second: $control ms;" \
		"with $at_ours answers of ours: $ours ms"
	[ $((ours * 100)) -le $((control * 105)) ] || no "boot: $control ms beside a bare server, $ours ms with ours"
}

if [ "${1-}" = load ]; then
	try "1,000 requests a second delay a boot by less than 5 %" load
else
	try "a guest tells, pauses, bears a crowd, and hears the power button" whole_life
	try "a guest waits for vm.boot, is reset and is switched off" waits_for_boot
fi
finish
