# SPDX-License-Identifier: BSD-2-Clause
# A small Debian archive with a key of its own, served on loopback. Its packages have the names that
# scripts/setup asks for, and next to nothing inside. Sourced by run, which sets WORK.
# shellcheck shell=bash disable=SC2154

export GNUPGHOME=$WORK/gnupg no_proxy=127.0.0.1
POOL=$WORK/www/debian/pool DISTS=$WORK/www/debian/dists

# deb SUITE ARCH NAME VERSION [DEPENDS]: the files are those in $WORK/files, which it empties
deb() {
	local dir=$WORK/deb file
	rm -rf "$dir"
	mkdir -p "$dir/DEBIAN" "$POOL/$1" "$WORK/files"
	cp -r "$WORK/files/." "$dir/"
	rm -rf "$WORK/files"
	mkdir -p "$dir/usr/share/$3"
	echo "$4 $1" >"$dir/usr/share/$3/version"
	cat >"$dir/DEBIAN/control" <<-END
		Package: $3
		Version: $4
		Architecture: $2
		Maintainer: nobody <nobody@localhost>
		Description: a test
		${5:+Depends: $5}
	END
	sed -i '/^$/d' "$dir/DEBIAN/control"
	file=$POOL/$1/${3}_${4}_$2.deb
	dpkg-deb -Znone --root-owner-group -b "$dir" "$file" >/dev/null
}

# kernel SUITE RELEASE VERSION: as it was until 6.12, in one package
kernel() {
	mkdir -p "$WORK/files/boot" "$WORK/files/lib/modules/$2/kernel"
	echo "kernel $2" >"$WORK/files/boot/vmlinux-$2"
	touch "$WORK/files/lib/modules/$2"/modules.{order,builtin}
	deb "$1" ppc64el "linux-image-$2" "$3"
}

# split_kernel SUITE RELEASE VERSION: as it is from 7 on, an empty package and what it depends on
split_kernel() {
	local modules=$WORK/files/usr/lib/modules/$2
	mkdir -p "$modules"
	echo "kernel $2" >"$modules/vmlinuz"
	deb "$1" ppc64el "linux-binary-$2" "$3"
	mkdir -p "$modules/kernel"
	deb "$1" ppc64el "linux-modules-$2" "$3"
	mkdir -p "$modules"
	touch "$modules"/modules.{order,builtin}
	deb "$1" ppc64el "linux-base-$2" "$3"
	deb "$1" ppc64el "linux-image-$2" "$3" "initramfs-tools, linux-base-$2 (= $3), linux-binary-$2 (= $3), linux-modules-$2 (= $3)"
}

# index SUITE [KEY]: its indices, and the file that is signed; KEY "none" leaves the signature out
index() {
	local arch dir=$DISTS/$1 key=${2-archive@localhost}
	rm -rf "$dir"
	mkdir -p "$POOL/$1"
	for arch in ppc64el amd64; do
		mkdir -p "$dir/main/binary-$arch"
		(cd "$WORK/www/debian" && dpkg-scanpackages --multiversion -a "$arch" "pool/$1" 2>/dev/null) \
			>"$dir/main/binary-$arch/Packages"
	done
	{
		echo "Origin: test"
		echo "Suite: $1"
		echo "Codename: $1"
		echo "Date: $(date -Ru)"
		echo "Architectures: amd64 ppc64el"
		echo "Components: main"
		echo "SHA256:"
		(cd "$dir" && for arch in ppc64el amd64; do
			file=main/binary-$arch/Packages
			echo " $(sha256sum $file | cut -d' ' -f1) $(stat -c %s $file) $file"
		done)
	} >"$dir/Release"
	[[ $key == none ]] || gpg -q --batch --yes -u "$key" --clearsign -o "$dir/InRelease" "$dir/Release"
}

# make_archive: what a day without trouble looks like
make_archive() {
	local name
	# shellcheck source=/dev/null
	. "$ROOT/scripts/lib/cross.sh"
	# shellcheck source=/dev/null
	. "$ROOT/scripts/lib/tools.sh"
	for name in "${SYSROOT_PACKAGES[@]}"; do
		[[ $name != busybox-static ]] || { mkdir -p "$WORK/files/bin" && echo busybox >"$WORK/files/bin/busybox"; }
		deb bookworm ppc64el "$name" 12.1
	done
	for name in "${TOOLS_PACKAGES[@]}"; do
		deb bookworm ppc64el "$name" 12.2
		deb trixie ppc64el "$name" 13.2
	done
	for name in trixie-backports,11.1 trixie,10.0.13 bookworm-backports,10.0.2; do
		deb "${name%,*}" ppc64el qemu-system-ppc "${name#*,}"
	done
	kernel bookworm 6.1.0-9-powerpc64le 6.1.9
	for name in powerpc64le powerpc64le-64k; do
		kernel trixie "6.12.100+deb13-$name" 6.12.100
		kernel trixie "6.12.9+deb13-$name" 6.12.9
		kernel bookworm-backports "6.12.8+deb12-$name" 6.12.8
		split_kernel trixie-backports "7.2.1+deb13-$name" 7.2.1
		split_kernel forky "7.2.3+deb14-$name" 7.2.3
	done
	for name in bookworm bookworm-backports trixie trixie-backports forky; do
		index "$name"
	done
}

# make_keys: the archive's, and a stranger's
make_keys() {
	mkdir -m 700 "$GNUPGHOME"
	gpg -q --batch --passphrase '' --quick-gen-key archive@localhost rsa3072 sign never 2>/dev/null
	gpg -q --batch --passphrase '' --quick-gen-key stranger@localhost rsa3072 sign never 2>/dev/null
	gpg -q --export archive@localhost >"$WORK/archive.gpg"
}

# serve: sets SERVER and writes what in a machine is /etc/apt
serve() {
	local port=''
	: >"$WORK/server"
	setpriv --pdeathsig KILL python3 -u -m http.server --bind 127.0.0.1 --directory "$WORK/www" 0 \
		>"$WORK/server" 2>/dev/null &
	SERVER=$!
	until port=$(sed -n 's/.* port \([0-9]*\).*/\1/p' "$WORK/server") && [[ $port ]]; do
		kill -0 "$SERVER" || return
		sleep 0.05
	done
	mkdir -p "$WORK/etc"
	echo "deb [signed-by=$WORK/archive.gpg] http://127.0.0.1:$port/debian bookworm main" >"$WORK/etc/sources.list"
}
