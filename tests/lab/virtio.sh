# SPDX-License-Identifier: BSD-2-Clause
# The small virtio devices, and the IOMMU of emulated ones, as a Linux guest uses them.
# hosts: p9-64k
# also: p9-4k
# timeout: 400
# seconds: 80
# options: --smp 2 --nvme
# shellcheck shell=sh
. "$LAB/lib/lib.sh"

# The guest's pages are not the host's. The guest is told to report free ones in pieces of 2 MiB: in
# pieces of 16 MiB, its own choice, it reports only while it has more than 512 MiB of them.
case $LAB_HOST in
*-64k) GUEST=6.12-4k ORDER=9 ;;
*) GUEST=6.12-64k ORDER=5 ;;
esac

# linux COMMANDS [CMDLINE]: a guest that runs them; it has tools/vsock in its image.
# Further sections come from standard input.
linux() {
	mkdir "$TMP/extra"
	cp "$VSOCK" "$TMP/extra/"
	(cd "$TMP/extra" && echo vsock | cpio -o -H newc 2>/dev/null | gzip -1) |
		cat "$INITRDS/initrd-$GUEST.gz" - >"$TMP/initrd"
	printf 'memory = "512MiB"\nvcpus = 2\n' |
		config "$KERNELS/$GUEST/vmlinux" "$TMP/initrd" \
			"$QUIET ${2-} l2=run:$(echo "$1" | base64 | tr -d '\n')"
	cat >>"$TMP/guest.toml"
}

says() { grep -qF -- "$1" "$TMP/out"; }

# wait_for TEXT: until the guest's first console has it
wait_for() {
	until_true says_or_gone "$1"
	says "$1" || no "the console lacks \"$1\""
}
says_or_gone() { says "$1" || ! kill -0 "$PID" 2>/dev/null; }

# Resident KiB of guest RAM, the largest mapping.
ram_rss() { awk '/^Rss:/ && $2 > most { most = $2 } END { print most }' "/proc/$PID/smaps"; }

rss_below() { [ "$(ram_rss)" -lt "$1" ]; }

sum_of() { md5sum <"$1" | cut -d ' ' -f 1; }

ALL='
say() { echo "L2: $*"; }
say "rng $(cat /sys/class/misc/hw_random/rng_current)"
say "random $(head -c 5000 /dev/hwrng | gzip -9 | wc -c)"

say "memory $(awk "/MemTotal/ { print \$2 }" /proc/meminfo) of 400000"
until [ "$(awk "/MemTotal/ { print \$2 }" /proc/meminfo)" -lt 400000 ]; do sleep 0.2; done
say inflated
dd if=/dev/zero of=/tmp/fill bs=1M count=150 2>/dev/null; sync
say filled
read -r line
rm /tmp/fill
say freed

exec 3<>/dev/hvc1
stty raw -echo <&3
read -r line <&3
say "heard $line"
echo "guest speaks" >&3
head -c 4000 /vsock >&3
echo "the end" >&3

head -c 2000000 /dev/urandom >/tmp/sent
/vsock listen 5000 </tmp/sent >/tmp/got
say "vsock sent $(md5sum </tmp/sent)"
say "vsock got $(md5sum </tmp/got)"
echo "guest calls" | /vsock connect 2 6000 >/tmp/answer
say "answer: $(cat /tmp/answer)"

dmesg | grep -o "ibm,create-pe-dma-window.*returned.*" | sed "s/^/L2: /"
head -c 8000000 /dev/urandom >/tmp/data
dd if=/tmp/data of=/dev/vda bs=1M oflag=direct 2>/dev/null
say "disk sent $(md5sum </tmp/data)"
echo 3 >/proc/sys/vm/drop_caches
say "disk has $(head -c 8000000 /dev/vda | md5sum)"
'

everything() {
	if [ ! -e /dev/vhost-vsock ]; then
		echo "skip - vsock: no /dev/vhost-vsock: modprobe vhost_vsock"
		return
	fi
	truncate -s 16M "$TMP/disk.raw"
	linux "$ALL" page_reporting.page_reporting_order=$ORDER <<-END
		[rng]
		[[virtio_console]]
		backend = "unix:$TMP/hvc1"
		[balloon]
		size = "128MiB"
		deflate_on_oom = false
		[vsock]
		cid = 33
		[[disk]]
		path = "$TMP/disk.raw"
		iommu = true
	END
	listening
	background
	wait_for 'L2: inflated'
	inflated
	cid_is_taken
	wait_for 'L2: filled'
	full=$(ram_rss)
	tell go
	wait_for 'L2: freed'
	until_true rss_below $((full - 60000)) || no "RAM has $full KiB, then $(ram_rss) KiB"
	second_console
	sockets
	ends_with 0
	cp "$TMP/out" "$TMP/console"
	random_and_disk
	console_lacks 'Call Trace'
	! grep -qv '^info: ' "$TMP/log" || no "the VMM says: $(grep -v '^info: ' "$TMP/log" | head -n 1)"
}

# The guest has given them back, and the host has them.
inflated() {
	rss=$(ram_rss)
	[ "$rss" -lt 400000 ] || no "RAM has $rss KiB of 384 MiB"
}

# A second guest cannot have the same address.
cid_is_taken() {
	printf '[boot]\nkernel = "%s"\n[vsock]\ncid = 33\n' "$BARE/guest-little.elf" >"$TMP/second.toml"
	STATUS=0
	"$SPAPR_VMM" --config "$TMP/second.toml" --dry-run 2>"$TMP/second" </dev/null || STATUS=$?
	status_is 3
	grep -q "^vsock.cid: 33 is another guest's" "$TMP/second" || no "$(tail -n 1 "$TMP/second")"
}

