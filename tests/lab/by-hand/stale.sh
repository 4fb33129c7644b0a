# SPDX-License-Identifier: BSD-2-Clause
# Does the host's CPU forget what a guest takes out of its TLB? Guests of 4 KiB and 64 KiB pages, radix and hash.
# The CPU that QEMU 10.0 emulates does not where a guest by radix has larger pages than what its host maps it with: it
# forgets the first 4 KiB of one (tlb_flush_page at the end of helper_tlbie_isa300, whatever the page's size), and
# processes in such guests find memory of others. So hosts with small pages have large ones as well (tests/lab/hosts).
#   tests/lab/lab run --timeout 400 --smp 2 p9-4k tests/lab/by-hand/stale.sh
# shellcheck shell=sh
. "$LAB/lib/lib.sh"

LIMIT_S=150

# stale PAGES MMU
stale() {
	mkdir -p /tmp/job
	cp "${TALK%/*}/stale" /tmp/job/
	tar -C /tmp/job -cf /tmp/job.tar stale
	printf 'memory = "512MiB"\nvcpus = 2\nmmu = "%s"\n' "$2" |
		guest "6.12-$1" "run:$(printf 'later; tar -x -C /tmp </dev/vda; /tmp/stale' | base64 | tr -d '\n')"
	printf '[[disk]]\npath = "/tmp/job.tar"\nread_only = true\n' >>"$TMP/guest.toml"
	vmm
	status_is 0
	grep -a '^stale: ' "$TMP/console"
}

forgets() {
	stale "$@"
	grep -aq '^stale: 0 of .* 0 of ' "$TMP/console" || no 'it sees memory that is not its own'
}

loses() {
	echo never >/sys/kernel/mm/transparent_hugepage/enabled
	stale "$@"
	! grep -aq '^stale: 0 of .* 0 of ' "$TMP/console" || no 'this QEMU is mended: hosts need no large pages any more'
}

try "4 KiB pages, radix" forgets 4k radix
try "64 KiB pages, radix" forgets 64k radix
try "64 KiB pages, hash" forgets 64k hash
try "64 KiB pages, radix, in small ones: QEMU's CPU loses memory" loses 64k radix
finish
