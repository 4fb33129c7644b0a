# SPDX-License-Identifier: BSD-2-Clause
# The statuses that hostile calls get from us, beside QEMU's. No test:
#   scripts/setup peer
#   tests/lab/lab run --smp 1 --nvme --e1000e --timeout 600 p9-64k tests/lab/by-hand/compare.sh
# Prints each case that is answered differently: ours, QEMU's, the case; below the reason, where
# there is one in the table. A difference without reason makes the status 1.
# shellcheck shell=sh
. "$LAB/lib/lib.sh"

# What would end QEMU, or its host, is left out.
ARGS="topics=${1:-pci,msi,ddw,tce,eeh} careful bulk=kernel"
CAPS=cap-cfpc=broken,cap-sbbc=broken,cap-ibs=broken,cap-ccf-assist=off,cap-hpt-max-page-size=65536
case $LAB_HOST in
*-4k) CAPS=${CAPS%65536}4096 ;;
esac

# The host's functions of the two classes, disk first.
functions() {
	for class in 0x0108 0x0200; do
		for device in /sys/bus/pci/devices/*; do
			! grep -q "^$class" "$device/class" || echo "${device##*/}"
		done
	done
}

ours() {
	echo 'memory = "256MiB"' | config "$BARE/guest-little.elf" '' "$ARGS"
	for function in $(functions); do
		printf '\n[[vfio]]\nhost = "%s"\n' "$function" >>"$TMP/guest.toml"
	done
	vmm --set machine.tce=kernel
}

# Each function behind a bridge of its own, as ours are.
theirs() {
	libs=$(echo "$PEER"/usr/lib/powerpc64le-linux-gnu "$PEER"/lib/powerpc64le-linux-gnu | tr ' ' :)
	set -- -nodefaults -display none -m 256 -serial stdio -kernel "$BARE/guest-little.elf" -append "$ARGS" \
		-M "pseries,accel=kvm,x-vof=on,kernel-addr=0,$CAPS" -device spapr-pci-host-bridge,index=1,id=b1
	bus=pci.0
	for function in $(functions); do
		echo "$function" >"/sys/bus/pci/devices/$function/driver/unbind"
		echo vfio-pci >"/sys/bus/pci/devices/$function/driver_override"
		echo "$function" >/sys/bus/pci/drivers_probe
		set -- "$@" -device "vfio-pci,host=$function,bus=$bus"
		bus=b1.0
	done
	timeout -k 5 200 "$PEER/usr/lib/powerpc64le-linux-gnu/ld64.so.2" --library-path "$libs" \
		"$PEER/usr/bin/qemu-system-ppc64" -L "$PEER/usr/share/qemu" "$@" \
		</dev/null >"$TMP/console" 2>"$TMP/log" || echo "QEMU ended with status $?"
}

# Why a case is answered differently: first line that fits. LoPAR 2.8 has no choice in the first
# part; the second is the host's, or a matter of taste.
reasons() {
	cat <<-'END'
		(read|write) .*not there|the value read|where nothing is	a function that is not there: Success with all ones, writes are ignored (LoPAR); QEMU: -1
		(read|write).*(BUID|bytes|misaligned)|reads of|writes with	a wrong parameter is a Parameter Error (-3), not the hardware's (-1)
		(read|write|read-pci-config|write-pci-config) with [0-9]+ (arg|ret)	the same, for a wrong count of arguments
		read-pci-config|write-pci-config|the ids read	the calls without BUID mean the first bridge; QEMU looks for one with BUID 0
		(change|source) with [0-9]+	QEMU does not look at the count of arguments: no status is where the caller looks
		query while there are none|: reset$	functions 0 (query) and 2 (default) of ibm,change-msi; QEMU has 1, 3 and 4
		32-bit MSI	functions 5 and 6: devices whose MSI address has 32 bits; QEMU refuses them
		vectors while there are none|freed	0 vectors of a function that has none is what was asked for; QEMU: -1 or -3
		source of (the )?vector	no interrupt of that number: 1 (LoPAR); QEMU: -1
		function that does not exist|another bus	a PE is named by a function of it (LoPAR: Parameter Error); QEMU takes any address for the bridge's PE
		third window	more windows than possible: -3 (LoPAR: create); QEMU: -1
		(put: page|indirect: (list|the)).*	a page outside memory is H_PARAMETER (LoPAR); QEMU: H_SUCCESS, and nothing is mapped
		entries that changed	... and the part of the list before it is entered
		^indirect( \([0-9]+\))?$	a negative LIOBN is the Multi-TCE-Table option, which is not there: H_FUNCTION (LoPAR)
		(option|state|reset|configure|details) (for|of)? ?0x	no PE is named so: -3; QEMU takes any address
		state while held	reset is active: 1 (LoPAR); Linux, and so QEMU, says 0
		its page mask	no page is offered that is larger than what is behind guest RAM
		hot reset|fundamental|release|normal|state	the host resets the PE or fails to
	END
}

# cases FILE: "value|case" for each line of the console, with a number where a case has the name of an
# earlier one
cases() {
	tr -d '\r' <"$TMP/console" | sed -n 's/^case //p' | sed 's/, expected .*//
		s,/pci@[0-9a-f]*\([0-9a-f]\)/[^:]*,function \1,' | awk '{
			value = $NF
			sub(/: [^:]*$/, "")
			n = ++seen[$0]
			print value "|" $0 (n > 1 ? " (" n ")" : "")
		}' >"$1"
}

ours
cases "$TMP/ours"
theirs
cases "$TMP/theirs"
grep -q 'guest: done' "$TMP/console" || echo "QEMU's guest did not come to its end"
awk -F '|' 'NR == FNR { ours[$2] = $1; next }
	$2 in ours && ours[$2] != $1 { print ours[$2] "|" $1 "|" $2 }' "$TMP/ours" "$TMP/theirs" >"$TMP/differ"
reasons >"$TMP/reasons"
awk -F '\t' 'FILENAME ~ /reasons$/ { pattern[++n] = $1; reason[n] = $2; next }
	{
		split($0, field, "|")
		for (i = 1; i <= n && field[3] !~ pattern[i]; i++)
			;
		lines[i] = lines[i] sprintf("%12s %12s  %s\n", field[1], field[2], field[3])
	}
	END {
		for (i = 1; i <= n; i++)
			if (lines[i])
				printf "%s      %s\n", lines[i], reason[i]
		if (lines[n + 1])
			print lines[n + 1] "      WITHOUT REASON"
		exit lines[n + 1] != ""
	}' "$TMP/reasons" "$TMP/differ"
status=$?
echo "$(wc -l <"$TMP/ours") cases, $(wc -l <"$TMP/differ") differ"
exit $status
