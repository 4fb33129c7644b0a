# SPDX-License-Identifier: BSD-2-Clause
# Part tools: programs for ppc64el that tests use on the host and in guests: fio, ssh, e2fsck. They
# bring their own libraries, so they are started through their own loader, or from a root of their own.
#   tools/      the files        tools.img  the same as a read-only disk
# shellcheck shell=bash

TOOLS=$CACHE/tools
TOOLS_PACKAGES=(fio openssh-client e2fsprogs)

part_tools() {
	stamped tools "$(sum_of "$ROOT"/scripts/lib/{tools,apt}.sh)" tools_install
}

tools_install() {
	local debs
	say "fetching tools for tests (trixie)"
	apt_prepare trixie ppc64el
	debs=$(debs_get trixie ppc64el "${TOOLS_PACKAGES[@]}")
	mapfile -t debs <<<"$debs"
	rm -rf "$TOOLS" "$TOOLS.img"
	mkdir -p "$TOOLS"/{usr/{bin,sbin,lib,lib64},dev,proc,sys,tmp,etc,root}
	ln -s usr/bin usr/sbin usr/lib usr/lib64 "$TOOLS/"
	debs_unpack "$TOOLS" "${debs[@]}"
	rm -rf "${TOOLS:?}"/usr/{share,lib/python3*} "$TOOLS"/usr/lib/powerpc64le-linux-gnu/{gconv,perl-base,ceph/crypto}
	links_relative "$TOOLS"
	cp "$SYSROOT/bin/busybox" "$TOOLS/bin/busybox"
	ln -sf busybox "$TOOLS/bin/sh"
	echo root:x:0:0::/root:/bin/sh >"$TOOLS/etc/passwd"
	mke2fs -q -t ext4 -L tools -d "$TOOLS" "$TOOLS.img" 256M >/dev/null
}
