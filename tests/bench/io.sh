# SPDX-License-Identifier: BSD-2-Clause
# Disk and network beside QEMU: the measures of docs/BENCHMARKS-IO.md. Run by scripts/bench --io on a
# POWER host of the lab with --icount --nvme --e1000e.
# Arguments: how many times each, then VMMs (ours qemu).
# shellcheck shell=sh
. "$LAB/lib/lib.sh"
. "$LAB/lib/debian.sh"
# shellcheck source-path=SCRIPTDIR
. "$LAB/../bench/vmm.sh"
. "$LAB/../bench/io_cases.sh"

TIMES=$1
shift

prepare
i=0
while [ $i -lt "$TIMES" ]; do
	i=$((i + 1))
	for vmm in "$@"; do
		emulated "$vmm"
		passed "$vmm" ddw
		passed "$vmm" small
		[ "$vmm" != ours ] || passed "$vmm" kernel
	done
done
echo done
