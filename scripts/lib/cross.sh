# SPDX-License-Identifier: BSD-2-Clause
# Part cross: what the ppc64el build links against, in a folder of its own
# (libfdt-dev cannot be installed for two architectures), and the shared
# libraries and busybox that the images are made of. This part decides which symbols
# the product needs, on every build machine, so there is one suite only.
# shellcheck shell=bash

SYSROOT=$CACHE/sysroot-ppc64el
SYSROOT_PACKAGES=(
	libc6-dev linux-libc-dev libgcc-12-dev libstdc++-12-dev
	libfdt-dev libjansson-dev libmicrohttpd-dev libslirp-dev libglib2.0-dev libtomlplusplus-dev liburing-dev
	zlib1g-dev liblzma-dev libzstd-dev
	busybox-static device-tree-compiler
)

part_cross() {
	take cross "$(sum_of "$ROOT"/scripts/lib/{cross,apt}.sh)" cross_make bookworm
}

# cross_make PART SUITE
cross_make() {
	local debs
	say "fetching the ppc64el libraries ($2)"
	debs=$(debs_get "$2" ppc64el "${SYSROOT_PACKAGES[@]}") || return
	mapfile -t debs <<<"$debs"
	rm -rf "$SYSROOT.new"
	debs_unpack "$SYSROOT.new" "${debs[@]}" || return
	rm -rf "$SYSROOT.new"/usr/share/{doc,man,locale}
	links_relative "$SYSROOT.new"
	replace "$SYSROOT" # a build may be using the old one
	debs_named "$2" libc6-dev "${debs[@]}"
}
