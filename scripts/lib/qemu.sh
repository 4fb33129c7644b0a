# SPDX-License-Identifier: BSD-2-Clause
# Part qemu: the emulator that plays the POWER host. It stays in a folder with
# all the libraries it needs, so that the machine's own suite does not matter.
# shellcheck shell=bash

part_qemu() {
	take qemu "$(sum_of "$ROOT"/scripts/lib/{qemu,apt}.sh)" qemu_make bookworm-backports trixie forky
}

# qemu_make PART SUITE
qemu_make() { qemu_get "$CACHE/qemu" "$2" "$ARCH"; }

# qemu_get DIR SUITE ARCH
qemu_get() {
	local dir=$1 suite=$2 arch=$3 debs
	say "fetching QEMU for $arch ($suite)"
	debs=$(debs_get "$suite" "$arch" qemu-system-ppc) || return
	mapfile -t debs <<<"$debs"
	rm -rf "$dir.new"
	merge_usr "$dir.new"
	debs_unpack "$dir.new" "${debs[@]}" || return
	links_relative "$dir.new"
	replace "$dir"
	debs_named "$suite" qemu-system-ppc "${debs[@]}"
}
