# SPDX-License-Identifier: BSD-2-Clause
# Devices of the host in the guest: data arrives, through dynamic windows and through the 32-bit one,
# with each kind of interrupt; and afterwards the host is as it was.
# hosts: p9-64k p9-4k p9-7-64k p9-7-4k p10-64k p9-hash nested-v1 nested-v2
# timeout: 1000
# seconds: 80
# options: --nvme --e1000e --pair
# shellcheck shell=sh
. "$LAB/lib/lib.sh"
. "$LAB/lib/vfio.sh"

PAGE=10 BEST=xive EEH=1 NET=1 VCPUS=2 # what is expected of the host; the page as the guest prints it
case $LAB_HOST in
p9-4k | p9-7-4k)
	PAGE=c BEST=xics
	# The emulated card loses a packet of which one piece lies in two pages that are no neighbours
	# in the host's memory, and each retransmission of it. With pages of 4 KiB they seldom all are.
	TOOLS=plain_tx BEFORE_NET='until /plain_tx eth0 2>/dev/null; do sleep .1; done'
	;;
p9-hash) PAGE=15 ;; # 2 MiB, in huge pages of 16 MiB: see below
nested-v1) BEST=xics EEH='' ;;
nested-v2)
	# This host's emulated CPU ignores LPCR[MER], by which the kernel announces external interrupts:
	# a guest gets none, under QEMU neither. Drivers that look by themselves work.
	BEST=xics EEH='' NET='' VCPUS=1
	POLLED='nvme_core.io_timeout=1 nvme_core.admin_timeout=1'
	;;
esac
POLLED=${POLLED-}

RAM_MIB=256 # of RAM, and so of a window that maps all of it
# machine [LINE]
machine() { printf 'memory = "%sMiB"\nvcpus = %s\n%s\n' $RAM_MIB $VCPUS "${1-}"; }

no_complaint() {
	status_is 0
	console_lacks 'Call Trace'
	! grep -Ev '^(info|debug): ' "$TMP/log" >"$TMP/left" || no "the VMM says: $(head -n 1 "$TMP/left")"
}

# However many containers register RAM, the kernel pins each page of it once, and works for it once: pages
# that it moves out of the way first are pinned twice. No matter of the host: one is enough.
is_pinned_once() {
	pages=$((RAM_MIB * 1024 / 64))
	[ $(($(pins) - pinned)) = "$pages" ] || no "$(($(pins) - pinned)) pages are pinned, RAM has $pages"
	worked=$(($(pins acquired) - acquired))
	[ "$worked" -lt $((2 * pages)) ] || no "$worked pages were pinned in all, RAM has $pages"
}

# Locked memory is what was computed: all of it on bare metal; nested, tables have no second copy.
locked_is_as_computed() {
	set -- $(sed -n 's/.*locked memory: \([0-9]*\) KiB guest RAM, \([0-9]*\) KiB DMA tables/\1 \2/p' "$TMP/log") \
		"$(awk '/^VmLck/ { print $2 }' "/proc/$PID/status")"
	case $LAB_HOST in
	*-64k | *-4k) [ "$3" = $(($1 + $2)) ] || no "VmLck $3 KiB, computed: $1 KiB RAM, $2 KiB tables" ;;
	*) [ "$3" -ge "$1" ] && [ "$3" -le $(($1 + $2)) ] || no "VmLck $3 KiB, computed: $1 KiB RAM, $2 KiB tables" ;;
	esac
}

# All of them at once, each group with a dynamic window.
all_at_once() {
	machine | passing "$IN_GUEST"'
		for s in nvme pair0 pair1; do disk $s >/dev/null; done
		dmesg | grep -E "create-pe-dma-window|EEH"
		[ ! -e /proc/device-tree/rtas/ibm,set-eeh-option ] || echo "L2: has EEH"
		echo "L2: functions $(ls /sys/bus/pci/devices)"
		'"$BEFORE_NET ${NET:+; on_net &}"'
		on_disk nvme 16 & on_disk pair0 4 & on_disk pair1 4
		wait' "$POLLED"
	pass "$NVME"
	pass "$PAIR0"
	pass "$PAIR1"
	[ ! $NET ] || pass "$NIC"
	pinned=$(pins) acquired=$(pins acquired)
	background --log-level debug
	says 'L2: functions'
	locked_is_as_computed
	[ "$LAB_HOST" != p9-64k ] || is_pinned_once
	ends_with 0
	mv "$TMP/out" "$TMP/console"
	no_complaint
	log_has "irqchip: $BEST"
	[ "$(grep -c "create-pe-dma-window.* $PAGE 1c returned 0" "$TMP/console")" = $((2 + ${NET:-0})) ] ||
		no "not every group has a window with pages of 0x$PAGE: $(grep create-pe "$TMP/console" | head -n 1)"
	if [ $EEH ]; then console_has 'L2: has EEH'; else console_lacks 'L2: has EEH'; fi
	disk_is_as_said nvme 16
	disk_is_as_said pair0 4
	disk_is_as_said pair1 4
	[ ! $NET ] || net_is_as_said
}

