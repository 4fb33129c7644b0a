# SPDX-License-Identifier: BSD-2-Clause
# The guest of tests/guest abuses every virtio device: VMM and host live, and each device after a reset. A
# big-endian one is served by each, but for the vsock, which answers nobody by itself.
# hosts: p9-64k
# timeout: 200
# seconds: 20
# options: --smp 2
# shellcheck shell=sh
. "$LAB/lib/lib.sh"

# drives TOPIC ENDIAN CASES: it has so many at least, and none is wrong
drives() {
	bare "$1" "$2"
	truncate -s 16M "$TMP/disk.raw"
	cat >>"$TMP/guest.toml" <<-END
		[[disk]]
		path = "$TMP/disk.raw"
		[[net]]
		backend = "user"
		[rng]
		[[virtio_console]]
		backend = "none"
		[balloon]
		size = "16MiB"
	END
	[ ! -e /dev/vhost-vsock ] || printf '[vsock]\ncid = 77\n' >>"$TMP/guest.toml"
	vmm
	status_is 0
	console_has 'guest: done'
	! grep expected "$TMP/console" >"$TMP/wrong" ||
		no "$(wc -l <"$TMP/wrong") cases are wrong, the first: $(head -n 1 "$TMP/wrong")"
	cases=$(grep -c '^case virtio' "$TMP/console")
	[ "$cases" -ge "$3" ] || no "only $cases cases"
	# One line for each site: a hostile guest cannot fill a disk.
	[ "$(wc -l <"$TMP/log")" -le 40 ] || no "$(wc -l <"$TMP/log") lines of log"
}

[ -e /dev/vhost-vsock ] || echo "skip - vsock: no /dev/vhost-vsock: modprobe vhost_vsock"
try "abuses of each virtio device" drives virtio little 400
try "a big-endian driver of each virtio device" drives serve big 14
finish
