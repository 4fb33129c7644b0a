# SPDX-License-Identifier: BSD-2-Clause
# How a guest's life goes on and ends: reboots, panics, signals, and what is left.
# hosts: p9-64k
# also: p9-4k
# timeout: 900
# seconds: 150
# options: --smp 1
# shellcheck shell=sh
. "$LAB/lib/lib.sh"

REBOOTS=2 # tests/guest does more of them, see bare.sh

# linux L2-COMMAND [VCPUS]
linux() {
	printf 'memory = "512MiB"\nvcpus = %s\n' "${2-1}" | guest 6.12-4k "$1"
}

# script TEXT [VCPUS]: a guest that runs these commands
script() { linux "run:$(echo "$1" | base64 | tr -d '\n')" "${2-1}"; }

waits() { [ "$(grep -c 'L2: waits' "$TMP/out")" -ge "$1" ]; }

# Debian's kernel, with two CPUs, dirty memory and a clock that was set. The guest keeps still while
# what the VMM holds is counted.
reboots_in_place() {
	LIMIT_S=300
	script 'head -c 20000000 /dev/urandom >/tmp/dirty; hwclock -w; echo L2: waits; read -r x; reboot -f' 2
	listening
	background
	for n in $(seq $((REBOOTS + 2))); do
		until_true waits "$n" || no "boot number $n takes more than $LIMIT_S s"
		[ "$n" != 2 ] || before=$(held_by "$PID") kib_before=$(beyond_ram "$PID" Anonymous)
		[ "$n" = $((REBOOTS + 2)) ] || tell go
	done
	after=$(held_by "$PID") kib_after=$(beyond_ram "$PID" Anonymous)
	kill "$PID"
	ends_with 0
	mv "$TMP/out" "$TMP/console"
	grep 'init running' "$TMP/console" | grep -qv ' 2 cpus' && no "not all boots had 2 cpus"
	[ "$before" = "$after" ] || no "before: $before, after $REBOOTS reboots: $after"
	[ "$kib_after" -le $((kib_before + 128)) ] || no "memory: $kib_before KiB, then $kib_after KiB"
	console_lacks 'Call Trace'
}

reboot_as_end() {
	linux reboot
	vmm --set machine.on_reboot=exit
	status_is 5
}

# A guest that reboots for ever is ended by a signal, whenever that comes.
signal_between_reboots() {
	bare reboot
	talk expect 'memory is new' expect 'memory is new' expect 'memory is new' signal 15 exit 0
}

# panics KERNEL VCPUS TEXT: the log says why, as far as the kernel told
panics() {
	printf 'memory = "512MiB"\nvcpus = %s\n' "$2" | guest "$1" panic
	vmm
	status_is 4
	console_has 'Kernel panic - not syncing: sysrq triggered crash'
	log_has "guest crashed: $3"
}

# asks_guest SIGNAL: busybox and the kernel do it in order
asks_guest() {
	linux shell
	talk expect 'guest# ' signal "$1" expect 'L2: asked to power off' expect 'Power down' exit 0
}

# A guest that hears, and does nothing about it.
lazy() {
	script 'printf "#!/bin/sh\necho L2: hears >/dev/console\n" >/sbin/poweroff; echo L2: is lazy; sleep 1000'
}

# After some seconds such a guest loses power.
guest_is_lazy() {
	lazy
	talk expect 'L2: is lazy' signal 15 expect 'L2: hears' exit 0
	log_has 'pulling the plug'
}

# A guest that is asked again loses power at once: before its time is over, which the log would tell.
asked_twice() {
	lazy
	talk expect 'L2: is lazy' signal 15 expect 'L2: hears' signal 15 exit 0
	log_has 'asked the guest'
	! grep -q 'pulling the plug' "$TMP/log" || no 'the second signal did nothing'
}

# A guest that hears nothing.
guest_is_deaf() {
	bare spin
	talk expect 'spin: ready' signal 2 exit 0
	! grep -q 'asked the guest' "$TMP/log" || no 'it was waited for'
}

power_off() {
	script 'echo "$(nproc) cpus, $(date +%Y)"' 4
	vmm
	status_is 0
	console_has '4 cpus, 20'
	console_lacks 'Call Trace'
}

# CPUs can leave and come back.
cpus_off_and_on() {
	script 'for i in 1 2 3; do for c in 1 2 3; do echo 0 >/sys/devices/system/cpu/cpu$c/online; done
		echo "now $(nproc)"; for c in 3 1 2; do echo 1 >/sys/devices/system/cpu/cpu$c/online; done
		echo "again $(nproc)"; done' 4
	vmm
	status_is 0
	console_has 'now 1'
	[ "$(grep -c 'again 4' "$TMP/console")" = 3 ] || no 'not all CPUs came back each time'
	console_lacks 'Call Trace'
}

clock_is_kept() {
	script 'date -s "2031-05-06 07:08:00" && hwclock -w -u; date -s "2001-01-01 00:00:00"; hwclock -r -u'
	vmm
	status_is 0
	console_has 'May  6 07:08:'
}

memory_comes_back() {
	before=$(free_kib)
	script 'head -c 100000000 /dev/urandom >/tmp/dirty' 4
	vmm
	status_is 0
	until_true has_free $((before - 16384)) || no "free memory of the host: $before KiB, then $(free_kib) KiB"
}

try "power-off gives status 0" power_off
# 6.12 passes no text to RTAS: the VMM takes the text from the console.
try "a panic of 6.12 on 4 CPUs gives status 4" panics 6.12-4k 4 'sysrq triggered crash'
try "SIGTERM asks the guest" asks_guest 15
try "CPUs go offline and come back" cpus_off_and_on
try "the host's memory comes back" memory_comes_back
try "$REBOOTS reboots in place leave nothing behind" reboots_in_place
if [ "$LAB_HOST" != p9-4k ]; then # the same on every host: one is enough
	try "a panic of 6.1 gives status 4" panics 6.1 1 'OS panic: sysrq triggered crash'
	try "a reboot gives status 5 when asked for" reboot_as_end
	try "SIGINT asks the guest" asks_guest 2
	try "a guest that does not do it loses power" guest_is_lazy
	try "a second SIGTERM does not wait" asked_twice
	try "a deaf guest loses power at once" guest_is_deaf
	try "SIGTERM ends a guest that reboots for ever" signal_between_reboots
	try "the clock keeps what it is set to" clock_is_kept
fi
finish
