# SPDX-License-Identifier: BSD-2-Clause
# Part peer: QEMU for ppc64el, to run in the emulated host beside our program.
# It brings its own C library, so it is started through its own loader.
# shellcheck shell=bash

part_peer() {
	stamped peer "$(sum_of "$ROOT"/scripts/lib/{peer,apt}.sh)" peer_install
}

peer_install() {
	local debs
	say "fetching QEMU for ppc64el (trixie)"
	apt_prepare trixie ppc64el
	debs=$(debs_get trixie ppc64el qemu-system-ppc)
	rm -rf "$CACHE/peer"
	mapfile -t debs <<<"$debs"
	debs_unpack "$CACHE/peer" "${debs[@]}"
	links_relative "$CACHE/peer"
}
