# SPDX-License-Identifier: BSD-2-Clause
# A kernel that gives the machine to another one: kexec, and kdump after a crash on any CPU. The data of
# disks, virtio's and the host's, are the same before and after. By default the case that once failed;
# with 1, 2 and 4 vCPUs, XIVE and XICS, in about twenty minutes:
#   tests/lab/lab run --smp 2 --nvme --timeout 3600 p9-64k tests/lab/kdump.sh all
# Many kexecs, in search of rare faults, here 20, while the disk is read and a network card is up:
#   tests/lab/lab run --smp 2 --nvme --e1000e --timeout 3600 p9-64k tests/lab/kdump.sh 20
# hosts: p9-64k
# timeout: 400
# seconds: 80
# needs: tools
# options: --smp 2 --nvme
# shellcheck shell=sh
. "$LAB/lib/lib.sh"
TOOLS_ROOT=$TOOLS # vfio.sh has another use for the name
. "$LAB/lib/vfio.sh"

LIMIT_S=400 # an emulated host that shares its CPUs
GUEST=6.12-4k
WORK=/tmp/work
mkdir -p "$WORK/image"

# In the guest's image: kexec with its loader and library, and what each of the two kernels runs.
prepare() {
	cp "$TOOLS_ROOT/usr/sbin/kexec" "$TOOLS_ROOT/lib64/ld64.so.2" "$WORK/image"
	cp "$TOOLS_ROOT/usr/lib/powerpc64le-linux-gnu/libc.so.6" "$WORK/image"
	cat >"$WORK/image/common" <<'END'
say() { echo "L2: $*"; }
kexec() { /ld64.so.2 --library-path / /kexec "$@"; }
disk() {
	until c=$(grep -ls "^$1" /sys/block/nvme[0-9]n1/device/serial); do sleep .1; done
	c=${c%/device/serial}
	echo "${c##*/}"
}
sum() { dd if="/dev/$1" bs=1M count=4 iflag=direct 2>/dev/null | sha256sum | cut -c 1-64; }
sums() { say "$1 virtio $(sum vdc)"; say "$1 nvme $(sum "$(disk nvme)")"; }
END
	# $1: -l or -p; $2: the CPU that leaves; $3: for the next kernel; $4: what goes on meanwhile
	cat >"$WORK/image/before" <<'END'
. /common
for d in vdc $(disk nvme); do
	dd if=/dev/urandom of="/dev/$d" bs=1M count=4 oflag=direct 2>/dev/null
done
sums first
say "first has $(nproc) cpus"
kexec "$1" -i /dev/vda --initrd=/dev/vdb --append="$3" || say "kexec: $?"
[ ! "$4" ] || ip link set eth0 up
[ "$4" ] && (while :; do dd if=/dev/$(disk nvme) of=/dev/null bs=64k iflag=direct 2>/dev/null; done) &
say leaves
if [ "$1" = -l ]; then
	taskset $((1 << $2)) /ld64.so.2 --library-path / /kexec -e
else
	taskset $((1 << $2)) sh -c 'echo c >/proc/sysrq-trigger'
fi
END
	cat >"$WORK/image/after" <<'END'
. /common
sums then
say "then has $(nproc) cpus"
[ ! -e /proc/vmcore ] || say "vmcore $(head -c 4 /proc/vmcore | tail -c 3) $(($(ls -l /proc/vmcore | awk '{ print $5 }') >> 20)) MiB"
END
	(cd "$WORK/image" && find . -type f | cpio -o -H newc 2>/dev/null | gzip -1) |
		cat "$INITRDS/initrd-$GUEST.gz" - >"$WORK/initrd"
	dd if="$WORK/initrd" of="$WORK/initrd.disk" bs=512 conv=sync 2>/dev/null
	dd if="$KERNELS/$GUEST/vmlinux" of="$WORK/vmlinux.disk" bs=1M conv=sync 2>/dev/null
}

runs() { echo "l2=run:$(echo "$*" | base64 | tr -d '\n')"; }

# machine CHIP VCPUS HOW CPU FIRST-CMDLINE NEXT-CMDLINE [BUSY]
machine() {
	truncate -s 8M "$TMP/data"
	printf 'memory = "768MiB"\nvcpus = %s\nirqchip = "%s"\n' "$2" "$1" |
		config "$KERNELS/$GUEST/vmlinux" "$WORK/initrd" \
			"$QUIET $5 $(runs "sh /before $3 $4 '$QUIET $6 $(runs "sh /after")' ${7-}")"
	for d in "$WORK/vmlinux.disk" "$WORK/initrd.disk" "$TMP/data"; do
		printf '[[disk]]\npath = "%s"\n' "$d" >>"$TMP/guest.toml"
	done
	pass "$NVME"
	[ ! "${7-}" ] || pass "$NIC"
}

sum_is_kept() {
	first=$(sed -n "s/^L2: first $1 \([0-9a-f]*\).*/\1/p" "$TMP/console")
	[ ${#first} = 64 ] || no "the first kernel read nothing from $1"
	console_has "L2: then $1 $first"
}

is_well() {
	status_is 0
	console_has "L2: first has $1 cpus"
	console_has "L2: then has $2 cpus"
	sum_is_kept virtio
	sum_is_kept nvme
	! awk '/^L2: init running/ { n++ } n == 2' "$TMP/console" | grep -q 'Call Trace' || no "the next kernel complains"
	! grep -qv '^info: ' "$TMP/log" || no "the VMM says: $(grep -v '^info: ' "$TMP/log" | head -n 1)"
}

# kexecs CHIP VCPUS CPU [BUSY]
kexecs() {
	machine "$1" "$2" -l "$3" '' '' "${4-}"
	vmm
	cp "$TMP/console" "$LAB_OUT/console.guest"
	is_well "$2" "$2"
}

# kdumps CHIP VCPUS CPU [FIRST-CMDLINE [NEXT-CMDLINE [CPUS-BEFORE [CPUS-AFTER]]]]
kdumps() {
	machine "$1" "$2" -p "$3" "crashkernel=256M ${4-}" "${5-nr_cpus=1}"
	vmm
	cp "$TMP/console" "$LAB_OUT/console.guest"
	is_well "${6-$2}" "${7-1}"
	console_has 'L2: vmcore ELF '
	! grep -q '^L2: vmcore ELF [0-9] ' "$TMP/console" || no "$(grep vmcore "$TMP/console")"
}


case ${1-} in
[0-9]*) devices NVME NIC 3>&2 ;;
*) devices NVME 3>&2 ;;
esac
prepare
case ${1-} in
all)
	for chip in xive xics; do
		for n in 1 2 4; do
			try "kexec, $chip, $n vcpus" kexecs $chip $n $((n - 1))
			try "kdump, $chip, $n vcpus, on CPU $((n - 1))" kdumps $chip $n $((n - 1))
		done
		try "kdump, $chip, 4 vcpus, three never started" kdumps $chip 4 0 maxcpus=1 '' 1 4
	done
	;;
[0-9]*)
	for n in $(seq "$1"); do
		try "kexec $n, a disk reads" kexecs xive 2 $((n % 2)) busy
	done
	;;
*)
	# Debian's kernels have no fadump, and the machine has no call for it: kdump is what is left.
	try "kdump, xics, 2 vcpus, on CPU 1, with fadump=on" kdumps xics 2 1 fadump=on
	;;
esac
finish
