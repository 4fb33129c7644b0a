# SPDX-License-Identifier: BSD-2-Clause
# The regression gate: nothing of tests/bench/limits.toml has grown by more than 3 %.
# hosts: p9-64k
# timeout: 300
# seconds: 47
# options: --icount --nvme
# shellcheck shell=sh
. "$LAB/lib/lib.sh"
until_true test -b /dev/nvme0n1 # vmm.sh looks for it
# shellcheck source-path=SCRIPTDIR
. "$LAB/../bench/vmm.sh"
. "$LAB/../bench/cases.sh"

VALUES=/tmp/values

# Twice each: the smaller one counts.
measure() {
	to_memory
	trace_prepare
	guest_of ours 512 1 poweroff
	boot ours warm exit 0 >/dev/null
	bind_vfio
	for _ in 1 2; do
		first_run ours 512
		payload ours vfio
		payload ours emulated
	done
	resident ours ''
	echo "value ours size $(wc -c <"$STRIPPED")"
}

# within NAME LIMIT: and say by how much
within() {
	awk -v "name=$1" -v "limit=$2" '
		$1 == "value" && $3 == name && (!n++ || $4 < least) { least = $4 }
		END {
			if (!n) print "not measured"
			else if (least > limit * 1.03) print least ", more than " limit " and 3 %"
			else printf "    %s: %s, %+.1f %%\n", name, least, (least / limit - 1) * 100 >"/dev/stderr"
		}' $VALUES >"$TMP/why"
	[ ! -s "$TMP/why" ] || no "$(cat "$TMP/why")"
}

measures_all() {
	! grep '^failed' $VALUES >"$TMP/why" || no "$(head -n 1 "$TMP/why")"
}

measure >$VALUES 2>&1
try "every measure comes to its end" measures_all
while read -r name _ limit _; do
	case $name in
	'' | '#'*) ;;
	*) try "$name: at most $limit" within "$name" "$limit" ;;
	esac
done <"$LAB/../bench/limits.toml"
finish
