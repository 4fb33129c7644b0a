# SPDX-License-Identifier: BSD-2-Clause
# The program as a service of a real systemd: the commands of the README's chapter for operators, one after the
# other as they stand there, from the Debian package to the events of a guest with an NVMe of the host. Then a
# guest that systemctl stops; exit statuses. With watchdog and rights:
#   tests/lab/lab run --smp 2 --nvme --systemd --timeout 2400 p9-64k tests/lab/service.sh all
# hosts: p9-64k
# timeout: 900
# seconds: 180
# needs: debian archive
# options: --smp 2 --nvme --systemd
# after: tests/lab/check_events
# shellcheck shell=sh
. "$LAB/lib/lib.sh"
. "$LAB/lib/vfio.sh"
. "$LAB/lib/events.sh"

if [ ! -e /etc/lab-job ]; then
	echo "skip - $0: it installs a package, and this host is not of the lab's making"
	exit 77
fi
LIMIT_S=240 # an emulated host that shares its CPUs
UNIT=spapr-vmm@web1.service
DROP_IN=/run/systemd/system/$UNIT.d
CONFIG=/etc/spapr-vmm/web1.toml
HERE=/tmp/operator # the folder that the chapter's commands are given in
STEPS=/tmp/steps   # N: the N-th command; N.says: what stands below it; at: the one that was last

# The addresses of devices are this host's.
read_chapter() {
	mkdir -p "$HERE" "$STEPS"
	sed -n '/^## As a service$/,/^## The console$/s/^    //p' README.md | sed "s/\"0000:01:00.0\"/\"$NVME\"/" |
		awk -v dir="$STEPS/" '/^# / { n++; print substr($0, 3) >(dir n); next } n && NF && $0 != "…" { print >(dir n ".says") }'
	echo 0 >"$STEPS/at"
}
next_step() { cat "$STEPS/$(($(cat "$STEPS/at") + 1))" 2>/dev/null; }

# On a terminal, as in the README, "check" makes columns of what is "object: text" here.
words() { sed 's/[: ][: ]*/ /g; s/^ //'; }
says_as_written() {
	words <"$TMP/log" >"$TMP/words"
	words <"$1" >"$TMP/written"
	while IFS= read -r line; do grep -qF -- "$line" "$TMP/words" || no "$command does not say \"$line\""; done <"$TMP/written"
}

# follow BEGINNING: the chapter's next command, which begins so. It succeeds, and says what stands there.
follow() {
	command=$(next_step)
	case $command in
	"$1"*) echo $(($(cat "$STEPS/at") + 1)) >"$STEPS/at" ;;
	*) no "the README's next command is \"$command\", not \"$1\"" ;;
	esac
	(cd "$HERE" && eval "$command") </dev/null >"$TMP/log" 2>&1 || no "$command: status $?"
	[ ! -e "$STEPS/$(cat "$STEPS/at").says" ] || says_as_written "$STEPS/$(cat "$STEPS/at").says"
}
is_read_to_its_end() { [ ! "$(next_step)" ] || no "the README goes on: $(next_step)"; }

# Packages come from the lab's archive, and nobody is there to say yes.
prepare_apt() {
	echo "deb [trusted=yes] file:$ARCHIVE ./" >/etc/apt/sources.list.d/lab.list
	echo 'APT::Get::Assume-Yes "true";' >/etc/apt/apt.conf.d/lab
	echo force-unsafe-io >/etc/dpkg/dpkg.cfg.d/lab
	apt-get -q update >"$TMP/log" 2>&1 || no 'apt-get update failed'
}

installs() {
	prepare_apt
	ln -s /host/build/ppc64el/spapr-vmm_*_ppc64el.deb "$HERE/"
	follow 'apt-get install ./spapr-vmm_'
	[ "$(spapr-vmm --version | cut -d ' ' -f 1)" = spapr-vmm ] || no 'the program does not run'
	id spapr-vmm >"$TMP/id" || no 'there is no user spapr-vmm'
	grep -q '(kvm)' "$TMP/id" || no "the user is not in the group kvm: $(cat "$TMP/id")"
	[ "$(stat -c '%U %a' /run/spapr-vmm)" = 'root 755' ] || no '/run/spapr-vmm is not as it should be'
	[ "$(systemctl is-enabled "$UNIT" 2>&1)" = disabled ] || no 'the unit is enabled by the installation'
	[ "$(dpkg-query -W -f '${Status}' libmicrohttpd12)" = 'install ok installed' ] || no 'the library of the API is not installed with it'
}

