# SPDX-License-Identifier: BSD-2-Clause
# Guests that do I/O, one for each VMM with the same devices. Prints lines
#   value VMM CASE-ns|busy|rate VALUE     nanoseconds and instructions for one request, MiB/s
#   failed VMM ...                        what went wrong
# Sourced by io.sh after lib.sh and vmm.sh.
# shellcheck shell=sh
DISK_MIB=128
PORT=5201

# Files that many guests use, in memory; disks without holes; taps, and who answers behind them.
prepare() {
	cp "$KERNEL" /tmp/vmlinux
	KERNEL=/tmp/vmlinux
	mkdir /tmp/extra
	cp "$TOOLS_BIN/iodisk" "$TOOLS_BIN/ionet" /tmp/extra
	disks || echo "failed disks"
	head -c 8m /dev/urandom >"$LAB_OUT/net.send"
	tap lab0 192.0.2.1/24
	tap lab1 198.51.100.1/24
	"$TOOLS_BIN/ionet" serve $PORT &
	NIC=''
	for dev in /sys/bus/pci/devices/*; do
		[ "$(cat "$dev/class")" != 0x020000 ] || [ ! -e "$dev/net" ] || NIC=${dev##*/}
	done
	bind_vfio "$DEVICE"
	bind_vfio "$NIC"
}

# One disk on a file system as people have, all of it in the host's page cache; one on tmpfs.
disks() {
	tool sbin/mke2fs -q -t ext4 /tmp/ext4.img $((DISK_MIB + 64))M >/dev/null 2>&1
	mkdir /tmp/ext4
	mount -t ext4 -o loop /tmp/ext4.img /tmp/ext4
	dd if=/dev/zero of=/tmp/ext4/disk.raw bs=1M count=$DISK_MIB 2>/dev/null
	dd if=/dev/zero of=/tmp/disk.raw bs=1M count=$DISK_MIB 2>/dev/null
	sync
}

tap() {
	ip tuntap add dev "$1" mode tap 2>/dev/null || tunctl -t "$1" >/dev/null || echo "failed tap: $1"
	ip addr add "$2" dev "$1"
	ip link set "$1" up
}

