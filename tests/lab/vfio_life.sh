# SPDX-License-Identifier: BSD-2-Clause
# Devices of the host through what befalls guests and VMMs: drivers that come and go, reboots, a VMM
# that is killed. Afterwards nothing is pinned, mapped or bound.
# hosts: p9-64k
# timeout: 600
# seconds: 200
# options: --nvme --e1000e
# shellcheck shell=sh
. "$LAB/lib.sh"
. "$LAB/vfio_lib.sh"

ROUNDS=${ROUNDS-20} # of the drivers, more than 5
BARE_BOOTS=16       # with all that a guest can have of a device, see tests/guest/leave.c
BOOTS=${BOOTS-4}    # of Linux, where a reboot takes as long as a boot: more of them by hand

machine() { printf 'memory = "512MiB"\nvcpus = 2\n'; }

locked_kib() { awk '/^VmLck/ { print $2 }' "/proc/$PID/status"; }

drivers_come_and_go() {
	machine | passing "$DISK_IN_GUEST"'
		# again DRIVER WORKS FIRST LAST
		again() {
			cd /sys/bus/pci/drivers/$1
			b=$(ls -d 0*)
			for i in $(seq $3 $4); do
				echo $b >unbind
				echo $b >bind
				for n in $(seq 50); do
					$2 && echo "L2: $1 $i" && break
					sleep .1
				done
			done
		}
		reads() { dd if=/dev/$(disk nvme) of=/tmp/x bs=1M count=1 2>/tmp/e; }
		is_up() { ip link set eth0 up 2>/tmp/n; }
		is_up
		echo "L2: begins"
		again nvme reads 1 5 &
		again e1000e is_up 1 5 &
		wait
		sleep 3
		echo "L2: is warm"
		sleep 8
		again nvme reads 6 '$ROUNDS' &
		again e1000e is_up 6 '$ROUNDS' &
		wait
		sleep 3
		echo "L2: all is done"
		sleep 5
		on_disk nvme 1; is_up
		for i in 1 2 3 4 5; do ip addr add 10.0.2.15/24 dev eth0; ping -c 1 10.0.2.2 && break; done' ''
	pass "$NVME"
	pass "$NIC"
	background
	# The first rounds still touch pages of the VMM itself, and a driver that is away has no vectors:
	# counted is in the pauses only.
	says 'L2: is warm'
	locked=$(locked_kib) held=$(held_by "$PID")
	says 'L2: all is done'
	[ "$(locked_kib)" = "$locked" ] || no "locked memory: $locked KiB, then $(locked_kib) KiB"
	[ "$(held_by "$PID")" = "$held" ] || no "before: $held, after: $(held_by "$PID")"
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
	printf '%s\n' nvme-keyring nvme-auth nvme-core nvme >"$TMP/quick/modules/order"
	initrd_with "$TMP/quick"
}

# Windows and vectors come and go with each life: what is held is the same at one moment of it.
locks_again() { [ "$(locked_kib)" = "$1" ]; }
holds_again() { [ "$(held_by "$PID" 2>/dev/null)" = "$1" ]; }

# Windows, mappings, vectors and bus mastering of both devices are there at each reboot.
bare_reboots() {
	bare leave
	pass "$NVME"
	pass "$NIC"
	background
	says '^leave: ' 4
	held=$(held_by "$PID") locked=$(locked_kib)
	says '^leave: ' $((BARE_BOOTS + 1))
	until_true holds_again "$held" || no "before: $held, after $BARE_BOOTS reboots: $(held_by "$PID")"
	until_true locks_again "$locked" || no "locked memory: $locked KiB, then $(locked_kib) KiB"
	kill "$PID"
	ends_with 0
	mv "$TMP/out" "$TMP/console"
	! grep '^leave: ' "$TMP/console" | grep -qv ' 0 wrong' || no "$(grep -m 1 ', expected ' "$TMP/console")"
	! grep -qv '^info: ' "$TMP/log" || no "the VMM says: $(grep -v '^info: ' "$TMP/log" | head -n 1)"
}

reboots() {
	quick_initrd
	made=$(dmesg | grep -c 'Setting up window#1')
	machine | config "$KERNELS/6.12-4k/vmlinux" "$TMP/initrd.img" "console=hvc0 quiet l2=reboot"
	pass "$NVME"
	background
	says 'init running' 2
	sleep 1
	held=$(held_by "$PID")
	says 'init running' $((BOOTS + 1))
	sleep 1
	until_true holds_again "$held" || no "before: $held, after $BOOTS reboots: $(held_by "$PID")"
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

killed_in_mid_transfer() {
	pinned=$(pins)
	machine | passing "$IN_GUEST"'
		ping_net
		(while :; do nc 10.0.2.100 7 </dev/null >/dev/null; done) &
		d=$(disk nvme)
		echo "L2: begins"
		while :; do dd if=/dev/zero of=/dev/$d bs=1M count=64 oflag=direct 2>/dev/null; done' ''
	pass "$NVME"
	pass "$NIC"
	background
	says 'L2: begins'
	sleep 3
	[ "$(pins)" -gt $((pinned + 8000)) ] || no "only $(pins) pages are pinned: nothing to see here"
	kill -9 "$PID"
	ends_with 137
	until_true pins_are "$pinned" || no "pinned pages: $pinned, then $(pins)"
	case $(drivers) in
	*"$NVME/vfio-pci"*"$NIC/vfio-pci"*) ;;
	*) no "drivers after the crash: $(drivers)" ;;
	esac
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

LIMIT_S=240
devices NVME NIC 3>&2
dd if=/dev/urandom of="$LAB_OUT/net.send" bs=1M count=10 2>/dev/null
remember
try "drivers leave and come back $ROUNDS times" drivers_come_and_go
try "the host is as it was" as_before
try "$BARE_BOOTS reboots in place with windows, mappings and vectors" bare_reboots
try "$BOOTS reboots of Linux in place" reboots
try "the host is as it was after them" as_before
try "killed in mid-transfer, and started again" killed_in_mid_transfer
try "the host is as it was before all that" as_before
finish
