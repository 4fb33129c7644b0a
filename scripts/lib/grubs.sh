# SPDX-License-Identifier: BSD-2-Clause
# Part grubs: GRUB's modules for Open Firmware of several releases, as clients of a unit test
# (tests/unit/firmware/test_of_grub.c). Where the archive lacks one, its cases are skipped.
#   grubs/SUITE  the modules
# shellcheck shell=bash

GRUB_SUITES=(bookworm trixie forky)

part_grubs() {
	local key suite
	key=$(sum_of "$ROOT"/scripts/lib/{grubs,apt}.sh)
	for suite in "${GRUB_SUITES[@]}"; do
		if current "grub-$suite" "$key none $(date +%F)"; then
			continue # asked today
		fi
		take "grub-$suite" "$key" grubs_make "$suite" && continue
		say "grub-$suite: the unit test of that GRUB is skipped"
		stamp "grub-$suite" "$key none $(date +%F)"
	done
}

# grubs_make PART SUITE
grubs_make() {
	local debs dir=$CACHE/grubs/$2
	debs=$(debs_get --no-deps "$2" ppc64el grub-ieee1275-bin) || return
	rm -rf "$dir.deb" "$dir.new"
	mkdir -p "$CACHE/grubs"
	debs_unpack "$dir.deb" "$debs" || return
	mv "$dir.deb/usr/lib/grub/powerpc-ieee1275" "$dir.new"
	rm -rf "$dir.deb"
	replace "$dir"
	debs_named "$2" grub-ieee1275-bin "$debs"
}
