# SPDX-License-Identifier: BSD-2-Clause
# What tests of the program's other processes share (vmm/base/confine.h): which one, and what it may.
# shellcheck shell=sh

# child_of PID: its first
child_of() { cut -d' ' -f1 "/proc/$1/task/$1/children"; }

# is_confined PID FILE: no right, nothing shared, no file of ours. It holds sockets, pipes, and FILE, a
# pattern.
is_confined() {
	grep -q '^Uid:.65534.65534.65534.65534' "/proc/$1/status" || no "$(grep '^Uid' "/proc/$1/status")"
	for set in Inh Prm Eff Amb; do
		grep -q "^Cap$set:.0*\$" "/proc/$1/status" || no "it has capabilities: $(grep "^Cap$set" "/proc/$1/status")"
	done
	grep -q '^NoNewPrivs:.1' "/proc/$1/status" || no 'it may gain privileges'
	grep -q '^Seccomp:.2' "/proc/$1/status" || no 'it has no filter of system calls'
	! grep -E ' .{3}s ' "/proc/$1/maps" >"$TMP/maps" || no "it shares memory: $(head -n 1 "$TMP/maps")"
	for fd in "/proc/$1"/fd/*; do
		# shellcheck disable=SC2254 # a pattern it is
		case $(readlink "$fd") in
		/dev/null | socket:* | pipe:* | $2) ;;
		*) no "it holds $(readlink "$fd")" ;;
		esac
	done
}
