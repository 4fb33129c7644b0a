# SPDX-License-Identifier: BSD-2-Clause
# The kernel refuses one call of a start with a device: strace makes each of them fail in turn. Either
# that is one line and the right status, or the start can do without; the host is as it was, and the
# next start comes as far as its own fault. By default each distinct ioctl, mapping, descriptor, thread
# and file of a device fails once, with an error that changes from one to the next. By hand every
# distinct call with ENOMEM, EIO and EPERM, two devices, in about 20 minutes:
#   tests/lab/lab run --smp 1 --nvme --e1000e --timeout 3600 p9-64k tests/lab/faults.sh all
# What came of each is in the run's folder, "faults".
# hosts: p9-64k
# timeout: 600
# seconds: 100
# needs: tools
# options: --smp 1 --nvme --e1000e
# shellcheck shell=sh
STRACE_ROOT=$TOOLS # vfio.sh has another use for the name
. "$LAB/lib/lib.sh"
. "$LAB/lib/vfio.sh"

CALLS=ioctl,mmap,openat,eventfd2,clone,clone3,read,epoll_create1,timerfd_create,socketpair,fcntl,io_uring_setup
ALL=${1-}
BATCH=40
LIST=/tmp/calls
TABLE=$LAB_OUT/faults

# The kernel's log holds no more than the last hundred starts: windows cannot be counted in it.
windows() { echo uncounted; }

strace() {
	timeout -k 5 60 "$STRACE_ROOT/lib64/ld64.so.2" --library-path "$STRACE_ROOT/usr/lib/powerpc64le-linux-gnu" \
		"$STRACE_ROOT/usr/bin/strace" -o "$TMP/trace" "$@"
}

# A guest that powers off at once, with a device and an asynchronous disk.
configured() {
	bare ''
	pass "$NVME"
	[ ! "$ALL" ] || pass "$NIC"
	truncate -s 1M "$TMP/disk"
	printf '[[disk]]\npath = "%s"\n' "$TMP/disk" >>"$TMP/guest.toml"
}

# started OPTION...: under strace with these options. Sets STATUS. On one CPU, the lab's --smp 1, a stop
# of the program is a switch to strace and back; else each waits for another CPU to wake up.
started() {
	STATUS=0
	strace -qq -f --seccomp-bpf "$@" "$SPAPR_VMM" --config "$TMP/guest.toml" \
		</dev/null >"$TMP/console" 2>"$TMP/log" || STATUS=$?
}

