# SPDX-License-Identifier: BSD-2-Clause
# A device that cannot be passed through: one line that says what and what to do, status 3, and the
# host as it was; "check" says the same.
# hosts: p9-64k
# timeout: 300
# seconds: 55
# options: --nvme --e1000e --pair
# shellcheck shell=sh
. "$LAB/lib/lib.sh"
. "$LAB/lib/vfio.sh"

# given BDF [LINE]: a guest with this device
given() {
	printf 'memory = "512MiB"\n' | guest 6.12-4k poweroff
	pass "$@"
}

# faulty TEXT CHECK-TEXT: run, dry run and check refuse
faulty() {
	for how in '' --dry-run; do
		refused 3 "$1" $how
	done
	STATUS=0
	"$SPAPR_VMM" check --config "$TMP/guest.toml" >"$TMP/console" 2>"$TMP/log" || STATUS=$?
	status_is 3
	console_has "$2"
	is_as_before || no "before: $STATE_BEFORE; now: $(iommu_state)"
}

# faulty_and UNDO TEXT CHECK-TEXT: the same, and what the case made of the host is undone in any case
faulty_and() {
	undo=$1
	shift
	(faulty "$@")
	result=$?
	$undo
	return $result
}

no_such_device() {
	given 0009:01:00.0
	faulty 'vfio 0009:01:00.0: this host has no such PCI function: "lspci -D" lists them' \
		'FAIL vfio 0009:01:00.0: this host has no such PCI function'
}

not_viable() {
	given "$PAIR0"
	faulty "is not viable: $PAIR1 is driven by nvme: bind every device of the group to vfio-pci, or unbind it (\"echo $PAIR1 > /sys/bus/pci/devices/$PAIR1/driver/unbind\")" \
		"FAIL   $PAIR0: group $PAIR_GROUP is not viable: $PAIR1 is driven by nvme: bind every device of the group to vfio-pci"
}

# without MODULE TEXT CHECK-TEXT
without() {
	rmmod "$1"
	given "$NVME"
	faulty_and "insmod /modules/$4.ko" "$2" "$3"
}

