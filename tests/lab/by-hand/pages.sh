# SPDX-License-Identifier: BSD-2-Clause
# Which pages stand behind a guest's RAM, and which KVM maps in its partition-scoped table: transparent huge
# pages, then huge pages of each size that the host has. Prints faults and pages of each size. By hand:
#   tests/lab/lab run --nvme --mem 6G --smp 1 --timeout 900 nested-v1 tests/lab/by-hand/pages.sh
# shellcheck shell=sh
. "$LAB/lib/lib.sh"
. "$LAB/lib/vfio.sh"

KVM=/sys/kernel/debug/kvm
HUGE=/sys/kernel/mm/hugepages
MIB=2048

# count NAME: of this guest, its vCPU's as well
count() { cat "$KVM/$PID"-*/"$1" "$KVM/$PID"-*/vcpu0/"$1" 2>/dev/null | awk '{ n += $1 } END { print n + 0 }'; }

# mapped PAGE [BDF]: the guest has written to the upper half of its RAM, by steps of 64 KiB; prints what came of
# it. (A page that is read first is the kernel's huge page of zeroes; Linux 6.12 makes small ones of that.)
mapped() {
	echo "memory = \"${MIB}MiB\"
		huge_pages = \"$1\"" | config "$BARE/guest-little.elf" '' "topics=fill asks"
	[ ! "${2-}" ] || pass "$2"
	listening
	background
	says 'fill: done'
	pages_2m=$(count num_2M_pages) pages_1g=$(count num_1G_pages)
	echo "pages: huge_pages = $1${2:+ with a device}: $(count sum_exits) exits, of 2 MiB: $pages_2m, of 1 GiB: $pages_1g, AnonHugePages $(awk '/^AnonHuge/ { n += $2 } END { print n }' "/proc/$PID/smaps") KiB" >&4
	tell go
	ends_with 0
}

transparent() {
	mapped off "${1-}"
	case $(cat /sys/kernel/mm/transparent_hugepage/enabled 2>/dev/null) in
	*'[always]'* | *'[madvise]'*) [ "$pages_2m" -ge $((MIB / 2 / 2)) ] || no "only $pages_2m pages of 2 MiB are mapped" ;;
	*) echo "pages: this host has no transparent huge pages" >&4 ;;
	esac
}

# huge KIB: the host makes as many as the guest needs
huge() {
	echo $((MIB * 1024 / $1)) >"$HUGE/hugepages-$1kB/nr_hugepages"
	[ "$(cat "$HUGE/hugepages-$1kB/free_hugepages")" = $((MIB * 1024 / $1)) ] ||
		no "the host makes $(cat "$HUGE/hugepages-$1kB/free_hugepages") pages of $1 KiB"
	mapped "$(($1 / 1024))MiB"
	case $1 in
	2048) [ "$pages_2m" -ge $((MIB / 2 / 2)) ] || no "only $pages_2m pages of 2 MiB are mapped" ;;
	1048576) [ "$pages_1g" = 2 ] || no "$pages_1g pages of 1 GiB are mapped" ;;
	esac
	echo 0 >"$HUGE/hugepages-$1kB/nr_hugepages"
}

exec 4>&1
LIMIT_S=300
mount -t debugfs debugfs /sys/kernel/debug 2>/dev/null
devices NVME 3>&2
try "transparent huge pages" transparent
try "transparent huge pages, and a device" transparent "$NVME"
for size in "$HUGE"/hugepages-*kB; do
	size=${size##*-}
	size=${size%kB}
	[ "$size" = '*' ] || try "huge pages of $size KiB" huge "$size"
done
finish