# distinct FILE: calls of the first thread from main() on, one a line: CALL NTH WHAT. Of those that are
# equal but for addresses the first is taken, unless they act on what is behind the address.
distinct() {
	awk -v "all=$ALL" '
		{ pid = $1; sub(/^[0-9]+ +/, "") }
		NR == 1 { main = pid }
		pid != main || !/^[a-z_0-9]+\(/ { next }
		{
			call = what = $0
			sub(/\(.*/, "", call)
			nth[call]++
			begun = begun || /guest.toml/
			if (!begun) next
			sub(/^[^(]*\(/, "", what)
			sub(/ *(<unfinished.*|\) += .*)$/, "", what)
			gsub(/0x[0-9a-f]{6,}|[0-9]+<|<?socket:.*|<?pipe:.*|, parent_tid=.*/, "", what)
			gsub(/>/, "", what)
			gsub(/\/proc\/[0-9]+/, "/proc/N", what)
		}
		call == "openat" { sub(/^[^"]*"/, "", what); sub(/".*/, "", what) }
		call == "read" { sub(/, .*/, "", what) }
		call == "openat" || call == "read" {
			sub(/device-?tree.*/, "device-tree", what)
			if (!all && what !~ /^\/dev\/(kvm|vfio)|^\/sys\/bus\/pci|^\/sys\/devices\/pci|guest|\/disk$/) next
		}
		!all && /libseccomp/ { next }
		!all { sub(/CHECK_EXTENSION.*/, "CHECK_EXTENSION", what); sub(/slot=.*/, "", what) }
		seen[call " " what]++ && !(all && what ~ /SET_DEVICE_ATTR|ENABLE_CAP|SET_IRQS|EEH_PE_OP|ONE_REG|EFD_/) { next }
		{ print call, nth[call], what }' "$1"
}

list_calls() {
	configured
	started -y -e "trace=$CALLS"
	status_is 0
	distinct "$TMP/trace" >"$LIST"
	[ "$(wc -l <"$LIST")" -gt 50 ] || no "only $(wc -l <"$LIST") calls"
}

# may_go_on CALL-AND-WHAT ERROR: a start can do without
may_go_on() {
	case $1 in
	*TCE_CREATE*) [ "$2" = ENOMEM ] ;;                      # once more, with smaller pieces
	*CHECK_EXTENSION*) ;;                                   # the capability counts as missing
	*device-tree* | *KVM_PPC_GET_*) ;;                      # facts for the tree that have a substitute
	*/proc/* | */sys/class/* | "openat "*/dev/nvme* | */sriov_numvfs* | */boot_vga*) ;; # does the host use it? Each answer is one of several
	*/sys/kernel/*) ;;                                      # the kernel knows the group; huge pages
	*libseccomp* | "read "[0-9]*' ') ;;                     # no filter, which is said
	"read "*) ;;                                            # an event: the next one wakes as well
	*/cpu/online* | *"PROT_NONE, MAP_PRIVATE"* | clone*CLONE_VM*) ;; # threads that fill RAM are for speed
	*MAP_PRIVATE*MAP_ANONYMOUS*) ;;                         # malloc takes its memory elsewhere
	*/run/spapr-vmm*) ;;                                    # the note for a crash, which is said
	*/config) ;;                                            # did a killed program leave it in reset?
	*kvm-spapr-tce* | *KVM_CREATE_SPAPR_TCE* | *kvm-vfio*) ;; # we serve the calls, which is said
	*KVM_CREATE_DEVICE*) ;;                                 # the same: one of them is KVM's link to VFIO
	*EEH_PE_OP* | *SET_IRQS*) ;;                            # the guest has no EEH; what is lost is said
	eventfd2*) ;;                                           # the host's news of the device, which is said
	fcntl*) ;;                                              # no lock on the disk, which is said
	*io_uring*) ;;                                          # threads do its requests
	*TCGETS* | */dev/tty*) ;;                               # no terminal
	*KVM_IRQ_LINE* | *VFIO_DEVICE_RESET* | *UNREGISTER* | *UNSET_CONTAINER* | *TCE_REMOVE*) ;; # the end
	*) return 1 ;;
	esac
}

# right_status CALL-AND-WHAT: of a start that cannot
right_status() {
	case $1 in
	openat*guest* | read*guest* | openat*/disk | read*/disk) echo 2 ;;
	eventfd2*) if grep -q disk0 "$TMP/log"; then echo 3; else echo 1; fi ;; # a device's is the host's fault
	epoll_create1* | timerfd_create*) echo 1 ;;
	*) echo 3 ;;
	esac
}

# judged CALL-AND-WHAT ERROR: what is wrong, if anything. A process counts for itself, and so does a thread: the caretaker's call of that number fails,
# too, and may end it, with a line for each of its tasks; a vCPU's may be its KVM_RUN, which ends the guest.
judged() {
	faults=$(grep -c INJECTED "$TMP/trace")
	lines=$(grep -cv '^info: ' "$TMP/log")
	[ "$faults" -lt 2 ] || lines=$((lines - $(grep -c 'caretaker: its process has ended' "$TMP/log")))
	if grep -q 'KVM_RUN.*INJECTED' "$TMP/trace"; then
		# A guest that has said its last word is at its end.
		[ "$STATUS" = 4 ] || { [ "$STATUS" = 0 ] && grep -q 'guest: done' "$TMP/console"; } ||
			echo "status $STATUS of a vCPU that cannot run"
	elif [ "$faults" = 0 ]; then
		echo "never came: status $STATUS"
	elif [ "$STATUS" = 0 ] && ! grep -q 'guest: done' "$TMP/console"; then
		echo "status 0 without a guest"
	elif [ "$STATUS" = 0 ] && ! may_go_on "$1" "$2"; then
		echo "nobody notices"
	elif [ "$STATUS" != 0 ] && [ "$STATUS" != "$(right_status "$1")" ]; then
		echo "status $STATUS"
	elif [ "$lines" -gt 1 ] || [ "$STATUS,$lines" = "$(right_status "$1"),0" ]; then
		echo "$lines lines"
	elif [ "$(pins)" != "$PINNED" ]; then
		echo "$(pins) pages stay pinned"
	fi
}

