# SPDX-License-Identifier: BSD-2-Clause
# For lab tests of passthrough: sourced after lib.sh. The lab's devices (--nvme --e1000e --pair) are
# found by what they are; $NVME, $NIC, $PAIR0 and $PAIR1 are their addresses, empty when not there.
# shellcheck shell=sh disable=SC2034

find_devices() {
	NVME='' NIC='' PAIR0='' PAIR1=''
	for dev in /sys/bus/pci/devices/*; do
		bdf=${dev##*/}
		read -r class <"$dev/class"
		case $class in
		0x010802)
			case $(cat "$dev"/nvme/nvme*/serial 2>/dev/null) in
			nvme*) NVME=$bdf ;;
			pair0*) PAIR0=$bdf ;;
			pair1*) PAIR1=$bdf ;;
			esac
			;;
		0x020000) [ ! -e "$dev/net" ] || NIC=$bdf ;;
		esac
	done
	for bdf in $1; do
		eval "[ \"\$$bdf\" ]" || return 1
	done
}

# devices NAME...: wait until the host's drivers have brought these variables' devices up
devices() {
	until_true find_devices "$*" || no "the host does not find all of $*"
}

# pass BDF [LINE]: one more [[vfio]] for the guest that was configured
pass() { printf '[[vfio]]\nhost = "%s"\n%s\n' "$1" "${2-}" >>"$TMP/guest.toml"; }

# initrd_with FOLDER: the guest's image, and behind it an archive of what is in the folder;
# compressed, because only such an archive may begin at any byte
initrd_with() {
	cp "$INITRDS/initrd-6.12-4k.gz" "$TMP/initrd.img"
	(cd "$1" && find . -type f | cpio -o -H newc 2>/dev/null | gzip -1) >>"$TMP/initrd.img"
}

TOOLS='' BEFORE_NET=true # programs of tests/lab/tools for guests; what they do before they use the network

# passing L2-COMMANDS CMDLINE: a guest that runs these commands; [machine] lines from standard input.
# Without indentation and comments they fit the kernel's command line.
passing() {
	initrd=$INITRDS/initrd-6.12-4k.gz
	if [ "$TOOLS" ]; then
		mkdir -p "$TMP/tools"
		for tool in $TOOLS; do cp "${TALK%/*}/$tool" "$TMP/tools"; done
		initrd_with "$TMP/tools"
		initrd=$TMP/initrd.img
	fi
	config "$KERNELS/6.12-4k/vmlinux" "$initrd" \
		"$QUIET $2 l2=run:$(echo "$1" | sed 's/^[[:blank:]]*//; /^#/d; /^$/d' | base64 | tr -d '\n')"
}

# Functions for commands in the guest. A disk there is known by its serial number, and waited for: its
# driver brings it up while others go on.
# shellcheck disable=SC2016
DISK_IN_GUEST='
disk() {
	until c=$(grep -ls "^$1" /sys/block/nvme[0-9]n1/device/serial); do sleep .1; done
	c=${c%/device/serial}
	echo "${c##*/}"
}
# on_disk SERIAL MIB: random data to it and back
on_disk() {
	d=$(disk $1)
	echo 16384 >/sys/block/$d/queue/read_ahead_kb
	dd if=/dev/urandom of=/tmp/$1 bs=1M count=$2 2>/dev/null
	dd if=/tmp/$1 of=/dev/$d bs=1M conv=fsync 2>/tmp/$1.err || cat /tmp/$1.err
	echo "L2: $1 wrote $(sha256sum </tmp/$1)"
	echo 3 >/proc/sys/vm/drop_caches
	echo "L2: $1 read $(dd if=/dev/$d bs=1M count=$2 2>/dev/null | sha256sum)"
}
'
NET_MIB=4 # each way
network_sends() { dd if=/dev/urandom of="$LAB_OUT/net.send" bs=1M count=$NET_MIB 2>/dev/null; }
# shellcheck disable=SC2016
IN_GUEST=$DISK_IN_GUEST'
ping_net() {
	ip addr add 10.0.2.15/24 dev eth0
	ip link set eth0 up
	until ping -c 1 -W 2 10.0.2.2 >/dev/null; do sleep .1; done
	echo "L2: ping is answered"
}
on_net() {
	ping_net
	echo "L2: net got $(timeout 180 nc 10.0.2.100 7 </dev/null | sha256sum)"
	dd if=/dev/urandom of=/tmp/net bs=1M count='$NET_MIB' 2>/dev/null
	timeout 180 nc 10.0.2.100 9 </tmp/net
	echo "L2: net sent $(sha256sum </tmp/net)"
}
'

