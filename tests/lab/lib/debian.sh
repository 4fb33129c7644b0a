# SPDX-License-Identifier: BSD-2-Clause
# For lab tests with a whole Debian, or with its tools: sourced after lib.sh.
#   DEBIAN, TOOLS  folders that scripts/lib/debian.sh and tools.sh make
# shellcheck shell=sh

WORK=/tmp/work # try empties $TMP before each case
mkdir -p "$WORK"
TOOLS_BIN=${TALK%/*} # programs of tests/lab/tools

# tool PATH ARGUMENT...: a program of $TOOLS, with its own loader and libraries
tool() {
	tool=$TOOLS/$1
	shift
	"$TOOLS/lib64/ld64.so.2" --library-path "$TOOLS/usr/lib/powerpc64le-linux-gnu" "$tool" "$@"
}

# debian_disk FILE: a copy of the disk, sparse
debian_disk() { tool sbin/e2image -ra "$DEBIAN/disk.raw" "$1" >/dev/null 2>&1; }

# debian_config VCPUS: the whole configuration but for the network; the key lets us in
debian_config() {
	rm -f "$WORK/key" "$WORK/key.pub"
	tool bin/ssh-keygen -q -t ed25519 -N '' -f "$WORK/key"
	cat <<-END
		[machine]
		memory = "1GiB"
		vcpus = $1
		[boot]
		kernel = "$DEBIAN/vmlinux"
		initrd = "$DEBIAN/initrd.img"
		cmdline = "console=hvc0 root=LABEL=debian quiet \\"systemd.set_credential=ssh.authorized_keys.root:$(cat "$WORK/key.pub")\\""
		[console]
		backend = "file:$WORK/console"
		[[disk]]
		path = "$WORK/disk.raw"
	END
}

# in_guest COMMAND: through port 2222, over one connection
in_guest() {
	tool bin/ssh -F none -i "$WORK/key" -p 2222 -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
		-o LogLevel=ERROR -o ConnectTimeout=60 -o ControlMaster=auto -o ControlPath=$WORK/ssh \
		-o ControlPersist=yes root@127.0.0.1 "$1"
}
