# SPDX-License-Identifier: BSD-2-Clause
# Disks from which firmware boots, of what busybox has: sourced after lib.sh.
# shellcheck shell=sh

# prep_disk FILE ELF: an MBR with one PReP partition, from sector 2048 on, that holds the program
prep_disk() {
	rm -f "$1"
	truncate -s 4M "$1"
	# active, type 0x41, first sector 2048, 6144 of them; the signature
	printf '\200\0\2\0\101\0\2\0\0\10\0\0\0\30\0\0' | dd of="$1" bs=1 seek=446 conv=notrunc 2>/dev/null
	printf '\125\252' | dd of="$1" bs=1 seek=510 conv=notrunc 2>/dev/null
	dd if="$2" of="$1" bs=512 seek=2048 conv=notrunc 2>/dev/null
}

# prep_text FILE: standard input into the second sector, where the guest of tests/guest looks
prep_text() { dd of="$1" bs=512 seek=1 conv=notrunc,sync 2>/dev/null; }
