# SPDX-License-Identifier: BSD-2-Clause
# Which processor a guest has: never a newer one than the host, which may itself be a partition in a mode
# older than its processor. Passes on every host; by default on the one that is such a partition.
# With the argument "many": guests without a kernel with 8 to 240 vCPUs, which come and go (p9-64k, --smp 2
# --timeout 500; two minutes).
# hosts: compat-v2
# timeout: 200
# seconds: 25
# options: --smp 1
# shellcheck shell=sh
. "$LAB/lib/lib.sh"

# generation: of the first processor in a /proc/cpuinfo
generation() { sed -n 's/^cpu[^:]*: \(POWER[0-9]*\).*/\1/p' "$1" | head -n 1; }
HOST_CPU=$(generation /proc/cpuinfo)
VERSION=$(cat /proc/device-tree/cpus/PowerPC,*@0/cpu-version | hexdump -v -e '1/1 "%02x"')

# is GENERATION WORD [CPU]: so is a guest's first processor, with this machine.cpu
is() {
	echo "cpu = \"${3-host}\"" |
		guest 6.12-4k "run:$(echo 'grep -m 1 ^cpu /proc/cpuinfo' | base64)"
	vmm
	status_is 0
	console_has "$2"
	[ "$(generation "$TMP/console")" = "$1" ] || no "the guest's is a $(generation "$TMP/console")"
	console_lacks 'Call Trace'
	! grep -v '^info: ' "$TMP/log" >"$TMP/other" || no "the VMM says: $(head -n 1 "$TMP/other")"
}

refuses() {
	echo "cpu = \"$1\"" | guest 6.12-4k
	refused 3 "this host is a $HOST_CPU and cannot be"
}

in_a_mode() { [ "$VERSION" = 0f000005 ] || no "this host's cpu-version is $VERSION"; }

# come_and_go VCPUS THREADS IRQCHIP: all of them, twice
come_and_go() {
	bare cpus
	vmm --set "machine.vcpus=$1" --set "machine.threads_per_core=$2" --set "machine.irqchip=$3"
	status_is 0
	console_has 'topic cpus: '
	console_has 'guest: done'
	console_lacks ', expected '
}

many() {
	for n in 8 32 128 240; do
		for threads in 1 8; do
			for chip in xive xics; do
				try "$n vCPUs, $threads to a core, $chip" come_and_go $n $threads $chip
			done
		done
	done
}

generations() {
	echo "# the host is a $HOST_CPU, its cpu-version $VERSION"
	[ "$LAB_HOST" != compat-v2 ] || try "the host is in POWER9 mode" in_a_mode
	try "a guest is what the host is" is "$HOST_CPU" L2:
	try "a guest is a POWER9 where it is told so" is POWER9 '(architected)' power9
	for n in 10 11; do
		if [ "${HOST_CPU#POWER}" -lt $n ]; then
			try "no guest is a POWER$n" refuses power$n
		else
			try "a guest is a POWER$n where it is told so" is POWER$n '(architected)' power$n
		fi
	done
}

case ${1-} in
many) many ;;
*) generations ;;
esac
finish
