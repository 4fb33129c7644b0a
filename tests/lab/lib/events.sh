# SPDX-License-Identifier: BSD-2-Clause
# For lab tests that read events, from $TMP/events: sourced after lib.sh.
# shellcheck shell=sh

# has SOURCE EVENT [TEXT]: there is such a line
has() {
	grep -q "\"source\":\"$1\",\"event\":\"$2\",.*${3-}" "$TMP/events" || no "no event $1.$2 ${3-}"
}

# Numbers without a gap, but for those that a line "lost" names.
numbers_add_up() {
	awk -v "n=${1:-1}" '
		{ seq = $0; sub(/.*"seq":/, "", seq); seq = +seq }
		!/^\{"v":1,.*\}\}$/ { print "torn: " $0; exit }
		/"event":"lost"/ { from = $0; sub(/.*"from":/, "", from); if (+from != n) { print "lost from " from; exit }; n = seq }
		seq != n { print "number " seq " stands for " n; exit }
		{ n++ }' "$TMP/events" >"$TMP/why"
	[ ! -s "$TMP/why" ] || no "$(head -c 200 "$TMP/why")"
}

# in_order EVENT...: there is a line of each behind that of the one before
in_order() {
	last=0
	for event; do
		n=$(awk -v "last=$last" -v "what=\"event\":\"$event\"" 'NR > last && index($0, what) { print NR; exit }' "$TMP/events")
		[ "$n" ] || no "no $event behind line $last: $(sed -n "${last}p" "$TMP/events" | head -c 200)"
		last=$n
	done
}
