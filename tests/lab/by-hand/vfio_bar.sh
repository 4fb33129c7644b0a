# SPDX-License-Identifier: BSD-2-Clause
# A BAR of 1 GiB that is memory: all of it can be written and read, KVM maps it as the guest touches it and
# never again. Prints what that took: faults of the guest (partition-scoped), pages of each size, time.
# By hand, as it takes minutes on hosts with 4 KiB pages:
#   tests/lab/lab run --devices ivshmem --smp 1 --timeout 900 p9-64k tests/lab/by-hand/vfio_bar.sh
#   tests/lab/lab run --devices ivshmem --icount --timeout 900 p9-7-64k tests/lab/by-hand/vfio_bar.sh
# With --icount a microsecond is a thousand instructions.
# shellcheck shell=sh
. "$LAB/lib/lib.sh"
. "$LAB/lib/vfio.sh"

TRACE=/sys/kernel/tracing
EXITS=$TRACE/events/kvm_hv/kvm_guest_exit
KVM=/sys/kernel/debug/kvm

find_memory() {
	for dev in /sys/bus/pci/devices/*; do
		[ "$(cat "$dev/vendor" "$dev/device" | tr -d '\n')" != 0x1af40x1110 ] || SHMEM=${dev##*/}
	done
	[ "$SHMEM" ]
}

# What KVM has counted for this guest: exits for its data that no page is there for, pages of each size
faults() { grep -c kvm_guest_exit $TRACE/trace; }
counted() {
	printf 'faults=%s ' "$(faults)"
	for stat in num_2M_pages num_1G_pages; do
		cat "$KVM/$PID"-*/"$stat" 2>/dev/null | awk -v "name=$stat" '{ printf "%s=%u ", name, $1 }'
	done
}

maps_all() {
	bare 'bar asks'
	pass "$SHMEM"
	listening
	background --log-level debug
	says '^bar: .* MiB at'
	echo "before: $(counted)" >&4
	echo 1 >$EXITS/enable
	tell go
	says '^bar: is mapped'
	echo "mapped: $(counted)" >&4
	once=$(faults)
	tell go
	says '^bar: .* writes'
	echo 0 >$EXITS/enable
	echo "again:  $(counted)" >&4
	grep '^bar: ' "$TMP/out" >&4
	again=$(faults)
	grep -- 'vfio\|/dev/' "/proc/$PID/maps" | head -n 5 >&4
	tell go
	ends_with 0
	mv "$TMP/out" "$TMP/console"
	console_has 'topic bar: '
	grep -q 'topic bar: .* 0 wrong' "$TMP/console" || no "$(grep -m 1 -E ', expected |^skipped' "$TMP/console")"
	pages=$((1024 * 1024 / $(awk '/^KernelPageSize/ { print $2; exit }' /proc/self/smaps)))
	[ "$once" -le $((pages + pages / 8)) ] || no "$once faults for $pages pages"
	[ $((again - once)) -le 16 ] || no "$((again - once)) faults where all is mapped"
}

exec 4>&1
LIMIT_S=600 SHMEM=
mount -t debugfs debugfs /sys/kernel/debug 2>/dev/null
mount -t tracefs tracefs $TRACE 2>/dev/null
echo 60000 >$TRACE/buffer_size_kb
echo 'trap == 0xe00' >$EXITS/filter
find_memory || no "there is no memory to pass through: run with --devices ivshmem" 3>&2
try "1 GiB of a BAR, by steps of 4 KiB" maps_all
finish