# guest_image COMMANDS [TOOL]: the guest's command line is the default one, so what it does is in its image
guest_image() {
	mkdir "$TMP/image"
	[ ! "${2-}" ] || cp "${TALK%/*}/$2" "$TMP/image/"
	sed "s|^what=shell$|what=run:$(printf '%s\n' "$DISK_IN_GUEST" "$1" | base64 | tr -d '\n')|" "$LAB/guest/init" >"$TMP/image/init"
	chmod 755 "$TMP/image/init"
	initrd_with "$TMP/image"
	cp "$TMP/initrd.img" "$HERE/initrd.gz"
}

checks() {
	# shellcheck disable=SC2016 # of the guest
	guest_image 'echo "L2: nvme $(dd if=/dev/$(disk nvme) bs=1M count=4 2>/dev/null | sha256sum)"
		echo "L2: serving"
		sleep 1000'
	ln -s "$KERNELS/6.12-4k/vmlinux" "$HERE/vmlinux"
	follow 'cp vmlinux initrd.gz'
	cp "$STEPS/$(($(cat "$STEPS/at") + 1)).says" "$CONFIG"
	follow "cat $CONFIG"
	# An emulated host that shares its CPUs is slower than any that people have.
	mkdir -p /run/systemd/system/spapr-vmm@.service.d
	printf '[Service]\nTimeoutStartSec=600\nTimeoutStopSec=120\n' >/run/systemd/system/spapr-vmm@.service.d/slow.conf
	systemctl daemon-reload
	follow 'spapr-vmm check'
}

driver() { basename "$(readlink "/sys/bus/pci/devices/$NVME/driver")"; }
property() { systemctl show -P "$1" "$UNIT"; }
property_is() { [ "$(property "$1")" = "$2" ] || no "$1 is $(property "$1"), expected $2"; }
SINCE=@0
since_now() { SINCE=@$(date +%s); } # what earlier guests said does not count
journal() { journalctl --sync && journalctl -q -o cat --since "$SINCE" -u "$UNIT" >"$TMP/journal"; }
journal_has() {
	journal
	grep -qF -- "$1" "$TMP/journal" || {
		tail -n 20 "$TMP/journal" | cut -c 1-200 | sed 's/^/    journal: /'
		no "the journal lacks \"$1\""
	}
}
start_works() { systemctl start "$UNIT" 2>"$TMP/log" || { journal_has 'no such line'; }; }

is_ready() {
	dd if=/dev/urandom of=/dev/nvme0n1 bs=1M count=4 conv=fsync 2>/dev/null || no 'the disk cannot be written to'
	sync
	sum_of "$LAB_OUT/nvme.img" 4 >"$LAB_OUT/sum"
	follow 'systemctl enable --now'
	[ "$(systemctl is-enabled "$UNIT")" = enabled ] || no 'it is not enabled'
	property_is ActiveState active
	follow 'systemctl status'
	journalctl --sync
	follow 'journalctl'
	log_has 'L2: serving'
	journal
	grep -q "^L2: nvme $(cat "$LAB_OUT/sum")" "$TMP/journal" || no "the guest read other data: $(grep 'L2: nvme' "$TMP/journal")"
	pid=$(property MainPID)
	[ "$(awk '/^Uid/ { print $2 }' "/proc/$pid/status")" = "$(id -u spapr-vmm)" ] || no 'it does not run as spapr-vmm'
	[ "$(awk '/^CapBnd/ { print $2 }' "/proc/$pid/status")" = 0000000000000000 ] || no 'it has capabilities'
	[ "$(driver)" = vfio-pci ] || no "the disk's driver is $(driver)"
}

is_asked() {
	follow 'spapr-vmm ctl /run/spapr-vmm/web1/api dma-windows'
	log_has '"start":"0x800000000000000"' # the guest's dynamic window
	follow 'spapr-vmm top'
	log_has 'guest Running'
	log_has '0x800000000000000'
}

gives_back() {
	property_is Result success
	journal_has 'L2: asked to power off'
	[ "$(driver)" = nvme ] || no "the disk has not gone back: $(driver)"
	[ "$(ls /run/spapr-vmm)" = '' ] || no "left in /run/spapr-vmm: $(ls /run/spapr-vmm)"
}

