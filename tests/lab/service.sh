# SPDX-License-Identifier: BSD-2-Clause
# The program as a service of a real systemd: the Debian package is installed, a unit has an NVMe of the
# host, the guest is ready when it says so and shuts down when it is asked; exit statuses. With watchdog and rights:
#   tests/lab/lab run --smp 2 --nvme --systemd --timeout 2400 p9-64k tests/lab/service.sh all
# hosts: p9-64k
# timeout: 900
# seconds: 100
# needs: debian
# options: --smp 2 --nvme --systemd
# shellcheck shell=sh
. "$LAB/lib/lib.sh"
. "$LAB/lib/vfio.sh"

if [ ! -e /etc/lab-job ]; then
	echo "skip - $0: it installs a package, and this host is not of the lab's making"
	exit 77
fi
LIMIT_S=240 # an emulated host that shares its CPUs
UNIT=spapr-vmm@web1.service
DROP_IN=/run/systemd/system/$UNIT.d

installs() {
	apt-get -q -y install "$DEBIAN"/repo/libfdt1_*.deb "$DEBIAN"/repo/liburing2_*.deb /host/build/ppc64el/spapr-vmm_*_ppc64el.deb \
		>"$TMP/log" 2>&1 || no "apt-get install failed"
	[ "$(spapr-vmm --version | cut -d ' ' -f 1)" = spapr-vmm ] || no 'the program does not run'
	id spapr-vmm >"$TMP/id" || no 'there is no user spapr-vmm'
	grep -q '(kvm)' "$TMP/id" || no "the user is not in the group kvm: $(cat "$TMP/id")"
	[ "$(stat -c '%U %a' /run/spapr-vmm)" = 'root 755' ] || no '/run/spapr-vmm is not as it should be'
	[ "$(systemctl is-enabled "$UNIT" 2>&1)" = disabled ] || no 'the unit is enabled by the installation'
}

# What the guest does is in its command line; it says "serving" and waits.
configure() {
	passing "$DISK_IN_GUEST
		echo \"L2: nvme \$(dd if=/dev/\$(disk nvme) bs=1M count=4 2>/dev/null | sha256sum)\"
		echo 'L2: serving'
		sleep 1000" '' </dev/null
	{
		cat "$TMP/guest.toml"
		printf '[service]\nready = "console:L2: serving"\n[[vfio]]\nhost = "%s"\n' "$NVME"
	} >/etc/spapr-vmm/web1.toml
	# An emulated host that shares its CPUs is slower than any that people have.
	mkdir -p /run/systemd/system/spapr-vmm@.service.d
	printf '[Service]\nTimeoutStartSec=600\nTimeoutStopSec=120\n' >/run/systemd/system/spapr-vmm@.service.d/slow.conf
	systemctl daemon-reload
}

driver() { basename "$(readlink "/sys/bus/pci/devices/$NVME/driver")"; }
property() { systemctl show -P "$1" "$UNIT"; }
property_is() { [ "$(property "$1")" = "$2" ] || no "$1 is $(property "$1"), expected $2"; }
journal() { journalctl --sync && journalctl -q -o cat -u "$UNIT" >"$TMP/journal"; }
journal_has() {
	journal
	grep -qF -- "$1" "$TMP/journal" || {
		tail -n 20 "$TMP/journal" | cut -c 1-200 | sed 's/^/    journal: /'
		no "the journal lacks \"$1\""
	}
}
start_works() { systemctl start "$UNIT" 2>"$TMP/log" || { journal_has 'no such line'; }; }

checks() {
	configure
	spapr-vmm check --config /etc/spapr-vmm/web1.toml >"$TMP/log" 2>&1 || no "check: status $?"
	log_has 'this host can run it'
}

is_ready() {
	dd if=/dev/urandom of=/dev/nvme0n1 bs=1M count=4 conv=fsync 2>/dev/null || no 'the disk cannot be written to'
	sync
	sum_of "$LAB_OUT/nvme.img" 4 >"$LAB_OUT/sum"
	systemctl enable "$UNIT" 2>/dev/null || no 'it cannot be enabled'
	start_works
	property_is ActiveState active
	property_is StatusText 'the guest runs'
	journal_has 'L2: serving'
	grep -q "^L2: nvme $(cat "$LAB_OUT/sum")" "$TMP/journal" || no "the guest read other data: $(grep 'L2: nvme' "$TMP/journal")"
	pid=$(property MainPID)
	[ "$(awk '/^Uid/ { print $2 }' "/proc/$pid/status")" = "$(id -u spapr-vmm)" ] || no 'it does not run as spapr-vmm'
	[ "$(awk '/^CapBnd/ { print $2 }' "/proc/$pid/status")" = 0000000000000000 ] || no 'it has capabilities'
	[ "$(driver)" = vfio-pci ] || no "the disk's driver is $(driver)"
}

