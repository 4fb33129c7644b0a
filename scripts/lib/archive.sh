# SPDX-License-Identifier: BSD-2-Clause
# Part archive: packages for the Debian of the part debian, as an archive that its apt takes: what tests install
# there, what our own package asks for, each with what the disk lacks of its dependencies, another kernel, and where
# the disk's systemd is older than 254 one that is not.
#   archive/   the packages, Packages, Release
# shellcheck shell=bash

ARCHIVE=$CACHE/archive
ARCHIVE_PACKAGES=(jq grub-ieee1275 libfdt1 liburing2 libslirp0 libmicrohttpd12 libjansson4)
ARCHIVE_MANAGER=(systemd systemd-sysv systemd-resolved libpam-systemd udev)

part_archive() {
	local suite=none
	[[ ! -r $CACHE/status/debian ]] || read -r _ suite _ <"$CACHE/status/debian"
	take archive "$(sum_of "$ROOT"/scripts/lib/{archive,apt}.sh) $(cat "$DEBIAN/release" 2>/dev/null)" \
		archive_make "${suite%,}"
}

# archive_make PART SUITE
archive_make() {
	local suite=$2 dir=$ARCHIVE.new kernel manager
	[[ $suite != none ]] || miss "the part debian is missing" || return
	say "fetching packages for the Debian disk ($suite)"
	rm -rf "$dir"
	mkdir -p "$dir/disk" # apt puts its locks there, too
	debugfs -R "dump /var/lib/dpkg/status $dir/disk/status" "$(debian_root "$DEBIAN/disk.raw")" 2>/dev/null
	archive_add "$dir" "$suite" "${ARCHIVE_PACKAGES[@]}" || return
	kernel=$(archive_kernel "$dir" "$suite")
	manager=$(archive_manager "$dir" "$suite-backports")
	rm -r "$dir/disk"
	archive_index "$dir"
	replace "$ARCHIVE"
	echo "$(find "$ARCHIVE" -name '*.deb' | wc -l) packages ($suite), ${kernel:-no other kernel}, ${manager:-no other systemd}"
}

# archive_add DIR SUITE PACKAGE...: with what the disk lacks of their dependencies
archive_add() {
	local dir=$1 suite=$2 debs
	shift 2
	debs=$(debs_get "$suite" ppc64el -o Dir::State::Status="$dir/disk/status" "$@") || return
	mapfile -t debs <<<"$debs"
	cp "${debs[@]}" "$dir/"
}

# archive_kernel DIR SUITE: a newer one of the disk's flavour, so that the menu's first entry is this one's when a
# guest has installed it; prints its package
archive_kernel() {
	local own suite kernel
	own=linux-image-$(<"$DEBIAN/release")
	for suite in "$2" "$2-backports"; do
		apt_prepare "$suite" ppc64el || continue
		kernel=$({
			echo "$own"
			apt_in "$suite" ppc64el apt-cache search --names-only "^linux-image-[0-9][^ ]*-${own##*-}\$" | cut -d' ' -f1
		} | sort -V | tail -n 1)
		if [[ $kernel != "$own" ]] && archive_add "$1" "$suite" "$kernel"; then
			echo "$kernel"
			return
		fi
	done
}

# archive_manager DIR SUITE: a systemd that tells its VMM when it is ready; prints its version
archive_manager() {
	local version
	version=$(awk '/^Package: systemd$/ { its = 1 } /^$/ { its = 0 } its && /^Version: / { print $2 }' "$1/disk/status")
	((${version%%[!0-9]*} < 254)) && archive_add "$1" "$2" "${ARCHIVE_MANAGER[@]}" &&
		(cd "$1" && printf '%s\n' systemd_*.deb) | sed 's/_/ /; s/_.*//'
}

# archive_index DIR: without a signature, so the guest has to be told to trust it
archive_index() {
	(cd "$1" && dpkg-scanpackages --multiversion . 2>/dev/null >Packages && {
		echo "Suite: lab"
		echo "SHA256:"
		echo " $(sha256sum Packages | cut -d' ' -f1) $(stat -c %s Packages) Packages"
	} >Release)
}
