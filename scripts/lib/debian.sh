# SPDX-License-Identifier: BSD-2-Clause
# Part debian: a root disk of Debian for ppc64el, with its own kernel, made of packages.
#   debian/disk.raw  the disk: a PReP partition with GRUB, and from 16 MiB on an ext4 file system with the
#                    label "debian"; copy it to use it
#   debian/vmlinux, debian/initrd.img  what it has in /boot
# mmdebstrap unpacks the packages here; their maintainer scripts are ppc64el programs, so off POWER
# they run in a guest that boots once from the disk ("second stage").
# shellcheck shell=bash

DEBIAN=$CACHE/debian
DEBIAN_SIZE=2G # sparse: a third of it is used
DEBIAN_PREP_MIB=1 # where its partitions begin
DEBIAN_ROOT_MIB=16
DEBIAN_PACKAGES=(
	'?essential' apt systemd-sysv dbus udev kmod systemd-resolved libpam-systemd
	iproute2 openssh-server e2fsprogs busybox
	linux-image-powerpc64le initramfs-tools zstd grub2-common grub-ieee1275-bin
)
SECOND_STAGE_LIMIT_S=1200 # two minutes on an idle machine

part_debian() {
	local files
	mapfile -t files < <(find "$ROOT/scripts/lib/debian" -type f | sort)
	take debian "$(sum_of "$ROOT"/scripts/lib/{debian,grub,apt}.sh "${files[@]}")" debian_make trixie bookworm
}

# debian_make PART SUITE
debian_make() {
	local dir=$DEBIAN.new suite=$2
	apt_prepare "$suite" ppc64el || return
	say "making a Debian disk of packages ($suite)"
	rm -rf "$dir"
	mkdir -p "$dir"
	debian_unpack "$suite" "$dir/disk.raw" || return
	debian_grub "$dir" || return
	native_kvm || debian_configure "$dir" || return
	debian_kernel "$dir" || return
	replace "$DEBIAN"
	echo "Debian $suite, kernel $(<"$DEBIAN/release")"
}

# debian_unpack SUITE IMAGE: all files of all packages, and a package database that says "unpacked".
debian_unpack() {
	local hook=$ROOT/scripts/lib/debian/hook log=$CACHE/debian.log fill=fill
	! native_kvm || fill="fill-and-configure"
	# --skip: the hook still needs the packages. Documentation stays out: the disk is copied often.
	fetched "$log" mmdebstrap --variant=extract --architectures=ppc64el --format=null \
		--skip=chroot/mount,cleanup --aptopt='Apt::Install-Recommends "false"' \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
		--dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
		"${DEBIAN_PACKAGES[@]/#/--include=}" \
		--setup-hook="'$hook' links \"\$1\"" \
		--extract-hook="'$hook' $fill \"\$1\"" \
		--extract-hook="'$hook' image \"\$1\" '$2' $DEBIAN_SIZE $DEBIAN_ROOT_MIB" \
		"$1" - "$CACHE/apt/$1-ppc64el/sources.list" ||
		miss "no root was made: $(apt_reason "$log" | paste -sd' '), see $log"
}

# le32 NUMBER: its bytes, as printf takes them
le32() { printf '\\x%02x' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24 & 255)); }

# mbr_entry STATUS TYPE FIRST-MIB END-MIB
mbr_entry() {
	printf '\\x%02x\\0\\0\\0\\x%02x\\0\\0\\0%s%s' "$1" "$2" "$(le32 $(($3 * 2048)))" "$(le32 $((($4 - $3) * 2048)))"
}

# debian_grub DIR: the table of partitions, and GRUB in the first of them
debian_grub() {
	local disk=$1/disk.raw core=$1/core.elf end root=$1/grub
	end=$(($(stat -c %s "$disk") >> 20))
	# shellcheck disable=SC2059 # bytes
	printf "$(mbr_entry 128 0x41 $DEBIAN_PREP_MIB $DEBIAN_ROOT_MIB)$(mbr_entry 0 0x83 $DEBIAN_ROOT_MIB "$end")" |
		dd of="$disk" bs=1 seek=446 conv=notrunc status=none
	printf '\x55\xaa' | dd of="$disk" bs=1 seek=510 conv=notrunc status=none
	mkdir -p "$root/${GRUB_MODULES%/*}"
	debugfs -R "rdump /$GRUB_MODULES $root/${GRUB_MODULES%/*}" "$(debian_root "$disk")" 2>/dev/null
	grub_core "$root" '(,msdos2)/boot/grub' "$core" || return
	dd if="$core" of="$disk" bs=1M seek=$DEBIAN_PREP_MIB conv=notrunc status=none
	rm -rf "$root" "$core"
}

# debian_root DISK: its file system, as the tools of e2fsprogs take it
debian_root() { printf '%s?offset=%d' "$1" $((DEBIAN_ROOT_MIB << 20)); }

# debian_configure DIR
debian_configure() {
	local log=$CACHE/debian-second-stage.log
	say "configuring its packages in a guest"
	second_stage "$1/disk.raw" >"$log" 2>&1 </dev/null || true
	grep -q '^second stage: done' <(tr -d '\r' <"$log") ||
		miss "its packages were not configured: $(tail -n 1 "$log" | tr -d '\r'), see $log"
}

# second_stage IMAGE: boot our small guest on it, in QEMU
second_stage() {
	local run='later; mount -t ext4 /dev/vda2 /tmp/root && cp /tmp/root/root/second-stage /tmp && exec sh /tmp/second-stage guest' qemu=$CACHE/qemu
	local kernel=$CACHE/kernels/6.12-4k/vmlinux initrd=$CACHE/guest/initrd-6.12-4k.gz
	run="console=hvc0 quiet l2=run:$(printf 'mkdir /tmp/root; %s' "$run" | base64 -w 0)"
	timeout "$SECOND_STAGE_LIMIT_S" "$(echo "$qemu"/lib64/ld*.so.*)" \
		--library-path "$(echo "$qemu"/{,usr/}lib/*-linux-gnu | tr ' ' :)" "$qemu/usr/bin/qemu-system-ppc64" \
		-L "$qemu/usr/share/qemu" -M pseries,x-vof=on -cpu power9 -smp 2 -m 1G -accel tcg,thread=multi \
		-nodefaults -display none -serial stdio -no-reboot -kernel "$kernel" -initrd "$initrd" -append "$run" \
		-drive "if=none,id=root,format=raw,file=$1,cache=unsafe,discard=unmap" -device virtio-blk-pci,drive=root
}

# debian_kernel DIR: kernel and initrd, out of the disk, and the kernel's release
debian_kernel() {
	local name file
	for name in vmlinux initrd.img; do
		file=$(debugfs -R 'ls -p /boot' "$(debian_root "$1/disk.raw")" 2>/dev/null | cut -d/ -f6 | grep "^$name-" | tail -n 1)
		[[ $file ]] || miss "its disk has no /boot/$name-*" || return
		debugfs -R "dump /boot/$file $1/$name" "$(debian_root "$1/disk.raw")" 2>/dev/null
		printf '%s\n' "${file#"$name-"}" >"$1/release"
	done
}
