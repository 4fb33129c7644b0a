# SPDX-License-Identifier: BSD-2-Clause
# The demo's part on the POWER host: a guest with its console before you. Run by
# tests/lab/lab, in busybox sh.
# shellcheck shell=sh
set -eu

cat >"$LAB_OUT/guest.toml" <<END
[machine]
memory = "1GiB"
vcpus = 2

[boot]
kernel = "$KERNELS/6.12-4k/vmlinux"
initrd = "$INITRDS/initrd-6.12-4k.gz"
cmdline = "console=hvc0"
END

echo "== $(uname -nm), kernel $(uname -r): spapr-vmm --config guest.toml"
if [ "${1-}" = --shell ]; then
	echo '== "poweroff -f" or Ctrl-a x ends the guest'
	exec "$SPAPR_VMM" --config "$LAB_OUT/guest.toml"
fi
exec "$TALK" within 120 expect 'guest# ' \
	send 'uname -a\r' expect 'guest# ' \
	send 'nproc; free -m\r' expect 'guest# ' \
	send 'poweroff -f\r' exit 0 -- "$SPAPR_VMM" --config "$LAB_OUT/guest.toml"
