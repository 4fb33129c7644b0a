# SPDX-License-Identifier: BSD-2-Clause
# What cannot run is refused: one line that says what and what to do, and a status.
# hosts: p9-64k
# also: p9-4k
# timeout: 300
# seconds: 30
# options: --smp 1
# shellcheck shell=sh
. "$LAB/lib/lib.sh"

# memory SIZE [KERNEL [INITRD]]; further [machine] lines in $MORE
KERNEL=$KERNELS/6.12-4k/vmlinux INITRD=$INITRDS/initrd-6.12-4k.gz MORE=
memory() {
	printf 'memory = "%s"\n%s\n' "$1" "$MORE" | config "${2-$KERNEL}" "${3-$INITRD}" console=hvc0
}

# patched OFFSET BYTES TEXT: a kernel with these bytes there is refused
patched() {
	cp "$KERNEL" "$TMP/vmlinux"
	printf "$2" | dd of="$TMP/vmlinux" bs=1 seek="$1" conv=notrunc 2>/dev/null
	memory 512MiB "$TMP/vmlinux"
	refused 2 "kernel $TMP/vmlinux: $3"
}

# cut KERNEL-BYTES INITRD-BYTES STATUS TEXT: 0 is all of it
cut_short() {
	cp "$KERNEL" "$TMP/vmlinux" && cp "$INITRD" "$TMP/initrd"
	[ "$1" = 0 ] || head -c "$1" "$KERNEL" >"$TMP/vmlinux"
	[ "$2" = 0 ] || head -c "$2" "$INITRD" >"$TMP/initrd"
	memory 512MiB "$TMP/vmlinux" "$TMP/initrd"
	refused 2 "$3"
}

# A large gzip file's end does not always tell that something is missing; an archive's end does.
cut_archive() {
	zcat "$INITRD" 2>/dev/null | head -c 1000000 >"$TMP/initrd"
	memory 512MiB "$KERNEL" "$TMP/initrd"
	refused 2 "initrd $TMP/initrd: is cut short"
}

kernel_is() {
	memory 512MiB "$1"
	refused 2 "$2"
}

initrd_is() {
	memory 512MiB "$KERNEL" "$1"
	refused 2 "$2"
}

fifo() {
	mkfifo "$TMP/fifo"
	memory 512MiB "$TMP/fifo"
	refused 2 "kernel $TMP/fifo: is a pipe"
}

not_elf() {
	head -c 100000 /dev/urandom >"$TMP/junk"
	kernel_is "$TMP/junk" 'is no ELF file: give the vmlinux'
	: >"$TMP/empty"
	kernel_is "$TMP/empty" 'the file is empty'
	{
		printf BZh9
		head -c 1000 /dev/zero
	} >"$TMP/packed"
	kernel_is "$TMP/packed" 'is bzip2 data: unpack it'
	gzip -c <"$BARE/guest-little.elf" | head -c 1000 >"$TMP/packed"
	kernel_is "$TMP/packed" 'its gzip data is corrupt or cut short'
}

too_small() {
	memory 64MiB
	refused 2 'guest.toml:2:10: machine.memory: out of range'
	dd if=/dev/zero of="$TMP/big" bs=1M count=110 2>/dev/null
	printf '070701' | dd of="$TMP/big" conv=notrunc 2>/dev/null
	head -c 115343360 /dev/urandom >"$TMP/big"
	memory 128MiB "$KERNEL" "$TMP/big"
	refused 2 "initrd $TMP/big: needs guest RAM up to"
	patched 88 '\000\000\000\100\000\000\000\000' 'needs guest RAM up to'
}

# with LINE STATUS TEXT [OPTION...]: a [machine] line
with() {
	MORE=$1 status=$2 text=$3
	shift 3
	memory 512MiB
	refused "$status" "$text" "$@"
}

dry_run_is() {
	memory 512MiB
	MORE=$2 && memory 512MiB
	vmm --dry-run
	status_is "$1"
	[ ! -s "$TMP/console" ] || no 'the guest ran'
}

# A user who is not root has no right to /dev/kvm. The program is where that user can read it.
other_user() {
	cp "$SPAPR_VMM" /tmp/spapr-vmm
	chmod 600 /dev/kvm
	STATUS=0
	start-stop-daemon -S -c nobody -x /tmp/spapr-vmm -- check >"$TMP/console" 2>"$TMP/log" || STATUS=$?
	status_is 3
	console_has 'FAIL kvm: /dev/kvm: Permission denied: '
}

# check_says STATUS TEXT: what "check" prints
check_says() {
	STATUS=0
	"$SPAPR_VMM" check >"$TMP/console" 2>"$TMP/log" || STATUS=$?
	status_is "$1"
	console_has "$2"
}

# Run, dry run and check, all of them, find what is missing.
host_lacks() {
	memory 512MiB
	refused 3 "$1"
	refused 3 "$1" --dry-run
	check_says 3 FAIL
	console_has "$1"
}

