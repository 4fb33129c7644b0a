# SPDX-License-Identifier: BSD-2-Clause
# Part tools: programs for ppc64el that tests use on the host and in guests: fio, ssh, e2fsck, strace, kexec. They
# bring their own libraries, so they are started through their own loader, or from a root of their own.
#   tools/      the files        tools.img  the same as a read-only disk
# shellcheck shell=bash

TOOLS=$CACHE/tools
TOOLS_PACKAGES=(fio openssh-client e2fsprogs strace kexec-tools)

part_tools() {
	take tools "$(sum_of "$ROOT"/scripts/lib/{tools,apt}.sh)" tools_make trixie bookworm
}

# tools_make PART SUITE
tools_make() {
	local debs dir=$TOOLS.new
	[[ -e $SYSROOT/bin/busybox ]] || miss "the part cross is missing" || return
	say "fetching tools for tests ($2)"
	debs=$(debs_get "$2" ppc64el "${TOOLS_PACKAGES[@]}") || return
	mapfile -t debs <<<"$debs"
	rm -rf "$dir" "$TOOLS.img.new"
	merge_usr "$dir"
	mkdir -p "$dir"/{dev,proc,sys,tmp,etc,root}
	debs_unpack "$dir" "${debs[@]}" || return
	rm -rf "${dir:?}"/usr/{share,lib/python3*} "$dir"/usr/lib/powerpc64le-linux-gnu/{gconv,perl-base,ceph/crypto}
	links_relative "$dir"
	cp "$SYSROOT/bin/busybox" "$dir/bin/busybox"
	ln -sf busybox "$dir/bin/sh"
	echo root:x:0:0::/root:/bin/sh >"$dir/etc/passwd"
	mke2fs -q -t ext4 -L tools -d "$dir" "$TOOLS.img.new" 256M >/dev/null || miss "mke2fs failed" || return
	replace "$TOOLS"
	mv "$TOOLS.img.new" "$TOOLS.img"
	debs_named "$2" fio "${debs[@]}"
}
