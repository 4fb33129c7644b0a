# SPDX-License-Identifier: BSD-2-Clause
# Names that comments and documents tell their reader, and that are not there. Variables: code (files
# of lines "file:line:code"), paths (of the tree's files and folders), others (names that have another
# owner). Input: lines "file:line:text".
#
# Looked for are files and folders of the tree (pci_{bar,irq}.c and fdt_*.c, too), a function as name(),
# and, but in documents for users, a word_of_several in small letters; a test as `suite/its_name`.

function is_path(name,   p, r) {
	if (name in suffix || name in other)
		return 1
	if (name !~ /[*{]/)
		return 0
	if (name in asked)
		return asked[name]
	r = name
	gsub(/\./, "\\.", r); gsub(/\*/, "[^/]*", r)
	gsub(/,/, "|", r); gsub(/[{]/, "(", r); gsub(/[}]/, ")", r)
	for (p in suffix)
		if (p ~ ("^" r "$"))
			return asked[name] = 1
	return asked[name] = 0
}

# The name is told: once a line is enough.
function tell(what, name) {
	if (!((file, line, name) in told))
		print file ":" line ": name: there is no " what " " name
	told[file, line, name] = 1
}

function functions(text,   name) {
	while (match(text, /[A-Za-z_][A-Za-z0-9_]*\(\)/)) {
		name = substr(text, RSTART, RLENGTH - 2)
		if (!(name in word || name in other))
			tell("function", name "()")
		text = substr(text, RSTART + RLENGTH)
	}
}

function path_names(text,   name, before) {
	while (match(text, /([A-Za-z0-9_.\/*-]|[{][A-Za-z0-9_,*]+[}])+/)) {
		name = substr(text, RSTART, RLENGTH)
		before = RSTART > 1 ? substr(text, RSTART - 1, 1) : ""
		text = substr(text, RSTART + RLENGTH)
		sub(/[.\/*]+$/, "", name)
		# Absolute, of the system, of a variable, of an option: somewhere else.
		if (before ~ /[<$@~%]/ || name ~ /^([.\/~-]|(linux|asm|sys|arch|drivers|virt|init)\/)/)
			continue
		if ((name ~ /[A-Za-z0-9_}*]\.(c|h|cpp|S|sh|toml|err|dts|md|py|awk|cmake|ld)$/ ||
		     name ~ /^(vmm|devices|sphapr|vfio|firmware|tests|scripts|docs|configs|cmake)\/./) && !is_path(name))
			tell("file", name)
	}
}

# `suite/what_it_says`, in documents
function tests(text,   name, part) {
	while (match(text, /`[a-z_]+\/[a-z][a-z0-9_]*`/)) {
		name = substr(text, RSTART + 1, RLENGTH - 2)
		text = substr(text, RSTART + RLENGTH)
		part = name
		sub(/.*\//, "", part)
		if (part ~ /_.*_/ && !(part in word || name in suffix))
			tell("test", name)
	}
}

function words(text,   name, before, after) {
	while (match(text, /[A-Za-z0-9_]*[A-Za-z0-9]_[A-Za-z0-9_]*/)) {
		name = substr(text, RSTART, RLENGTH)
		before = RSTART > 1 ? substr(text, RSTART - 1, 1) : ""
		after = substr(text, RSTART + RLENGTH, 2)
		text = substr(text, RSTART + RLENGTH)
		if (name ~ /^[a-z][a-z0-9_]*[a-z0-9]$/ && before !~ /[-$%.\/*]/ && after !~ /^([*{\/]|\.[A-Za-z]|\(\))/ &&
		    !(name in word || name in stem || name in other))
			tell("name", name)
	}
}

BEGIN {
	n = split(code, from, " ")
	for (i = 1; i <= n; i++)
		while ((getline x < from[i]) > 0) {
			sub(/^[^:]*:[0-9]+:/, "", x)
			m = split(x, w, /[^A-Za-z0-9_]+/)
			while (m > 0)
				word[w[m--]] = 1
		}
	while ((getline x < paths) > 0) {
		suffix[x] = 1
		while ((i = index(x, "/")) > 0) {
			x = substr(x, i + 1)
			suffix[x] = 1
		}
		sub(/\..*/, "", x)
		stem[x] = 1
	}
	while ((getline x < others) > 0)
		if (x !~ /^#/) {
			sub(/^[^:]*:/, "", x)
			m = split(x, w, " ")
			while (m > 0)
				other[w[m--]] = 1
		}
}

{
	i = index($0, ":"); file = substr($0, 1, i - 1); text = substr($0, i + 1)
	i = index(text, ":"); line = substr(text, 1, i - 1); text = substr(text, i + 1)
	functions(text)
	path_names(text)
	tests(text)
	if (file !~ /(README|BENCHMARKS[A-Z-]*)\.md$/)
		words(text)
}
