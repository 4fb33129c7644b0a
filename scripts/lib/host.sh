# SPDX-License-Identifier: BSD-2-Clause
# Part host: packages of the machine's own suite, from its own apt sources.
# shellcheck shell=bash

HOST_PACKAGES=(
	build-essential cmake ninja-build pkg-config git ca-certificates
	libcriterion-dev libfdt-dev libjansson-dev libmicrohttpd-dev libseccomp-dev libslirp-dev libtomlplusplus-dev
	libunicorn-dev liburing-dev
	device-tree-compiler clang lld clang-format-19 clang-tidy-19 cppcheck libclang-rt-dev
	bzip2 cpio lz4 xz-utils zstd kmod mmdebstrap e2fsprogs grub-common xorriso python3 gpg gpg-agent
	zlib1g-dev liblzma-dev libzstd-dev lintian mandoc man-db python3-jsonschema python3-yaml
)
[[ $ARCH == ppc64el ]] || HOST_PACKAGES+=(gcc-powerpc64le-linux-gnu g++-powerpc64le-linux-gnu)

part_host() {
	local missing=() p state
	for p in "${HOST_PACKAGES[@]}"; do
		state=$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null) || state=
		[[ $state == installed ]] || missing+=("$p")
	done
	((${#missing[@]})) || return 0
	((EUID == 0)) ||
		die "packages are missing: as root, run: apt-get install --no-install-recommends ${missing[*]}"
	say "installing ${missing[*]}"
	twice apt-get -qq -o DPkg::Lock::Timeout=300 update
	DEBIAN_FRONTEND=noninteractive twice apt-get -qq -y -o DPkg::Lock::Timeout=300 \
		-o Dpkg::Use-Pty=0 install --no-install-recommends "${missing[@]}" >/dev/null ||
		die "packages ${missing[*]}: not installed, see above: check the network and the machine's apt sources"
}