# The guest goes down, and stays off.
hears_the_button() {
	follow 'spapr-vmm ctl /run/spapr-vmm/web1/api power-button'
	until_true settled || no "it goes on: $(property ActiveState)"
	property_is ActiveState inactive
	gives_back
}

told() {
	follow 'cat /var/log/spapr-vmm/web1.events'
	[ "$(stat -c '%U %a' /var/log/spapr-vmm)" = 'spapr-vmm 755' ] || no "/var/log/spapr-vmm: $(stat -c '%U %a' /var/log/spapr-vmm)"
	[ "$(stat -c '%U %a' /var/log/spapr-vmm/web1.events)" = 'spapr-vmm 600' ] || no 'the events are not its own'
	cp "$TMP/log" "$TMP/events"
	cp "$TMP/log" "$LAB_OUT/web1.events"
	numbers_add_up
	in_order starting booting booted console window-created ready power-button shutdown shutdown
	has vmm shutdown '"status":0,"reason":"off"'
	is_read_to_its_end
}

# As its systemd would. Who has no right to tells, and somebody has the line and says nothing.
# shellcheck disable=SC2016 # of the guest
GUEST_TELLS='
to=$(sed -n "s/.*vmm.notify_socket:vsock-stream:\([0-9]*\):\([0-9]*\).*/\1 \2/p" /proc/cmdline)
echo READY=1 | /notify $to any
echo "L2: not root"
sleep 2
echo STATUS=Starting services. | /notify $to && echo "L2: was heard"
sleep 100 | /notify $to &
sleep 0.2
printf "X_SYSTEMD_UNIT_ACTIVE=multi-user.target\nREADY=1" | /notify $to && echo "L2: told"
sleep 1000
'

line_of() { grep -nF -m 1 -- "$1" "$TMP/journal" | cut -d: -f1; }
# journal_order WORDS WORDS: these come before those
journal_order() {
	journal_has "$1"
	journal_has "$2"
	[ "$(line_of "$1")" -lt "$(line_of "$2")" ] || no "\"$2\" came before \"$1\""
}

tells_itself() {
	guest_image "$GUEST_TELLS" notify
	cp "$HERE/initrd.gz" /var/lib/spapr-vmm/
	sed -i 's/^ready = .*/ready = "notify"/' "$CONFIG"
	printf '[vsock]\ncid = 3\n' >>"$CONFIG"
	rm /var/log/spapr-vmm/web1.events
	since_now
	start_works
	property_is ActiveState active
	journal_order 'L2: was heard' 'Started spapr-vmm@web1'
	journal_has 'which is not root'
	journal_has 'L2: told'
	cp /var/log/spapr-vmm/web1.events "$TMP/events"
	has guest ready '"mark":"notify"'
}

stops() {
	since_now
	systemctl stop "$UNIT"
	gives_back
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
	drop_in ExecStartPre= "ExecStartPre=+/usr/bin/spapr-vmm bind --config $CONFIG" Restart=no
	! systemctl start "$UNIT" 2>/dev/null || no 'it started without a right'
	property_is ExecMainStatus 3
	journal_has 'chown'
	[ "$(driver)" = nvme ] || no "the disk has not gone back: $(driver)"
}

purges() {
	rm -r "$DROP_IN"
	systemctl disable "$UNIT" 2>/dev/null
	rm "$CONFIG"
	dpkg --purge spapr-vmm >"$TMP/log" 2>&1 || no 'dpkg --purge failed'
	[ ! -e /usr/bin/spapr-vmm ] || no 'the program is still there'
	[ ! -s "$TMP/log" ] || ! grep -iE 'warning|error' "$TMP/log" >"$TMP/bad" || no "$(head -n 1 "$TMP/bad")"
}

devices NVME 3>&2
read_chapter
try "the package is installed, and starts nothing" installs
try "check finds that this host can run the guest" checks
try "the unit is active when the guest says so, which reads its NVMe" is_ready
try "the API tells of its DMA windows, and a screen shows them" is_asked
try "at its power button the guest shuts down, and the disk goes back" hears_the_button
try "the events say what happened; so far goes the README" told
try "the guest's own manager says when it is ready" tells_itself
try "stopped, the guest shuts down and the disk goes back" stops
try "exit statuses decide about the next start" statuses
if [ "${1-}" = all ]; then
	try "a program that gives no sign of life is ended, and the disk goes back" watchdog
	try "a rule of the unit and a file's permissions are told apart" rights
fi
try "the package is purged" purges
SPAPR_VMM=/usr/bin/spapr-vmm
finish