# batch FIRST: BATCH calls of the list, from line FIRST on
batch() {
	configured
	n=$1 wrong=0
	sed -n "$1,$(($1 + BATCH - 1))p" "$LIST" >"$TMP/batch"
	while read -r call nth what; do
		errors='ENOMEM EIO EPERM'
		[ "$ALL" ] || errors=$(echo "$errors" | cut -d ' ' -f $((n % 3 + 1)))
		n=$((n + 1))
		for error in $errors; do
			started -e "trace=$call" -e "inject=$call:error=$error:when=$nth"
			why=$(judged "$call $what" "$error")
			echo "${why:-ok}: $error $call $nth $what: status $STATUS: $(grep -v '^info: ' "$TMP/log" | tr '\n' '|')" >>"$TABLE"
			[ ! "$why" ] || wrong=$((wrong + 1))
		done
	done <"$TMP/batch"
	[ "$wrong" = 0 ] || no "$wrong faults end badly: $(grep -v '^ok: ' "$TABLE" | tail -n 1)"
}

# waiting: a guest in the background that asks for input again and again
waiting() {
	bare 'leave asks'
	pass "$NVME"
	background
	says '^leave: '
}

# attached ID CALL NTH ERROR: to a thread that has its filter, which must know what is called instead
attached() {
	strace -p "$1" -e "trace=$2" -e "inject=$2:error=$4:syscall=getpid:when=$3" 2>"$TMP/strace" &
	until_true grep -q attached "$TMP/strace" || no "$(cat "$TMP/strace")"
}

one_line() {
	[ "$(grep -cv '^info: ' "$TMP/log")" = 1 ] || no "$(grep -cv '^info: ' "$TMP/log") lines instead of one"
	grep -q INJECTED "$TMP/trace" || no 'nothing was refused'
}

a_vcpu() {
	waiting
	for thread in /proc/"$PID"/task/*; do
		[ "$(cat "$thread/comm")" = vcpu0 ] && break
	done
	attached "${thread##*/}" ioctl 1 "$1"
	ends_with 4
	sed -i '/^vcpu: vCPU 0: .* 0x/d' "$TMP/log" # its registers, for who looks into it
	one_line
	log_has 'guest crashed: vCPU 0: KVM_RUN: '
}

# What the line says to do by hand is right, whichever step has failed.
the_caretaker() {
	waiting
	for process in /proc/[0-9]*; do
		[ "$process" = "/proc/$PID" ] || [ "$(readlink "$process/exe")" != "$SPAPR_VMM" ] || break
	done
	attached "${process##*/}" "$2" "$3" "$1"
	kill "$PID"
	ends_with 0
	one_line
	sh -c "$(sed -n 's/^warning: vfio .* giving it back to nvme: .*: "\(.*\)"$/\1/p' "$TMP/log")" 2>"$TMP/by-hand"
	devices NVME
}

devices NVME NIC 3>&2
: >"$TABLE"
PINNED=$(pins)
remember
try "a start, and its calls" list_calls
for first in $(seq 1 "$BATCH" "$(wc -l <"$LIST")"); do
	try "calls $first to $((first + BATCH - 1)) of $(wc -l <"$LIST") fail" batch "$first"
	try "the host's kernel log is clean until then" host_log_is_clean
done
for error in ${ALL:+ENOMEM EPERM} EIO; do
	try "KVM_RUN fails with $error" a_vcpu "$error"
	for step in ${ALL:+4 5} 3; do # override, unbind, bind
		try "the caretaker's file $step fails with $error" the_caretaker "$error" openat "$step"
	done
done
try "the host is as it was" as_before
echo "faults: $(wc -l <"$TABLE") injected: $(grep -c ': status 0: $' "$TABLE") not noticed, $(grep -c ': status 0: .' "$TABLE") said, $(grep -c ': status [1-9]: ' "$TABLE") ended the start"
grep -v '^ok: ' "$TABLE"
finish
