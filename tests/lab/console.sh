# SPDX-License-Identifier: BSD-2-Clause
# The console: the terminal and what becomes of it, floods, pastes, back ends.
# hosts: p9-64k
# timeout: 900
# seconds: 120
# options: --smp 1
# shellcheck shell=sh
. "$LAB/lib/lib.sh"

# terminal_is_restored STATUS STEP...: raw while the guest runs, as before after it
terminal_is_restored() {
	status=$1
	shift
	bare spin
	talk expect 'spin: ready' raw yes "$@" exit "$status"
}

restored_after_panic() {
	bare panic
	talk raw yes exit 4
}

restored_after_error() {
	bare spin
	OPTIONS='--set machine.memory=64GiB --set machine.huge_pages=off --set console.backend=stdio'
	talk exit 3
}

asks_for_help() {
	bare spin
	talk expect 'spin: ready' send '\x01?' expect 'Ctrl-a x  quit' send '\x01q' \
		expect 'Ctrl-a ? lists' send '\x01x' exit 0
}

typing() {
	echo 'memory = "512MiB"' | guest 6.12-4k shell
	# Once the command has printed, the terminal is the command's and no more the shell's.
	talk expect 'guest# ' send 'echo answer $((6 * 7))\r' expect 'answer 42' \
		send 'echo now $((6 * 7)); read -r x; echo got "$x" | cat -v\r' expect 'now 42' \
		send 'a\x01ab\r' expect 'got a^Ab' \
		send 'sh -c "echo sleeps \$((6 * 7)); exec sleep 1000"\r' expect 'sleeps 42' \
		send '\x03' expect 'guest# ' \
		send 'poweroff -f\r' exit 0
}

pasting() {
	head -c 49152 /dev/urandom | base64 | tr -d '\n' >"$TMP/paste"
	[ "$(wc -c <"$TMP/paste")" = 65536 ] || no 'this is no 64 KiB'
	sum=$(md5sum <"$TMP/paste" | cut -d' ' -f1)
	echo 'memory = "512MiB"' | guest 6.12-4k shell
	talk expect 'guest# ' \
		send 'stty raw -echo; echo now; head -c 65536 | md5sum; stty sane\r' \
		expect 'stty sane' expect 'now' send-file "$TMP/paste" expect "$sum" send 'poweroff -f\r' exit 0
}

# While the guest floods its console, other processes in it go on: one vCPU, until they are done.
flooding() {
	echo 'memory = "512MiB"' | guest 6.12-4k shell
	talk expect 'guest# ' send '(n=0; while sleep 0.1; do n=$((n+1)); echo $n >/tmp/n; done) &\r' \
		expect 'guest# ' send 'yes 0123456789abcdefghijklmnopqrstuvwxyz & m=$(cat /tmp/n)\r' expect 'xyz' \
		send 'until [ "$(cat /tmp/n)" -gt $((m + 5)) ] 2>/tmp/e; do sleep 0.1; done; kill $!; echo flood is "over"\r' \
		expect 'flood is over' \
		send '\r' expect 'guest# ' send 'yes\r' expect "$(printf 'y\r\ny\r\ny')" pause 2 send '\x01x' exit 0
}

# Ctrl-a x, SIGTERM and the guest's own Ctrl-C reach a guest that floods a terminal nobody reads.
unread() {
	echo 'memory = "512MiB"' | guest 6.12-4k "run:$(echo 'yes 0123456789abcdefghijklmnopqrstuvwxyz' | base64 | tr -d '\n')"
	talk --pipe expect xyz unread 1 \
		signal 15 pause 1 signal 15 exit 0 # again: no more patience
}

COMMANDS='echo answer $((6*7))\npoweroff -f\n'

from_file() {
	echo 'memory = "512MiB"' | guest 6.12-4k shell
	printf "$COMMANDS" >"$TMP/in"
	timeout -k 5 "$LIMIT_S" "$SPAPR_VMM" --config "$TMP/guest.toml" <"$TMP/in" >"$TMP/console" 2>"$TMP/log"
	STATUS=$?
	status_is 0
	console_has 'answer 42'
}

from_pipe() {
	echo 'memory = "512MiB"' | guest 6.12-4k shell
	talk --pipe expect 'guest# ' send 'echo answer $((6*7))\n' expect 'answer 42' send 'sleep 2; echo still here; poweroff -f\n' \
		eof expect 'still here' exit 0
}

# A reader that goes away does not end the guest.
reader_leaves() {
	echo 'memory = "512MiB"' | guest 6.12-4k
	{
		timeout -k 5 "$LIMIT_S" "$SPAPR_VMM" --config "$TMP/guest.toml" </dev/null 2>"$TMP/log"
		echo $? >"$TMP/status"
	} | head -c 5 >/dev/null
	STATUS=$(cat "$TMP/status")
	status_is 0
}

# converse PATH: with the shell of a guest that runs in the background
converse() {
	"$TALK" --open "$1" within "$LIMIT_S" send '\r' expect 'guest# ' send 'echo answer $((6 * 7))\r' \
		expect 'answer 42' close >"$TMP/console" 2>"$TMP/talk" || no "$1: $(grep '^talk: ' "$TMP/talk")"
	"$TALK" --open "$1" within "$LIMIT_S" send 'echo again $((6 * 7)); poweroff -f\r' \
		expect 'again 42' >"$TMP/console" 2>"$TMP/talk" || no "$1: $(grep '^talk: ' "$TMP/talk")"
}

