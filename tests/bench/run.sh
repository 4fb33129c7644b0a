# SPDX-License-Identifier: BSD-2-Clause
# The measures of docs/BENCHMARKS.md, for our program and for QEMU. Run by scripts/bench on a POWER
# host of the lab with --icount --nvme: a second is a thousand million instructions there.
# Arguments: how many times each, then VMMs (ours qemu).
# shellcheck shell=sh
. "$LAB/lib/lib.sh"
# shellcheck source-path=SCRIPTDIR
. "$LAB/../bench/vmm.sh"
. "$LAB/../bench/cases.sh"

TIMES=$1
shift

trace_prepare
to_memory
for vmm in "$@"; do
	guest_of "$vmm" 512 1 poweroff
	boot "$vmm" warm exit 0 >/dev/null # the files are in memory from here on
	bind_vfio
	i=0
	while [ $i -lt "$TIMES" ]; do
		i=$((i + 1))
		start "$vmm" ''
		start "$vmm" vfio
		firmware "$vmm"
		first_run "$vmm" 512
		first_run "$vmm" 2048 vfio
		payload "$vmm" vfio
		payload_kernel "$vmm"
		payload "$vmm" emulated
		resident "$vmm" ''
		resident "$vmm" vfio
	done
done
echo "value ours size $(wc -c <"$STRIPPED")"
# At the end: on nested-v1 QEMU's third guest of four vCPUs never comes up, and the host with it.
for vmm in "$@"; do
	for i in $(seq "$TIMES"); do
		others "$vmm"
	done
done
echo done
