# SPDX-License-Identifier: BSD-2-Clause
# Debian packages of other suites and architectures, unpacked into folders.
# The machine's own apt configuration stays as it is: each suite gets a private
# apt state under the cache, which uses the mirror the machine itself uses.
# What apt does not verify by a signed index is not taken, and what lies in the
# cache is compared with the index once more. These functions return 1 when a
# thing cannot be had, and "miss" keeps why.
# shellcheck shell=bash

APT_ETC=${SPAPR_APT_ETC:-/etc/apt} # a test of the setup has an archive of its own
RUN=$$-$EPOCHREALTIME              # an index is fetched once a run
WHY=$CACHE/why.$$

# miss WHY: note why a thing cannot be had, and return 1
miss() {
	printf '%s\n' "$*" >>"$WHY"
	return 1
}

# Print "URI keyring" of the machine's Debian archive: the first source whose
# address ends in /debian (third-party and security sources do not).
debian_source() {
	local files=() f
	for f in "$APT_ETC"/sources.list.d/*.sources; do
		[[ -r $f ]] && files+=("$f")
	done
	for f in "$APT_ETC"/sources.list "$APT_ETC"/sources.list.d/*.list; do
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

# fetched LOG COMMAND...: a download may fail once for no reason of ours; "not
# found" is an answer and not asked for twice
fetched() {
	local log=$1
	shift
	"$@" >"$log" 2>&1 && return
	! grep -qE ' (404|File not found)' "$log" || return 1
	sleep 2
	"$@" >"$log" 2>&1
}

# apt_reason LOG: what apt says is wrong, in a few words
apt_reason() {
	local errors
	errors=$(grep -E '^E: ' "$1" | grep -v 'Some index files failed\|Some files failed\|Unable to fetch some' || true)
	[[ $errors ]] || errors=$(grep -E '^[EW]: ' "$1" || tail -n 1 "$1")
	sed -E 's#^[EW]: ##; s#^Failed to fetch [^ ]*/([^ /]+) +#\1: #; s# \[IP: .*##; s#%2b#+#g; s#%7e#~#g; s#%3a#:#g
		s#[a-z]+://[^ ]*/debian#the archive#g' <<<"$errors" | head -n 1
	((${#errors} == 0)) || awk 'END { if (NR > 1) printf "and %d more\n", NR - 1 }' <<<"$errors"
}

# apt_prepare SUITE ARCH: fetch the suite's index into its private state
apt_prepare() {
	local suite=$1 arch=$2 dir=$CACHE/apt/$1-$2 uri key base opts seen
	if read -r seen 2>/dev/null <"$dir/updated" && [[ ${seen%% *} == "$RUN" ]]; then
		[[ $seen == "$RUN " || $seen == "$RUN" ]] || miss "${seen#* }"
		return
	fi
	read -r uri key < <(debian_source) ||
		miss "no Debian archive in $APT_ETC/sources.list*: add the line of a mirror whose address ends in /debian" || return
	mkdir -p "$dir/lists/partial" "$dir/archives/partial"
	: >"$dir/status"
	opts=${key:+[signed-by=$key]}
	{
		echo "deb $opts $uri $suite main"
		base=${suite%-backports}
		[[ $base == "$suite" ]] || echo "deb $opts $uri $base main"
	} >"$dir/sources.list"
	if fetched "$dir/log" apt_in "$suite" "$arch" apt-get update -o APT::Update::Error-Mode=any; then
		echo "$RUN" >"$dir/updated"
	else
		echo "$RUN index of $suite: $(apt_reason "$dir/log" | paste -sd' ')" >"$dir/updated"
		apt_prepare "$suite" "$arch"
	fi
}

# debs_wrong DIR <NAMES: print those of the files in DIR that are not what the
# index says; each line of NAMES is apt's "URI FILE SIZE HASH"
debs_wrong() {
	local file hash
	while read -r _ file _ hash; do
		[[ $hash == SHA256:* && $(sha256sum 2>/dev/null <"$1/$file") == "${hash#SHA256:} "* ]] || echo "$file"
	done
}

# debs_get [--no-deps] SUITE ARCH PACKAGE...: download the packages, by default
# with all they depend on, and print the paths of the .deb files
debs_get() {
	local get=(apt-get install -y) suite arch dir names wrong
	if [[ $1 == --no-deps ]]; then
		get=(apt-get download)
		shift
	fi
	suite=$1 arch=$2 dir=$CACHE/apt/$1-$2
	shift 2
	apt_prepare "$suite" "$arch" || return
	# With an empty archive folder apt names every file, cached or not.
	mkdir -p "$dir/none/partial"
	names=$(apt_in "$suite" "$arch" "${get[@]}" --print-uris -o Dir::Cache::Archives="$dir/none" \
		-o Acquire::ForceHash=SHA256 "$@" 2>"$dir/log") || miss "$(apt_reason "$dir/log" | paste -sd' ')" || return
	# apt takes what lies there by its size alone.
	wrong=$(debs_wrong "$dir/archives" <<<"$names")
	[[ ! $wrong ]] || (cd "$dir/archives" && xargs rm -f <<<"$wrong")
	if [[ $wrong ]]; then
		if ((${#get[@]} == 3)); then
			get+=(--download-only)
		fi
		(cd "$dir/archives" && fetched "$dir/log" apt_in "$suite" "$arch" "${get[@]}" "$@") ||
			miss "$(apt_reason "$dir/log" | paste -sd' ')" || return
		wrong=$(debs_wrong "$dir/archives" <<<"$names" | head -n 1)
		[[ ! $wrong ]] || miss "$wrong: not what the index says" || return
	fi
	awk -v dir="$dir/archives" '{ print dir "/" $2 }' <<<"$names"
}

# debs_named SUITE PACKAGE DEB...: what was taken, in the words that status and messages show
debs_named() {
	local suite=$1 package=$2 deb
	shift 2
	for deb; do
		[[ ${deb##*/} != "${package}_"* ]] || dpkg-deb -W --showformat "\${Package} \${Version} ($suite)\n" "$deb"
	done
}

# debs_unpack DIR DEB...: the packages' files, no maintainer scripts
debs_unpack() {
	local dir=$1 deb
	shift
	mkdir -p "$dir"
	for deb; do
		dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$dir" --no-same-owner --keep-directory-symlink ||
			miss "${deb##*/}: cannot be unpacked" || return
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

# missing SUITE BEFORE: what that suite did not have, to be appended to what is said of others
missing() { [[ ! -s $WHY ]] || printf '%s%s: %s' "${2:+; }" "$1" "$(paste -sd, "$WHY" | sed 's/,/, /g')"; }

# take PART KEY MAKE CANDIDATE...: have PART, made with KEY. It is there already, or
# the first candidate that can be had is taken: "MAKE PART WORD..." of the candidate
# puts it in its place and prints what it is; or it says why not (by miss), and
# leaves everything as it was. When none can be had, what worked before stays.
take() {
	local part=$1 key=$2 make=$3 candidate got missed=''
	shift 3
	current "$part" "$key" && return
	mkdir -p "$CACHE/status"
	for candidate; do
		: >"$WHY"
		# shellcheck disable=SC2086 # words of a row
		if got=$("$make" "$part" $candidate); then
			missed+=$(missing "${candidate%% *}" "$missed")
			[[ ! $missed ]] || say "$part: took $got; not to be had: $missed"
			printf '%s\n' "$got" >"$CACHE/status/$part"
			stamp "$part" "$key"
			rm -f "$WHY"
			return
		fi
		missed+=$(missing "${candidate%% *}" "$missed")
	done
	rm -f "$WHY"
	if [[ -r $CACHE/status/$part ]]; then
		say "$part: kept $(<"$CACHE/status/$part"); nothing newer is to be had: $missed"
		return
	fi
	printf '%s: %s: not to be had: %s: check the network, or run scripts/setup again when the archive is whole\n' \
		"${0##*/}" "$part" "$missed" >&2
	return 1
}
