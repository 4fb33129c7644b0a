# SPDX-License-Identifier: BSD-2-Clause
# Part peer: today's QEMU for ppc64el, to run in the emulated host beside our program.
# It brings its own C library, so it is started through its own loader.
# shellcheck shell=bash

part_peer() {
	take peer "$(sum_of "$ROOT"/scripts/lib/{peer,qemu,apt}.sh)" peer_make \
		trixie-backports forky trixie bookworm-backports
}

# peer_make PART SUITE
peer_make() { qemu_get "$CACHE/peer" "$2" ppc64el; }
