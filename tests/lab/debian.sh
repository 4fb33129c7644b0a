# SPDX-License-Identifier: BSD-2-Clause
# A whole Debian from a raw disk, which GRUB boots from its PReP partition: a menu, systemd, packages, ssh, much
# data, trim and freeze, a clean end.
#   debian.sh reboot [VCPUS]  a reboot by firmware in place of what takes long
#   debian.sh kernel          apt installs another kernel, and a reboot begins it: a quarter of an hour (--timeout 2400)
#   debian.sh grub            grub-install in the guest, and settings in NVRAM
#   debian.sh direct          its kernel and initrd by boot.kernel, without firmware
#   debian.sh manager         so, with a systemd that tells by vsock when it is ready (from 254 on), installed first
# All on p9-64k, reboot with 1 and 4 vCPUs, and kernel, on p9-4k and nested-v1 as well (there --smp 4 for 4, see hosts).
# hosts: p9-64k
# also: p9-4k nested-v1
# timeout: 1200
# seconds: 190
# needs: tools debian archive
# options: --smp 2
# shellcheck shell=sh
. "$LAB/lib/lib.sh"
. "$LAB/lib/debian.sh"

LIMIT_S=400 # an emulated host that shares its CPUs
MIB=40 # sent each way

ssh_works() { in_guest true 2>/dev/null </dev/null; }

ARGUMENTS='lab.from=nvram lab.and=another'

net() {
	[ "$MODE" != grub ] || printf '[nvram]\npath = "%s"\n' "$WORK/nvram"
	cat <<-END
		[[net]]
		backend = "user"
		forward = ["tcp:127.0.0.1:2222-:22"]
		host_loopback = true # packages and data come from there
	END
}

lets_in() { until_true ssh_works || no "no ssh after $LIMIT_S s: $(tail -n 1 "$WORK/console" | cut -c 1-100)"; }

# directly [LINE...]: more of the configuration
directly() {
	[ -e "$WORK/disk.raw" ] || debian_disk "$WORK/disk.raw" || no 'the disk was not copied'
	{
		net
		debian_config 2
		[ $# = 0 ] || printf '%s\n' "$@"
	} >"$WORK/guest.toml"
	rm -f "$WORK/ssh"
	"$SPAPR_VMM" --config "$WORK/guest.toml" </dev/null >"$WORK/log" 2>&1 &
	echo $! >"$WORK/pid"
	lets_in
	console_is_calm
}

# How often GRUB has shown the last entry, which is the second one beside a submenu of Debian's.
shown() { grep -ac 'the second entry' "$WORK/console"; }
shows_more_than() { [ "$(shown)" -gt "$1" ]; }

# The guest has agreed with firmware on the best controller that this host has.
controller_is_best() {
	in_guest "grep -q '$(best_intc)' /proc/interrupts" || no "$(best_intc) does not interrupt"
}

# by_grub VCPUS: the last entry of its menu, by keys
by_grub() {
	debian_disk "$WORK/disk.raw" || no 'the disk was not copied'
	debian_key
	debian_let_in "$WORK/disk.raw" || no 'the key was not put on the disk'
	{
		debian_machine "$1"
		net
	} >"$WORK/guest.toml"
	mkfifo "$WORK/keys"
	exec 8<>"$WORK/keys"
	"$SPAPR_VMM" --config "$WORK/guest.toml" <"$WORK/keys" >"$WORK/console" 2>"$WORK/log" 8<&- &
	echo $! >"$WORK/pid"
	until_true shows_more_than 0 || no "no menu: $(tail -n 1 "$WORK/log")"
	printf '\016\016\r' >&8
	lets_in
	console_is_calm
	in_guest 'grep -q lab.entry=second /proc/cmdline' || no 'another entry was booted'
	controller_is_best
}

# Nobody chooses: the first entry.
reboots() {
	before=$(shown)
	in_guest 'systemctl reboot' >/dev/null 2>&1 || true
	until_true shows_more_than "$before" || no 'no menu'
	rm -f "$WORK/ssh"
	lets_in
	in_guest '! grep -q lab.entry /proc/cmdline' || no 'another entry was booted'
	controller_is_best
}

console_is_calm() {
	! grep -aE 'Call Trace|Oops|Kernel panic|I/O error|rcu: INFO' "$WORK/console" >"$TMP/bad" || no "$(head -n 1 "$TMP/bad")"
}

# Nothing may fail, not even what this machine has no use for.
is_running() {
	state=$(in_guest 'systemctl is-system-running --wait')
	[ "$state" = running ] || no "$state: $(in_guest 'systemctl list-units --failed --plain --no-legend' | tr '\n' ' ')"
}

# installs PACKAGE
installs() {
	httpd -p 127.0.0.1:80 -h "$ARCHIVE"
	in_guest "set -e
		echo 'deb [trusted=yes] http://10.0.2.2/ ./' >/etc/apt/sources.list
		apt-get -q update
		DEBIAN_FRONTEND=noninteractive apt-get -q -y install $1" >"$WORK/apt" 2>&1 || no "$(grep '^E:' "$WORK/apt" || tail -n 1 "$WORK/apt")"
}

# Its scripts make an initrd and the menu, whose first entry is the newest kernel.
installs_kernel() {
	installs "linux-image-$RELEASE"
	in_guest "grep -q '^[^#]*linux.*/vmlinux-$RELEASE root=UUID=' /boot/grub/grub.cfg" || no 'the menu does not have the kernel'
}

# As an installer does, onto a partition that has nothing; the package brings the tools of NVRAM along.
installs_grub() {
	installs grub-ieee1275
	in_guest 'dd if=/dev/zero of=/dev/vda1 bs=64k && sync' 2>/dev/null
	in_guest 'grub-install /dev/vda1 && update-grub' >"$WORK/grub" 2>&1 || no "$(tail -n 1 "$WORK/grub")"
}

has_setting() { [ "$(in_guest "tr -d '\\0' </proc/device-tree/options/$1")" = "$2" ] || no "$1 is not $2"; }

keeps_settings() {
	disk=$(in_guest 'ofpathname /dev/vda1')
	case $disk in /pci@*) ;; *) no "the disk's path is $disk" ;; esac
	in_guest "nvsetenv boot-device $disk && nvsetenv kernel-bootargs '$ARGUMENTS'" || no 'nvsetenv failed'
	reboots
	has_setting boot-device "$disk"
	has_setting kernel-bootargs "$ARGUMENTS"
	[ "$(in_guest 'nvsetenv boot-device')" = "$disk" ] || no 'NVRAM has lost the path'
}

