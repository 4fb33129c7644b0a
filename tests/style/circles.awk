# SPDX-License-Identifier: BSD-2-Clause
# Circles of bodies: .c files each of which calls, over some of the others, each of the others.
# Variable: allowed (a file with the circles that have a reason). Input: lines "file:line:code".
#
# A body uses another where a name stands that the other defines for all: a function, or a variable with a
# value, of whatever type: a struct, an array. Members of a struct (.name, ->name) are not such names.

function define(name) {
	if (!(name in owner))
		owner[name] = file
}

# Mark in reach[from, .] all bodies that from leads to.
function walk(from,   todo, n, at, m, next_, i) {
	todo[n = 1] = from
	while (n > 0) {
		at = todo[n--]
		m = split(edges[at], next_, " ")
		for (i = 1; i <= m; i++)
			if (!((from, next_[i]) in reach)) {
				reach[from, next_[i]] = 1
				todo[++n] = next_[i]
			}
	}
}

BEGIN {
	while ((getline x < allowed) > 0) {
		row++
		if (x !~ /^(#|$)/)
			is_allowed[x] = row
	}
}

{
	i = index($0, ":"); file = substr($0, 1, i - 1); code = substr($0, i + 1)
	i = index(code, ":"); code = substr(code, i + 1)
}

file !~ /\.c$/ || code ~ /^[ \t]*#/ { next }

file != last {
	body[++nbodies] = last = file
	pending = ""
}

code ~ /^[A-Za-z_]/ && code !~ /^(static|typedef|extern)/ {
	pending = ""
	if (match(code, /^[A-Za-z_][A-Za-z_0-9 *]*[ *][a-z_][A-Za-z_0-9]*(\[[^]]*\])* =( |$)/)) {
		name = substr(code, 1, RLENGTH)
		sub(/(\[[^]]*\])* = ?$/, "", name); sub(/.*[ *]/, "", name)
		define(name)
	} else if (match(code, /[ *][a-z_][A-Za-z_0-9]*\(/)) {
		pending = substr(code, RSTART + 1, RLENGTH - 2)
	}
}
code ~ /;[ \t]*$/ { pending = "" }
code ~ /^{/ && pending != "" { define(pending); pending = "" }

{
	gsub(/(\.|->)[ \t]*[a-z_][A-Za-z_0-9]*/, " ", code)
	n = split(code, w, /[^A-Za-z0-9_]+/)
	while (n > 0)
		uses[file, w[n--]] = 1
}

END {
	for (pair in uses) {
		i = index(pair, SUBSEP)
		from = substr(pair, 1, i - 1); name = substr(pair, i + 1)
		if (name in owner && owner[name] != from && !((from, owner[name]) in edge)) {
			edge[from, owner[name]] = 1
			edges[from] = edges[from] " " owner[name]
		}
	}
	for (b = 1; b <= nbodies; b++)
		walk(body[b])
	for (b = 1; b <= nbodies; b++) { # bodies come sorted, so a circle is spelled in one way
		if (!((body[b], body[b]) in reach) || body[b] in done)
			continue
		circle = body[b]
		for (c = b + 1; c <= nbodies; c++)
			if ((body[b], body[c]) in reach && (body[c], body[b]) in reach) {
				circle = circle " " body[c]
				done[body[c]] = 1
			}
		if (circle in is_allowed)
			delete is_allowed[circle]
		else
			print body[b] ":1: circle: they call each other: " circle
	}
	for (circle in is_allowed)
		print "tests/style/circles:" is_allowed[circle] ": circle: is none: " circle
}
