# SPDX-License-Identifier: BSD-2-Clause
# Part qemu: the emulator that plays the POWER host. It stays in a folder with
# all the libraries it needs, so that the machine's own suite does not matter.
# shellcheck shell=bash

part_qemu() {
	stamped qemu "$(sum_of "$ROOT"/scripts/lib/{qemu,apt}.sh)" qemu_install
}

qemu_install() {
	local debs
	say "fetching QEMU (bookworm-backports)"
	apt_prepare bookworm-backports "$ARCH"
	debs=$(debs_get bookworm-backports "$ARCH" qemu-system-ppc)
	rm -rf "$CACHE/qemu"
	mapfile -t debs <<<"$debs"
	debs_unpack "$CACHE/qemu" "${debs[@]}"
	links_relative "$CACHE/qemu"
}
