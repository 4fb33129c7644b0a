# SPDX-License-Identifier: BSD-2-Clause
"""What is measured: one row each. A row: title, names of the values that run.sh prints, unit, the
goal as an absolute value or as a factor of QEMU's ("0.5x"), and a difference where a value is one."""

from collections import namedtuple

Row = namedtuple("Row", "key title unit goal chart minus", defaults=(None,))

S, KIB, INSN, N, B = "s", "KiB", "instructions", "", "bytes"

ROWS = [
    Row("first-run", "exec to first KVM_RUN, 512 MiB", S, 0.02, "start"),
    Row("start-512-byte", "exec to first console byte, 512 MiB", S, 0.12, "start"),
    Row("start-2048-byte", "the same, 2 GiB", S, None, "start"),
    Row("start-vfio-512-byte", "the same, NVMe through VFIO, 512 MiB", S, 0.22, "start"),
    Row("start-vfio-2048-byte", "the same, NVMe through VFIO, 2 GiB", S, 0.36, "start"),
    Row("client-byte", "512 MiB, the kernel by the client interface (QEMU: as above)", S, "1x", "start"),
    Row("disk-grub", "exec to GRUB's first words, from a disk (QEMU: by SLOF)", S, "1x", "start"),
    Row("first-run-vfio-2048", "first KVM_RUN with 2 GiB registered for VFIO", S, None, "start"),
    Row("start-512-init", "exec to guest init, 512 MiB", S, 1.25, "init"),
    Row("start-vfio-512-init", "the same, NVMe through VFIO", S, 1.55, "init"),
    Row("client-init", "the same, 512 MiB, the kernel by the client interface", S, "1x", "init"),
    Row("disk-init", "the same, 512 MiB, by GRUB from a disk (QEMU: by SLOF)", S, "1x", "init"),
    Row("reboot", "reboot in place, init to init", S, "0.5x", "init", ("reboot-init2", "reboot-init1")),
    Row("smp-up", "four vCPUs: the kernel brings up three", S, "0.5x", "init"),
    Row("resident", "resident beyond guest RAM", KIB, 4096, "memory"),
    Row("resident-vfio", "the same, NVMe through VFIO", KIB, 5120, "memory"),
    Row("first-run-ioctls", "ioctls until the first KVM_RUN", N, None, None),
    Row("libraries", "shared libraries", N, 8, None),
    Row("size", "stripped program", B, 300 * 1024, None),
    Row("vfio-unknown-hcall", "unknown hypercall", INSN, "0.6x", "calls"),
    Row("vfio-rtas-clock", "RTAS get-time-of-day", INSN, "0.6x", "calls"),
    Row("vfio-put-tce", "H_PUT_TCE, VFIO", INSN, "2x", "calls"),
    Row("kernel-put-tce", "the same, tce = kernel", INSN, "1x", "calls"),
    Row("vfio-get-tce", "H_GET_TCE, VFIO", INSN, "1x", "calls"),
    Row("kernel-get-tce", "the same, tce = kernel", INSN, "1x", "calls"),
    Row("vfio-config-read", "PCI config read (RTAS), passed-through function", INSN, None, "calls"),
    Row("emulated-config-read", "PCI config read (RTAS), virtio function", INSN, None, "calls"),
    Row("emulated-trapped-load", "load from a trapped BAR (virtio)", INSN, None, "calls"),
    Row("emulated-put-tce", "H_PUT_TCE, window of an emulated device", INSN, "1x", "calls"),
    Row("emulated-get-tce", "H_GET_TCE, window of an emulated device", INSN, "1x", "calls"),
    Row("vfio-ipi", "IPI to a vCPU that sleeps (XICS)", INSN, None, "calls"),
    Row("vfio-timer-late", "timer, lateness of a vCPU that sleeps", INSN, None, "calls"),
    Row("vfio-cpu-start", "RTAS start-cpu to its first instruction", INSN, "0.5x", "cpu"),
    Row("vfio-put-tce-indirect-512", "H_PUT_TCE_INDIRECT of 512, VFIO", INSN, "0.5x", "bulk"),
    Row("kernel-put-tce-indirect-512", "the same, tce = kernel", INSN, "1x", "bulk"),
    Row("vfio-stuff-tce-512", "H_STUFF_TCE of 512, VFIO", INSN, "0.5x", "bulk"),
    Row("kernel-stuff-tce-512", "the same, tce = kernel", INSN, "1x", "bulk"),
    Row("emulated-put-tce-indirect-512", "H_PUT_TCE_INDIRECT of 512, emulated device", INSN, None, "bulk"),
    Row("emulated-stuff-tce-512", "H_STUFF_TCE of 512, emulated device", INSN, None, "bulk"),
    Row("vfio-window", "DDW create and remove, 2 GiB in pages of the host", INSN, "0.3x", "window"),
]

CHARTS = {
    "start": "Start: virtual seconds from exec",
    "init": "Guest: virtual seconds",
    "memory": "Resident memory beyond guest RAM, KiB",
    "calls": "Calls: instructions, guest, VMM and kernel together",
    "bulk": "Bulk TCE calls: instructions",
    "cpu": "Start of a vCPU: instructions",
    "window": "DDW window: instructions",
}