# came_here CALL: how often the call came to the VMM instead of the kernel
came_here() { sed -n "s/^debug: hcall: $1: \([0-9]*\) calls reached user space/\1/p" "$TMP/log" | grep . || echo 0; }

# small_window MIB NET-COMMAND CMDLINE MACHINE-LINE: one TCE a page
small_window() {
	machine "$4" | passing "$IN_GUEST$BEFORE_NET ${NET:+; $2 &}
		on_disk nvme $1
		wait; dmesg | grep create-pe; cat /proc/interrupts" "disable_ddw $3 $POLLED"
	pass "$NVME"
	[ ! $NET ] || pass "$NIC"
	vmm --log-level debug
	sed -i '/tce = "kernel": a hostile/d' "$TMP/log"
	no_complaint
	console_lacks 'create-pe-dma-window'
	disk_is_as_said nvme "$1"
	[ ! $NET ] || console_has 'L2: ping is answered'
	[ "$(came_here H_GET_TCE)" = 0 ] || no "$(came_here H_GET_TCE) H_GET_TCE came to the VMM"
}

# checked_calls CHIP VCPUS: with one vCPU KVM enters single TCEs by itself
checked_calls() {
	VCPUS=$2
	small_window 8 on_net '' "irqchip = \"$1\""
	case $2-$(came_here H_PUT_TCE) in
	1-0 | [2-9]-[1-9]*) ;;
	*) no "$2 vCPUs, and $(came_here H_PUT_TCE) H_PUT_TCE came to the VMM" ;;
	esac
	log_has "irqchip: $1"
	[ ! $NET ] || net_is_as_said
	[ "$(came_here H_STUFF_TCE)" -gt 50 ] || no "only $(came_here H_STUFF_TCE) H_STUFF_TCE: was this the small window?"
}

level_interrupts() {
	small_window 8 ping_net pci=nomsi 'tce = "kernel"'
	for call in H_PUT_TCE H_PUT_TCE_INDIRECT H_STUFF_TCE; do
		[ "$(came_here $call)" = 0 ] || no "$(came_here $call) $call came to the VMM"
	done
	console_lacks PCI-MSI
}

# A driver with a quirk of 48 address bits, of which Linux has one, for another maker's disk. It must
# not have been bound with 64 before, so the parameter that no driver takes keeps it from loading.
few_address_bits() {
	machine | passing "$DISK_IN_GUEST"'
		echo 0 >/sys/bus/pci/drivers_autoprobe
		insmod /modules/nvme.ko
		echo "1b36 0010 ffffffff ffffffff 0 0 10000" >/sys/bus/pci/drivers/nvme/new_id
		until grep -q nvme /proc/partitions; do sleep 1; done
		on_disk nvme 8; dmesg | grep -E "create-pe|lsa_required: 1"' nvme.io_queue_depth=0
	pass "$NVME"
	vmm
	no_complaint
	console_has 'starting addr = 1 0)'
	console_has 'lsa_required: 1, lsa_enabled: 1, direct mapping: 1'
	disk_is_as_said nvme 8
}

# The host has its disk again, and finds the guest's data.
host_has_it() {
	devices NVME PAIR0 PAIR1 NIC
	eval "$IN_GUEST"
	[ "$(sum_of "/dev/$(disk nvme)" 8)" = "$(sum_of "$LAB_OUT/nvme.img" 8)" ] || no 'the host reads other data'
}

LIMIT_S=400
devices NVME PAIR0 PAIR1 NIC 3>&2
[ "$LAB_HOST" != p9-hash ] || echo 40 >/proc/sys/vm/nr_hugepages
network_sends
remember
try "disk, network, two functions of one group at once, through dynamic windows" all_at_once
try "the host is as it was" as_before
# Of these no case depends on much of the host: each runs on one or two.
one_vcpu() { try "the 32-bit window of a guest of one vCPU" checked_calls "$BEST" 1; }
levels() { try "level interrupts, the 32-bit window all in the kernel" level_interrupts; }
case $LAB_HOST in
p9-64k)
	try "the 32-bit window, with XICS" checked_calls xics 2
	one_vcpu
	levels
	;;
p9-4k)
	one_vcpu
	try "a device of 48 address bits has its dynamic window at 4 GiB" few_address_bits
	;;
nested-v1) levels ;;
nested-v2) echo "skip - network and level interrupts on $LAB_HOST (its emulator delivers no external interrupts to a guest)" ;;
esac
try "the host has its disk again" host_has_it
try "the host is still as it was" as_before
finish
