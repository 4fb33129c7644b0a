# SPDX-License-Identifier: BSD-2-Clause
# Disks and networks of a guest, ours and QEMU's at equal settings: a passed-through NVMe disk with
# a large DMA window and without, virtio-blk on a file in memory, virtio-net on a user network.
# Run by scripts/bench like run.sh; prints instructions a request (virtual ns) as "value VMM NAME N".
# shellcheck shell=sh
. "$LAB/lib.sh"
# shellcheck source-path=SCRIPTDIR
. "$LAB/../bench/vmm.sh"

TIMES=$1
shift

# What runs in the guest. dd's last line: "N bytes (M) copied, S seconds, R"
cat >/tmp/disk.sh <<'END'
d=$1
t() { name=$1 n=$2; shift 2; dd "$@" 2>&1 | awk -v "k=$name" -v "n=$n" '/copied/ { printf "io %s %d\n", k, $(NF - 2) * 1e9 / n }'; }
dd if=$d of=/dev/null bs=1M count=4 iflag=direct 2>/dev/null
t read-1m 32 if=$d of=/dev/null bs=1M count=32 iflag=direct
t write-1m 16 if=/dev/zero of=$d bs=1M count=16 oflag=direct
t read-4k 500 if=$d of=/dev/null bs=4k count=500 skip=20000 iflag=direct
END
cat >/tmp/net.sh <<'END'
ip link set eth0 up
ip addr add 10.0.2.15/24 dev eth0
ping -c 3 10.0.2.2 >/dev/null
ping -c 20 -A 10.0.2.2 | awk -F/ '/round-trip/ { printf "io ping %d\n", $4 * 1e6 }'
sum() { awk -v "k=$1" '/copied/ { printf "io %s %d\n", k, $(NF - 2) * 1e9 / 128 }'; }
dd if=/dev/zero bs=64k count=128 2>/tmp/d | nc 10.0.2.2 5001
sum tcp-send-64k </tmp/d
nc 10.0.2.2 5002 </dev/null 2>/dev/null | dd of=/dev/null bs=64k 2>/tmp/d
sum tcp-receive-64k </tmp/d
END

# run_guest VMM CASE SCRIPT-TEXT KERNEL-OPTIONS DEVICE-OF-OURS DEVICE-OF-QEMU
run_guest() {
	guest_of "$1" 512 1 "run:$(printf '%s' "$3" | base64 | tr -d '\n') quiet $4"
	[ "$1" != ours ] || printf '%s' "$5" >>"$TMP/guest.toml"
	[ "$1" = ours ] || sed -i "s|\$| $6|" "$TMP/run"
	"$TALK" --pipe within 200 exit 0 -- sh "$TMP/run" >"$TMP/console" 2>"$TMP/talk" ||
		echo "failed $1 $2: $(tail -n 1 "$TMP/talk"); $(tail -n 2 "$TMP/console")"
	tr -d '\r' <"$TMP/console" | awk -v "v=$1" -v "c=$2" '/^io / { print "value", v, "io-" c "-" $2, $3; n++ }
		END { if (!n) print "failed", v, c ": the guest measured nothing" }'
}

disk() { # VMM CASE GUEST-DEVICE KERNEL-OPTIONS OURS QEMUS
	run_guest "$1" "$2" "set -- $3; $(cat /tmp/disk.sh)" "$4" "$5" "$6"
}

net() {
	nc -l -p 5001 >/dev/null &
	dd if=/dev/zero bs=64k count=128 2>/dev/null | nc -l -p 5002 &
	run_guest "$1" net "$(cat /tmp/net.sh)" '' "$(printf '[[net]]\nbackend = "user"\n ')" \
		'-netdev user,id=n -device virtio-net-pci,netdev=n,disable-legacy=on'
	kill $! 2>/dev/null
	wait
}

dd if=/dev/zero of=/tmp/disk.img bs=1M count=128 2>/dev/null
bind_vfio
nvme=$(printf '[[vfio]]\nhost = "%s"\n ' "$DEVICE")
blk=$(printf '[[disk]]\npath = "/tmp/disk.img"\n ')
qblk='-drive file=/tmp/disk.img,if=none,id=d,format=raw,aio=io_uring -device virtio-blk-pci,drive=d,disable-legacy=on'
for vmm in "$@"; do
	i=0
	while [ $i -lt "$TIMES" ]; do
		i=$((i + 1))
		disk "$vmm" nvme /dev/nvme0n1 '' "$nvme" "-device vfio-pci,host=$DEVICE"
		disk "$vmm" nvme-noddw /dev/nvme0n1 disable_ddw "$nvme" "-device vfio-pci,host=$DEVICE"
		disk "$vmm" blk /dev/vda '' "$blk" "$qblk"
		net "$vmm"
	done
done
echo done
