#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Whose code the program's text is: tests/bench/text.py PROGRAM [PROGRAM before]

Bytes of instructions by folder, as the table of lines says (inlined code is its writer's), of programs that
are not stripped. What no line of ours is behind is "libraries": the C++ library, stubs of calls.
"""
import collections
import re
import subprocess
import sys

OBJDUMP = "powerpc64le-linux-gnu-objdump"
FOLDERS = r"(vmm/(?:base|conf|kvm|control|machine)|vmm|devices/\w+|sphapr|firmware|vfio)/[^:]*\.(?:c|h|cpp)$"
GAP = 4096  # no line of ours has so many instructions


def folder(path):
    if "toml++" in path:
        return "toml++"
    found = re.search(r"(?:^|/)" + FOLDERS, path)
    return found.group(1) if found else "libraries"


def rows(program):
    """(address, file) of each row of the line table."""
    out = subprocess.run([OBJDUMP, "--dwarf=decodedline", program], capture_output=True, text=True, check=True)
    path = ""
    for line in out.stdout.splitlines():
        if found := re.match(r"(?:CU: )?(\S.*):$", line):
            path = found.group(1)
        elif found := re.match(r"\S+\s+(?:\d+|-)\s+0x([0-9a-f]+)", line):
            yield int(found.group(1), 16), path


def by_folder(program):
    table = sorted(rows(program), key=lambda row: row[0])
    sizes = collections.Counter()
    for (at, path), (end, _) in zip(table, table[1:]):
        sizes[folder(path) if end - at < GAP else "libraries"] += end - at
    return sizes


def main():
    programs = [by_folder(p) for p in sys.argv[1:]]
    if not programs:
        sys.exit(__doc__)
    for name in sorted(set().union(*programs), key=lambda f: -programs[0][f]):
        print(f"| {name} | " + " | ".join(f"{p[name]:,}" for p in programs) + " |")
    print("| all | " + " | ".join(f"{sum(p.values()):,}" for p in programs) + " |")


if __name__ == "__main__":
    main()
