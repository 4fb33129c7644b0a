# SPDX-License-Identifier: BSD-2-Clause
# Devices of the host through what befalls guests and VMMs: drivers that come and go, reboots, a VMM
# that is killed. Afterwards nothing is pinned, mapped or bound. More reboots of Linux, and more owners that
# are killed, by hand:
#   tests/lab/lab run --nvme --e1000e --timeout 3600 p9-64k tests/lab/vfio_life.sh 4 50
# hosts: p9-64k
# timeout: 1200
# seconds: 200
# options: --nvme --e1000e
# shellcheck shell=sh
. "$LAB/lib/lib.sh"
. "$LAB/lib/vfio.sh"

ROUNDS=${ROUNDS-10} # of the drivers, more than 5
BARE_BOOTS=16       # with all that a guest can have of a device, see tests/guest/leave.c
BOOTS=${1-2}        # of Linux, where a reboot takes as long as a boot
OWNERS=${2-2}       # of both devices, one after the other

machine() { printf 'memory = "512MiB"\nvcpus = 2\n'; }

locked_kib() { awk '/^VmLck/ { print $2 }' "/proc/$PID/status"; }

drivers_come_and_go() {
	machine | passing "$DISK_IN_GUEST"'
		# again DRIVER WORKS FIRST LAST
		again() {
			until $2; do sleep .1; done
			cd /sys/bus/pci/drivers/$1
			b=$(ls -d 0*)
			for i in $(seq $3 $4); do
				echo $b >unbind
				echo $b >bind
				until $2; do sleep .1; done
				echo "L2: $1 $i"
			done
		}
		reads() { dd if=/dev/$(disk nvme) of=/tmp/x bs=1M count=1 2>/tmp/e; }
		is_up() { ip link set eth0 up 2>/tmp/n; }
		again nvme reads 1 5 &
		again e1000e is_up 1 5 &
		wait
		echo "L2: is warm"
		read -r x
		again nvme reads 6 '$ROUNDS' &
		again e1000e is_up 6 '$ROUNDS' &
		wait
		echo "L2: all is done"
		read -r x
		on_disk nvme 1; is_up
		for i in 1 2 3 4 5; do ip addr add 10.0.2.15/24 dev eth0; ping -c 1 10.0.2.2 && break; done' ''
	pass "$NVME"
	pass "$NIC"
	listening
	background
	# A driver that is away has no vectors: what is held is counted while the guest waits.
	says 'L2: is warm'
	locked=$(locked_kib) held=$(held_by "$PID")
	tell go
	says 'L2: all is done'
	holds "$held" "$locked" "$ROUNDS rounds"
	tell go
	ends_with 0
	mv "$TMP/out" "$TMP/console"
	for driver in nvme e1000e; do
		n=$(grep -c "^L2: $driver [0-9]" "$TMP/console")
		[ "$n" = $ROUNDS ] || no "$driver came back $n times of $ROUNDS"
	done
	disk_is_as_said nvme 1
	console_has '64 bytes from 10.0.2.2'
	console_lacks 'Call Trace'
}

# The disk's driver is all that these guests load: an archive behind the image replaces the list.
quick_initrd() {
	mkdir -p "$TMP/quick/modules"
	printf '%s\n' nvme-auth nvme-core nvme >"$TMP/quick/modules/order"
	initrd_with "$TMP/quick"
}

# holds HELD LOCKED AFTER: as much as before. Windows and vectors come and go with each life, so what is
# held is compared at one moment of it, where the guest waits.
holds() {
	[ "$(held_by "$PID")" = "$1" ] || no "before: $1, after $3: $(held_by "$PID")"
	[ "$(locked_kib)" = "$2" ] || no "locked memory: $2 KiB, after $3 $(locked_kib) KiB"
}

# Windows, mappings, vectors and bus mastering of both devices are there at each reboot.
bare_reboots() {
	bare 'leave asks'
	pass "$NVME"
	pass "$NIC"
	listening
	background
	for n in $(seq "$BARE_BOOTS"); do
		says '^leave: ' "$n"
		[ "$n" != 4 ] || held=$(held_by "$PID") locked=$(locked_kib)
		tell go
	done
	says '^leave: ' $((BARE_BOOTS + 1))
	holds "$held" "$locked" "$BARE_BOOTS reboots"
	kill "$PID"
	ends_with 0
	mv "$TMP/out" "$TMP/console"
	! grep '^leave: ' "$TMP/console" | grep -qv ' 0 wrong' || no "$(grep -m 1 ', expected ' "$TMP/console")"
	! grep -qv '^info: ' "$TMP/log" || no "the VMM says: $(grep -v '^info: ' "$TMP/log" | head -n 1)"
}

