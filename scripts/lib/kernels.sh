# SPDX-License-Identifier: BSD-2-Clause
# Part kernels: Debian's own kernels. kernels/NAME holds the package's vmlinux
# (an ELF), its modules with a fresh index, and a file with the release.
# shellcheck shell=bash

# Name, "needed" or "optional", version and flavour, then the candidates: suites, each with all
# kernels of its index that fit, newest first. 4k and 64k is the size of their pages; bookworm's
# has 64 KiB.
KERNEL_TABLE='
6.12-64k  needed    6.12.  powerpc64le-64k  trixie bookworm-backports
6.12-4k   needed    6.12.  powerpc64le      trixie bookworm-backports
6.1       needed    6.1.   powerpc64le      bookworm
7-64k     optional  7.     powerpc64le-64k  trixie-backports forky
7-4k      optional  7.     powerpc64le      trixie-backports forky
'

# kernel_names PREFIX
kernel_names() { awk -v prefix="$1" 'NF { print prefix $1 }' <<<"$KERNEL_TABLE"; }

# part_kernels [NAME]: all, or that one
part_kernels() {
	local name needed version flavour suites suite key candidates
	kernel_names '' | grep -qxF "${1-6.1}" || die "kernel-$1: there are $(kernel_names kernel- | paste -sd' ')"
	key=$(sum_of "$ROOT"/scripts/lib/{kernels,apt}.sh)
	while read -r name needed version flavour suites; do
		[[ $name && ${1-$name} == "$name" ]] || continue
		if [[ $needed == optional ]] && current "kernel-$name" "$key none $(date +%F)"; then
			continue # asked today
		fi
		candidates=()
		for suite in $suites; do
			candidates+=("$suite $version $flavour")
		done
		take "kernel-$name" "$key" kernel_make "${candidates[@]}" && continue
		[[ $needed == optional ]] || return 1
		say "kernel-$name: what would run on it is skipped"
		stamp "kernel-$name" "$key none $(date +%F)"
	done <<<"$KERNEL_TABLE"
}

# kernel_make PART SUITE VERSION FLAVOUR
kernel_make() {
	local part=$1 suite=$2 name="linux-image-$3*-$4" images image
	apt_prepare "$suite" ppc64el || return
	images=$(apt_in "$suite" ppc64el apt-cache search --names-only "^linux-image-${3//./\\.}[^ ]*-$4\$" |
		cut -d' ' -f1 | sort -rV)
	[[ $images ]] || miss "no $name" || return
	say "fetching a kernel: ${part#kernel-} ($suite)"
	for image in $images; do
		kernel_get "$CACHE/kernels/${part#kernel-}" "$suite" "$image" && return
	done
	return 1
}

# kernel_get DIR SUITE IMAGE: up to 6.12 the image holds all; later it only names a package with
# vmlinuz, which is an ELF file as well, one with the modules, and one with lists of them.
kernel_get() {
	local dir=$1 suite=$2 image=$3 release=${3#linux-image-} debs file
	debs=$(apt_in "$suite" ppc64el apt-cache depends "$image" |
		sed -nE "s/^ *Depends: (linux-(binary|modules|base)-.*)/\\1/p" | grep -F -- "-$release" || true)
	# Without what it depends on besides: that is for installing it (initramfs-tools).
	# shellcheck disable=SC2086 # names of packages
	debs=$(debs_get --no-deps "$suite" ppc64el "$image" $debs) || return
	mapfile -t debs <<<"$debs"
	rm -rf "$dir.new"
	debs_unpack "$dir.new" "${debs[@]}" || return
	mkdir -p "$dir.new/lib"
	[[ ! -d $dir.new/usr/lib/modules ]] || mv "$dir.new/usr/lib/modules" "$dir.new/lib/modules"
	for file in "boot/vmlinux-$release" "lib/modules/$release/vmlinuz"; do
		[[ ! -e $dir.new/$file ]] || mv "$dir.new/$file" "$dir.new/vmlinux"
	done
	rm -rf "${dir:?}.new"/{boot,usr}
	[[ -e $dir.new/vmlinux ]] || miss "$image has no vmlinux" || return
	depmod -b "$dir.new" "$release" 2>/dev/null || miss "$image: its modules cannot be indexed" || return
	printf '%s\n' "$release" >"$dir.new/release"
	replace "$dir"
	debs_named "$suite" "$image" "${debs[@]}"
}
