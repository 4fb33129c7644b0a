# SPDX-License-Identifier: BSD-2-Clause
# What a guest agrees on by ibm,client-architecture-support, and how KVM changes under it: a guest without a
# kernel again and again, and Linux started by the client interface, whose tree is then that of a direct
# boot. With the argument "all" also less usual shapes: on p9-64k, p9-4k, p9-hash, p10-64k and nested-v1.
# hosts: p9-64k
# also: p9-4k p9-hash p10-64k nested-v1
# timeout: 900
# seconds: 60
# options: --smp 2
# shellcheck shell=sh
. "$LAB/lib/lib.sh"

LIMIT_S=200 # four vCPUs on a host that shares its CPUs

best=$(best_intc)
mmu=Radix
[ "$LAB_HOST" != p9-hash ] || mmu=Hash

changes() {
	bare cas "$1"
	echo 'firmware = "builtin"' >>"$TMP/guest.toml"
	vmm
	status_is 0
	console_has 'topic cas: '
	console_has 'guest: done'
	console_lacks ', expected '
	console_lacks 'skipped'
}

# Runs in the guest: who interrupts, which MMU, which processor, and all of the tree.
looks='grep -om1 "XIVE-IPI\|XICS" /proc/interrupts | sed "s/-IPI//; s/^/intc: /"
grep MMU /proc/cpuinfo; grep -m1 ^cpu /proc/cpuinfo
cd /proc/device-tree; find . -type f | sort | while read -r f; do echo "tree: $f $(md5sum <$f)"; done'

# linux VCPUS INTC MMU [LINE [MORE]]: MORE are for the command line, LINE is for the machine
linux() {
	printf 'vcpus = %s\nmemory = "512MiB"\n%s\n' "$1" "${4-}" |
		guest 6.12-4k "run:$(echo "$looks" | base64 | tr -d '\n') ${5-}"
	[ "${DIRECT-}" ] || echo 'firmware = "builtin"' >>"$TMP/guest.toml"
	vmm
	status_is 0
	console_has "L2: init running, $1 cpus"
	console_has "intc: $2"
	console_has "MMU		: $3"
	console_lacks 'Kernel panic'
	console_lacks 'Call Trace'
	console_lacks 'WARNING'
	! grep -qv '^info: ' "$TMP/log" || no "the VMM says: $(grep -v '^info: ' "$TMP/log" | head -n 1)"
}

# What firmware adds or places, Linux's own marks on nodes, and what is random.
own='/(linux,)?phandle |chosen/(rng-seed|linux,|bootpath|stdin|stdout|memory|mmu|cpu |ibm,arch-vec-5)|rtas/linux,'
own="$own|^tree: ./(aliases|options|openprom|packages)/|/name |memory@0/available"

tree() { tr -d '\r' <"$TMP/console" | grep '^tree: ' | grep -vE "$own"; }

same_tree() {
	linux 1 $best $mmu
	tree >"$LAB_OUT/tree-cas"
	DIRECT=1 linux 1 $best $mmu
	tree >"$LAB_OUT/tree-direct"
	[ "$(wc -l <"$LAB_OUT/tree-direct")" -ge 100 ] || no "$(wc -l <"$LAB_OUT/tree-direct") properties"
	diff "$LAB_OUT/tree-direct" "$LAB_OUT/tree-cas" >"$TMP/diff" || no "$(grep -m 1 '^[<>]' "$TMP/diff")"
}

is() {
	linux "$@"
	console_has "cpu		: $WORD"
}

try "topic cas" changes little
try "Linux's tree is that of a direct boot" same_tree
try "4 vCPUs" linux 4 $best $mmu
if [ "${1-}" = all ]; then
	try "topic cas, big-endian" changes big
	try "XICS when asked for" linux 1 XICS $mmu 'irqchip = "xics"'
	try "Linux that wants no XIVE" linux 1 XICS $mmu '' xive=off
	[ $best = XICS ] || try "XIVE when asked for" linux 1 XIVE $mmu 'irqchip = "xive"'
	case $LAB_HOST in
	nested-*) ;;
	*)
		try "Linux that wants no radix" linux 4 $best Hash '' disable_radix
		try "hash when asked for" linux 1 $best Hash 'mmu = "hash"'
		;;
	esac
	WORD='POWER9 (architected)' try "a POWER9 where it is told so" is 1 $best $mmu 'cpu = "power9"'
fi
finish