second_console() {
	# Few bytes, as Linux writes 16 at a time.
	"$TALK" --open "$TMP/hvc1" within "$LIMIT_S" send 'host speaks\n' expect 'guest speaks' expect 'the end' \
		>"$TMP/hvc" 2>"$TMP/talk" || no "hvc1: $(tail -n 1 "$TMP/talk")"
	wait_for 'L2: heard host speaks'
	{ echo 'guest speaks' && head -c 4000 "$VSOCK" && printf 'the end'; } >"$TMP/sent"
	head -c 4020 "$TMP/hvc" | cmp -s - "$TMP/sent" || no "hvc1: $(wc -c <"$TMP/hvc") bytes, not what was sent"
}

sockets() {
	head -c 3000000 /dev/urandom >"$TMP/mine"
	timeout "$LIMIT_S" "$VSOCK" connect 33 5000 <"$TMP/mine" >"$TMP/theirs" 2>"$TMP/complaint" ||
		no "$(cat "$TMP/complaint")"
	echo 'host answers' | timeout "$LIMIT_S" "$VSOCK" listen 6000 >"$TMP/call"
	[ "$(cat "$TMP/call")" = 'guest calls' ] || no "the guest called: $(cat "$TMP/call")"
	wait_for 'L2: answer: host answers'
	says "L2: vsock got $(sum_of "$TMP/mine")" || no 'vsock: what the guest got is not what we sent'
	says "L2: vsock sent $(sum_of "$TMP/theirs")" || no 'vsock: what we got is not what the guest sent'
}

random_and_disk() {
	console_has 'L2: rng virtio_rng'
	size=$(sed -n 's/^L2: random //p' "$TMP/console" | tr -d '\r')
	[ "$size" -gt 5000 ] || no "5000 random bytes become $size when packed"
	console_has 'L2: ibm,create-pe-dma-window'
	sum=$(sed -n 's/^L2: disk sent //p' "$TMP/console" | tr -d '\r')
	console_has "L2: disk has $sum"
	[ "$(head -c 8000000 "$TMP/disk.raw" | md5sum)" = "$sum" ] || no 'the image has other bytes'
}

# Without the large window the guest maps each buffer when it uses it.
small_window() {
	truncate -s 16M "$TMP/disk.raw"
	linux 'head -c 4000000 /dev/urandom >/tmp/data
		dd if=/tmp/data of=/dev/vda bs=256K oflag=direct 2>/dev/null
		echo "L2: disk sent $(md5sum </tmp/data)"
		dd if=/dev/vda bs=64K iflag=direct 2>/dev/null | head -c 4000000 | md5sum | sed "s/^/L2: disk has /"
		head -c 1000 /dev/hwrng | gzip -9 | wc -c | sed "s/^/L2: random /"
		dmesg | grep -c create-pe-dma-window | sed "s/^/L2: windows /"' disable_ddw <<-END
		[[disk]]
		path = "$TMP/disk.raw"
		iommu = true
		[rng]
		iommu = true
	END
	vmm
	status_is 0
	sum=$(sed -n 's/^L2: disk sent //p' "$TMP/console" | tr -d '\r')
	console_has "L2: disk has $sum"
	[ "$(head -c 4000000 "$TMP/disk.raw" | md5sum)" = "$sum" ] || no 'the image has other bytes'
	console_has 'L2: windows 0'
	[ "$(sed -n 's/^L2: random //p' "$TMP/console" | tr -d '\r')" -gt 1000 ] || no 'no random bytes'
}

# The guest goes down while all of its devices live, and comes up again. It waits to be counted.
reboots() {
	linux 'head -c 500000 /dev/urandom >/dev/vda; sync; (/vsock listen 5000 </dev/zero >/dev/null) &
		sleep 0.5; echo "L2: random $(head -c 100 /dev/hwrng | wc -c)"; read -r x; reboot -f' <<-END
		[rng]
		[[virtio_console]]
		backend = "none"
		[balloon]
		size = "64MiB"
		[vsock]
		cid = 34
		[[disk]]
		path = "$TMP/disk.raw"
		iommu = true
	END
	truncate -s 16M "$TMP/disk.raw"
	listening
	background
	until_true has_booted 1 || no 'no boot'
	before=$(fds)
	tell go
	until_true has_booted 2 || no 'no second boot'
	after=$(fds)
	kill "$PID"
	ends_with 0
	mv "$TMP/out" "$TMP/console"
	console_lacks 'Call Trace'
	[ "$before" = "$after" ] || no "$before descriptors, after a reboot $after"
}
has_booted() { [ "$(grep -c 'L2: random 100' "$TMP/out")" -ge "$1" ]; }
fds() { ls "/proc/$PID/fd" | wc -l; }

# RAM is pinned: the balloon would take what the disk writes to.
pinned() {
	nvme=$(basename "$(dirname "$(grep -l 0x0108 /sys/bus/pci/devices/*/class | head -n 1)")")
	linux 'awk "/MemTotal/ { print \"L2: memory \" (\$2 > 400000) }" /proc/meminfo' <<-END
		[balloon]
		size = "256MiB"
		deflate_on_oom = false
		[[vfio]]
		host = "$nvme"
	END
	vmm
	status_is 0
	[ "$(grep -c '^warning: balloon: it takes no memory: passed-through devices' "$TMP/log")" = 1 ] ||
		no "the log does not say once that the balloon takes nothing"
	console_has 'L2: memory 1'
}

try "rng, balloon, second console, vsock, disk behind the large window" everything
try "disk and rng behind the default window" small_window
case $LAB_HOST in
*-64k) try "a reboot with all devices in use" reboots ;;
esac
[ "$(grep -l 0x0108 /sys/bus/pci/devices/*/class)" ] &&
	try "with a passed-through disk the balloon takes nothing" pinned
finish
