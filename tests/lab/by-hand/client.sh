# SPDX-License-Identifier: BSD-2-Clause
# A hostile client of Open Firmware, started from a disk: any service with any argument. 20,000 calls,
# and as many again; for a run by hand so many again as the argument says: client.sh 10000000
# hosts: p9-64k
# timeout: 300
# seconds: 30
# options: --smp 1
# shellcheck shell=sh
. "$LAB/lib/lib.sh"
. "$LAB/lib/prep.sh"

CALLS=${1-20000}
MORE_KIB=64 # than after the first round
# With so many, properties are set that malloc maps on their own: a client may set 1 MiB of them (OF_TREE_CLIENT_MAX).
[ "$CALLS" -le 20000 ] || { LIMIT_S=9000 MORE_KIB=$((1024 + 64)); }

# client ENDIAN: a disk with the bare guest as its boot program
client() {
	prep_disk "$TMP/disk" "$BARE/guest-$1.elf"
	echo "topics=client,client,spin calls=$CALLS" | prep_text "$TMP/disk"
	printf '[machine]\nmemory = "128MiB"\n[[disk]]\npath = "%s"\n' "$TMP/disk" >"$TMP/guest.toml"
}

# What a client writes to its console is a hundred bytes a call: only the end is looked at.
second_ends() { tail -c 4096 "$TMP/out" | grep -aq "topic spin: begins" || ! kill -0 "$PID" 2>/dev/null; }
first_ends() { grep -aq 'topic client: [1-9][0-9]* calls' "$TMP/out" || ! kill -0 "$PID" 2>/dev/null; }

survives() {
	client "$1"
	background
	until_true first_ends || no 'the first round does not end'
	before=$(held_by "$PID") kib_before=$(beyond_ram "$PID" Anonymous)
	until_true second_ends || no 'the second round does not end'
	after=$(held_by "$PID") kib_after=$(beyond_ram "$PID" Anonymous)
	kill "$PID"
	ends_with 0
	mv "$TMP/out" "$TMP/console"
	console_has 'topic client: begins'
	console_lacks ', expected '
	echo "before: $before, $kib_before KiB; after: $after, $kib_after KiB" >&2
	[ "$MORE_KIB" = 64 ] || before=${before%, maps*} after=${after%, maps*}
	[ "$before" = "$after" ] || no "before: $before, after: $after"
	[ "$kib_after" -le $((kib_before + MORE_KIB)) ] || no "memory: $kib_before KiB, then $kib_after KiB"
	[ "$(wc -l <"$TMP/log")" -le 20 ] || no "$(wc -l <"$TMP/log") lines of log"
}

# A program whose first instruction, 64 KiB into its file, is none: its end is said, with the place.
crashes() {
	client little
	printf '\0\0\0\0' | dd of="$TMP/disk" bs=1 seek=$((2048 * 512 + 65536)) conv=notrunc 2>/dev/null
	vmm
	status_is 4
	log_has 'the boot program had exception 0x700 at 0x400000'
}

try "a little-endian client, 20000 calls, and $CALLS again" survives little
if [ "$CALLS" -le 20000 ]; then
	try "a big-endian client" survives big
	try "a program that crashes gives status 4" crashes
fi
finish
