# SPDX-License-Identifier: BSD-2-Clause
# Does the host's CPU forget what a guest takes out of its TLB? Guests of 4 KiB and 64 KiB pages, radix and hash.
# The CPU that QEMU 10.0 emulates does not where the host has 4 KiB pages and a guest 64 KiB, by radix: it forgets the
# first 4 KiB of a page (tlb_flush_page at the end of helper_tlbie_isa300, whatever the page's size), and so processes
# in such guests find memory of others.
#   tests/lab/lab run --timeout 400 p9-4k tests/lab/by-hand/stale.sh
# shellcheck shell=sh
. "$LAB/lib/lib.sh"

LIMIT_S=150

forgets() {
	mkdir -p /tmp/job
	cp "${TALK%/*}/stale" /tmp/job/
	tar -C /tmp/job -cf /tmp/job.tar stale
	printf 'memory = "512MiB"\nmmu = "%s"\n' "$2" |
		guest "6.12-$1" "run:$(printf 'later; tar -x -C /tmp </dev/vda; %s /tmp/stale' "${3-}" | base64 | tr -d '\n')"
	printf '[[disk]]\npath = "/tmp/job.tar"\nread_only = true\n' >>"$TMP/guest.toml"
	vmm
	status_is 0
	grep -a '^stale: ' "$TMP/console"
	console_has 'stale: 0 of '
}

try "4 KiB pages, radix" forgets 4k radix
try "64 KiB pages, radix" forgets 64k radix
try "64 KiB pages, hash" forgets 64k hash
# shellcheck disable=SC2016 # in the guest
try "64 KiB pages, radix, all of a process at once" forgets 64k radix \
	'mkdir /mnt; mount -t debugfs debugfs /mnt; for f in /mnt/powerpc/tlb_*_ceiling; do echo 0 >$f; done;'
finish
