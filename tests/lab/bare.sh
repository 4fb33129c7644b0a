# SPDX-License-Identifier: BSD-2-Clause
# The guest of tests/guest: what no Linux does must hurt neither VMM nor host.
# hosts: p9-64k
# also: p9-4k
# timeout: 300
# seconds: 45
# options: --smp 1
# shellcheck shell=sh
. "$LAB/lib/lib.sh"

# topic NAME [ENDIAN [OPTION...]]
topic() {
	topic=$1
	bare "$topic" "${2-little}"
	shift
	[ $# -eq 0 ] || shift
	vmm "$@"
	status_is 0
	console_has "topic $topic: "
	console_has 'guest: done'
	console_lacks 'returned'
	console_lacks ', expected '
	complains_once
}

# One line for each site: a hostile guest cannot fill a disk.
complains_once() {
	[ "$(wc -l <"$TMP/log")" -le 40 ] || no "$(wc -l <"$TMP/log") lines of log"
	twice=$(sed 's/0x[0-9a-f]*//g; s/[0-9]//g' "$TMP/log" | sort | uniq -d | head -n 1)
	[ ! "$twice" ] || no "said twice: $twice"
}

panics() {
	bare panic
	vmm
	status_is 4
	log_has "guest's last words?[31m"
}

has_rebooted() { [ "$(grep -c 'memory is new' "$TMP/out")" -ge "$1" ]; }

# The guest waits to be told before each reboot, so that both counts are of the same moment of its life.
reboots_without_growth() {
	bare 'reboot asks'
	listening
	background
	for n in $(seq 25); do
		until_true has_rebooted "$n" || no "no life number $n in $LIMIT_S s"
		[ "$n" != 5 ] || before=$(held_by "$PID") kib_before=$(beyond_ram "$PID" Anonymous)
		[ "$n" = 25 ] || tell go
	done
	after=$(held_by "$PID") kib_after=$(beyond_ram "$PID" Anonymous)
	kill "$PID"
	ends_with 0
	mv "$TMP/out" "$TMP/console"
	console_lacks 'memory is not new'
	[ "$before" = "$after" ] || no "before: $before, after 20 reboots: $after"
	[ "$kib_after" -le $((kib_before + 64)) ] || no "memory: $kib_before KiB, then $kib_after KiB"
}

memory_comes_back() {
	before=$(free_kib)
	topic hcall
	until_true has_free $((before - 16384)) || no "free memory of the host: $before KiB, then $(free_kib) KiB"
}

for name in hcall irq rtas block mmio mem; do
	try "topic $name" topic $name
done
try "topic irq, with XICS" topic irq little --set machine.irqchip=xics
try "a big-endian kernel: topics rtas" topic rtas big
try "240 processors, 30 cores of 8 threads" topic cpus little --set machine.vcpus=240 --set machine.threads_per_core=8
try "os-term gives status 4" panics
try "20 reboots leave nothing behind" reboots_without_growth
try "the host's memory comes back" memory_comes_back
finish