is_mounted() {
	eval "$IN_GUEST"
	dev=/dev/$(disk nvme)
	for module in lib/crc16 fs/mbcache fs/jbd2/jbd2 crypto/crc32c_generic fs/ext4/ext4; do
		module=$(echo "$KERNELS"/6.12-64k/lib/modules/*/kernel/$module.ko.xz)
		[ ! -e "$module" ] || xz -dc "$module" >"$TMP/m.ko" && insmod "$TMP/m.ko" 2>/dev/null
	done
	mke2fs "$dev" >"$TMP/mkfs" 2>&1 || no "mke2fs: $(tail -n 1 "$TMP/mkfs")"
	mkdir -p "$TMP/mnt"
	mount -t ext2 "$dev" "$TMP/mnt" || no 'the disk cannot be mounted'
	given "$NVME"
	faulty_and "umount $TMP/mnt" "vfio $NVME: the host uses it: $dev is mounted: \"umount $dev\"" \
		"FAIL   $NVME: the host uses it: $dev is mounted: \"umount $dev\""
}

is_swap() {
	eval "$IN_GUEST"
	dev=/dev/$(disk nvme)
	mkswap "$dev" >/dev/null
	swapon "$dev"
	given "$NVME"
	faulty_and "swapoff $dev" "vfio $NVME: the host uses it: $dev is swap space: \"swapoff $dev\"" \
		"$dev is swap space"
}

has_default_route() {
	ip link set "$NIC_NAME" up
	ip addr add 10.0.2.15/24 dev "$NIC_NAME"
	ip route add default via 10.0.2.2
	given "$NIC"
	faulty_and "ip link set $NIC_NAME down" \
		"vfio $NIC: the host uses it: $NIC_NAME carries the default route: \"ip link set $NIC_NAME down\"" \
		"$NIC_NAME carries the default route"
}

# No default route, but an address; and it is taken all the same, where that is asked for.
has_address() {
	ip link set "$NIC_NAME" up
	given "$NIC"
	faulty_and "ip link set $NIC_NAME down" \
		"vfio $NIC: the host uses it: $NIC_NAME is up with an address or a route: \"ip link set $NIC_NAME down\"" \
		"$NIC_NAME is up with an address or a route"
}

by_force() {
	ip link set "$NIC_NAME" up
	given "$NIC" 'force = true'
	vmm --dry-run
	status_is 0
	log_has "vfio $NIC: the host uses it, and loses it by force = true: $NIC_NAME is up with an address or a route"
	devices NIC
	is_as_before || no "before: $STATE_BEFORE; now: $(iommu_state)"
}

is_in_use() {
	given "$NVME"
	cp "$TMP/guest.toml" "$TMP/second.toml"
	# A guest that boots makes windows and maps pages: what it holds is compared when it does nothing.
	printf 'memory = "512MiB"\n' | passing 'until grep -q nvme /proc/partitions; do sleep 1; done
		echo L2: has its disk
		sleep 1000' ''
	pass "$NVME"
	background
	says 'L2: has its disk'
	STATE_WITH_IT=$(iommu_state)
	STATUS=0
	"$SPAPR_VMM" --config "$TMP/second.toml" >"$TMP/console" 2>"$TMP/log2" </dev/null || STATUS=$?
	status_is 3
	[ "$(grep -v '^info: ' "$TMP/log2")" = "vfio $NVME: VFIO group $GROUP is in use by another program: end that first (\"fuser /dev/vfio/$GROUP\")" ] ||
		no "the second says: $(tail -n 1 "$TMP/log2")"
	STATUS=0
	"$SPAPR_VMM" check --config "$TMP/second.toml" >"$TMP/console" 2>&1 || STATUS=$?
	status_is 3
	console_has "FAIL   $NVME: VFIO group $GROUP is in use by another program: end that first (\"fuser /dev/vfio/$GROUP\")"
	[ "$(iommu_state)" = "$STATE_WITH_IT" ] || no 'the first guest lost something'
	kill -9 "$PID"
	ends_with 137
	given "$NVME" # its next start gives back what the crash left
	vmm
	status_is 0
	as_before
}

# A user who is not root does what the messages say, one after the other, until the guest runs.
user_follows() {
	cp "$SPAPR_VMM" /tmp/spapr-vmm
	chmod 755 "$TMP"
	chmod 666 /dev/kvm
	root_vmm=$SPAPR_VMM SPAPR_VMM=/tmp/as-nobody
	as_nobody 8192
	given "$NVME"
	refused 3 "vfio $NVME: locked memory: "
	need=$(sed -n 's/.*raise it with "ulimit -l \([0-9]*\)".*/\1/p' "$TMP/log")
	as_nobody $((need - 1))
	refused 3 "limit is "
	as_nobody "$need"
	refused 3 "vfio $NVME: taking it from its driver: Permission denied: as root, "
	sh -c "$(sed -n 's/.*as root, "\(echo [^"]*\)".*/\1/p' "$TMP/log")"
	given "$NVME" 'bind = "manual"'
	refused 3 "vfio $NVME: /dev/vfio/$GROUP: Permission denied: give this user the right (\"chown USER /dev/vfio/$GROUP\")"
	SPAPR_VMM=/tmp/as-nobody
	STATUS=0
	/tmp/as-nobody check --config "$TMP/guest.toml" >"$TMP/console" 2>&1 || STATUS=$?
	status_is 3
	console_has "FAIL   $NVME: /dev/vfio/$GROUP: Permission denied: give this user the right (\"chown USER /dev/vfio/$GROUP\")"
	chown nobody "/dev/vfio/$GROUP"
	sed -i 's/quiet //' "$TMP/guest.toml"
	vmm # with not one KiB of locked memory more than the message asked for, dynamic window and all
	status_is 0
	console_has 'create-pe-dma-window'
	console_has 'returned 0 (liobn'
	! grep -qv '^info: ' "$TMP/log" || no "the VMM says: $(grep -v '^info: ' "$TMP/log" | head -n 1)"
	SPAPR_VMM=$root_vmm
}

# as_nobody KIB: the program that stands in for the VMM
as_nobody() {
	printf '#!/bin/sh\nulimit -l %s\nexec start-stop-daemon -S -c nobody -x /tmp/spapr-vmm -- "$@"\n' "$1" >/tmp/as-nobody
	chmod 755 /tmp/as-nobody
}

LIMIT_S=120
devices NVME PAIR0 PAIR1 NIC 3>&2
NIC_NAME=$(ls "/sys/bus/pci/devices/$NIC/net")
# Where the card's network offers a default route by itself, a case would have one some seconds later.
for who in default "$NIC_NAME"; do echo 0 >"/proc/sys/net/ipv6/conf/$who/accept_ra"; done
GROUP=$(readlink "/sys/bus/pci/devices/$NVME/iommu_group")
GROUP=${GROUP##*/}
PAIR_GROUP=$(readlink "/sys/bus/pci/devices/$PAIR0/iommu_group")
PAIR_GROUP=${PAIR_GROUP##*/}
remember
try "no such device" no_such_device
try "a group that is not viable" not_viable
try "vfio-pci is not loaded" without vfio_pci "vfio $NVME: the driver vfio-pci is not loaded: \"modprobe vfio-pci\"" \
	"FAIL   $NVME: the driver vfio-pci is not loaded: \"modprobe vfio-pci\"" vfio-pci
try "v2 is not offered" without vfio_iommu_spapr_tce \
	'/dev/vfio/vfio: this kernel offers no SPAPR TCE v2: "modprobe vfio_iommu_spapr_tce"' \
	'FAIL /dev/vfio/vfio: this kernel offers no SPAPR TCE v2: "modprobe vfio_iommu_spapr_tce"' vfio_iommu_spapr_tce
try "a mounted disk" is_mounted
try "a disk with swap space" is_swap
try "the network card of the default route" has_default_route
try "a network card with an address" has_address
try "what the host uses is taken by force" by_force
try "a device in use, and one that a crash left" is_in_use
try "the host is as it was" as_before
try "a user without rights follows the messages" user_follows
finish
