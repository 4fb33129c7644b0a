# SPDX-License-Identifier: BSD-2-Clause
# What threads of a running guest may do, as the kernel says; another user; a start without privileges;
# modes log and off. That no guest needs more than its threads may do is what all other tests show.
# hosts: p9-64k
# timeout: 300
# seconds: 40
# options: --nvme
# shellcheck shell=sh
. "$LAB/lib/lib.sh"
. "$LAB/lib/vfio.sh"

NOBODY=65534
IPC_LOCK=0000000000004000

sandbox() { printf '[sandbox]\n%s\n' "$1" >>"$TMP/guest.toml"; }

# each_thread FIELD VALUE...: in its status each thread of the guest's process has one of these values
each_thread() {
	field=$1
	shift
	for task in /proc/"$PID"/task/*; do
		value=$(awk -v "field=$field:" '$1 == field { print $2 }' "$task/status")
		case " $* " in
		*" $value "*) ;;
		*) no "thread $(cat "$task/comm"): $field $value, expected $*" ;;
		esac
	done
}

confined_as() {
	each_thread Seccomp 2
	each_thread NoNewPrivs 1
	each_thread CapEff 0000000000000000 $IPC_LOCK
	each_thread CapPrm 0000000000000000 $IPC_LOCK
	each_thread Uid "$1"
	each_thread Gid "$1"
}

# with_device TEXT USER: a guest with a device, its section [sandbox] and whose threads are whose
with_device() {
	bare spin
	pass "$NVME"
	sandbox "$1"
	background
	says '^spin: ready'
	confined_as "$2"
	# Nobody looks into the process: its files in /proc are root's.
	[ "$(stat -c %u "/proc/$PID/mem")" = 0 ] || no "/proc/$PID/mem is another's than root's"
	kill "$PID"
	ends_with 0
	log_has "vfio $NVME: given back to nvme"
	devices NVME
}

# as_nobody [COMMAND [ARGUMENT...]]: the program, by a user without rights, begun by this command
as_nobody() {
	command=${1-/tmp/spapr-vmm}
	[ $# = 0 ] || shift
	chmod 666 /dev/kvm
	STATUS=0
	start-stop-daemon -S -c nobody -x "$command" -- "$@" --config /tmp/guest.toml \
		</dev/null >"$TMP/console" 2>"$TMP/log" || STATUS=$?
	chmod 600 /dev/kvm
	status_is 0
}

without_privileges() {
	cp "$SPAPR_VMM" /tmp/spapr-vmm
	bare hcall
	cp "$TMP/guest.toml" /tmp/guest.toml
	chmod 644 /tmp/guest.toml
	as_nobody
	! grep -v '^info: ' "$TMP/log" || no "the log says: $(grep -v '^info: ' "$TMP/log" | head -n 1)"
}

# What a container is made of, with a root of its own that is nobody outside.
in_a_container() {
	as_nobody "$(command -v unshare)" -U -r -m -p -f -i -n -u /tmp/spapr-vmm
	console_has 'guest: done'
	grep -v '^info: ' "$TMP/log" | sed 's/^/# /'
}

# A user cannot be taken without the right to: a warning, and the guest runs.
without_the_right_to_change() {
	printf '[sandbox]\nuser = "1"\n' >>/tmp/guest.toml
	as_nobody
	log_has 'warning: sandbox: user 1: Operation not permitted: it stays who it is'
}

mode_log() {
	bare 'hcall rtas'
	pass "$NVME"
	sandbox 'mode = "log"'
	vmm
	status_is 0
	log_has 'warning: sandbox: mode = "log": nothing is refused'
	! grep 'which would be refused' "$TMP/log" | grep -v 'thread io ' ||
		no "$(grep -m 1 'which would be refused' "$TMP/log")"
}

mode_off() {
	bare spin
	sandbox 'mode = "off"'
	background
	says '^spin: ready'
	each_thread Seccomp 0
	kill "$PID"
	ends_with 0
	log_has 'warning: sandbox: off: whoever takes this process over has all of its rights'
}

devices NVME 3>&2
remember
try "each thread of a guest with a device has given up its rights" with_device '' 0
try "and is another user" with_device 'user = "nobody"' $NOBODY
try "the host is as it was" as_before
try "without privileges" without_privileges
try "in a container without privileges" in_a_container
try "without the right to be another user" without_the_right_to_change
try "mode log lets calls pass, and names those without a rule" mode_log
try "mode off warns" mode_off
finish
