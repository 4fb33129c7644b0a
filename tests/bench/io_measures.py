# SPDX-License-Identifier: BSD-2-Clause
"""What scripts/bench --io measures: rows as in measures.py, made of the cases of io_cases.sh."""

from measures import Row

# Name of the case, its title, what is given of it besides instructions: time of a request, or MiB/s.
DISK = [
    ("read-4k-1", "random read of 4 KiB", "ns"),
    ("read-4k-32", "random read of 4 KiB, 32 at a time", "ns"),
    ("read-1m", "read of 1 MiB in a row, 4 at a time", "rate"),
    ("write-1m", "write of 1 MiB in a row, 4 at a time", "rate"),
]
STREAM = [
    ("send", "1 MiB of TCP from the guest", "rate"),
    ("receive", "1 MiB of TCP to the guest", "rate"),
]
PING = [("ping", "ping", "ns")]

# Name of the device, its title, cases, and whether their time counts: where a device of the outer
# machine does the work most of it is waiting, and as long as that machine pleases.
DEVICES = [
    ("disk", "disk, file on ext4", DISK, True),
    ("tmpfs", "disk, file on tmpfs", DISK, True),
    ("tap", "tap", STREAM + PING, True),
    ("vhost", "tap, vhost-net", STREAM + PING, True),
    ("user", "user network", STREAM + PING, True),
    ("user-1500", "user network, MTU 1500", STREAM + PING, True),
    ("nvme-ddw", "NVMe, DDW", DISK, False),
    ("nvme-small", "NVMe, 32-bit window", DISK, False),
    ("nvme-kernel", "NVMe, 32-bit, tce = kernel", DISK, False),
    ("e1000e-ddw", "e1000e, DDW", STREAM, False),
    ("e1000e-small", "e1000e, 32-bit window", STREAM, False),
    ("e1000e-kernel", "e1000e, 32-bit, tce = kernel", STREAM, False),
]

MEASURES = {
    "ns": ("ns each", "0.833x"),
    "rate": ("MiB/s", ">1.2x"),
    "busy": ("instructions each", "1x"),
}

CHARTS = {
    "disk-4k": "Virtio disk: instructions for a request of 4 KiB",
    "disk-1m": "Virtio disk: instructions for 1 MiB",
    "net": "Networks: instructions for 1 MiB of TCP",
    "ping": "Networks: instructions for a ping",
    "passed-4k": "NVMe through VFIO: instructions for a request of 4 KiB",
    "passed-1m": "Devices through VFIO: instructions for 1 MiB",
}


def chart_of(device, case, emulated):
    if not emulated:
        return "passed-4k" if "4k" in case else "passed-1m"
    if device in ("disk", "tmpfs"):
        return "disk-4k" if "4k" in case else "disk-1m"
    return "ping" if case == "ping" else "net"


def rows(busy):
    for device, title, cases, emulated in DEVICES:
        for case, words, measure in cases:
            unit, goal = MEASURES["busy" if busy else measure]
            yield Row(f"{device}-{case}-{'busy' if busy else measure}", f"{title}: {words}", unit,
                      goal if busy or emulated else None, chart_of(device, case, emulated) if busy else None)


ROWS = [*rows(False), *rows(True)]
