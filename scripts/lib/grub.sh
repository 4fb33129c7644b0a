# SPDX-License-Identifier: BSD-2-Clause
# Part grub: GRUB for Open Firmware, and an ISO that boots by it.
#   grub/usr/lib/grub/powerpc-ieee1275  its modules
#   grub/boot.iso  GRUB, a kernel and an initial RAM disk of a guest, laid out as grub-mkrescue does
# shellcheck shell=bash

GRUB=$CACHE/grub
GRUB_MODULES=usr/lib/grub/powerpc-ieee1275
# What finds a file and boots it, from an ISO or a partition.
GRUB_CORE=(
	boot configfile echo ext2 halt help iso9660 linux ls minicmd normal part_gpt part_msdos reboot search
	search_label terminal test
)

part_grub() {
	compgen -G "$CACHE/guest/initrd-*.gz" >/dev/null || die "grub: the part images is missing: run scripts/setup images"
	take grub "$(sum_of "$ROOT"/scripts/lib/{grub,apt}.sh "$CACHE"/guest/initrd-*.gz)" grub_make trixie bookworm
}

# grub_make PART SUITE
grub_make() {
	local debs dir=$GRUB.new
	say "fetching GRUB for ppc64el ($2)"
	debs=$(debs_get --no-deps "$2" ppc64el grub-ieee1275-bin) || return
	rm -rf "$dir"
	debs_unpack "$dir" "$debs" || return
	grub_iso "$dir" || return
	replace "$GRUB"
	debs_named "$2" grub-ieee1275-bin "$debs"
}

# grub_core ROOT PREFIX FILE: the program that firmware loads, of the modules in ROOT
grub_core() {
	grub-mkimage --note -O powerpc-ieee1275 -d "$1/$GRUB_MODULES" -p "$2" -o "$3" "${GRUB_CORE[@]}" ||
		miss "grub-mkimage failed"
}

# grub_entry NAME INITRD WORDS: of the menu
grub_entry() {
	cat <<-END
		menuentry "$1" {
			linux /boot/vmlinux console=hvc0 quiet lab.entry=$1 $3
			initrd /boot/${2##*/}
		}
	END
}

# grub_iso DIR
grub_iso() {
	local dir=$1/iso initrd kernel
	initrd=$(printf '%s\n' "$CACHE"/guest/initrd-*-64k.gz "$CACHE"/guest/initrd-*.gz | grep -v '\*' | head -n 1)
	kernel=${initrd##*/initrd-}
	mkdir -p "$dir/boot/grub" "$dir/ppc"
	grub_core "$1" '()/boot/grub' "$dir/boot/grub/powerpc.elf" || return
	cp "$CACHE/kernels/${kernel%.gz}/vmlinux" "$initrd" "$dir/boot/"
	{
		echo 'set timeout=3'
		grub_entry first "$initrd" "l2=run:$(echo 'cat /proc/cmdline' | base64)"
		grub_entry second "$initrd" "l2=run:$(echo 'cat /proc/cmdline; reboot -f' | base64)"
	} >"$dir/boot/grub/grub.cfg"
	printf '%s\n' '<chrp-boot>' '<description>GRUB</description>' '<os-name>GRUB</os-name>' \
		'<boot-script>boot &device;:\boot\grub\powerpc.elf</boot-script>' '</chrp-boot>' >"$dir/ppc/bootinfo.txt"
	xorriso -as mkisofs -quiet -r -J -chrp-boot-part -V LAB -o "$1/boot.iso" "$dir" 2>"$CACHE/grub.log" ||
		miss "xorriso failed, see $CACHE/grub.log" || return
	rm -rf "$dir"
}