on_pty() {
	echo 'memory = "512MiB"' | guest 6.12-4k shell
	background --set console.backend=pty
	until_true grep -q '/dev/pts/' "$TMP/log" || no "no name of a terminal in the log"
	converse "$(sed -n 's,.*\(/dev/pts/[0-9]*\).*,\1,p' "$TMP/log")"
	ends_with 0
}

# listen STEP...: one who reads the socket, in the background
listen() {
	"$TALK" --open "$TMP/socket" within "$LIMIT_S" "$@" >"$TMP/console" 2>"$TMP/talk" ||
		no "a reader: $(grep '^talk: ' "$TMP/talk")"
}

# Three read, one types, another is told so; a fourth is slow, and told what it lost: more than the ring and
# a socket hold of such small pieces.
several_read() {
	listen expect 'count 42' close &
	first=$!
	listen send '\r' expect 'guest# ' send 'echo count $((6 * 7))\r' expect 'count 42' pause 4 close &
	second=$!
	wait "$first" || no "the first reader"
	listen send 'no' expect 'another user has the input' close
	wait "$second" || no "the second reader"
	"$TALK" --open "$TMP/socket" within "$LIMIT_S" expect 'bytes lost]' expect 'flood is over' close >"$TMP/slow" 2>&1 &
	slow=$!
	sleep 1
	kill -STOP "$slow"
	listen send 'yes 0123456789abcdef | head -c 100000; echo flood is "over"\r' expect 'flood is over' close
	kill -CONT "$slow"
	wait "$slow" || no "a slow reader: $(tail -n 1 "$TMP/slow")"
}

# The log is moved away in the middle of a line: nothing is lost, nothing is there twice.
log_is_rotated() {
	listen send 'printf "half %s" $((6 * 7)); sleep 4; echo " there" $((6 * 7))\r' expect 'half 42' expect 'there 42' close &
	typist=$!
	until_true grep -qs 'half 42' "$TMP/said" || no 'the log lacks half a line'
	mv "$TMP/said" "$TMP/said.old"
	kill -HUP "$PID"
	wait "$typist" || no 'the typist'
	until_true grep -qs 'there 42' "$TMP/said" || no 'the log was not opened anew'
	[ "$(cat "$TMP/said.old" "$TMP/said" | grep -c 'half 42 there 42')" = 1 ] || no 'the log lost what it said, or has it twice'
	! grep -q 'half 42' "$TMP/said" || no 'the old line is in the new log'
	[ "$(stat -c %a "$TMP/said")" = 600 ] || no "the log's mode is $(stat -c %a "$TMP/said")"
}

on_socket() {
	echo 'memory = "512MiB"' | config "$KERNELS/6.12-4k/vmlinux" "$INITRDS/initrd-6.12-4k.gz" 'console=hvc0 l2=shell'
	NOTIFY_SOCKET=/nowhere background --set "console.backend=unix:$TMP/socket" --set "console.log=$TMP/said"
	until_true grep -qs 'guest# ' "$TMP/said" || no "no log, or no guest"
	listen expect 'Linux version' expect 'guest# ' close # who comes late sees the beginning
	several_read
	log_is_rotated
	converse "$TMP/socket"
	ends_with 0
	[ ! -e "$TMP/socket" ] || no 'the socket is left'
}

to_file() {
	echo 'memory = "512MiB"' | guest 6.12-4k
	vmm --set "console.backend=file:$TMP/file"
	status_is 0
	[ ! -s "$TMP/console" ] || no 'standard output is not empty'
	grep -q 'L2: init running' "$TMP/file" || no 'the file lacks what the guest said'
}

to_nowhere() {
	bare hcall
	vmm --set console.backend=none
	status_is 0
	[ ! -s "$TMP/console" ] || no 'standard output is not empty'
}

try "the terminal is restored after power-off" typing
try "the terminal is restored after Ctrl-a x" terminal_is_restored 0 send '\x01x'
try "the terminal is restored after a panic" restored_after_panic
try "a paste of 64 KiB arrives whole" pasting
try "a flood starves nobody" flooding
try "a flood that nobody reads can be ended" unread
try "standard input from a pipe, and its end" from_pipe
try "a socket, its readers, and a log" on_socket
try "the terminal is restored after SIGTERM" terminal_is_restored 0 signal 15
try "the terminal is restored after SIGINT" terminal_is_restored 0 signal 2
try "the terminal is restored after SIGHUP" terminal_is_restored 0 signal 1
try "the terminal is restored after SIGSEGV" terminal_is_restored 139 signal 11
try "the terminal is restored after SIGABRT" terminal_is_restored 134 signal 6
try "the terminal is restored after an error" restored_after_error
try "Ctrl-a ? lists the commands" asks_for_help
try "standard input from a file" from_file
try "standard output's reader leaves" reader_leaves
try "a pseudo terminal" on_pty
try "a file" to_file
try "none" to_nowhere
finish
