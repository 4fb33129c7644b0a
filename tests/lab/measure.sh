# SPDX-License-Identifier: BSD-2-Clause
# How long a boot takes and how much memory the VMM needs, beside QEMU. No test:
#   scripts/setup peer; tests/lab/lab run --icount --timeout 900 p9-64k tests/lab/measure.sh
# With --icount a second is a thousand million instructions, on every machine.
# shellcheck shell=sh
. "$LAB/lib.sh"

cp "$SPAPR_VMM" /tmp/spapr-vmm # as near as QEMU, which comes from a folder that is kept in memory
SPAPR_VMM=/tmp/spapr-vmm
KERNEL=$KERNELS/6.12-4k/vmlinux INITRD=$INITRDS/initrd-6.12-4k.gz
CAPS=cap-cfpc=broken,cap-sbbc=broken,cap-ibs=broken,cap-ccf-assist=off,cap-hpt-max-page-size=65536
case $LAB_HOST in
*-4k) CAPS=${CAPS%65536}4096 ;;
esac

# command VMM MEMORY-MIB L2-COMMAND: set the file "run" up, which starts the guest
command_for() {
	cmdline="console=hvc0 l2=$3"
	if [ "$1" = ours ]; then
		echo "memory = \"${2}MiB\"" | config "$KERNEL" "$INITRD" "$cmdline"
		echo "exec $SPAPR_VMM --config $TMP/guest.toml --log-file $TMP/log" >"$TMP/run"
	else
		libs=$(echo "$PEER"/usr/lib/powerpc64le-linux-gnu "$PEER"/lib/powerpc64le-linux-gnu | tr ' ' :)
		echo "exec $PEER/usr/lib/powerpc64le-linux-gnu/ld64.so.2 --library-path $libs" \
			"$PEER/usr/bin/qemu-system-ppc64 -L $PEER/usr/share/qemu -nodefaults -display none" \
			"-M pseries,accel=kvm,x-vof=on,$CAPS -m $2 -serial stdio -kernel $KERNEL -initrd $INITRD" \
			"-append '$cmdline'" >"$TMP/run"
	fi
}

# timed VMM MEMORY-MIB: one line of the table
timed() {
	command_for "$1" "$2" poweroff
	"$TALK" --pipe within 100 expect '[' mark first expect 'L2: init running' mark init exit 0 mark end \
		-- sh "$TMP/run" >"$TMP/console" 2>"$TMP/talk" || tail -n 3 "$TMP/talk" "$TMP/console"
	set -- "$1" "$2" $(awk '/talk: mark/ { print $4 }' "$TMP/talk")
	printf '%-5s %5s MiB: first byte %s, init %s, end %s s\n' "$@"
}

resident() {
	command_for "$1" 512 "run:$(printf 'sleep 10000' | base64)"
	sh "$TMP/run" </dev/null >"$TMP/console" 2>&1 &
	PID=$!
	until_true grep -q 'init running' "$TMP/console" || tail -n 3 "$TMP/console"
	sleep 1
	printf '%-5s resident beyond guest RAM: %s KiB, of it anonymous %s KiB; %s\n' "$1" "$(beyond_ram $PID)" \
		"$(beyond_ram $PID Anonymous)" \
		"$(held_by $PID)"
	kill -9 $PID
	wait $PID 2>/dev/null
}

peer=
[ ! -e "$PEER/usr/bin/qemu-system-ppc64" ] || peer=qemu
for vmm in ours $peer; do
	timed $vmm 512 >/dev/null # the files are in memory from here on
	timed $vmm 512
	timed $vmm 2048
	timed $vmm 2048
	resident $vmm
done
ls -l "$SPAPR_VMM" | awk '{ print "size of spapr-vmm, as it is built: " $5 }'