# says WORDS [TIMES]: wait for the guest in the background to have printed them; ends with the VMM
has_ended_or_said() { [ "$(grep -c "$1" "$TMP/out")" -ge "$2" ] || ! kill -0 "$PID" 2>/dev/null; }
says() {
	until_true has_ended_or_said "$1" "${2-1}" || no "no \"$1\" (${2-1} times) in $LIMIT_S s"
	kill -0 "$PID" 2>/dev/null || [ "$(grep -c "$1" "$TMP/out")" -ge "${2-1}" ] ||
		no "it ended before \"$1\": $(grep -v '^debug' "$TMP/log" | tail -n 1)"
}

# sum_of FILE MIB: as the guest prints it
sum_of() { dd if="$1" bs=1M count="$2" 2>/dev/null | sha256sum | cut -d ' ' -f 1; }

# said WORDS: the checksum that the guest printed behind them
said() { sed -n "s/^L2: $1 \([0-9a-f]*\) .*/\1/p" "$TMP/console"; }

# disk_is_as_said SERIAL MIB: the file on the outer machine, what the guest wrote and what it read
disk_is_as_said() {
	wrote=$(said "$1 wrote")
	[ ${#wrote} = 64 ] || no "the guest wrote nothing to $1"
	[ "$(said "$1 read")" = "$wrote" ] || no "$1: the guest reads other data than it wrote"
	[ "$(sum_of "$LAB_OUT/$1.img" "$2")" = "$wrote" ] || no "$1.img: not what the guest wrote"
}

net_is_as_said() {
	console_has 'L2: ping is answered'
	[ "$(said 'net got')" = "$(sum_of "$LAB_OUT/net.send" $NET_MIB)" ] || no 'the guest got other bytes than were sent'
	until_true has_arrived || no "what arrived is not what was sent"
}
# A program on the outer machine writes it there.
has_arrived() { [ "$(said 'net sent')" = "$(sum_of "$LAB_OUT/net.received" $NET_MIB)" ]; }

# ---- what must be as before ----

# pins [acquired]: pages that are pinned; or that were since the host booted. Each CPU counts for itself;
# stat_refresh adds that up.
pins() {
	cat /proc/sys/vm/stat_refresh
	awk -v "ever=${1-}" '/^nr_foll_pin_acquired/ { n += $2 } /^nr_foll_pin_released/ && !ever { n -= $2 } END { print n }' /proc/vmstat
}

# DMA windows that the host's kernel says it has made and not removed (bare metal only).
windows() { dmesg | awk '/Setting up window#/ { n++ } /Removing DMA window/ { n-- } END { print n + 0 }'; }

drivers() { (cd /sys/bus/pci/devices && ls -l -d ./*/driver | sed 's/.* \.\///; s/driver.*\///' | tr '\n' ' '); }

iommu_state() { echo "pins $(pins), windows $(windows), drivers $(drivers)"; }

# remember, then as_before: pinned pages, windows, drivers, notes and free memory
remember() {
	FREE_BEFORE=$(free_kib)
	STATE_BEFORE=$(iommu_state)
}
is_as_before() { [ "$(iommu_state)" = "$STATE_BEFORE" ]; }
as_before() {
	LIMIT_S=40 # the host frees a killed guest in its own time
	until_true is_as_before || no "before: $STATE_BEFORE; now: $(iommu_state)"
	# Less than any guest has; lists of free 64K pages, one a CPU, hold tens of MiB.
	until_true has_free $((FREE_BEFORE - 98304)) ||
		no "free memory of the host: $FREE_BEFORE KiB, then $(free_kib) KiB"
	[ ! "$(ls /run/spapr-vmm 2>/dev/null)" ] || no "a note is left: $(ls /run/spapr-vmm)"
}
