# SPDX-License-Identifier: BSD-2-Clause
# Resets by EEH, in which the host's kernel sleeps: the guest's other vCPU goes on; and a VMM that is
# killed while its guest holds the device in reset. By hand, as that waits a minute for the device:
#   tests/lab/lab run --nvme p9-64k tests/lab/by-hand/vfio_held.sh
# shellcheck shell=sh
. "$LAB/lib/lib.sh"
. "$LAB/lib/vfio.sh"

held() {
	bare "$1"
	pass "$NVME"
}

# The host lets go of the device, but loses what its BARs were: with them as they are the next access,
# of a guest or of the host's driver, takes the whole host down. So nobody gets the device until its BARs
# are back.
killed_while_held() {
	held hold
	background
	says '^spin: ready'
	grep -q '^hold: 0 wrong' "$TMP/out" || no "$(grep -m 1 ', expected ' "$TMP/out")"
	kill -9 "$PID"
	ends_with 137
	held pci
	vmm
	status_is 3
	log_has "vfio $NVME: a program that was killed had left it in reset, and the host lost its BARs: "
	log_has "vfio $NVME: the host lost its BARs, so nvme does not get it back: "
	sh -c "$(sed -n 's/^vfio .* lost its BARs: "\(.*\)"/\1/p' "$TMP/log")"
	devices NVME
	held pci
	vmm
	status_is 0
	grep -q 'topic pci: .* 0 wrong' "$TMP/console" || no "$(grep -m 1 ', expected ' "$TMP/console")"
	log_has "vfio $NVME: given back to nvme"
	devices NVME
	eval "$DISK_IN_GUEST"
	[ "$(sum_of "/dev/$(disk nvme)" 1)" = "$(sum_of "$LAB_OUT/nvme.img" 1)" ] || no 'the host reads other data'
}

# Prints how long the other one waited.
goes_on() {
	bare stall
	sed -i 's/^\[boot\]/vcpus = 2\n&/' "$TMP/guest.toml"
	pass "$NVME"
	vmm
	status_is 0
	grep '^stall: ' "$TMP/console" >&4
	grep -q 'topic stall: .* [1-9][0-9]* cases, 0 wrong' "$TMP/console" ||
		no "$(grep -m 1 -E ', expected |^skipped' "$TMP/console")"
	devices NVME
}

exec 4>&1
LIMIT_S=200
devices NVME 3>&2
remember
try "the other vCPU goes on while one resets the device" goes_on
try "killed while the device is held in reset, and started again" killed_while_held
try "the host is as it was" as_before
finish
