# SPDX-License-Identifier: BSD-2-Clause
# How each VMM is started with the same guest. Sourced by the scripts of tests/bench after lib.sh.
# shellcheck shell=sh
KERNEL=$KERNELS/6.12-4k/vmlinux
INITRD=$INITRDS/initrd-6.12-4k.gz
DEVICE=$(ls /sys/bus/pci/drivers/nvme 2>/dev/null | grep : | head -n 1)
STRIPPED=$SPAPR_VMM.stripped
cp "$STRIPPED" /tmp/spapr-vmm # as near as QEMU, which comes from a folder that is kept in memory
SPAPR_VMM=/tmp/spapr-vmm

SHIFT=16 # of the host's pages, and of those of DDW windows
case $LAB_HOST in *-4k) SHIFT=12 ;; esac

# From files in memory: what is read from the shared folder is waited for, and a wait is time.
to_memory() {
	cp "$KERNEL" "$INITRD" /tmp
	KERNEL=/tmp/${KERNEL##*/} INITRD=/tmp/${INITRD##*/}
}

caps() { echo "cap-cfpc=broken,cap-sbbc=broken,cap-ibs=broken,cap-ccf-assist=off,cap-hpt-max-page-size=$((1 << SHIFT))"; }

# qemu_command OPTION...: QEMU brings its own C library
qemu_command() {
	libs=$(echo "$PEER"/usr/lib/powerpc64le-linux-gnu "$PEER"/lib/powerpc64le-linux-gnu | tr ' ' :)
	echo "exec $PEER/usr/lib/powerpc64le-linux-gnu/ld64.so.2 --library-path $libs" \
		"$PEER/usr/bin/qemu-system-ppc64 -L $PEER/usr/share/qemu -nodefaults -display none -serial stdio $*"
}

ours_command() { echo "exec $SPAPR_VMM --config $TMP/guest.toml --log-level debug --log-file $TMP/log"; }

# guest_of VMM MEMORY-MIB VCPUS L2-COMMAND [vfio]: $TMP/run starts Debian's kernel
guest_of() {
	rm -f "$TMP/log"
	cmdline="console=hvc0 l2=$4"
	if [ "$1" = ours ]; then
		printf 'memory = "%sMiB"\nvcpus = %s\n' "$2" "$3" | config "$KERNEL" "$INITRD" "$cmdline"
		[ ! "${5-}" ] || printf '[[vfio]]\nhost = "%s"\n' "$DEVICE" >>"$TMP/guest.toml"
		ours_command >"$TMP/run"
	else
		qemu_command "-M pseries,accel=kvm,x-vof=on,$(caps) -m $2 -smp $3 -kernel $KERNEL -initrd $INITRD" \
			"-append '$cmdline'" "${5:+-device vfio-pci,host=$DEVICE}" >"$TMP/run"
	fi
}

# disk_of VMM: $TMP/run starts what GRUB's ISO has, from a virtio disk, without a kernel by name. QEMU's virtual
# firmware boots no disks, so there it is SLOF.
disk_of() {
	rm -f "$TMP/log"
	[ -e /tmp/boot.iso ] || cp "$GRUB/boot.iso" /tmp
	if [ "$1" = ours ]; then
		printf '[machine]\nmemory = "512MiB"\n[[disk]]\npath = "/tmp/boot.iso"\nread_only = true\n' >"$TMP/guest.toml"
		ours_command >"$TMP/run"
	else
		qemu_command "-M pseries,accel=kvm,$(caps) -m 512 -device virtio-blk-pci,drive=iso,bootindex=0" \
			"-drive if=none,id=iso,format=raw,readonly=on,file=/tmp/boot.iso" >"$TMP/run"
	fi
}

# bare_of VMM vfio|kernel|emulated: $TMP/run starts the guest of tests/guest with topic "bench" and one
# function, the NVMe controller or a virtio one; kernel: ours with tce = "kernel"
bare_of() {
	rm -f "$TMP/log"
	if [ "$1" = ours ]; then
		tce=checked
		[ "$2" != kernel ] || tce=kernel
		printf 'memory = "2GiB"\nvcpus = 2\nirqchip = "xics"\ntce = "%s"\n' $tce |
			config "$BARE/guest-little.elf" '' "topics=bench pages=$SHIFT"
		case $2 in
		vfio | kernel) printf '[[vfio]]\nhost = "%s"\n' "$DEVICE" ;;
		*) printf '[rng]\niommu = true\n' ;;
		esac >>"$TMP/guest.toml"
		ours_command >"$TMP/run"
	else
		case $2 in
		vfio) device="vfio-pci,host=$DEVICE" ;;
		*) device=virtio-rng-pci,disable-legacy=on,iommu_platform=on ;;
		esac
		qemu_command "-M pseries,accel=kvm,x-vof=on,kernel-addr=0,$(caps) -m 256 -smp 2 -device $device" \
			"-kernel $BARE/guest-little.elf -append 'topics=bench pages=$SHIFT'" >"$TMP/run"
	fi
}

# For both alike: nobody waits for the host's driver to let go.
# bind_vfio [BDF]
bind_vfio() {
	set -- "${1-$DEVICE}"
	[ "$1" ] || return 0
	echo vfio-pci >"/sys/bus/pci/devices/$1/driver_override"
	[ ! -e "/sys/bus/pci/devices/$1/driver" ] || echo "$1" >"/sys/bus/pci/devices/$1/driver/unbind"
	echo "$1" >/sys/bus/pci/drivers_probe
}

TRACE=/sys/kernel/tracing

trace_prepare() {
	mount -t tracefs none $TRACE 2>/dev/null
	echo mono >$TRACE/trace_clock
	echo 0 >$TRACE/options/overwrite # what came first is what we look for
}

# trace_switch 1|0: events cost time even when nobody keeps them
trace_switch() {
	for event in sched/sched_process_exec syscalls/sys_enter_ioctl kvm_hv/kvm_guest_enter; do
		echo "$1" >$TRACE/events/$event/enable || echo "failed trace: no event $event"
	done
	echo "$1" >$TRACE/tracing_on
}

trace_on() {
	echo >$TRACE/trace
	trace_switch 1
}

trace_off() { trace_switch 0; }
