# SPDX-License-Identifier: BSD-2-Clause
# Part cross: what the ppc64el build links against, in a folder of its own
# (libfdt-dev cannot be installed for two architectures), and the shared
# libraries and busybox that the images are made of.
# shellcheck shell=bash

SYSROOT=$CACHE/sysroot-ppc64el
SYSROOT_PACKAGES=(
	libc6-dev linux-libc-dev libgcc-12-dev libstdc++-12-dev
	libfdt-dev libseccomp-dev libslirp-dev libglib2.0-dev libtomlplusplus-dev liburing-dev
	busybox-static device-tree-compiler
)

part_cross() {
	stamped cross "$(sum_of "$ROOT"/scripts/lib/{cross,apt}.sh)" cross_install
}

cross_install() {
	local debs
	say "fetching the ppc64el libraries (bookworm)"
	apt_prepare bookworm ppc64el
	debs=$(debs_get bookworm ppc64el "${SYSROOT_PACKAGES[@]}")
	rm -rf "$SYSROOT".{new,old}
	mapfile -t debs <<<"$debs"
	debs_unpack "$SYSROOT.new" "${debs[@]}"
	rm -rf "$SYSROOT.new"/usr/share/{doc,man,locale}
	links_relative "$SYSROOT.new"
	# A build may be using the old one.
	[[ ! -e $SYSROOT ]] || mv "$SYSROOT" "$SYSROOT.old"
	mv "$SYSROOT.new" "$SYSROOT"
	rm -rf "$SYSROOT.old"
}
