# SPDX-License-Identifier: BSD-2-Clause
# Devices of many kinds, each below a port of a switch: the guest's own driver finds its device, and
# data arrives. By default two of them, of MSI-X and of MSI; "all" is for the long list, which
# scripts/test lab --devices runs, in a guest for each device.
# hosts: p9-64k
# timeout: 300
# seconds: 50
# options: --devices igb,ahci
# all: --timeout 1500 --devices igb,ahci,xhci,megasas,sdhci,disk,rtl8139,virtio,ivshmem,testdev,edu,vga
# shellcheck shell=sh
. "$LAB/lib/lib.sh"
. "$LAB/lib/vfio.sh"

# Names as of --devices: vendor and device, the guest's modules, what is tried, a line of its [[vfio]].
KINDS='
igb     8086:10c9 igb                        net  reset="bus"
ahci    8086:2922 ahci,sd_mod                disk
xhci    1b36:000d xhci-pci,usb-storage,sd_mod disk
megasas 1000:0079 megaraid_sas,sd_mod        disk
sdhci   1b36:0007 sdhci-pci,mmc_block        disk
disk    1b36:0010 nvme                       disk
rtl8139 10ec:8139 8139cp                     net
virtio  1af4:1041 virtio_net                 net
ivshmem 1af4:1110 -                          bar
testdev 1b36:0005 -                          bar
edu     1234:11e8 -                          bar
vga     1234:1111 -                          bar
e1000   8086:100e e1000                      ports
'
# shellcheck disable=SC2086
kind() { echo "$KINDS" | awk -v "name=$1" -v "n=$2" '$1 == name { print $n }'; }

# address NAME: of the device on the host; nothing: it is not there
address() {
	for dev in /sys/bus/pci/devices/*; do
		read -r vendor <"$dev/vendor"
		read -r device <"$dev/device"
		[ "${vendor#0x}:${device#0x}" != "$(kind "$1" 2)" ] || echo "${dev##*/}"
	done
}

# with_modules MODULE...: into the guest's image, with those that they need, instead of the usual ones
with_modules() {
	tree=$(echo "$KERNELS"/6.12-4k/lib/modules/*)
	mkdir -p "$TMP/image/modules"
	for module; do
		# Its line has all that it needs, the first of them last.
		for path in $(sed -n "s|^\(.*/$module\.ko\.xz\):|\1|p" "$tree/modules.dep" | tr ' ' '\n' | tac); do
			name=$(basename "$path" .ko.xz)
			grep -qsx "$name" "$TMP/image/modules/order" && continue
			xz -dc "$tree/$path" >"$TMP/image/modules/$name.ko"
			echo "$name" >>"$TMP/image/modules/order"
		done
	done
	touch "$TMP/image/modules/order"
}

# What the guest does; a function's place is its bridge, which are counted as the configuration has them.
# shellcheck disable=SC2016
IN_GUEST='
# below BRIDGE CLASS: a block or network device there, once it is there
below() {
	until d=$(ls -d /sys/class/$2/* | while read -r l; do
		case $(readlink $l) in */pci000$1:*) echo ${l##*/} ;; esac
	done | grep -vE "boot|[0-9]p[0-9]" | head -n 1) && [ "$d" ]; do sleep .1; done
	echo $d
}
disk() {
	d=$(below $2 block | sed "s/c[0-9]*n/n/") # the path of an NVMe disk has no device node, the disk has
	dd if=/dev/urandom of=/tmp/$1 bs=1M count=2 2>/dev/null
	dd if=/tmp/$1 of=/dev/$d bs=1M conv=fsync 2>/tmp/$1.err || cat /tmp/$1.err
	echo "L2: $1 wrote $(sha256sum </tmp/$1)"
	echo 3 >/proc/sys/vm/drop_caches
	echo "L2: $1 read $(dd if=/dev/$d bs=1M count=2 2>/dev/null | sha256sum)"
}
net() {
	d=$(below $2 net)
	ip addr add 10.0.2.15/24 dev $d
	ip link set $d up
	until ping -c 1 -W 2 -I $d 10.0.2.2 >/dev/null; do sleep .1; done
	echo "L2: $1 is answered"
}
# Each memory BAR: its first word reads as something, or is stored to. No driver has switched them on. Behind the
# 8 GiB of testdev is nothing, so that an access is a machine check without a VMM, too.
bar() {
	echo 1 >/sys/bus/pci/devices/000$2:00:00.0/enable
	grep "0x[0-9a-f]*[02]0[0-9a-f]$" /sys/bus/pci/devices/000$2:00:00.0/resource | while read -r from to flags; do
		[ $((to)) != 0 ] || continue
		[ $((to - from)) -lt $((1 << 30)) ] || { echo "L2: $1 has room at $from" && continue; }
		devmem $from 32 0x5a5a1234
		echo "L2: $1 has $(devmem $from 32) at $from"
	done
}
ports() { ls /sys/class/net; dmesg | grep -iE "e1000|BAR"; cat /sys/bus/pci/devices/000$2:00:00.0/resource; }
'

# guest_with NAME...: one guest with all of these
guest_with() {
	for name; do
		there "$name" || no "the host has no $(kind "$name" 2)"
	done
	# shellcheck disable=SC2046
	with_modules $(for name; do kind "$name" 3; done | tr , '\n' | grep -vx -- - | sort -u)
	{
		echo "$IN_GUEST"
		n=0
		for name; do
			echo "$(kind "$name" 4) $name $n &"
			n=$((n + 1))
		done
		echo wait
		echo 'dmesg | grep -E "Call Trace|EEH: |not assigned"'
	} >"$TMP/image/work"
	initrd_with "$TMP/image"
	printf 'memory = "512MiB"\n' | config "$KERNELS/6.12-4k/vmlinux" "$TMP/initrd.img" \
		"$QUIET l2=run:$(echo 'sh /work' | base64)"
	for name; do
		pass "$(address "$name")" "$(kind "$name" 5)"
	done
	vmm
	status_is 0
	console_lacks 'Call Trace'
	! grep -Ev '^(info|debug): ' "$TMP/log" >"$TMP/left" || no "the VMM says: $(head -n 1 "$TMP/left")"
	for name; do
		case $(kind "$name" 4) in
		disk) disk_is_as_said "$name" 2 ;;
		net) console_has "L2: $name is answered" ;;
		bar) console_has "L2: $name has 0x" ;;
		esac
		case $name in
		testdev) console_has "L2: $name has room at 0x" ;;
		esac
		case $(kind "$name" 5) in
		reset=*) log_has "vfio $(address "$name"): reset with all that is below its port" ;;
		esac
	done
}

there() { [ "$(address "$1")" ]; }

NAMES=$(echo "$KINDS" | awk '{ print $1 }')
ALL=$(sed -n 's/^# all: .*--devices //p' "$0" | tr , ' ')
PRESENT=
for name in $NAMES; do
	! there "$name" || PRESENT="$PRESENT $name"
done
remember
case ${1-} in
all)
	for name in $ALL; do
		try "$name, below a switch" guest_with "$name"
	done
	;;
*)
	# shellcheck disable=SC2086
	try "$(echo $PRESENT | sed 's/ / and /g'), each below a port of one switch" guest_with $PRESENT
	;;
esac
try "the host is as it was" as_before
finish
