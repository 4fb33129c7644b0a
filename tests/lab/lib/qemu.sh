# SPDX-License-Identifier: BSD-2-Clause
# One run of an emulated POWER host, from its power button to its last word.
# Sourced by lab, which sets host, machine, cpu, kernel, pages, append and the options.
# shellcheck shell=bash disable=SC2154

QEMU=$CACHE/qemu
# The firmware of the emulated machine sometimes hangs before it starts the
# kernel; a host not up after this many seconds is started anew.
BOOT_LIMIT_S=240
BOOT_TRIES=3

# Set COMMAND to QEMU with all its options.
qemu_command() {
	local loader libs tag bus=pci.0 slot=5 memory=$mem words
	# Without room for more memory QEMU tells a pseries guest a highest address of 0; the guest then
	# asks for a DMA window of no size, and gives the device up for windows when it is refused.
	[[ $machine != pseries* ]] || memory+=,slots=1,maxmem=16G
	loader=$(echo "$QEMU"/lib64/ld*.so.*)
	libs=$(echo "$QEMU"/{,usr/}lib/*-linux-gnu)
	COMMAND=("$loader" --library-path "${libs// /:}" "$QEMU/usr/bin/qemu-system-ppc64"
		-L "$QEMU/usr/share/qemu" -display none -vga none -nic none -monitor none -no-reboot -M "$machine" -m "$memory"
		-kernel "$CACHE/kernels/$kernel/vmlinux" -initrd "$CACHE/host/initrd-$kernel.gz"
		-serial "file:$out/console.log")
	[[ $cpu == - ]] || COMMAND+=(-cpu "$cpu")
	if [[ $icount ]]; then
		COMMAND+=(-accel tcg -icount 'shift=0,sleep=off' -rtc 'clock=vm,base=2026-01-01')
	else
		COMMAND+=(-accel 'tcg,thread=multi' -smp "$smp")
	fi
	words="console=hvc0 panic=-1 LAB_RUN=/host/${out#"$ROOT"/} LAB_TTY=$tty LAB_SYSTEMD=$systemd $append"
	if [[ $pages == large ]]; then
		tree_with_large_pages "$words"
		COMMAND+=(-dtb "$out/tree.dtb")
	else
		COMMAND+=(-append "$words")
	fi
	# A PowerNV host bridge takes one device, and each is an IOMMU group of its
	# own: ours go last, the first ones are for devices to pass through.
	for tag in cache host tty; do
		[[ $machine == pseries* ]] || bus=pcie.$((slot--))
		case $tag in
		cache) COMMAND+=(-fsdev "local,id=cache,path=$CACHE,security_model=none,multidevs=remap") ;;
		host) COMMAND+=(-fsdev "local,id=host,path=$ROOT,security_model=none,multidevs=remap") ;;
		# The host's program reads Ctrl-C and Ctrl-a, not QEMU.
		tty)
			COMMAND+=(-chardev 'stdio,id=tty,signal=off' -device "virtio-serial-pci,bus=$bus"
				-device virtconsole,chardev=tty)
			break
			;;
		esac
		COMMAND+=(-device "virtio-9p-pci,fsdev=$tag,mount_tag=$tag,bus=$bus")
	done
	passthrough_devices
	[[ ! $systemd ]] || system_disk
}

# tree_with_large_pages WORDS: $out/tree.dtb, the tree that QEMU would give this host with WORDS for its kernel, and the
# sizes of its CPU's pages, of which QEMU says nothing: as each real one does, a shift in bits and the size's code.
tree_with_large_pages() {
	local tree=$out/tree.dtb node
	printf '{"execute": "%s"%s}\n' qmp_capabilities '' dumpdtb ", \"arguments\": {\"filename\": \"$tree\"}" quit '' |
		"${COMMAND[@]}" -append "$1" -S -qmp stdio >"$out/tree.log" 2>&1 ||
		fail "QEMU gives no tree: $(tail -n 1 "$out/tree.log")" 1
	for node in $(fdtget -l "$tree" /cpus | grep @); do
		fdtput -t x "$tree" "/cpus/$node" ibm,processor-radix-AP-encodings c a0000010 20000015 4000001e
	done
}

# The host's root with --systemd: Debian's disk, whose changes are forgotten when the host ends. Its place
# is that of --e1000e.
system_disk() {
	COMMAND+=(-drive "if=none,id=system,format=raw,file=$CACHE/debian/disk.raw,snapshot=on"
		-device virtio-blk-pci,drive=system,bus=pcie.1)
}

# Devices to pass through, each kind alone behind a host bridge: an IOMMU group of its own. Disks are
# files of $out, so that a test can look at them from outside. The network is QEMU's user network;
# whoever connects to 10.0.2.100 there gets $out/net.send from port 7, and what he sends to port 9
# becomes $out/net.received: a server without a port on this machine.
passthrough_devices() {
	local bus0=pcie.0 bus1=pcie.1 bus2=pcie.2 fwd=guestfwd=tcp:10.0.2.100
	if [[ $machine == pseries* ]]; then
		COMMAND+=(-device spapr-pci-host-bridge,index=1,id=pass0 -device spapr-pci-host-bridge,index=2,id=pass1
			-device spapr-pci-host-bridge,index=3,id=pass2)
		bus0=pass0.0 bus1=pass1.0 bus2=pass2.0
	fi
	[[ ! $nvme ]] || lab_disk nvme 256M "bus=$bus0"
	if [[ $e1000e ]]; then
		COMMAND+=(-netdev "user,id=net,$fwd:7-cmd:cat $out/net.send,$fwd:9-cmd:dd bs=64k of=$out/net.received"
			-device "e1000e,netdev=net,romfile=,mac=52:54:00:aa:bb:01,bus=$bus1")
	fi
	# Two functions of one slot, thus of one group.
	if [[ $pair ]]; then
		lab_disk pair1 64M "bus=$bus2,addr=0.1"
		lab_disk pair0 64M "bus=$bus2,addr=0.0,multifunction=on"
	fi
	[[ ! $devices ]] || lab_switch "$bus2"
}

# lab_file NAME SIZE: a disk's contents, a file of $out
lab_file() {
	[[ -s $out/$1.img ]] || truncate -s "$2" "$out/$1.img"
	COMMAND+=(-drive "if=none,id=$1,format=raw,file=$out/$1.img,cache=writeback")
}

# lab_disk NAME SIZE WHERE
lab_disk() {
	lab_file "$1" "$2"
	COMMAND+=(-device "nvme,serial=$1,drive=$1,$3")
}

# The devices of --devices: their options but for the bus. A disk of one is named like the device.
declare -A LAB_DEVICES=(
	[igb]=igb,netdev=igb,romfile= [rtl8139]=rtl8139,netdev=rtl8139,romfile= [e1000]=e1000,netdev=e1000,romfile=
	[virtio]=virtio-net-pci,netdev=virtio,romfile=,disable-legacy=on,iommu_platform=on
	[ahci]=ich9-ahci [xhci]=qemu-xhci [megasas]=megasas-gen2 [sdhci]=sdhci-pci [disk]=nvme,serial=disk,drive=disk
	[ivshmem]=ivshmem-plain,memdev=ivshmem [testdev]=pci-testdev,membar=8G [edu]=edu [vga]=VGA,romfile=
)
lab_device_names() { printf '%s\n' "${!LAB_DEVICES[@]}" | sort | paste -sd' '; }

# lab_device NAME BUS
lab_device() {
	[[ ${LAB_DEVICES[$1]-} ]] || die "--devices $1: there is no such device, take some of $(lab_device_names)"
	case $1 in
	igb | rtl8139 | e1000 | virtio) COMMAND+=(-netdev "user,id=$1") ;;
	ivshmem) COMMAND+=(-object memory-backend-ram,id=ivshmem,size=1G) ;;
	ahci | xhci | megasas | sdhci | disk) lab_file "$1" 64M ;;
	esac
	COMMAND+=(-device "${LAB_DEVICES[$1]},id=dev-$1,bus=$2")
	case $1 in
	ahci) COMMAND+=(-device ide-hd,drive=ahci,bus=dev-ahci.0) ;;
	xhci) COMMAND+=(-device usb-storage,drive=xhci,bus=dev-xhci.0) ;;
	megasas) COMMAND+=(-device scsi-hd,drive=megasas,bus=dev-megasas.0) ;;
	sdhci) COMMAND+=(-device sd-card,drive=sdhci) ;;
	esac
}

# lab_switch BUS: a switch whose downstream ports have the devices, one each and each a group
lab_switch() {
	local name port=0
	COMMAND+=(-device "x3130-upstream,id=up,bus=$1")
	for name in ${devices//,/ }; do
		COMMAND+=(-device "xio3130-downstream,id=down$port,bus=up,chassis=$((port + 1)),addr=$port.0")
		lab_device "$name" "down$port"
		port=$((port + 1))
	done
}

# fail REASON STATUS: our words, then what the host's console said last
fail() {
	printf 'lab: %s: %s\n' "$host" "$1" >&2
	if [[ -s $out/console.log ]]; then
		printf 'lab: its console ends with (all of it: %s):\n' "${out#"$ROOT"/}/console.log" >&2
		tail -n 40 "$out/console.log" | tr -d '\r' | sed 's/^/    /' >&2
	fi
	exit "$2"
}

# Wait until the host's init says that it runs; false when it does not in time.
# An end of QEMU counts as in time: the caller finds out why.
qemu_booted() {
	local until=$((SECONDS + BOOT_LIMIT_S))
	while [[ ! -e $out/booted ]]; do
		((SECONDS < until)) || return 1
		kill -0 "$qemu_pid" 2>/dev/null || return 0
		sleep 0.2
	done
}

# Did QEMU end before the host ran? It does now and then, in the first second of the firmware: by an assertion of
# its own (xive_source_esb_trigger), or without a word, as a machine that its firmware resets in the midst of a line.
qemu_ended_early() {
	local status=0
	[[ ! -e $out/booted ]] || return 1
	wait "$qemu_pid" || status=$?
	((status != 124))
}

qemu_stop() {
	kill "$qemu_pid" 2>/dev/null || true
	wait "$qemu_pid" 2>/dev/null || true
}

qemu_run() {
	local try status=0
	[[ -x $QEMU/usr/bin/qemu-system-ppc64 && -e $CACHE/host/initrd-$kernel.gz ]] ||
		die "the emulated host is not installed: run scripts/setup"
	append=${append#-}
	append="${append//,/ } $(quick)"
	qemu_command
	settings=''
	if [[ $tty ]]; then
		exec 3<&0
		settings=$(stty -g)
	else
		exec 3</dev/null
	fi
	trap 'qemu_stop; [[ ! $settings ]] || stty "$settings"' EXIT
	trap 'fail interrupted 130' INT TERM HUP
	for ((try = 1; ; try++)); do
		rm -f "$out"/{booted,status,dmesg,console.log}
		# The inner setpriv ends QEMU with timeout, the outer one timeout with us.
		setpriv --pdeathsig TERM timeout --foreground -k 5 "$timeout" \
			setpriv --pdeathsig KILL "${COMMAND[@]}" <&3 2>"$out/qemu.err" &
		qemu_pid=$!
		if qemu_booted; then
			qemu_ended_early && ((try < BOOT_TRIES)) || break
			say "$host ended before it was up: $(tail -n 1 "$out/qemu.err"): starting it again"
			continue
		fi
		qemu_stop
		((try < BOOT_TRIES)) || fail "it did not boot in $BOOT_LIMIT_S s, $try times" 1
		say "$host did not boot in $BOOT_LIMIT_S s: starting it again"
	done
	wait "$qemu_pid" || status=$?
	[[ -s $out/status ]] && return "$(<"$out/status")"
	((status != 124)) || fail "not done after $timeout s: raise --timeout if it only was slow" 124
	((status == 0)) || fail "QEMU ended with status $status: $(tail -n 1 "$out/qemu.err")" 1
	fail "it ended before the script did" 1
}
