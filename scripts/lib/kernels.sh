# SPDX-License-Identifier: BSD-2-Clause
# Part kernels: Debian's own kernels. kernels/NAME holds the package's vmlinux
# (an ELF), its modules with a fresh index, and a file with the release.
# shellcheck shell=bash

# name, suite, meta package
KERNEL_TABLE='
6.12-64k  trixie    linux-image-powerpc64le-64k
6.12-4k   trixie    linux-image-powerpc64le
6.1       bookworm  linux-image-powerpc64le
'

part_kernels() {
	stamped kernels "$(sum_of "$ROOT"/scripts/lib/{kernels,apt}.sh)" kernels_install
}

kernels_install() {
	local name suite meta
	say "fetching three Debian kernels (bookworm, trixie)"
	apt_prepare bookworm ppc64el
	apt_prepare trixie ppc64el
	while read -r name suite meta; do
		[[ -z $name ]] || kernel_install "$name" "$suite" "$meta"
	done <<<"$KERNEL_TABLE"
}

kernel_install() {
	local dir=$CACHE/kernels/$1 suite=$2 meta=$3 image deb release
	image=$(apt_in "$suite" ppc64el apt-cache depends "$meta" |
		awk '$1 == "Depends:" && $2 ~ /^linux-image-/ { print $2; exit }')
	[[ $image ]] || die "$meta of $suite names no kernel: the archive changed, adapt scripts/lib/kernels.sh"
	# Without what it depends on: that is for installing it (initramfs-tools).
	deb=$(debs_get --no-deps "$suite" ppc64el "$image")
	rm -rf "$dir"
	debs_unpack "$dir" "$deb"
	release=${image#linux-image-}
	mv "$dir/boot/vmlinux-$release" "$dir/vmlinux"
	if [[ -d $dir/usr/lib/modules ]]; then
		mkdir -p "$dir/lib"
		mv "$dir/usr/lib/modules" "$dir/lib/modules"
	fi
	rm -rf "${dir:?}"/{boot,usr}
	depmod -b "$dir" "$release" 2>/dev/null || die "$image: modules cannot be indexed: run scripts/setup again"
	printf '%s\n' "$release" >"$dir/release"
}