# Twice the guest waits with its disk; the other times it goes down while the driver may still be
# bringing the disk up.
reboots() {
	quick_initrd
	made=$(dmesg | grep -c 'Setting up window#1')
	wait_or_go='read -r x; [ $x = go ] || { until [ -e /dev/nvme0n1 ]; do sleep .1; done; echo L2: is still; read -r x; }; reboot -f'
	machine | config "$KERNELS/6.12-4k/vmlinux" "$TMP/initrd.img" \
		"$QUIET l2=run:$(echo "$wait_or_go" | base64 | tr -d '\n')"
	pass "$NVME"
	listening
	background
	for n in $(seq "$BOOTS"); do
		says 'init running' "$n"
		if [ "$n" = 2 ]; then
			tell wait
			says 'L2: is still'
			held=$(held_by "$PID") locked=$(locked_kib)
		fi
		tell go
	done
	says 'init running' $((BOOTS + 1))
	tell wait
	says 'L2: is still' 2
	holds "$held" "$locked" "$BOOTS reboots"
	locked=$(locked_kib)
	kill "$PID"
	ends_with 0
	mv "$TMP/out" "$TMP/console"
	[ "$locked" -le $((512 * 1024 + 8 * 1024)) ] || no "locked memory after $BOOTS reboots: $locked KiB"
	n=$(($(dmesg | grep -c 'Setting up window#1') - made))
	[ "$n" -ge $BOOTS ] || no "$n dynamic windows in $BOOTS boots"
	console_lacks 'unpacking failed'
	! grep -qv '^info: ' "$TMP/log" || no "the VMM says: $(grep -v '^info: ' "$TMP/log" | head -n 1)"
	console_lacks 'Call Trace'
}

pins_are() { [ "$(pins)" = "$1" ]; }

# A guest that finds the devices well, then keeps both in the middle of transfers. Zeroes go behind the data.
owner() {
	machine | passing "$IN_GUEST"'
		on_disk nvme 4 & ping_net; wait
		(while :; do nc 10.0.2.100 7 </dev/null >/dev/null; done) &
		d=$(disk nvme)
		echo "L2: begins"
		while :; do dd if=/dev/zero of=/dev/$d bs=1M seek=16 count=64 oflag=direct 2>/dev/null; done' ''
	pass "$NVME"
	pass "$NIC"
	background
	says 'L2: begins'
	cp "$TMP/out" "$TMP/console"
	disk_is_as_said nvme 4
	console_has 'L2: ping is answered'
	! grep -qv '^info: ' "$TMP/log" || no "owner $n: the VMM says: $(grep -v '^info: ' "$TMP/log" | head -n 1)"
}

# Each owner takes the devices as the one before it left them.
owners_are_killed() {
	pinned=$(pins)
	for n in $(seq "$OWNERS"); do
		owner
		sleep "$((n % 4))"
		[ "$(pins)" -gt $((pinned + 8000)) ] || no "only $(pins) pages are pinned: nothing to see here"
		kill -9 "$PID"
		ends_with 137
		until_true pins_are "$pinned" || no "owner $n: pinned pages: $pinned, then $(pins)"
		case $(drivers) in
		*"$NVME/vfio-pci"*"$NIC/vfio-pci"*) ;;
		*) no "drivers after the crash of owner $n: $(drivers)" ;;
		esac
	done
	machine | passing "$IN_GUEST on_disk nvme 4 & ping_net; wait" ''
	pass "$NVME"
	pass "$NIC"
	vmm
	status_is 0
	log_has "vfio $NVME: given back to nvme"
	log_has "vfio $NIC: given back to e1000e"
	disk_is_as_said nvme 4
	console_has 'L2: ping is answered'
}

# unbound KEY: the host unbinds the disk under a guest that never looks at what it is asked
unbound() {
	bare spin
	pass "$NVME" "on_unbind = \"$1\""
	background
	says '^spin: ready'
	began=$(seconds)
	echo "$NVME" >/sys/bus/pci/drivers/vfio-pci/unbind &
	unbind=$!
}

has_unbound() { ! kill -0 "$unbind" 2>/dev/null; }

unbind_stops() {
	unbound stop
	ends_with 0
	until_true has_unbound || no "the unbind still waits"
	took=$(($(seconds) - began))
	[ "$took" -lt 15 ] || no "the unbind took $took s"
	log_has "vfio $NVME: the host wants the device back"
	log_has "vfio $NVME: given back to nvme"
	devices NVME
}

unbind_waits() {
	unbound ignore
	until_true grep -q "vfio $NVME: the host wants the device back" "$TMP/log" || no 'the log says nothing'
	sleep 3
	! has_unbound || no 'the unbind did not wait'
	kill -0 "$PID" || no 'the guest has ended'
	kill "$PID"
	ends_with 0
	until_true has_unbound || no "the unbind still waits"
	devices NVME
}

LIMIT_S=240
devices NVME NIC 3>&2
network_sends
remember
try "drivers leave and come back $ROUNDS times" drivers_come_and_go
try "the host is as it was" as_before
try "$BARE_BOOTS reboots in place with windows, mappings and vectors" bare_reboots
try "$BOOTS reboots of Linux in place" reboots
try "the host is as it was after them" as_before
try "$OWNERS owners are killed in mid-transfer, each gives way to the next" owners_are_killed
try "an unbind on the host powers the guest off" unbind_stops
try "an unbind on the host waits, where the user wants that" unbind_waits
try "the host is as it was before all that" as_before
finish
