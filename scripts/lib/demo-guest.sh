# SPDX-License-Identifier: BSD-2-Clause
# The demo's part on the POWER host: a guest with its console before you, and a disk of the host that
# it drives itself. Run by tests/lab/lab, in busybox sh.
# shellcheck shell=sh
set -eu

# The emulated host has an NVMe disk for this. On a real one the user has to name a disk that may be
# written to: we do not guess.
disk=${DEMO_NVME-}
if [ "$LAB_HOST" != native ]; then
	for _ in 1 2 3 4 5 6 7 8 9; do
		disk=$(grep -l 0x010802 /sys/bus/pci/devices/*/class | head -n 1 | cut -d / -f 6)
		[ ! -e "/sys/bus/pci/devices/$disk/nvme" ] || break # its driver is there
		sleep 0.2
	done
fi

cat >"$LAB_OUT/guest.toml" <<END
[machine]
memory = "1GiB"
vcpus = 2

[boot]
kernel = "$KERNELS/6.12-4k/vmlinux"
initrd = "$INITRDS/initrd-6.12-4k.gz"
cmdline = "console=hvc0"
END
if [ "$disk" ]; then
	printf '\n[[vfio]]\nhost = "%s"\n' "$disk" >>"$LAB_OUT/guest.toml"
	echo "== $(uname -nm): its NVMe disk $disk is driven by" \
		"$(basename "$(readlink "/sys/bus/pci/devices/$disk/driver")"); now the guest gets it"
else
	echo '== no disk is passed through: DEMO_NVME=BDF names one; what is on it is LOST'
fi

echo "== $(uname -nm), kernel $(uname -r): spapr-vmm --config guest.toml"
if [ "${1-}" = --shell ]; then
	echo '== "poweroff -f" or Ctrl-a x ends the guest'
	exec "$SPAPR_VMM" --config "$LAB_OUT/guest.toml"
fi

# Typed into the guest's shell, line by line.
commands='uname -a
nproc; free -m'
[ ! "$disk" ] || commands="$commands
dmesg | grep -E 'create-pe-dma-window|direct mapping'
dd if=/dev/urandom of=/tmp/data bs=1M count=16; dd if=/tmp/data of=/dev/nvme0n1 bs=1M conv=fsync
echo 3 >/proc/sys/vm/drop_caches; sha256sum /tmp/data; dd if=/dev/nvme0n1 bs=1M count=16 | sha256sum"
set -- within 120 expect 'guest# '
IFS='
'
for line in $commands; do
	set -- "$@" send "$line\\r" expect 'guest# '
done
unset IFS
"$TALK" "$@" send 'poweroff -f\r' exit 0 -- "$SPAPR_VMM" --config "$LAB_OUT/guest.toml"
if [ -e "$LAB_OUT/nvme.img" ] && [ "$disk" ]; then
	echo "== the same 16 MiB in the file that is the host's disk, as this machine sees it:"
	dd if="$LAB_OUT/nvme.img" bs=1M count=16 2>/dev/null | sha256sum
	echo "== the disk is driven by $(basename "$(readlink "/sys/bus/pci/devices/$disk/driver")") again"
fi