tree() {
	MORE='vcpus = 4
threads_per_core = 2' && memory 1GiB
	vmm --dump-dtb "$LAB_OUT/guest.dtb"
	status_is 0
	[ ! -s "$TMP/console" ] || no 'standard output is not empty'
	dtc -I dtb -O dts "$LAB_OUT/guest.dtb" >"$LAB_OUT/guest.dts" 2>"$TMP/dtc" || no "dtc: $(head -n 1 "$TMP/dtc")"
	# What PAPR writes differently from a board's tree: addresses in names, cells of vdevice.
	! grep -Ev 'unit_address|reg_format|avoid_default_addr|interrupt|simple_bus|chosen_node' "$TMP/dtc" >"$TMP/left" ||
		no "dtc: $(head -n 1 "$TMP/left")"
	grep -q 'ibm,architecture-vec-5' "$LAB_OUT/guest.dts" || no 'this is no tree of a partition'
}

ELF='copy it again'
try "no kernel: ELF of 32 bits" patched 4 '\001' 'is a 32-bit ELF'
try "no kernel: no such class" patched 4 '\003' "has a corrupt ELF header: $ELF"
try "no kernel: no such byte order" patched 5 '\007' "has a corrupt ELF header: $ELF"
try "no kernel: an object file" patched 16 '\001' 'is no executable ELF'
try "no kernel: x86" patched 18 '\076' 'is an ELF for another architecture'
try "no kernel: entry outside" patched 24 '\377\377\377\377\377\377\377\377' "has corrupt segments or an entry outside them: $ELF"
try "no kernel: headers far outside" patched 32 '\360\377\377\377\377\377\377\177' "has corrupt segments"
try "no kernel: headers outside" patched 32 '\000\000\000\100\000\000\000\000' "is cut short"
try "no kernel: no segments" patched 56 '\000\000' "has a corrupt program header table: $ELF"
try "no kernel: too many segments" patched 56 '\377\377' "has a corrupt program header table: $ELF"
for field in 72 88 96 104; do
	try "no kernel: segment field $field is huge" patched $field '\360\377\377\377\377\377\377\377' "has corrupt segments"
done
try "no kernel: a pipe" fifo
try "no kernel: something else" not_elf
try "no kernel: a directory" kernel_is /tmp 'boot.kernel: /tmp: Is a directory'
try "no kernel: missing" kernel_is /none 'boot.kernel: /none: No such file'
try "no initrd: a directory" initrd_is /tmp 'boot.initrd: /tmp: Is a directory'
try "no initrd: missing" initrd_is /none 'boot.initrd: /none: No such file'
for n in 10 60 3000; do
	try "a kernel of $n bytes" cut_short $n 0 "kernel $TMP/vmlinux: "
	try "an initrd of $n bytes" cut_short 0 $n "initrd $TMP/initrd: is cut short"
done
try "an archive of 1000000 bytes" cut_archive
try "memory too small" too_small
try "more memory than there is" with 'huge_pages = "off"' 3 'guest RAM' --set machine.memory=64GiB
try "too many vcpus" with 'vcpus = 4096' 2 'machine.vcpus: out of range'
try "vcpus that threads do not divide" with 'vcpus = 3
threads_per_core = 2' 2 'threads_per_core'
try "a newer CPU than the host's" with 'cpu = "power10"' 3 'this host is a POWER9'
try "an unknown key" with 'memroy = "1GiB"' 2 'unknown key, did you mean "memory"?'
try "an unknown option" with '' 2 'did you mean "--dry-run"' --dryrun
try "a console file that cannot be" with '' 2 'choose a path that can be written' --set console.backend=file:/none/x
case $LAB_HOST in
*-4k) try "XIVE on a host with 4K pages" with 'irqchip = "xive"' 3 'xive' ;;
*-64k) try "a dry run takes XIVE" dry_run_is 0 'irqchip = "xive"' ;;
esac
try "a dry run takes XICS" dry_run_is 0 'irqchip = "xics"'
try "a dry run takes 4 threads" dry_run_is 0 'vcpus = 8
threads_per_core = 4'
try "a dry run refuses" dry_run_is 3 'cpu = "power10"'
try "check finds a good host" check_says 0 'KVM-HV through /dev/kvm'
try "the device tree" tree
if [ "$LAB_HOST" != native ]; then
	try "another user" other_user
	rm /dev/kvm
	try "/dev/kvm is missing" host_lacks '/dev/kvm: No such file'
	mknod -m 600 /dev/kvm c 10 232
	until_true rmmod kvm_hv # the kernel lets go of the last guest in its own time
	rm -f /dev/kvm
	until_true rmmod kvm
	try "kvm is not loaded" host_lacks 'modprobe kvm_hv'
	insmod /modules/kvm.ko
	try "kvm_hv is not loaded" host_lacks 'modprobe kvm_hv'
	insmod /modules/kvm-hv.ko
fi
finish