# job: what the guest runs, from standard input, is put behind the initrd
job() {
	{
		cat <<-'END'
			card() { grep -l "$1" /sys/class/net/*/address | cut -d / -f 5; }
			up() { ip addr add "$2" dev "$(card "$1")"; ip link set "$(card "$1")" up; }
			# disk NAME DEVICE: 4 KiB at random, 1 MiB in a row
			disk() {
				/iodisk $1-read-4k-1 $2 read random 4096 1 $3
				/iodisk $1-read-4k-32 $2 read random 4096 32 $((2 * $3))
				/iodisk $1-read-1m $2 read sequential 1048576 4 $4
				/iodisk $1-write-1m $2 write sequential 1048576 4 $4
			}
			# net NAME ADDRESS PORT
			net() {
				/ionet $1-send send $2 $3 $4
				/ionet $1-receive receive $2 $3 $4
				/ionet $1-ping ping $2 $5
			}
		END
		cat
	} >/tmp/extra/job
	rm -f /tmp/initrd
	(cd /tmp/extra && find . -type f | cpio -o -H newc 2>/dev/null | gzip -1) |
		cat "$INITRDS/initrd-6.12-4k.gz" - >/tmp/initrd
	INITRD=/tmp/initrd
}

# metered VMM: run it, and turn the meter's words into values
metered() {
	"$TOOLS_BIN/iometer" "$TMP/console" sh "$TMP/run" </dev/null >"$TMP/metered" 2>"$TMP/err" ||
		echo "failed $1: $(tail -n 1 "$TMP/err" "$TMP/log" 2>/dev/null | tail -n 1)"
	grep -aE '^io(disk|net): ' "$TMP/console" | sed "s/^/failed $1: /"
	awk -v "v=$1" '/^metered/ {
		printf "value %s %s-ns %.0f\n", v, $2, $5 / $3
		printf "value %s %s-busy %.0f\n", v, $2, $6 / $3
		printf "value %s %s-rate %.1f\n", v, $2, $4 / 1048576 / ($5 / 1e9) }' "$TMP/metered" >"$TMP/values"
	cat "$TMP/values"
}

# same_as CASE OTHER: what QEMU has in one way only stands beside both of ours
same_as() { sed -n "s/ $1-/ $2-/p" "$TMP/values"; }

# emulated VMM: a disk and three networks in one guest
emulated() {
	job <<-END
		up 52:54:00:00:00:01 192.0.2.2/24
		up 52:54:00:00:00:02 198.51.100.2/24
		up 52:54:00:00:00:03 10.0.2.15/24
		disk disk /dev/vda 1000 64
		disk tmpfs /dev/vdb 1000 64
		net tap 192.0.2.1 $PORT 64 500
		net vhost 198.51.100.1 $PORT 64 500
		net user 10.0.2.2 $PORT 16 500
		[ "$1" = ours ] || exit 0
		ip link set "\$(card 52:54:00:00:00:03)" mtu 1500
		net user-1500 10.0.2.2 $PORT 16 500
	END
	guest_of "$1" 512 1 "run:$(echo . /job | base64)"
	if [ "$1" = ours ]; then
		cat >>"$TMP/guest.toml" <<-END
			[[disk]]
			path = "/tmp/ext4/disk.raw"
			[[disk]]
			path = "/tmp/disk.raw"
			[[net]]
			backend = "tap"
			tap = "lab0"
			vhost = "off"
			mac = "52:54:00:00:00:01"
			[[net]]
			backend = "tap"
			tap = "lab1"
			mac = "52:54:00:00:00:02"
			[[net]]
			backend = "user"
			mac = "52:54:00:00:00:03"
			host_loopback = true
		END
	else
		drive=format=raw,cache=writeback,aio=io_uring
		card=virtio-net-pci,disable-legacy=on,romfile=
		add "-object iothread,id=io -drive if=none,id=d0,file=/tmp/ext4/disk.raw,$drive" \
			"-device virtio-blk-pci,drive=d0,iothread=io,disable-legacy=on" \
			"-drive if=none,id=d1,file=/tmp/disk.raw,$drive" \
			"-device virtio-blk-pci,drive=d1,iothread=io,disable-legacy=on" \
			"-netdev tap,id=n1,ifname=lab0,script=no,downscript=no,vhost=off -device $card,netdev=n1,mac=52:54:00:00:00:01" \
			"-netdev tap,id=n2,ifname=lab1,script=no,downscript=no,vhost=on -device $card,netdev=n2,mac=52:54:00:00:00:02" \
			"-netdev user,id=n3 -device $card,netdev=n3,mac=52:54:00:00:00:03"
	fi
	metered "$1"
	[ "$1" = ours ] || same_as user user-1500
}

# add OPTION...: to QEMU's command
add() { sed -i "s|\$| $*|" "$TMP/run"; }

# passed VMM NAME: an NVMe disk and a network card of the host; which window: ddw, small, or small with
# all of it in the kernel, as QEMU has it
passed() {
	words=disable_ddw
	[ "$2" != ddw ] || words=''
	job <<-END
		disk nvme-$2 /dev/nvme0n1 500 64
		up 52:54:00:aa:bb:01 10.0.2.15/24
		/ionet e1000e-$2-receive source 10.0.2.100 7 8
		/ionet e1000e-$2-send sink 10.0.2.100 9 8
	END
	guest_of "$1" 512 1 "run:$(echo . /job | base64)"
	if [ "$1" = ours ]; then
		printf '[[vfio]]\nhost = "%s"\n' "$DEVICE" "$NIC" >>"$TMP/guest.toml"
	else
		add "-device vfio-pci,host=$DEVICE -device vfio-pci,host=$NIC,romfile="
	fi
	case $1-$2 in
	ours-kernel) sed -i "s/^\[machine\]/&\ntce = \"kernel\"/; s/^cmdline = \"/&$words /" "$TMP/guest.toml" ;;
	ours-*) sed -i "s/^cmdline = \"/&$words /" "$TMP/guest.toml" ;;
	*) sed -i "s/-append '/&$words /" "$TMP/run" ;;
	esac
	metered "$1"
	[ "$1-$2" != qemu-small ] || { same_as nvme-small nvme-kernel && same_as e1000e-small e1000e-kernel; }
}
