# SPDX-License-Identifier: BSD-2-Clause
# For lab tests with a whole Debian, or with its tools: sourced after lib.sh.
#   DEBIAN, ARCHIVE, TOOLS  folders that scripts/lib/debian.sh, archive.sh and tools.sh make
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

ROOT_MIB=16 # where its file system begins, scripts/lib/debian.sh

# debian_root FILE: the disk's file system, as the tools take it
debian_root() { echo "$1?offset=$((ROOT_MIB << 20))"; }

# debian_disk FILE: a copy of the disk, sparse
debian_disk() {
	dd if="$DEBIAN/disk.raw" of="$1" bs=1M count=$ROOT_MIB 2>/dev/null &&
		tool sbin/e2image -ra -o $((ROOT_MIB << 20)) -O $((ROOT_MIB << 20)) "$DEBIAN/disk.raw" "$1" >/dev/null 2>&1 &&
		truncate -s "$(stat -c %s "$DEBIAN/disk.raw")" "$1"
}

# debian_key: a key that lets us in, one for all starts, as a disk keeps the first that it is given; in its
# public half are no quotes
debian_key() {
	[ -e "$WORK/key.pub" ] || tool bin/ssh-keygen -q -t ed25519 -N '' -f "$WORK/key"
}

# debian_let_in FILE: the same for a disk that boots by itself
debian_let_in() {
	printf 'mkdir /root/.ssh\nwrite %s /root/.ssh/authorized_keys\n' "$WORK/key.pub" >"$WORK/commands"
	tool sbin/debugfs -w -f "$WORK/commands" "$(debian_root "$1")" >/dev/null 2>&1
}

# debian_machine VCPUS: what a Debian needs beside its network and what boots. Its memory is in pages that are no
# smaller than its own, see tests/lab/hosts.
debian_machine() {
	huge=/sys/kernel/mm/hugepages/hugepages-2048kB pages=auto
	if [ "$LAB_HOST" != "${LAB_HOST%-4k}" ]; then
		pages=2MiB
		echo 512 >"$huge/nr_hugepages"
	fi
	cat <<-END
		[machine]
		memory = "1GiB"
		vcpus = $1
		huge_pages = "$pages"
		[[disk]]
		path = "$WORK/disk.raw"
	END
}

# debian_config VCPUS: the whole configuration but for the network, without firmware
debian_config() {
	debian_key
	debian_machine "$1"
	cat <<-END
		[console]
		backend = "file:$WORK/console"
		[boot]
		kernel = "$DEBIAN/vmlinux"
		initrd = "$DEBIAN/initrd.img"
		cmdline = "$QUIET root=LABEL=debian \\"systemd.set_credential=ssh.authorized_keys.root:$(cat "$WORK/key.pub")\\""
	END
}

# in_guest COMMAND: through port 2222, over one connection
in_guest() {
	tool bin/ssh -F none -i "$WORK/key" -p 2222 -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
		-o LogLevel=ERROR -o ConnectTimeout=60 -o ControlMaster=auto -o ControlPath=$WORK/ssh \
		-o ControlPersist=yes root@127.0.0.1 "$1"
}
