# SPDX-License-Identifier: BSD-2-Clause
# Debian's kernels boot to init and power off, on machines of all shapes.
# hosts: p9-64k p9-7-64k p9-7-4k
# also: p9-4k
# timeout: 900
# seconds: 110
# options: --smp 2
# shellcheck shell=sh
. "$LAB/lib/lib.sh"

LIMIT_S=200 # four vCPUs on a host that shares its CPUs

# boots KERNEL VCPUS MEMORY [MACHINE-LINE]
boots() {
	printf 'vcpus = %s\nmemory = "%s"\n%s\n' "$2" "$3" "${4-}" | guest "$1"
	vmm
	status_is 0
	console_has "L2: init running, $2 cpus, kernel ${1%-*}"
	console_lacks 'Kernel panic'
	console_lacks 'Call Trace'
	console_lacks 'WARNING'
	! grep -qv '^info: ' "$TMP/log" || no "the VMM says: $(grep -v '^info: ' "$TMP/log" | head -n 1)"
}

# newest VCPUS: the newest kernels as guests, where the archive has them
newest() {
	for kernel in 7-64k 7-4k; do
		if [ -e "$KERNELS/$kernel/vmlinux" ]; then
			try "$kernel boots with $1 vcpus" boots $kernel "$1" 512MiB
		else
			echo "skip - $kernel boots: the archive had no such kernel when this machine was set up"
		fi
	done
}

# chooses CHIP: the VMM takes the interrupt controller that is expected of this host
chooses() {
	printf 'memory = "256MiB"\n' | guest 6.12-4k
	vmm --dry-run
	status_is 0
	log_has "irqchip: $1"
}

# on_cpus THREAD LIST: so its thread is named, and there it may run
on_cpus() {
	for task in /proc/"$PID"/task/*; do
		[ "$(cat "$task/comm")" != "$1" ] || break
	done
	[ "$(cat "$task/comm")" = "$1" ] || no "no thread is named $1"
	list=$(awk '$1 == "Cpus_allowed_list:" { print $2 }' "$task/status")
	[ -z "${2-}" ] || [ "$list" = "$2" ] || no "$1 may run on $list, expected $2"
}

# Two nodes of the guest on one of the host; threads of its CPUs on those that were asked for.
has_its_place() {
	truncate -s 16M "$TMP/disk"
	printf 'vcpus = 2\nmemory = "512MiB"\ncpus = [1, [0, 1]]\nnuma = [0, 0]\n' |
		guest 6.12-4k "run:$(echo 'cat /sys/devices/system/node/node?/cpulist; grep -h MemTotal /sys/devices/system/node/node?/meminfo; read -r x; poweroff -f' | base64 | tr -d '\n')"
	printf '[[disk]]\npath = "%s"\n' "$TMP/disk" >>"$TMP/guest.toml"
	listening
	background
	until_true grep -q 'Node 1 MemTotal' "$TMP/out" || no "no second node in the guest"
	cp "$TMP/out" "$TMP/console"
	[ "$(grep -A 1 -x '0.\?' "$TMP/out" | tr -d '\r' | tr '\n' ' ')" = '0 1 ' ] || no 'the guest has its CPUs elsewhere'
	on_cpus vcpu0 1
	on_cpus vcpu1 0-1
	on_cpus disk0
	on_cpus signals
	[ "$(grep -c 'bind:0' "/proc/$PID/numa_maps")" -ge 1 ] || no 'RAM is on no node'
	tell off
	ends_with 0
}

case $LAB_HOST in
*-64k) best=xive ;;
*) best=xics ;;
esac
try "the best interrupt controller is $best" chooses $best
case $LAB_HOST in
*-7-*) # such a host is here for its own kernel
	newest 1
	try "6.12-64k boots with 4 vcpus" boots 6.12-64k 4 512MiB
	finish
	exit
	;;
esac
newest 4
for kernel in 6.12-4k 6.12-64k 6.1; do
	try "$kernel boots with 4 vcpus" boots $kernel 4 512MiB
done
try "6.1 boots with 1 vcpus" boots 6.1 1 512MiB
try "256 MiB are enough" boots 6.12-4k 1 256MiB
try "256 MiB are enough for 64K pages" boots 6.12-64k 1 256MiB
try "320 MiB, 2 cores of 2 threads" boots 6.12-64k 4 320MiB 'threads_per_core = 2'
try "3 GiB, 2 cores of 4 threads" boots 6.12-4k 8 3GiB 'threads_per_core = 4'
try "1001 MiB, one core of 4 threads" boots 6.12-4k 4 1001MiB 'threads_per_core = 4'
try "XICS when asked for" boots 6.12-64k 4 512MiB 'irqchip = "xics"'
[ $best = xics ] || try "XIVE when asked for" boots 6.12-4k 2 512MiB 'irqchip = "xive"'
[ "$LAB_HOST" != p9-64k ] || try "vCPUs and RAM where they were asked to be" has_its_place
try "CPU \"power9\"" boots 6.12-4k 1 512MiB 'cpu = "power9"'
finish
