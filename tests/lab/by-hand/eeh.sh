# SPDX-License-Identifier: BSD-2-Clause
# The host's bridge stops a PE, and the guest's own Linux brings its device back, with data well after it:
# three times in a row, by an error on the host and by recoveries that the guest forces itself:
#   tests/lab/lab run --smp 2 --nvme --timeout 900 p9-64k tests/lab/by-hand/eeh.sh
# The emulated bridge meets no error, and answers no load with ones: a load that no device takes is a machine
# check there, by which the host's own eeh_dev_break ends the host (eeh_break_device, "Real address Load",
# panic). So the error is written into the registers in which a bridge notes it (tools/freeze.c), and the
# guest told to look at its device.
# Firmware, kernel, VFIO and guest do all the rest as they would.
# shellcheck shell=sh
. "$LAB/lib/lib.sh"
. "$LAB/lib/vfio.sh"

LIMIT_S=300 # each reset takes the emulated bridge seconds
ROUNDS=3

# The device's function and its PE, as the guest names them.
recovering() {
	# shellcheck disable=SC2016 # the guest expands them
	printf 'memory = "512MiB"\nvcpus = 2\n' | passing "$DISK_IN_GUEST"'
		k=/sys/kernel/debug
		mount -t debugfs none $k
		f=$(readlink -f /sys/class/nvme/nvme0/device)
		on_disk nvme 1
		for i in $(seq '$ROUNDS'); do
			echo "L2: is well"
			read -r x
			case $x in
			reset) echo 0:$(cat $f/eeh_pe_config_addr) >$k/powerpc/eeh_force_recover ;;
			look) echo ${f##*/} >$k/powerpc/eeh_dev_check ;;
			esac
			until [ "$(dmesg | grep -c "EEH: Recovery successful")" = $i ]; do sleep .2; done
			on_disk nvme 1
		done
		dmesg | grep "EEH: \|RTAS: event" | sed "s/^/L2: /"' ''
	pass "$NVME"
	listening
	background
}

recovered() {
	ends_with 0
	mv "$TMP/out" "$TMP/console"
	cp "$TMP/console" "$LAB_OUT/console.$1"
	[ "$(grep -c 'EEH: Recovery successful' "$TMP/console")" = $ROUNDS ] || no 'not all recoveries were successful'
	wrote=$(grep -c '^L2: nvme wrote' "$TMP/console")
	[ "$wrote" = $((ROUNDS + 1)) ] || no "the disk was written $wrote times"
	awk '/^L2: nvme wrote/ { w = $4 } /^L2: nvme read/ && $4 != w { exit 1 }' "$TMP/console" || no 'the guest reads other data than it wrote'
	console_lacks '] Call Trace' # the kernel's EEH has one of its own
	! grep -qv '^info: ' "$TMP/log" || no "the VMM says: $(grep -v '^info: ' "$TMP/log" | head -n 1)"
}

by_reset() {
	recovering
	for n in $(seq $ROUNDS); do
		says 'L2: is well' "$n"
		tell reset
	done
	recovered reset
}

# The error's log is fetched each time: ibm,slot-error-detail.
by_error() {
	recovering
	node=$(readlink -f /sys/bus/pci/devices/"${NVME%%:*}":00:00.0/of_node/..)
	for n in $(seq $ROUNDS); do
		says 'L2: is well' "$n"
		"${TALK%/*}/freeze" "${node##*@}" "$(cat "/sys/bus/pci/devices/$NVME/eeh_pe_config_addr")" || no 'the PE was not stopped'
		tell look
	done
	recovered error
	[ "$(grep -c 'RTAS: event: .*Severity: 3' "$TMP/console")" = $ROUNDS ] || no 'not each error had a log'
}

devices NVME 3>&2
try "a guest resets its PE, $ROUNDS times" by_reset
try "errors on the host, $ROUNDS times: the guest recovers" by_error
finish