# In another life of the program; a kernel that firmware begins has them behind its own.
begins_with_them() {
	directly 'firmware = "builtin"'
	has_setting kernel-bootargs "$ARGUMENTS"
	in_guest "grep -q ' $ARGUMENTS\$' /proc/cmdline" || no "$(in_guest 'cat /proc/cmdline')"
}

runs_kernel() {
	reboots
	release=$(in_guest 'uname -r')
	[ "$release" = "$RELEASE" ] || no "$release runs"
}

installs_manager() {
	installs "$MANAGER"
	in_guest 'dpkg -s systemd' | grep -q "^Version: $VERSION" || no "systemd is $(in_guest 'systemctl --version')"
}

# The mark is systemd's own word, which it gives after all that it starts.
says_when_it_is_ready() {
	directly '[vsock]' 'cid = 3' '[service]' 'ready = "notify"' '[events]' "path = \"$WORK/events\""
	until_true grep -q '"mark":"notify"' "$WORK/events" || no "no word of it: $(tail -n 1 "$WORK/events")"
	[ "$(in_guest 'systemctl show -P Version')" = "$VERSION" ] || no "another systemd runs"
	state=$(in_guest 'systemctl is-system-running')
	[ "$state" = running ] || no "it says so, and is $state"
	in_guest 'systemctl show -P FinishTimestampMonotonic' | grep -q '[1-9]' || no 'it says so before it is'
	grep '"mark":"notify"' "$WORK/events" | cut -c 1-200 | sed 's/^/    /'
}

