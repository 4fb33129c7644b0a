# SPDX-License-Identifier: BSD-2-Clause
# A BAR of 1 GiB that is memory: all of it can be written and read, KVM maps it as the guest touches it and
# never again. Prints what that took: faults of the guest (partition-scoped), pages of each size, time.
# By hand, as it takes minutes on hosts with 4 KiB pages:
#   tests/lab/lab run --shmem 1G --smp 1 --timeout 900 p9-64k tests/lab/by-hand/vfio_bar.sh
#   tests/lab/lab run --shmem 1G --smp 1 --timeout 900 p9-7-64k tests/lab/by-hand/vfio_bar.sh
# With --icount a microsecond is a thousand instructions.
# shellcheck shell=sh
. "$LAB/lib/lib.sh"
. "$LAB/lib/vfio.sh"

TRACE=/sys/kernel/tracing/events/kvm_hv/kvm_page_fault_enter
KVM=/sys/kernel/debug/kvm

find_memory() {
	for dev in /sys/bus/pci/devices/*; do
		[ "$(cat "$dev/vendor" "$dev/device" | tr -d '\n')" != 0x1af40x1110 ] || SHMEM=${dev##*/}
	done
	[ "$SHMEM" ]
}

# What KVM has counted for this guest: all files of its folder that matter, as NAME=VALUE
counted() {
	for stat in sum_exits pf_storage num_2M_pages num_1G_pages; do
		cat "$KVM/$PID"-*/"$stat" "$KVM/$PID"-*/vcpu0/"$stat" 2>/dev/null |
			awk -v "name=$stat" '{ n += $1 } END { if (NR) printf "%s=%u ", name, n }'
	done
	printf 'traced=%s\n' "$(grep -c kvm_page_fault_enter /sys/kernel/tracing/trace)"
}

maps_all() {
	bare 'bar asks'
	pass "$SHMEM"
	listening
	background --log-level debug
	says '^bar: .* MiB at'
	echo "before: $(counted)" >&4
	echo 1 >$TRACE/enable
	tell go
	says '^bar: is mapped'
	echo "mapped: $(counted)" >&4
	once=$(grep -c kvm_page_fault_enter /sys/kernel/tracing/trace)
	tell go
	says '^bar: .* writes'
	echo 0 >$TRACE/enable
	echo "again:  $(counted)" >&4
	grep '^bar: ' "$TMP/out" >&4
	again=$(grep -c kvm_page_fault_enter /sys/kernel/tracing/trace)
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
mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null
echo 200000 >/sys/kernel/tracing/buffer_size_kb
find_memory || no "there is no memory to pass through: run with --shmem 1G" 3>&2
try "1 GiB of a BAR, by steps of 4 KiB" maps_all
finish
