# SPDX-License-Identifier: BSD-2-Clause
# Disks boot by our firmware: an ISO, a disk behind one that lies; NVRAM; packed kernels.
# hosts: p9-64k
# timeout: 600
# seconds: 60
# needs: grub
# options: --smp 2
# shellcheck shell=sh
. "$LAB/lib/lib.sh"

LIMIT_S=150
DOWN='\x0e' # Ctrl-n, as GRUB's menu takes it

# boots_from: the configuration of a guest with the disks that standard input names
boots_from() {
	printf '[machine]\nmemory = "512MiB"\n' >"$TMP/guest.toml"
	cat >>"$TMP/guest.toml"
}

disk() { printf '[[disk]]\npath = "%s"\nread_only = true\n' "$1"; }

# The second entry reboots, and so the menu comes again.
iso_boots() {
	disk "$GRUB/boot.iso" | boots_from
	talk expect first send "$DOWN\r" expect 'lab.entry=second' expect first send '\r' \
		expect 'lab.entry=first' exit 0
}

try "an ISO boots by GRUB, an entry is chosen by key, and a reboot comes back through firmware" iso_boots
finish
