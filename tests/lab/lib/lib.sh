# SPDX-License-Identifier: BSD-2-Clause
# For lab tests: sourced by scripts that tests/lab/lab runs on a POWER host, in
# busybox sh or dash. The environment names the files, so that the same script
# runs on an emulated host and on a real one:
#   SPAPR_VMM, TALK, VSOCK  programs      KERNELS, INITRDS  folders by kernel name
#   LAB_HOST         the host             LAB_OUT           the run's folder
#   BARE             folder of the guest without a kernel, tests/guest
#   QUICK            words for kernels, by which they are up sooner where the CPU is emulated
#
# A test is a function, called by try; it ends at the first check that fails.
# shellcheck shell=sh
set -u

passed=0 failed=0
QUIET="console=hvc0 quiet${QUICK:+ $QUICK}" # a guest's command line begins so
TMP=$(mktemp -d)
trap 'rm -rf "$TMP"' EXIT
LIMIT_S=90 # for one guest

if [ ! -w /dev/kvm ]; then
	echo "skip - $0: no /dev/kvm on this host"
	exit 77
fi

# put_away PID: the VMM of a case that failed; asked first to end, so that the next case finds its devices
put_away() {
	kill "$1" 2>/dev/null
	for _ in $(seq 50); do
		kill -0 "$1" 2>/dev/null || return
		sleep 0.2
	done
	kill -9 "$1" 2>/dev/null
	for _ in $(seq 150); do # what the VMM held is free when it is gone
		kill -0 "$1" 2>/dev/null || return
		sleep 0.2
	done
}

# try NAME COMMAND...: one case
try() {
	name=$1
	shift
	rm -rf "${TMP:?}"/*
	if ("$@") 3>"$TMP/reason"; then
		echo "ok - $name"
		passed=$((passed + 1))
		return
	fi
	echo "not ok - $name: $(head -n 1 "$TMP/reason")"
	failed=$((failed + 1))
	waiting
	[ ! -e "$TMP/pid" ] || put_away "$(cat "$TMP/pid")"
	for file in log out console; do
		[ ! -s "$TMP/$file" ] || tail -n 15 "$TMP/$file" | cut -c 1-200 | sed "s/^/    $file: /"
	done
}

# Where in the host's kernel threads of the VMM are, and all others that wait for a disk or a file system.
waiting() {
	for task in /proc/[0-9]*/task/[0-9]*; do
		[ "$(readlink "${task%/task/*}/exe" 2>/dev/null)" = "$SPAPR_VMM" ] ||
			grep -q '^State:.D' "$task/status" 2>/dev/null || continue
		echo "    in the kernel: $(cat "$task/comm") $(sed 's/.*\] //; s/+.*//' "$task/stack" | tr '\n' ' ' | cut -c 1-200)"
	done
}

# Inside a case: it failed, for this reason.
no() {
	echo "$*" >&3
	exit 1
}

# config KERNEL-FILE INITRD-FILE CMDLINE: write the configuration of a guest;
# lines for its [machine] come from standard input
config() {
	{
		echo '[machine]'
		cat
		echo '[boot]'
		echo "kernel = \"$1\""
		[ ! "$2" ] || echo "initrd = \"$2\""
		echo "cmdline = \"$3\""
	} >"$TMP/guest.toml"
}

# guest KERNEL [L2-COMMAND]: Debian's kernel and our init
guest() {
	config "$KERNELS/$1/vmlinux" "$INITRDS/initrd-$1.gz" "$QUIET l2=${2:-poweroff}"
}

# best_intc: the controller that a guest which knows both has on this host, as Linux names it. Nested hosts have
# one, hosts with 4 KiB pages cannot map the other.
best_intc() {
	case $LAB_HOST in
	*-64k | *-hash) echo XIVE ;;
	*) echo XICS ;;
	esac
}

# bare TOPICS [ENDIAN]: the guest of tests/guest, 128 MiB
bare() {
	echo 'memory = "128MiB"' | config "$BARE/guest-${2-little}.elf" '' "topics=$1"
}

seconds() { cut -d. -f1 /proc/uptime; }

# vmm [OPTION...]: run the guest to its end. Sets STATUS (124 or 137: too slow, killed).
vmm() {
	STATUS=0 began=$(seconds)
	timeout -k 5 "$LIMIT_S" "$SPAPR_VMM" --config "$TMP/guest.toml" "$@" \
		</dev/null >"$TMP/console" 2>"$TMP/log" || STATUS=$?
	# A guest that hangs ends well when asked to, and busybox's timeout hands that status on.
	[ $(($(seconds) - began)) -lt "$LIMIT_S" ] || STATUS=124
}

# talk [--pipe] STEP...: the same on a terminal, see tools/talk.c; options of the
# VMM in $OPTIONS
OPTIONS=
talk() {
	pipe=
	[ "$1" != --pipe ] || { pipe=--pipe && shift; }
	# shellcheck disable=SC2086
	"$TALK" $pipe within "$LIMIT_S" "$@" -- "$SPAPR_VMM" --config "$TMP/guest.toml" \
		--log-file "$TMP/log" $OPTIONS >"$TMP/console" 2>"$TMP/talk" ||
		no "$(grep '^talk: ' "$TMP/talk" || tail -n 1 "$TMP/talk")"
}

