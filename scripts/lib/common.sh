# SPDX-License-Identifier: BSD-2-Clause
# Paths, messages and stamps that all scripts share. Sourced, not run.
# shellcheck shell=bash

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
CACHE=${SPAPR_CACHE:-$ROOT/build/cache}
ARCH=$(dpkg --print-architecture)

say() { printf '== %s\n' "$*" >&2; }

# die WHAT-WENT-WRONG: one line, naming the object, the cause and the remedy
die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# On a POWER machine with KVM the product runs where it is built: no emulated
# host, no cross compiler.
native_kvm() { [[ $ARCH == ppc64el && -w /dev/kvm ]]; }

# twice COMMAND...: a download may fail once for no reason of ours
twice() {
	"$@" && return
	say "failed: ${*:0:3} ...: trying once more"
	sleep 3
	"$@"
}

# sum_of FILE...: one word that changes when any of the files does
sum_of() { cat "$@" | sha256sum | cut -c1-16; }

# stamped NAME KEY COMMAND...: run COMMAND unless it succeeded before with KEY
stamped() {
	local stamp=$CACHE/stamps/$1 key=$2
	[[ -r $stamp && $(<"$stamp") == "$key" ]] && return
	shift 2
	"$@"
	mkdir -p "${stamp%/*}"
	printf '%s\n' "$key" >"$stamp"
}