stops() {
	systemctl stop "$UNIT"
	property_is Result success
	journal_has 'L2: asked to power off'
	[ "$(driver)" = nvme ] || no "the disk has not gone back: $(driver)"
	[ "$(ls /run/spapr-vmm)" = '' ] || no "left in /run/spapr-vmm: $(ls /run/spapr-vmm)"
}

# drop_in LINE...: of [Service]
drop_in() {
	mkdir -p "$DROP_IN"
	printf '[Unit]\nStartLimitBurst=3\n[Service]\nRestartSec=100ms\n' >"$DROP_IN/test.conf"
	printf '%s\n' "$@" >>"$DROP_IN/test.conf"
	until_true systemctl daemon-reload 2>/dev/null # it may time out on such a host
	systemctl reset-failed "$UNIT" 2>/dev/null
}
# Between two attempts it looks so for a moment.
at_rest() { case $(property ActiveState) in inactive | failed) ;; *) false ;; esac; }
settled() { at_rest && sleep 1 && at_rest && sleep 1 && at_rest; }

# ends STATUS STATE [RESTARTS]: of a program that ends with this status
ends() {
	drop_in Type=exec ExecStartPre= ExecStopPost= ExecStart= "ExecStart=/bin/sh -c 'exit $1'"
	systemctl start "$UNIT" 2>/dev/null
	sleep 1
	until_true settled || no "it goes on for ever: $(property ActiveState)"
	property_is ActiveState "$2"
	case ${3-} in
	'') property_is NRestarts 0 ;;
	*) [ "$(property NRestarts)" -ge "$3" ] || no "only $(property NRestarts) restarts after status $1" ;;
	esac
}
statuses() {
	ends 0 inactive
	ends 1 failed 2
	ends 2 failed
	ends 3 failed
	ends 4 failed 2
	ends 5 failed 2
}

# A stopped process gives no sign of life.
watchdog() {
	drop_in WatchdogSec=8 TimeoutAbortSec=4 Restart=no
	start_works
	sleep 10 # signs of life come
	property_is ActiveState active
	kill -STOP "$(property MainPID)"
	until_true settled || no "nobody missed it: $(property ActiveState)"
	property_is Result watchdog
	[ "$(driver)" = nvme ] || no "the disk has not gone back: $(driver)"
}

# The file may be opened by anybody, but the unit's rules name no such device; or the other way round.
rights() {
	drop_in DeviceAllow= 'DeviceAllow=/dev/kvm rw' 'DeviceAllow=/dev/vfio/vfio rw' Restart=no
	! systemctl start "$UNIT" 2>/dev/null || no 'it started without a right'
	property_is ExecMainStatus 3
	journal_has 'DeviceAllow='
	drop_in ExecStartPre= "ExecStartPre=+/usr/bin/spapr-vmm bind --config /etc/spapr-vmm/web1.toml" Restart=no
	! systemctl start "$UNIT" 2>/dev/null || no 'it started without a right'
	property_is ExecMainStatus 3
	journal_has 'chown'
	[ "$(driver)" = nvme ] || no "the disk has not gone back: $(driver)"
}

purges() {
	rm -r "$DROP_IN"
	systemctl disable "$UNIT" 2>/dev/null
	rm /etc/spapr-vmm/web1.toml
	dpkg --purge spapr-vmm >"$TMP/log" 2>&1 || no 'dpkg --purge failed'
	[ ! -e /usr/bin/spapr-vmm ] || no 'the program is still there'
	[ ! -s "$TMP/log" ] || ! grep -iE 'warning|error' "$TMP/log" >"$TMP/bad" || no "$(head -n 1 "$TMP/bad")"
}

devices NVME 3>&2
try "the package is installed, and starts nothing" installs
try "check finds that this host can run the guest" checks
try "the unit is active when the guest says so, which reads its NVMe" is_ready
try "stopped, the guest shuts down and the disk goes back" stops
try "exit statuses decide about the next start" statuses
if [ "${1-}" = all ]; then
	try "a program that gives no sign of life is ended, and the disk goes back" watchdog
	try "a rule of the unit and a file's permissions are told apart" rights
fi
try "the package is purged" purges
SPAPR_VMM=/usr/bin/spapr-vmm
finish
