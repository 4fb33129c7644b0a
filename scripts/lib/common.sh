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

# current NAME KEY: whether it was made with KEY. stamp NAME KEY: it was
current() { [[ -r $CACHE/stamps/$1 && $(<"$CACHE/stamps/$1") == "$2" ]]; }
stamp() {
	mkdir -p "$CACHE/stamps"
	printf '%s\n' "$2" >"$CACHE/stamps/$1"
}

# replace DIR: DIR.new becomes DIR, in two renames: who uses the old one goes on with it
replace() {
	rm -rf "$1.old"
	[[ ! -e $1 ]] || mv "$1" "$1.old"
	mv "$1.new" "$1"
	rm -rf "$1.old"
}

# merge_usr DIR: the links that a root of today has; older packages put files beside /usr
merge_usr() {
	local dir
	for dir in bin sbin lib lib64; do
		mkdir -p "$1/usr/$dir"
		ln -s "usr/$dir" "$1/$dir"
	done
}
