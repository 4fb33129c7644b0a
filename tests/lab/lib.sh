# SPDX-License-Identifier: BSD-2-Clause
# For lab tests: sourced by scripts that tests/lab/lab runs on a POWER host, in
# busybox sh or dash. The environment names the files, so that the same script
# runs on an emulated host and on a real one:
#   SPAPR_VMM, TALK      programs       KERNELS, INITRDS  folders by kernel name
#   LAB_HOST             the host       LAB_OUT           the run's folder
#
# A test is a function, called by try; it ends at the first check that fails.
# shellcheck shell=sh
set -u

passed=0 failed=0
TMP=$(mktemp -d)
trap 'rm -rf "$TMP"' EXIT
LIMIT_S=90 # for one guest

if [ ! -w /dev/kvm ]; then
	echo "skip - $0: no /dev/kvm on this host"
	exit 77
fi

# try NAME COMMAND...: one case
try() {
	name=$1
	shift
	rm -f "$TMP"/*
	if ("$@") 3>"$TMP/reason"; then
		echo "ok - $name"
		passed=$((passed + 1))
		return
	fi
	echo "not ok - $name: $(head -n 1 "$TMP/reason")"
	failed=$((failed + 1))
	for file in log console; do
		[ ! -s "$TMP/$file" ] || tail -n 15 "$TMP/$file" | sed "s/^/    $file: /"
	done
}

# Inside a case: it failed, for this reason.
no() {
	echo "$*" >&3
	exit 1
}

# guest KERNEL [L2-COMMAND]: write the configuration of a guest; lines for its
# [machine] come from standard input
guest() {
	KERNEL=$KERNELS/$1/vmlinux INITRD=$INITRDS/initrd-$1.gz
	{
		echo '[machine]'
		cat
		echo '[boot]'
		echo "kernel = \"$KERNEL\""
		echo "initrd = \"$INITRD\""
		echo "cmdline = \"console=hvc0 quiet l2=${2:-poweroff}\""
	} >"$TMP/guest.toml"
}

# vmm [OPTION...]: run the guest to its end. Sets STATUS (124: too slow, killed).
vmm() {
	STATUS=0
	timeout -k 5 "$LIMIT_S" "$SPAPR_VMM" --config "$TMP/guest.toml" "$@" \
		</dev/null >"$TMP/console" 2>"$TMP/log" || STATUS=$?
}

# talk STEP...: the same on a terminal, see tools/talk.c
talk() {
	"$TALK" within "$LIMIT_S" "$@" -- "$SPAPR_VMM" --config "$TMP/guest.toml" \
		--log-file "$TMP/log" >"$TMP/console" 2>"$TMP/talk" || no "$(grep '^talk: ' "$TMP/talk")"
}

status_is() { [ "$STATUS" = "$1" ] || no "exit status $STATUS, expected $1"; }
console_has() { grep -qF -- "$1" "$TMP/console" || no "console lacks \"$1\""; }
console_lacks() { ! grep -qF -- "$1" "$TMP/console" || no "console has \"$1\""; }
log_has() { grep -qF -- "$1" "$TMP/log" || no "log lacks \"$1\""; }

# console_count N TEXT: TEXT is in exactly N lines
console_count() {
	n=$(grep -cF -- "$2" "$TMP/console")
	[ "$n" = "$1" ] || no "console has \"$2\" in $n lines, expected $1"
}

# The host's kernel has complained about nothing since it booted.
host_log_is_clean() {
	! dmesg | grep -E 'WARNING:|Oops|BUG:|cut here|Call Trace' >"$TMP/complaint" ||
		no "the host's kernel says: $(head -n 1 "$TMP/complaint")"
}

nothing_runs() {
	! ps | grep -v grep | grep -qF "$SPAPR_VMM" || no "a process of $SPAPR_VMM is left"
}

# Last line of each test.
finish() {
	try "no process is left" nothing_runs
	try "the host's kernel log is clean" host_log_is_clean
	echo "$(basename "$0" .sh) on $LAB_HOST: $passed passed, $failed failed"
	[ "$failed" = 0 ]
}
