# SPDX-License-Identifier: BSD-2-Clause
# Debian packages of other suites and architectures, unpacked into folders.
# The machine's own apt configuration stays as it is: each suite gets a private
# apt state under the cache, which uses the mirror the machine itself uses.
# shellcheck shell=bash

# Print "URI keyring" of the machine's Debian archive: the first source whose
# address ends in /debian (third-party and security sources do not).
debian_source() {
	local files=() f
	for f in /etc/apt/sources.list.d/*.sources; do
		[[ -r $f ]] && files+=("$f")
	done
	for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[[ -r $f ]] && files+=("$f")
	done
	((${#files[@]})) || return 1
	awk '
		function flush() { if (uri != "" && !done) { print uri, key; done = 1 } uri = key = "" }
		FNR == 1 { flush() }
		/^#/ { next }
		/^[ \t]*$/ { flush() }
		/^URIs:/ { for (i = 2; i <= NF; i++) if ($i ~ /\/debian\/?$/) uri = $i }
		/^Signed-By:/ { key = $2 }
		/^deb / {
			for (i = 2; i <= NF; i++) {
				if ($i ~ /signed-by=/) { key = $i; sub(/.*signed-by=/, "", key); sub(/[],].*/, "", key) }
				if ($i ~ /\/debian\/?$/) uri = $i
			}
			flush()
		}
		END { flush() }' "${files[@]}"
}

# apt_in SUITE ARCH TOOL ARGS...: an apt tool that sees only that suite, with
# nothing installed (so dependencies are resolved down to libc)
apt_in() {
	local suite=$1 arch=$2 tool=$3 dir=$CACHE/apt/$1-$2
	shift 3
	"$tool" -qq \
		-o Dir::Etc::SourceList="$dir/sources.list" -o Dir::Etc::SourceParts=/dev/null \
		-o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null \
		-o Dir::State="$dir" -o Dir::State::Lists="$dir/lists" -o Dir::State::Status="$dir/status" \
		-o Dir::Cache="$dir" -o Dir::Cache::Archives="$dir/archives" \
		-o APT::Architecture="$arch" -o APT::Architectures="$arch" \
		-o APT::Install-Recommends=false -o APT::Sandbox::User=root \
		-o APT::Get::AllowUnauthenticated=false -o Dpkg::Use-Pty=0 \
		-o APT::Default-Release="$suite" "$@"
}

# apt_prepare SUITE ARCH: fetch the suite's index into its private state
apt_prepare() {
	local suite=$1 arch=$2 dir=$CACHE/apt/$1-$2 uri key base opts
	read -r uri key < <(debian_source) ||
		die "no Debian archive in /etc/apt/sources.list*: add the line of a mirror whose address ends in /debian"
	mkdir -p "$dir/lists/partial" "$dir/archives/partial"
	: >"$dir/status"
	opts=${key:+[signed-by=$key]}
	{
		echo "deb $opts $uri $suite main"
		base=${suite%-backports}
		[[ $base == "$suite" ]] || echo "deb $opts $uri $base main"
	} >"$dir/sources.list"
	twice apt_in "$suite" "$arch" apt-get update -o APT::Update::Error-Mode=any ||
		die "$suite for $arch: package index not fetched from $uri: check the network and the machine's apt sources"
}

# debs_get [--no-deps] SUITE ARCH PACKAGE...: download the packages, by default
# with all they depend on, and print the paths of the .deb files
debs_get() {
	local deps=1 suite arch dir names uri file rest
	[[ $1 == --no-deps ]] && deps=0 && shift
	suite=$1 arch=$2 dir=$CACHE/apt/$1-$2
	shift 2
	# With an empty archive folder apt names every file, cached or not.
	mkdir -p "$dir/none/partial"
	if ((deps)); then
		twice apt_in "$suite" "$arch" apt-get install -y --download-only "$@" >/dev/null &&
			names=$(apt_in "$suite" "$arch" apt-get install -y --print-uris \
				-o Dir::Cache::Archives="$dir/none" "$@")
	else
		names=$(apt_in "$suite" "$arch" apt-get download --print-uris "$@") &&
			(cd "$dir/archives" && twice apt_in "$suite" "$arch" apt-get download "$@")
	fi || die "packages $* of $suite ($arch): not fetched, see above: check the network and run scripts/setup again"
	while read -r uri file rest; do
		printf '%s\n' "$dir/archives/$file"
	done <<<"$names"
}

# debs_unpack DIR DEB...: the packages' files, no maintainer scripts
debs_unpack() {
	local dir=$1 deb
	shift
	mkdir -p "$dir"
	for deb; do
		dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$dir" --no-same-owner ||
			die "$deb: cannot be unpacked: remove it and run scripts/setup again"
	done
}

# links_relative DIR: absolute symlinks point into DIR, not into the machine's root
links_relative() {
	local link target
	while IFS= read -r link; do
		target=$(readlink "$link")
		ln -snf "$(realpath -ms --relative-to="${link%/*}" "$1$target")" "$link"
	done < <(find "$1" -type l -lname '/*')
}
