# SPDX-License-Identifier: BSD-2-Clause
# Two vCPUs enter pages at the same places of a device's DMA window (tests/guest/race.c), or change the
# device's windows, vectors, configuration and BARs at once (churn.c): the host has back all memory
# afterwards, however the guest ends. nested-v1 by hand, as more rounds are:
#   tests/lab/lab run --nvme --timeout 600 nested-v1 tests/lab/vfio_race.sh 4
# What becomes of a kernel that serves the calls itself shows
# "... vfio_race.sh 1 --set machine.tce=kernel", on a host that is given up then.
# hosts: p9-64k
# also: p9-4k
# timeout: 300
# seconds: 85
# options: --nvme
# shellcheck shell=sh
. "$LAB/lib/lib.sh"
. "$LAB/lib/vfio.sh"

ROUNDS=${1-1}
[ $# = 0 ] || shift
# They are counted in the kernel's log, which many rounds turn over.
[ "$ROUNDS" = 1 ] || windows() { echo uncounted; }

# two TOPIC SECONDS
two() {
	printf 'memory = "512MiB"\nvcpus = 2\n' |
		config "$BARE/guest-little.elf" '' "topics=$1 seconds=$2"
	pass "$NVME"
}

# to_its_end TOPIC SECONDS [OPTION...]
to_its_end() {
	topic=$1
	two "$1" "$2"
	shift 2
	vmm "$@"
	status_is 0
	grep -E "^$topic: .*(calls|steps|times)" "$TMP/console" >&4
	grep -q "topic $topic: .* [1-9][0-9]* cases, 0 wrong" "$TMP/console" ||
		no "$(grep -m 1 -E ', expected |^skipped' "$TMP/console")"
	expected='^info: '
	[ "$topic" = race ] || expected='^info: \|^warning: guest: ' # what two want at once is refused to one
	! grep -qv "$expected" "$TMP/log" || no "the VMM says: $(grep -v "$expected" "$TMP/log" | head -n 1)"
}

# ended TOPIC SIGNAL STATUS [OPTION...]: in the middle
ended() {
	topic=$1 signal=$2 status=$3
	shift 3
	two "$topic" 1000
	background "$@"
	says "^$topic: begins"
	sleep 5
	kill "-$signal" "$PID"
	ends_with "$status"
}

exec 4>&1
devices NVME 3>&2
remember
for round in $(seq "$ROUNDS"); do
	try "a race to its end, round $round" to_its_end race 25 "$@"
	try "the host is as it was" as_before
	try "SIGTERM in the middle of one" ended race TERM 0 "$@"
	try "the host is as it was" as_before
	try "kill -9 in the middle of one" ended race KILL 137 "$@"
	# The driver stays away until the next start, which gives it back.
	try "all that a device has, changed by two, round $round" to_its_end churn 10 "$@"
	try "the host is as it was" as_before
	try "kill -9 in the middle of it" ended churn KILL 137 "$@"
	try "a start after it" ended churn TERM 0 "$@"
	try "the host is as it was" as_before
	try "and has not complained" host_log_is_clean # of this round: the next one may turn the log over
done
finish
