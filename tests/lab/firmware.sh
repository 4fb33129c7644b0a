# SPDX-License-Identifier: BSD-2-Clause
# What begins before a kernel, and kernels as they come: an ISO boots by GRUB, by our firmware or by SLOF; a disk
# that lies; NVRAM in a file; packed kernels.
#   firmware.sh slof   files in place of ours: a guest of tests/guest; SLOF alone, with an ISO and a reboot, then
#                      with the Debian disk, which takes minutes on an emulated host
# hosts: p9-64k
# timeout: 900
# seconds: 80
# needs: grub
# options: --smp 2
# shellcheck shell=sh
. "$LAB/lib/lib.sh"

LIMIT_S=200  # an emulated host that shares its CPUs
DOWN='\x0e' # Ctrl-n, as GRUB's menu takes it

# boots: the configuration of a guest with the rest of it from standard input
boots() {
	printf '[machine]\nmemory = "512MiB"\n' >"$TMP/guest.toml"
	cat >>"$TMP/guest.toml"
}

disk() { printf '[[disk]]\npath = "%s"\nread_only = true\n' "$1"; }

# The second entry reboots, and so the menu comes again.
iso_boots() {
	disk "$GRUB/boot.iso" | boots
	talk expect first send "$DOWN\r" expect 'lab.entry=second' expect first send '\r' \
		expect 'lab.entry=first' exit 0
}

# bytes OFFSET BYTES: into the disk that lies
bytes() {
	# shellcheck disable=SC2059 # bytes
	printf "$2" | dd of="$TMP/liar" bs=1 seek="$1" conv=notrunc 2>/dev/null
}

# A PReP partition that ends far behind the disk.
liar() {
	head -c 1048576 /dev/zero >"$TMP/liar"
	bytes 450 '\101'
	bytes 454 '\0\10\0\0\377\377\377\377'
	bytes 510 '\125\252'
}

next_boots() {
	liar
	{
		disk "$TMP/liar"
		disk "$GRUB/boot.iso"
	} | boots
	talk expect first send '\r' expect 'lab.entry=first' exit 0
	log_has 'disk0: partition 1 ends at block 4294969343, the disk has 2048'
}

nothing_boots() {
	liar
	disk "$TMP/liar" | boots
	vmm
	status_is 2
	log_has 'disk0: partition 1 ends at block 4294969343'
	log_has 'none of the 1 disks boots: name a kernel by boot.kernel'
}

# packed FORMAT
packed() {
	echo 'memory = "128MiB"' | config "$BARE/guest-little.elf.$1" '' 'topics=block'
	vmm
	status_is 0
	console_has 'guest: done'
}

# Each run counts two starts, with a reboot between them.
keeps_nvram() {
	for n in 2 4; do
		bare nvram
		printf '[nvram]\npath = "%s"\n' /tmp/nvram >>"$TMP/guest.toml"
		vmm
		status_is 0
		console_has "nvram: start $((n - 1))"
		console_has "nvram: start $n"
	done
	[ "$(stat -c '%s %a' /tmp/nvram)" = '65536 600' ] || no "the file is $(stat -c '%s %a' /tmp/nvram)"
}

# rom FILE: firmware of others, begun at 0x100 as a big-endian program of 32 bits
rom() {
	{
		printf '[boot]\nfirmware = "%s"\ncmdline = "topics=block"\n' "$1"
		disk "$GRUB/boot.iso" # of which this firmware makes nothing
	} | boots
	vmm
	status_is 0
	console_has 'guest: done'
}

# A branch to 4 MiB is all of this firmware, as of kvm-unit-tests' boot_rom.bin; the kernel is there.
starts_kernel() {
	bare block "$1"
	head -c 256 /dev/zero >"$TMP/rom"
	printf '\110\077\377\0' >>"$TMP/rom"
	printf 'firmware = "%s"\n' "$TMP/rom" >>"$TMP/guest.toml"
	vmm
	status_is 0
	console_has 'guest: done'
}

slof() { printf '[boot]\nfirmware = "%s"\n' "$SLOF"; }

# As iso_boots.
slof_boots_iso() {
	{
		slof
		disk "$GRUB/boot.iso"
	} | boots
	talk expect 'SLOF' expect 'Welcome to Open Firmware' expect first send "$DOWN\r" expect 'lab.entry=second' \
		expect 'SLOF' expect first send '\r' expect 'lab.entry=first' exit 0
	log_has 'the guest chose radix, xive'
}

slof_boots_debian() {
	debian_disk "$WORK/disk.raw" || no 'the disk was not copied'
	{
		debian_machine 2
		slof
	} >"$TMP/guest.toml"
	talk expect 'SLOF' expect 'the second entry' send '\r' expect 'login:' signal 15 exit 0
	log_has 'the guest chose radix, xive'
}

# Without a disk there is the network, of which nobody here boots, and the prompt.
slof_alone() {
	{
		slof
		printf '[[net]]\nbackend = "user"\n'
	} | boots
	talk expect 'SLOF' expect 'Requesting information via DHCP' expect '0 >' send 'power-off\r' exit 0
}

case ${1-} in
slof)
	. "$LAB/lib/debian.sh"
	LIMIT_S=600
	for endian in little big; do try "a $endian-endian guest begins as firmware" rom "$BARE/guest-$endian.rom"; done
	try "SLOF without a disk asks the network, and has its prompt" slof_alone
	try "SLOF reaches its banner, boots the ISO, and a reboot comes back through SLOF" slof_boots_iso
	[ ! -e "$DEBIAN/disk.raw" ] || try "SLOF boots a Debian from its PReP partition" slof_boots_debian
	;;
*)
	try "an ISO boots by GRUB, an entry is chosen by key, and a reboot comes back through firmware" iso_boots
	try "a disk that lies costs a line, and the next one boots" next_boots
	try "where no disk boots, that is said" nothing_boots
	for endian in little big; do try "firmware starts a $endian-endian kernel" starts_kernel $endian; done
	for format in gz xz zst; do try "a kernel in .$format is unpacked" packed $format; done
	try "NVRAM outlives the program" keeps_nvram
	;;
esac
finish
