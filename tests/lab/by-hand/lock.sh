# SPDX-License-Identifier: BSD-2-Clause
# How long the I/O thread holds the machine lock, under which the API is answered: while a guest boots alone, and
# while a client asks for each verb. On one CPU that counts instructions, where a thousand are a
# microsecond. No test:
#   tests/lab/lab run --icount --nvme --timeout 600 p9-64k tests/lab/by-hand/lock.sh \
#       $(powerpc64le-linux-gnu-nm -n build/ppc64el/spapr-vmm | sed -n 's/ t \(un\)*lock_machine$//p')
# Prints for each verb how often the lock was held, half of them at most, and the longest. The time of a probe,
# two thousand instructions, is in it.
# shellcheck shell=sh
. "$LAB/lib/lib.sh"
. "$LAB/lib/vfio.sh"

UNLOCK=$1 LOCK=$2 # in the order of their addresses
SOCKET=$TMP/api
TRACING=/sys/kernel/tracing

probes() {
	mount -t tracefs tracefs "$TRACING" 2>/dev/null
	{
		echo "r:machine/locked $SPAPR_VMM:0x$LOCK"
		echo "p:machine/unlock $SPAPR_VMM:0x$UNLOCK"
	} >"$TRACING/uprobe_events" || no 'the host kernel has no uprobes'
	echo 8192 >"$TRACING/buffer_size_kb"
	echo 1 >"$TRACING/events/machine/enable"
}

# held NAME: since the last call
held() { cp $TRACING/trace "$LAB_OUT/trace.$(echo $1|tr " /" __)"
	awk -v "name=$1" '
		match($0, /[0-9]+\.[0-9]+: /) { at = substr($0, RSTART, RLENGTH - 2) * 1e6 }
		/ locked: / { since = at }
		/ unlock: / && since { printf "%d\n", at - since; since = 0 }
	' "$TRACING/trace" | sort -n | awk -v "name=$1" '
		{ us[NR] = $1 }
		END { printf "%-28s held %6d times, half at most %5d us, longest %6d us\n", name, NR, us[int((NR + 1) / 2)], us[NR] }'
	echo >"$TRACING/trace"
}

devices NVME
printf 'memory = "512MiB"\nvcpus = 2\n' | passing "$DISK_IN_GUEST"'
	dd if=/dev/$(disk nvme) of=/dev/null bs=1M count=4 2>/dev/null
	echo "L2: is up"
	while true; do echo "L2: counts"; sleep .1; done' ''
pass "$NVME"
printf '[api]\nsocket = "%s"\n' "$SOCKET" >>"$TMP/guest.toml"
probes
background
until_true grep -q 'L2: is up' "$TMP/out" || no 'the guest is not up'
held 'boot'
sleep 2
held 'two seconds, nobody asks'
for verb in vmm.ping info counters dma-windows device-tree metrics 'events since=0' vm.console log-level; do
	case $verb in
	log-level) body='{"level":"info"}' ;;
	*) body= ;;
	esac
	for _ in 1 2 3 4 5; do
		sleep .2 # within a tenth of a second the answer is the one before
		# shellcheck disable=SC2086
		"$SPAPR_VMM" ctl "$SOCKET" $verb $body >/dev/null || no "$verb fails"
	done
	held "5 x $verb"
done
for verb in pause resume power-button; do
	"$SPAPR_VMM" ctl "$SOCKET" $verb >/dev/null || no "$verb fails"
	held "$verb"
done
ends_with 0
