# SPDX-License-Identifier: BSD-2-Clause
# One function for each thing that is measured; each prints lines
#   value VMM MEASURE VALUE     in seconds, KiB, instructions or calls, see tests/bench/measures.py
#   failed VMM ...              what went wrong
# Sourced by run.sh and by the regression gate, tests/lab/limits.sh, after lib.sh and vmm.sh.
# shellcheck shell=sh

# boot VMM CASE STEP...: a guest, with talk's marks as values of CASE-MARK
boot() {
	vmm=$1 case=$2
	shift 2
	"$TALK" --pipe within 200 "$@" -- sh "$TMP/run" >"$TMP/console" 2>"$TMP/talk" ||
		echo "failed $vmm $case: $(grep '^talk: ' "$TMP/talk" | tail -n 1); $(tail -n 2 "$TMP/log" "$TMP/console")"
	awk -v "v=$vmm" -v "c=$case" '/^talk: mark/ { print "value", v, c "-" $3, $4 }' "$TMP/talk"
}

# Start-up: exec to the console's first byte, and to init.
start() {
	for mem in 512 2048; do
		guest_of "$1" "$mem" 1 poweroff "$2"
		boot "$1" "start${2:+-$2}-$mem" expect '[' mark byte expect 'L2: init running' mark init exit 0
		[ "$1" = ours ] && phases "start${2:+-$2}-$mem"
	done
}

# The same by the client interface of Open Firmware, as QEMU starts any kernel, and by GRUB from a disk.
firmware() {
	guest_of "$1" 512 1 poweroff
	[ "$1" = qemu ] || echo 'firmware = "builtin"' >>"$TMP/guest.toml"
	boot "$1" client expect '[' mark byte expect 'L2: init running' mark init exit 0
	disk_of "$1"
	boot "$1" disk expect 'GRUB' mark grub expect first send '\r' expect 'L2: init running' mark init exit 0
}

# The phases of our start, of the log.
phases() {
	sed -n 's/^debug: machine: phase \(.*\): \([0-9]*\) us, .*/\1,\2/p' "$TMP/log" |
		while IFS=, read -r name us; do
			echo "value ours $1-phase-$(echo "$name" | tr ' ' _) $(awk "BEGIN { print $us / 1e6 }")"
		done
}

# From exec to the first KVM_RUN, and the ioctls until then, as the kernel's trace has them. Nothing
# else may run meanwhile on the one CPU that --icount leaves: who waits for the console sleeps in a
# read, as a loop that looks again costs a share that depends on the machine around the lab.
first_run() {
	guest_of "$1" "$2" 1 poweroff "${3-}"
	rm -f "$TMP/first"
	mkfifo "$TMP/first"
	trace_on
	sh "$TMP/run" </dev/null >"$TMP/first" 2>/dev/null &
	[ "$(head -c 1 "$TMP/first" | wc -c)" = 1 ] || echo "failed $1 first-run: no console"
	trace_off
	kill -9 $!
	wait $! 2>/dev/null
	awk -v "v=$1" -v "c=first-run${3:+-$3-$2}" '
		function when(i) { for (i = 1; i < NF; i++) if ($i ~ /^[0-9]+[.][0-9]+:$/) return $i + 0 }
		/sched_process_exec/ && !at && $1 !~ /^sleep/ { start = when(); n = 0 }
		/sys_ioctl/ && !at && $1 !~ /^sleep/ { n++ }
		/kvm_guest_enter/ && !at { at = when() }
		END { if (at) { printf "value %s %s %.6f\n", v, c, at - start; print "value", v, c "-ioctls", n }
			else print "failed", v, c ": no entry in the trace" }' "$TRACE/trace"
}

resident() {
	guest_of "$1" 512 1 "run:$(printf 'sleep 10000' | base64)" "$2"
	sh "$TMP/run" </dev/null >"$TMP/console" 2>&1 &
	until_true grep -q 'init running' "$TMP/console" || echo "failed $1 resident: $(tail -n 3 "$TMP/console")"
	sleep 1
	echo "value $1 resident${2:+-$2} $(beyond_ram $!)"
	echo "value $1 libraries${2:+-$2} $(grep -c '^[^ ]* r-xp .*\.so' "/proc/$!/maps")"
	kill -9 $!
	wait $! 2>/dev/null
}

# Where QEMU knows one way, it stands beside both of ours.
payload_kernel() {
	if [ "$1" = ours ]; then
		payload ours kernel
	else
		payload qemu vfio | sed 's/ vfio-/ kernel-/'
	fi
}

# What the bare guest found: "bench NAME: N ns, FAILED of N failed"
payload() {
	bare_of "$1" "$2"
	"$TALK" --pipe within 100 exit 0 -- sh "$TMP/run" >"$TMP/console" 2>"$TMP/talk" ||
		echo "failed $1 payload-$2: $(tail -n 2 "$TMP/talk" "$TMP/log")"
	tr -d '\r' <"$TMP/console" | awk -v "v=$1" -v "c=$2" '
		/^bench .* ns, 0 of/ { print "value", v, c "-" substr($2, 1, length($2) - 1), $3; next }
		/^bench / { print "failed", v, c ": " $0 }'
}

# Four processors come up as the guest's kernel tells it; a reboot in place, from init to init.
others() {
	guest_of "$1" 512 4 poweroff
	boot "$1" smp exit 0
	tr -d '\r' <"$TMP/console" | awk -v "v=$1" '
		/smp: Bringing up/ { from = substr($0, 2) + 0 }
		/smp: Brought up/ { print "value", v, "smp-up", substr($0, 2) - from }'
	guest_of "$1" 512 1 reboot
	boot "$1" reboot expect 'L2: init running' mark init1 expect 'L2: init running' mark init2 signal 9 exit 137
}
