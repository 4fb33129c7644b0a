# SPDX-License-Identifier: BSD-2-Clause
# The guest of tests/guest with devices passed through: calls about PCI, MSI, DMA windows, TCEs and
# EEH with every kind of bad argument get a status, and neither VMM nor host suffers.
# hosts: p9-64k
# also: p9-4k nested-v1
# timeout: 300
# seconds: 75
# options: --smp 1 --nvme --e1000e
# shellcheck shell=sh
. "$LAB/lib/lib.sh"
. "$LAB/lib/vfio.sh"
LIMIT_S=150

# hostile ARGUMENTS ENDIAN DEVICES [OPTION...]: topics, and more that the guest is told
hostile() {
	bare "$1" "$2"
	for device in $3; do pass "$device"; done
	topics=$(echo "${1%% *}" | tr , ' ')
	shift 3
	vmm "$@"
	status_is 0
	console_has 'guest: done'
	for topic in $topics; do
		console_has "topic $topic: "
		grep -q "topic $topic: .* 0 wrong" "$TMP/console" ||
			no "$(grep -m 1 ', expected ' "$TMP/console" || echo "topic $topic did not end")"
	done
	! grep -q '^skipped' "$TMP/console" || no "$(grep -m 1 '^skipped' "$TMP/console")"
	says_little
}

# One line for each site, and nothing but text: a hostile guest cannot fill a disk.
says_little() {
	[ "$(wc -l <"$TMP/log")" -le 60 ] || no "$(wc -l <"$TMP/log") lines of log"
	[ "$(tr -d '\n -~' <"$TMP/log" | wc -c)" = 0 ] || no "the log is not plain text"
	twice=$(grep '^warning: guest: ' "$TMP/log" | sed 's/0x[0-9a-f]*//g; s/[0-9]//g' | sort | uniq -d | head -n 1)
	[ ! "$twice" ] || no "said twice: $twice"
}

# The host's own driver is back, and reads.
disk_is_well() {
	devices NVME
	eval "$DISK_IN_GUEST"
	dd "if=/dev/$(disk nvme)" of=/dev/null bs=64k count=16 2>"$TMP/log" || no "the host's disk: $(tail -n 1 "$TMP/log")"
}

everything() {
	hostile "power,pci,msi,ddw,tce,${eeh}mem,random seed=1" little "$NVME $NIC"
	# An emulated PowerNV lets no device sleep.
	[ "$LAB_HOST" != nested-v1 ] || console_has ': asleep: 3'
}

devices NVME NIC 3>&2
eeh=
[ "$LAB_HOST" != p9-64k ] || eeh=eeh, # a reset takes seconds: on one host
try "every topic, with a disk and a network card" everything
try "with two vCPUs KVM serves none of the calls that change something" \
	hostile 'ddw,tce,random seed=4' little "$NVME" --set machine.vcpus=2
try "KVM serves the bulk calls as well" \
	hostile 'tce,random bulk=kernel seed=2' little "$NVME" --set machine.tce=kernel
if [ "$LAB_HOST" = p9-64k ]; then
	try "a big-endian guest, with XICS" \
		hostile 'pci,msi,ddw,tce,random seed=3' big "$NVME" --set machine.irqchip=xics
fi
try "the host's disk is well" disk_is_well
finish
