# SPDX-License-Identifier: BSD-2-Clause
# Disks under load: what was written is read back, resets and ends lose nothing that was flushed.
# hosts: p9-64k
# timeout: 900
# seconds: 200
# needs: tools
# options: --smp 2 --nvme
# shellcheck shell=sh
. "$LAB/lib/lib.sh"
. "$LAB/lib/debian.sh"

LIMIT_S=300 # an emulated host that shares its CPUs
SIZE=32     # MiB of each disk

# job: what the guest runs, from standard input. The job comes on a disk, as a tar archive: kernel command
# lines are too short. In it, "disk NAME" prints the device with that serial number.
job() {
	mkdir -p "$WORK/job"
	{
		cat <<-'END'
			disk() { for d in /sys/block/vd*; do [ "$(cat $d/serial)" != "$1" ] || echo /dev/${d##*/}; done; }
			with_tools() {
				mkdir -p /tools && mount -t ext4 -o ro,noload "$(disk tools)" /tools
				for d in dev proc sys; do mount -o bind /$d /tools/$d; done
				mount -t tmpfs tmpfs /tools/tmp
			}
		END
		cat
	} >"$WORK/job/job"
	cp "$TOOLS_BIN/ledger" "$WORK/job/"
	tar -C "$WORK/job" -cf "$WORK/job.tar" .
}

# disk SERIAL PATH [LINE]: a [[disk]]
disk() { printf '[[disk]]\nserial = "%s"\npath = "%s"\n%s\n' "$1" "$2" "${3-}"; }

# linux VCPUS: the guest for the job; its further [[disk]]s come from standard input
linux() {
	printf 'memory = "512MiB"\nvcpus = %s\n' "$1" |
		guest 6.12-4k "run:$(printf 'later; tar -x -C /tmp </dev/vda; . /tmp/job' | base64 | tr -d '\n')"
	{
		disk job "$WORK/job.tar" 'read_only = true'
		disk tools "$TOOLS.img" 'read_only = true'
		cat
	} >>"$TMP/guest.toml"
}

# A file with all its blocks, one with none, and a device of the host.
three_disks() {
	head -c ${SIZE}m /dev/zero >"$WORK/full"
	rm -f "$WORK/sparse" && truncate -s $((SIZE << 20)) "$WORK/sparse"
	disk full "$WORK/full"
	disk sparse "$WORK/sparse"
	disk device /dev/nvme0n1
}

# verifies VCPUS: all three at the same time
verifies() {
	job <<-END
		with_tools
		for d in full sparse device; do
			jobs="\$jobs --name=\$d --filename=\$(disk \$d)"
		done
		chroot /tools /bin/fio --ioengine=libaio --direct=1 --rw=randwrite --bsrange=4k-1m --iodepth=32 \\
			--fsync=16 --verify=crc32c --verify_fatal=1 --size=${SIZE}m \$jobs | grep -E 'err=|verify|WRITE:|READ:'
	END
	three_disks | linux "$1"
	vmm
	status_is 0
	[ "$(grep -c 'err= 0' "$TMP/console")" = 3 ] || no "fio: $(grep -E 'verify:|err=' "$TMP/console" | head -n 1)"
	console_has "READ: bw="
	console_lacks 'I/O error'
	# The guest wrote last, and flushed: so its words are on the host's disk.
	cmp -n 512 "$WORK/full" "$WORK/sparse" >/dev/null && no 'both disks hold the same'
	[ "$(du -m "$WORK/sparse" | cut -f 1)" -ge $((SIZE - 1)) ] || no 'the sparse file was not filled'
}

# The driver leaves the disks and comes back while they are written.
rebinds() {
	job <<-END
		for n in 1 2; do
			d=\$(disk sparse)
			virtio=\$(basename \$(readlink -f /sys/block/\${d##*/}/device))
			/tmp/ledger write \$d $SIZE 4 200 >>/tmp/said &
			until grep -qs flushed /tmp/said; do sleep 0.1; done
			sleep 1
			echo \$virtio >/sys/bus/virtio/drivers/virtio_blk/unbind
			wait
			echo \$virtio >/sys/bus/virtio/drivers/virtio_blk/bind
			echo "round \$n: \$(/tmp/ledger check \$(disk sparse) $SIZE 4 </tmp/said)"
			dd if=/dev/zero of=\$(disk sparse) bs=1M count=$SIZE 2>/dev/null; sync; : >/tmp/said
		done
	END
	three_disks | linux 4
	vmm
	status_is 0
	[ "$(grep -c '^round .* 0 sectors are wrong' "$TMP/console")" = 2 ] || no "$(grep '^round\|^sector' "$TMP/console" | head -n 1)"
	! grep -q '^round .*: 0 writes' "$TMP/console" || no 'a round wrote nothing'
}

# True as well when the VMM has ended, so that nobody waits for what never comes.
has_said() { [ "$(grep -c "$2" "$TMP/out")" -ge "$1" ] || ! kill -0 "$PID" 2>/dev/null; }

# survives_kill LINES: the VMM is killed when the guest has said so often that it flushed
survives_kill() {
	job <<-END
		/tmp/ledger write \$(disk sparse) $SIZE 4
	END
	three_disks | linux 2
	background
	until_true has_said "$1" '^flushed' || no "the guest has flushed $(grep -c '^flushed' "$TMP/out") times"
	kill -9 "$PID" || no "it had ended: $(tail -n 1 "$TMP/log")"
	wait "$PID" 2>/dev/null
	rm "$TMP/pid"
	tr -d '\r' <"$TMP/out" | "$TOOLS_BIN/ledger" check "$WORK/sparse" $SIZE 4 >"$TMP/checked" || no "$(head -n 1 "$TMP/checked")"
	# The lock went with the process.
	"$SPAPR_VMM" --config "$TMP/guest.toml" --dry-run >"$TMP/console" 2>"$TMP/log" || no "afterwards: $(tail -n 1 "$TMP/log")"
}

# survives_power_loss LINES: the host stops dead. All that is left is what its disk's medium holds,
# which is a file outside; the page cache before it is lost.
survives_power_loss() {
	medium=$LAB_OUT/nvme.img
	job <<-END
		/tmp/ledger write \$(disk device) $SIZE 4
	END
	dd if=/dev/zero of=/dev/nvme0n1 bs=1M count=$SIZE conv=fsync 2>/dev/null
	three_disks | linux 2
	before=$(flushes)
	background
	until_true has_said "$1" '^flushed' || no "the guest has flushed $(grep -c '^flushed' "$TMP/out") times"
	kill -STOP "$PID" || no "it had ended: $(tail -n 1 "$TMP/log")"
	until_true medium_rests || no 'the disk does not come to rest'
	after=$(flushes)
	tr -d '\r' <"$TMP/out" | "$TOOLS_BIN/ledger" check "$medium" $SIZE 4 >"$TMP/checked" || no "$(head -n 1 "$TMP/checked")"
	kill -9 "$PID"
	wait "$PID" 2>/dev/null
	rm "$TMP/pid"
	# Writers may share a flush; the disk's own cache must have been told as well.
	[ $((after - before)) -ge $(($1 / 4)) ] || no "$1 flushes of the guest made $((after - before)) of the disk's"
}
# What the kernel had begun is done: the medium's file holds still while it is read.
medium_rests() { cat /sys/block/nvme0*n1/inflight | awk '{ n += $1 + $2 } END { exit n > 0 }'; }
# Flushes of the disk and of its paths: kernels differ in where they count them.
flushes() { cat /sys/block/nvme0*n1/stat | awk '{ n += $16 } END { print n }'; }

# What the guest sees of its disks, and who else may open them meanwhile.
facts() {
	job <<-END
		d=\$(disk sparse) r=\$(disk "twenty bytes of name")
		echo "size \$(cat /sys/block/\${d##*/}/size), read-only \$(cat /sys/block/\${r##*/}/ro)"
		dd if=/dev/zero of=\$r bs=4096 count=1 2>&1 | grep -i 'not permitted\|read-only'
		head -c ${SIZE}m /dev/urandom >\$d && sync && echo written
		until [ "\$(cat /sys/block/\${d##*/}/size)" = $((SIZE * 4096)) ]; do sleep 0.2; done
		echo grown
		dd if=/dev/urandom of=\$d bs=1M count=1 seek=\$((2 * $SIZE - 1)) 2>/dev/null && sync && blkdiscard -l $((SIZE << 20)) \$d && echo discarded
		dd if=\$d bs=1M count=1 2>/dev/null | tr -d '\0' | wc -c
		poweroff -f
	END
	rm -f "$WORK/sparse" && truncate -s $((SIZE << 20)) "$WORK/sparse"
	head -c 1m /dev/zero >"$WORK/ro"
	{
		disk sparse "$WORK/sparse"
		disk 'twenty bytes of name' "$WORK/ro" 'read_only = true'
	} | linux 1
	background
	until_true has_said 1 written || no 'the guest does not write'
	"$SPAPR_VMM" --config "$TMP/guest.toml" --set disk.0.path="$WORK/ro" --dry-run >/dev/null 2>"$TMP/second" && no 'a second writer was let in'
	grep -q "$WORK/sparse: another program uses it: end that one" "$TMP/second" || no "second writer: $(tail -n 1 "$TMP/second")"
	truncate -s $((2 * SIZE << 20)) "$WORK/sparse"
	ends_with 0
	mv "$TMP/out" "$TMP/console"
	console_has "size $((SIZE * 2048)), read-only 1"
	grep -qi 'not permitted\|read-only file' "$TMP/console" || no 'the read-only disk was written'
	console_has grown
	console_has discarded
	[ "$(du -m "$WORK/sparse" | cut -f 1)" -le 2 ] || no "after the discard the file takes $(du -m "$WORK/sparse" | cut -f 1) MiB"
}

# A device that never answers: what is behind it lies on a file system that is frozen, so a write that
# has passed the page cache by waits in the host's block layer for ever.
stuck_device() {
	mkdir -p "$WORK/fs"
	rm -f "$WORK/fs.img"
	tool sbin/mke2fs -q -t ext4 "$WORK/fs.img" $((SIZE + 32))M >/dev/null 2>&1 || no 'mke2fs'
	mount -t ext4 -o loop "$WORK/fs.img" "$WORK/fs" || no 'no ext4 on a loop device'
	head -c ${SIZE}m /dev/zero >"$WORK/fs/raw"
	STUCK=$(losetup -f) && losetup "$STUCK" "$WORK/fs/raw" || no 'no second loop device'
	sync
	fsfreeze --freeze "$WORK/fs" || no 'fsfreeze'
	echo "$STUCK" >"$WORK/stuck"
}
thaw() {
	fsfreeze --unfreeze "$WORK/fs"
	losetup -d "$(cat "$WORK/stuck")"
	until_true umount "$WORK/fs" 2>/dev/null # the guest's write ends first
}

# hundredths of seconds since the host booted
hundredths() { cut -d ' ' -f 1 /proc/uptime | tr -d .; }

# stuck WHAT COMMANDS: the guest writes and runs them; nothing ends in order, and the second signal
# ends the program.
stuck() {
	stuck_device
	job <<-END
		d=\$(disk stuck)
		dd if=/dev/zero of=\$d bs=64k count=4 oflag=direct &
		until awk '{ exit \$2 == 0 }' /sys/block/\${d##*/}/inflight; do sleep 0.1; done
		echo stuck; $2
	END
	disk stuck "$STUCK" 'direct = true' | linux 2
	background
	until_true has_said 1 '^stuck' || no 'the guest does not write'
	sleep 3
	kill "$PID" 2>/dev/null || no "it had ended: $(tail -n 1 "$TMP/log")"
	sleep 1
	kill -0 "$PID" || no 'one signal ended it'
	before=$(hundredths)
	kill -INT "$PID"
	ends_with 0
	took=$(($(hundredths) - before))
	echo "$1: ended $((took * 10)) ms after the second signal" >&2
	[ "$took" -lt 100 ] || no "it took $((took * 10)) ms"
	log_has "ended by force, without waiting for $1"
}

until_true test -b /dev/nvme0n1
try "fio verifies file, sparse file and device, 1 vCPU" verifies 1
try "fio verifies file, sparse file and device, 4 vCPUs" verifies 4
try "the driver unbinds and binds in mid-load" rebinds
try "killed after 60 flushes, what was flushed is there" survives_kill 60
if [ -e "$LAB_OUT/nvme.img" ]; then
	try "the host's page cache lost after 45 flushes, what was flushed is there" survives_power_loss 45
else
	echo "skip - the host's page cache lost (a real host's disk cannot be seen from outside)"
fi
try "a disk is stuck when the guest loses power: two signals end it" stuck disk2 'sleep 1000'
thaw
try "a disk is stuck when the guest reboots: two signals end it" stuck "the guest's devices" 'echo b >/proc/sysrq-trigger'
thaw
try "serial, read_only, lock, resize, discard" facts
finish
