# SPDX-License-Identifier: BSD-2-Clause
# Two vCPUs enter pages at the same places of a device's DMA window (tests/guest/race.c): the host has
# back all memory afterwards, however the guest ends. nested-v1 by hand, as more rounds are:
#   tests/lab/lab run --nvme --timeout 600 nested-v1 tests/lab/vfio_race.sh 4
# What becomes of a kernel that serves the calls itself shows
# "... vfio_race.sh 1 --set machine.tce=kernel", on a host that is given up then.
# hosts: p9-64k p9-4k
# timeout: 300
# seconds: 110
# options: --nvme
# shellcheck shell=sh
. "$LAB/lib/lib.sh"
. "$LAB/lib/vfio.sh"

ROUNDS=${1-1}
[ $# = 0 ] || shift

race() {
	printf 'memory = "512MiB"\nvcpus = 2\n' |
		config "$BARE/guest-little.elf" '' "topics=race seconds=$1"
	pass "$NVME"
}

to_its_end() {
	race 25
	vmm "$@"
	status_is 0
	grep '^race: .* calls' "$TMP/console" >&4
	grep -q 'topic race: .* [1-9][0-9]* cases, 0 wrong' "$TMP/console" ||
		no "$(grep -m 1 -E ', expected |^skipped' "$TMP/console")"
	! grep -qv '^info: ' "$TMP/log" || no "the VMM says: $(grep -v '^info: ' "$TMP/log" | head -n 1)"
}

# ended SIGNAL STATUS [OPTION...]: in the middle
ended() {
	signal=$1 status=$2
	shift 2
	race 1000
	background "$@"
	says '^race: begins'
	sleep 5
	kill "-$signal" "$PID"
	ends_with "$status"
}

exec 4>&1
devices NVME 3>&2
remember
for round in $(seq "$ROUNDS"); do
	try "a race to its end, round $round" to_its_end "$@"
	try "the host is as it was" as_before
	try "SIGTERM in the middle of one" ended TERM 0 "$@"
	try "the host is as it was" as_before
	try "kill -9 in the middle of one" ended KILL 137 "$@"
	# The driver stays away until the next start, which gives it back.
	try "a start after it" ended TERM 0 "$@"
	try "the host is as it was" as_before
done
finish