installs_packages() {
	installs jq
	[ "$(in_guest 'echo "{\"a\": 42}" | jq .a')" = 42 ] || no 'the program that was installed does not run'
}

listens() { grep -q ":$(printf %04X "$1") 0*:0000 0A" /proc/net/tcp /proc/net/tcp6; }

# There and back, so that one comparison shows both.
moves_data() {
	head -c ${MIB}m /dev/urandom >"$WORK/there"
	nc -l -p 9000 <"$WORK/there" &
	nc -l -p 9001 </dev/null >"$WORK/back" &
	for port in 9000 9001; do until_true listens $port || no "nobody listens on port $port"; done
	in_guest 'bash -c "cat </dev/tcp/10.0.2.2/9000 >/var/tmp/data"' || no 'to the guest: failed'
	in_guest 'bash -c "cat /var/tmp/data >/dev/tcp/10.0.2.2/9001"' || no 'from the guest: failed'
	wait
	cmp "$WORK/there" "$WORK/back" >"$TMP/cmp" 2>&1 || no "$(cat "$TMP/cmp")"
	rm "$WORK/there" "$WORK/back"
}

used_mib() { du -m "$WORK/disk.raw" | cut -f 1; }

# What the last case wrote is on the disk now; removed and trimmed, it leaves a smaller file.
trims() {
	in_guest sync
	before=$(used_mib)
	in_guest 'rm /var/tmp/data && sync && fstrim /' || no 'fstrim failed'
	after=$(used_mib)
	[ $((before - after)) -ge $((MIB * 9 / 10)) ] || no "the disk's file took $before MiB, now $after"
}

# While the file system is frozen, the file holds all of it, without a journal to replay.
freezes() {
	mkfifo "$WORK/thaw"
	in_guest 'fsfreeze -f / && echo frozen && read x; fsfreeze -u / && echo thawed' <"$WORK/thaw" >"$WORK/freeze" &
	exec 9>"$WORK/thaw"
	until_true grep -q frozen "$WORK/freeze" || no 'not frozen'
	tool sbin/e2fsck -fn "$(debian_root "$WORK/disk.raw")" >"$WORK/e2fsck" 2>&1 || broken="e2fsck: $(sed -n 3,4p "$WORK/e2fsck" | tr '\n' ' ')"
	echo >&9
	exec 9>&-
	wait
	[ ! "${broken-}" ] || no "$broken"
	grep -q thawed "$WORK/freeze" || no 'not thawed'
	in_guest 'touch /var/tmp/after && sync' || no 'it cannot be written any more'
}

powers_off() {
	in_guest 'systemctl poweroff' >/dev/null 2>&1 || true
	pid=$(cat "$WORK/pid")
	until_true sh -c "! kill -0 $pid 2>/dev/null" || no 'it still runs'
	! grep -v '^info: ' "$WORK/log" >"$TMP/said" || no "the VMM says: $(head -n 1 "$TMP/said")"
	grep -aq 'reboot: Power down' "$WORK/console" || no 'the kernel did not come to its end'
	tool sbin/e2fsck -fn "$(debian_root "$WORK/disk.raw")" >"$WORK/e2fsck" 2>&1 || no "e2fsck: $(sed -n 3,4p "$WORK/e2fsck" | tr '\n' ' ')"
	console_is_calm
}

MODE=${1-}
if [ "$MODE" = kernel ]; then
	RELEASE=$(cd "$ARCHIVE" && ls linux-image-[0-9]*.deb 2>/dev/null | sed 's/^linux-image-//; s/_.*//')
	if [ ! "$RELEASE" ]; then
		echo "skip - $0: the archive has no newer kernel today"
		exit 77
	fi
	LIMIT_S=1200 # an initrd takes minutes
fi
if [ "$MODE" = manager ]; then
	VERSION=$(cd "$ARCHIVE" && ls systemd_*.deb 2>/dev/null | sed 's/^systemd_//; s/_.*//')
	MANAGER=$(cd "$ARCHIVE" && ls systemd*.deb libpam-systemd*.deb udev_*.deb 2>/dev/null | sed 's/_.*//' | tr '\n' ' ')
	if [ ! "$VERSION" ]; then
		echo "skip - $0: the archive has no newer systemd today"
		exit 77
	fi
fi
start=$(seconds)
case $MODE in
direct | manager) try "Debian boots from a raw disk, by its kernel's file, and lets ssh in" directly ;;
*) try "Debian boots from a raw disk by GRUB, an entry is chosen by key, and ssh comes in" by_grub "${2-2}" ;;
esac
[ "$failed" = 0 ] || tail -n 20 "$WORK/console"
case $failed$MODE in
0reboot)
	try "a reboot comes back through firmware" reboots
	try "the system is running" is_running
	try "poweroff leaves a clean file system" powers_off
	;;
0kernel)
	try "apt installs linux-image-$RELEASE" installs_kernel
	try "a reboot begins it" runs_kernel
	try "the system is running" is_running
	try "poweroff leaves a clean file system" powers_off
	;;
0grub)
	try "apt installs GRUB, and grub-install puts it onto the disk" installs_grub
	try "settings in NVRAM outlive a reboot by that GRUB" keeps_settings
	try "poweroff leaves a clean file system" powers_off
	try "a kernel that firmware begins has NVRAM's arguments, in another life of the program" begins_with_them
	try "and powers off" powers_off
	;;
0manager)
	try "apt installs systemd $VERSION" installs_manager
	try "poweroff leaves a clean file system" powers_off
	try "the next start is ready when that systemd says so" says_when_it_is_ready
	try "and powers off" powers_off
	;;
0*)
	echo "    after $(($(seconds) - start)) s"
	try "the system is running" is_running
	in_guest 'journalctl -b -p err -o cat' | sed 's/^/    journal: /'
	try "apt-get update and install through the user network" installs_packages
	try "$MIB MiB over TCP each way" moves_data
	try "fstrim gives space back to the host" trims
	try "a frozen file system is whole" freezes
	try "poweroff leaves a clean file system" powers_off
	;;
esac
echo "    all of it in $(($(seconds) - start)) s"
kill "$(cat "$WORK/pid")" 2>/dev/null
finish
