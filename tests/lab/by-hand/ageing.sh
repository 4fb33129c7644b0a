# SPDX-License-Identifier: BSD-2-Clause
# Does the host's kernel lock up while it looks which pages of a guest are old? DAMON does so all the time
# where Debian's kernel starts its statistics (7.2), and KVM has to answer from a hash table. A busy guest of
# four vCPUs for so many seconds, ours or QEMU's (whose initrd is the same):
#   tests/lab/lab run --timeout 1500 HOST tests/lab/by-hand/ageing.sh [SECONDS [ours|qemu]]
# Prints the time that the kernel's thread took, and what the kernel complains of. HOST: a row of
# tests/lab/hosts with kernel 7-64k and disable_radix; none is in the table.
# shellcheck shell=sh
. "$LAB/lib/lib.sh"
. "$LAB/lib/vfio.sh"

SECONDS_BUSY=${1-120} WHOSE=${2-ours}
CAPS=cap-cfpc=broken,cap-sbbc=broken,cap-ibs=broken,cap-ccf-assist=off,cap-hpt-max-page-size=65536

kdamond() { for p in /proc/[0-9]*; do grep -q '^kdamond' "$p/comm" 2>/dev/null && echo "${p#/proc/}" && return; done; }
ticks() { [ ! "$1" ] || awk '{ print $14 + $15 }' "/proc/$1/stat"; }

# shellcheck disable=SC2016
BUSY='
for i in 1 2 3 4; do
	(while :; do dd if=/dev/zero of=/tmp/f$i bs=64k count=800; cat /tmp/f$i >/dev/null; done 2>/dev/null) &
done
echo "L2: is busy"
sleep '$SECONDS_BUSY'
echo "L2: was busy"'

busy() {
	who=$(kdamond) before=$(ticks "$(kdamond)")
	printf 'memory = "512MiB"\nvcpus = 4\nirqchip = "xics"\n' |
		guest 6.12-4k "run:$(echo "$BUSY" | base64 | tr -d '\n')"
	if [ "$WHOSE" = ours ]; then
		background
	else
		libs=$(echo "$PEER"/usr/lib/powerpc64le-linux-gnu "$PEER"/lib/powerpc64le-linux-gnu | tr ' ' :)
		"$PEER/usr/lib/powerpc64le-linux-gnu/ld64.so.2" --library-path "$libs" "$PEER/usr/bin/qemu-system-ppc64" \
			-L "$PEER/usr/share/qemu" -nodefaults -display none -serial stdio -m 512 -smp 4 \
			-M "pseries,accel=kvm,x-vof=on,ic-mode=xics,$CAPS" -kernel "$KERNELS/6.12-4k/vmlinux" \
			-initrd "$INITRDS/initrd-6.12-4k.gz" -append "$(sed -n 's/^cmdline = "\(.*\)"/\1/p' "$TMP/guest.toml")" \
			</dev/null >"$TMP/out" 2>"$TMP/log" &
		PID=$!
		echo "$PID" >"$TMP/pid"
	fi
	says 'L2: is busy'
	began=$(seconds)
	says 'L2: was busy'
	echo "ageing: $WHOSE: $(($(seconds) - began)) s; kdamond (${who:-none}) took $(($(ticks "$who") - ${before:-0})) ticks in all" >&4
	ends_with 0
}

exec 4>&1
LIMIT_S=$((SECONDS_BUSY * 4 + 240))
echo "ageing: kernel $(uname -r), kdamond $(kdamond), statistics $(cat /sys/module/damon_stat/parameters/enabled 2>/dev/null)"
try "a busy guest of four vCPUs, $WHOSE" busy
dmesg | grep -E 'soft lockup|rcu.*stall|blocked for more|watchdog|hard LOCKUP' | head -n 8 | sed 's/^/ageing: /'
finish