# listening: the guest that "background" starts next reads what "tell" types. Such a guest keeps still
# while something is counted: it says where it is, and goes on when it is told to.
IN=/dev/null
listening() {
	IN=$TMP/in
	mkfifo "$IN"
	exec 5<>"$IN" # both ends, so that neither waits for the other
	# A thread's first malloc() makes an arena of its own, two mappings, whenever that comes.
	export GLIBC_TUNABLES=glibc.malloc.arena_max=1
}
tell() { echo "$*" >&5; }

# background [OPTION...]: start the guest, its console where its configuration says
background() {
	: >"$TMP/out" >"$TMP/log" # there before anybody looks into them
	"$SPAPR_VMM" --config "$TMP/guest.toml" "$@" <"$IN" >"$TMP/out" 2>"$TMP/log" 5<&- &
	PID=$!
	echo "$PID" >"$TMP/pid"
}

# ends_with STATUS: what "background" started
ends_with() {
	(sleep "$LIMIT_S" && kill -9 "$PID") >/dev/null 2>&1 &
	watch=$!
	STATUS=0
	wait "$PID" 2>/dev/null || STATUS=$?
	kill "$watch"
	rm "$TMP/pid"
	status_is "$1"
}

# until_true COMMAND...: false when it does not come true in time
until_true() {
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		[ "$tries" -lt $((LIMIT_S * 5)) ] || return 1
		sleep 0.2
	done
}

status_is() { [ "$STATUS" = "$1" ] || no "exit status $STATUS, expected $1"; }
console_has() { grep -qF -- "$1" "$TMP/console" || no "console lacks \"$1\""; }
console_lacks() { ! grep -qF -- "$1" "$TMP/console" || no "console has \"$1\""; }
log_has() { grep -qF -- "$1" "$TMP/log" || no "log lacks \"$1\""; }

# refused STATUS TEXT [OPTION...]: the VMM ends with this status, after one line
# of complaint, which has TEXT
refused() {
	status=$1 text=$2
	shift 2
	vmm "$@"
	status_is "$status"
	lines=$(grep -cv '^info: ' "$TMP/log")
	[ "$lines" = 1 ] || no "$lines lines instead of one"
	log_has "$text"
}

# A test that may meet a warning of the host's kernel which is the kernel's own fault (docs/SECURITY.md)
# names the function that warns.
EXPECTED_WARNING=
without_expected() {
	awk -v "warns=$EXPECTED_WARNING" '
		/cut here/ { text = ""; inside = 1; expected = 0 }
		!inside { print; next }
		{ text = text $0 "\n" }
		/WARNING: CPU/ && warns { expected = index($0, " " warns "+") }
		/end trace/ { if (!expected) printf "%s", text; text = ""; inside = 0 }
		END { printf "%s", text }'
}

# The host's kernel has complained about nothing since it booted. Where it has, all that it says of the
# first complaint is in this test's output: a rare one may not come back.
host_log_is_clean() {
	dmesg | without_expected >"$TMP/dmesg"
	grep -E -m 1 -A 60 'WARNING: CPU|Oops|BUG:|cut here|Call Trace' "$TMP/dmesg" >"$TMP/complaint" || return 0
	sed 's/^/# /' "$TMP/complaint"
	no "the host's kernel complains, see above"
}

# The user network's process sees the end of its VMM, and so ends after it.
nothing_runs() {
	LIMIT_S=20
	until_true none_runs || no "a process of $SPAPR_VMM is left: $left"
}
none_runs() {
	for left in /proc/[0-9]*/exe; do
		[ "$(readlink "$left" 2>/dev/null)" != "$SPAPR_VMM" ] || return 1
	done
}

# beyond_ram PID [Anonymous]: resident KiB beyond guest RAM, which is the largest mapping but for those
# of KVM's own files. Anonymous are those that can grow for ever: code is resident page by page, as it
# is first run.
beyond_ram() {
	awk -v "what=${2-Rss}:" '/^[0-9a-f]+-/ { of_kvm = $6 ~ /^anon_inode/ }
		/^Size:/ { size = of_kvm ? 0 : $2 }
		$1 == what { sum += $2; if (size > most) { most = size; ram = $2 } }
		END { print sum - ram }' "/proc/$1/smaps"
}

# What a process that works for ever must not have more and more of.
held_by() {
	echo "fds $(ls "/proc/$1/fd" | wc -l), threads $(ls "/proc/$1/task" | wc -l), maps $(wc -l <"/proc/$1/maps")"
}

# Free memory of the host in KiB, without caches.
free_kib() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
	# The lists of free pages that each CPU keeps are not counted as free, and grow by themselves.
	awk '/^KernelPageSize/ { page = $2 }
		/^MemFree/ { free = $2 }
		/^ *count:/ { kept += $2 }
		END { print free + kept * page }' /proc/self/smaps /proc/meminfo /proc/zoneinfo
}

# The kernel gives all of it back within seconds, but for some MiB of its own caches.
has_free() { [ "$(free_kib)" -ge "$1" ]; }

# Last line of each test.
finish() {
	try "no process is left" nothing_runs
	try "the host's kernel log is clean" host_log_is_clean
	echo "$(basename "$0" .sh) on $LAB_HOST: $passed passed, $failed failed"
	[ "$failed" = 0 ]
}
