#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The report of scripts/bench: report.md, report.json and charts of the "value" lines of run.sh, or
of io.sh.

usage: report.py DIR measures|io_measures HOST...     reads DIR/HOST.txt"""

import importlib
import json
import statistics
import sys
from pathlib import Path

import svg

VMMS = ("ours", "qemu")


def read(path):
    """{vmm: {name: [value, ...]}}, and the lines that tell of failures"""
    values, failed = {v: {} for v in VMMS}, []
    for line in path.read_text().splitlines():
        words = line.split()
        if words[:1] == ["value"] and len(words) == 4 and words[1] in values:
            values[words[1]].setdefault(words[2], []).append(float(words[3]))
        elif words[:1] == ["failed"]:
            failed.append(line)
    return values, failed


def series(values, row):
    if not row.minus:
        return values.get(row.key, [])
    a, b = (values.get(k, []) for k in row.minus)
    return [x - y for x, y in zip(a, b)]


def measured(values, rows):
    out = {}
    for row in rows:
        cell = {}
        for vmm in VMMS:
            xs = series(values[vmm], row)
            if xs:
                cell[vmm] = {"median": statistics.median(xs), "spread": max(xs) - min(xs), "runs": len(xs)}
        out[row.key] = cell
    return out


def number(x, unit):
    if unit == "s":
        return f"{x:.3f}"
    return f"{x:,.0f}"


def goal_of(row, cell):
    """The goal as text and whether it is met (None: there is none, or nothing to compare with)"""
    if row.goal is None or "ours" not in cell:
        return "", None
    ours = cell["ours"]["median"]
    if not isinstance(row.goal, str):
        return number(row.goal, row.unit), ours <= row.goal
    more = row.goal.startswith(">")
    factor = float(row.goal.strip(">x"))
    if "qemu" not in cell:
        return f"{factor} × QEMU", None
    if more:
        return f"> {factor} × QEMU", ours >= factor * cell["qemu"]["median"]
    # "The same" leaves room for what two runs of one program differ by.
    room = 1.02 if factor >= 1 else 1
    return f"{factor} × QEMU", ours <= factor * cell["qemu"]["median"] * room


def table(result, rows):
    yield "| measure | unit | spapr-vmm | spread | QEMU | spread | runs | ours / QEMU | goal | met |"
    yield "|---|---|---:|---:|---:|---:|---:|---:|---:|---|"
    for row in rows:
        cell = result[row.key]
        if not cell:
            continue
        text = []
        for vmm in VMMS:
            if vmm in cell:
                text += [number(cell[vmm]["median"], row.unit), number(cell[vmm]["spread"], row.unit)]
            else:
                text += ["", ""]
        ratio = ""
        if len(cell) == 2 and cell["qemu"]["median"]:
            ratio = f"{cell['ours']['median'] / cell['qemu']['median']:.2f}"
        runs = "/".join(str(cell[vmm]["runs"]) for vmm in VMMS if vmm in cell)
        goal, met = goal_of(row, cell)
        verdict = {True: "yes", False: "**no**", None: ""}[met]
        yield f"| {row.title} | {row.unit} | {' | '.join(text)} | {runs} | {ratio} | {goal} | {verdict} |"


def phases(values, case):
    prefix = case + "-phase-"
    found = [(k[len(prefix):].replace("_", " "), statistics.median(v))
             for k, v in values["ours"].items() if k.startswith(prefix)]
    return [(name, seconds) for name, seconds in found if seconds > 0]


def charts(out, host, values, result, measures):
    names = []
    for chart, title in measures.CHARTS.items():
        bars = [(row.title, [result[row.key].get(v, {}).get("median") for v in VMMS], row.unit)
                for row in measures.ROWS if row.chart == chart and result[row.key]]
        if bars:
            names.append(f"{host}-{chart}.svg")
            (out / names[-1]).write_text(svg.bars(f"{title} ({host})", ("spapr-vmm", "QEMU"), bars, number))
    cases = [(title, phases(values, case)) for title, case in (
        ("512 MiB", "start-512"), ("2 GiB", "start-2048"),
        ("VFIO, 512 MiB", "start-vfio-512"), ("VFIO, 2 GiB", "start-vfio-2048")) if phases(values, case)]
    if cases:
        names.append(f"{host}-phases.svg")
        (out / names[-1]).write_text(svg.stacks(f"Phases of our start, ms ({host})", cases))
    return names


def main():
    out, measures, hosts = Path(sys.argv[1]), importlib.import_module(sys.argv[2]), sys.argv[3:]
    report, everything, missing = [], {}, False
    for host in hosts:
        values, failed = read(out / f"{host}.txt")
        result = measured(values, measures.ROWS)
        everything[host] = result
        report += ["", f"### {host}", "", *table(result, measures.ROWS), ""]
        report += [f"![{name}]({name})" for name in charts(out, host, values, result, measures)]
        report += [f"- {line}" for line in failed]
        missing |= bool(failed)
    (out / "report.md").write_text("\n".join(report).strip() + "\n")
    (out / "report.json").write_text(json.dumps(everything, indent=1) + "\n")
    print("\n".join(report))
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
