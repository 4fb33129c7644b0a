# SPDX-License-Identifier: BSD-2-Clause
# Debian's kernels boot to init and end in each of the ways a guest can.
# hosts: p9-64k p9-4k
# timeout: 600
# shellcheck shell=sh
. "$LAB/lib.sh"

# boots KERNEL VCPUS MEMORY [MACHINE-LINE]
boots() {
	printf 'vcpus = %s\nmemory = "%s"\n%s\n' "$2" "$3" "${4-}" | guest "$1"
	vmm
	status_is 0
	console_has "L2: init running, $2 cpus, kernel "
	console_lacks 'Kernel panic'
}

# ends L2-COMMAND STATUS [OPTION...]
ends() {
	echo 'memory = "512MiB"' | guest 6.12-4k "$1"
	status=$2
	shift 2
	vmm "$@"
	status_is "$status"
}

panics() {
	ends panic 4
	console_has 'Kernel panic - not syncing: sysrq triggered crash'
}

reboots_in_place() {
	echo 'memory = "512MiB"' | guest 6.12-4k reboot
	talk expect 'L2: init running' expect 'L2: init running' expect 'L2: init running' \
		signal 15 exit 0
}

for kernel in 6.12-4k 6.12-64k 6.1; do
	for vcpus in 1 4; do
		try "$kernel boots with $vcpus vcpus" boots $kernel $vcpus 512MiB
	done
done
try "256 MiB are enough" boots 6.12-4k 1 256MiB
try "3 GiB" boots 6.12-4k 2 3GiB
try "XICS when asked for" boots 6.12-4k 2 512MiB 'irqchip = "xics"'
case $LAB_HOST in
*-64k) try "XIVE when asked for" boots 6.12-4k 2 512MiB 'irqchip = "xive"' ;;
esac
try "a panic gives status 4" panics
try "a reboot starts again in place" reboots_in_place
try "a reboot ends with status 5 when asked for" ends reboot 5 --set machine.on_reboot=exit
finish
