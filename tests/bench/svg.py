# SPDX-License-Identifier: BSD-2-Clause
"""Two kinds of charts as SVG text, readable on light and dark pages: bars beside bars, and stacks."""

from xml.sax.saxutils import escape

OURS, OTHER = "#0f7b6c", "#b9bec7"
SHADES = ["#0f7b6c", "#3c6fb6", "#d08a2e", "#8a5fb0", "#b84a4a", "#5b8c3a", "#7a7f87"]
WIDTH, LABEL, RIGHT, BAR = 860, 330, 90, 15
FONT = 'font-family="DejaVu Sans, Helvetica, Arial, sans-serif"'


def text(x, y, s, size=12, anchor="start", fill="#222", weight="normal"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{fill}" '
            f'font-weight="{weight}">{escape(s)}</text>')


def rect(x, y, w, h, fill, title=""):
    tip = f"<title>{escape(title)}</title>" if title else ""
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(w, 0.8):.1f}" height="{h}" fill="{fill}">{tip}</rect>'


def page(height, parts):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
            f'viewBox="0 0 {WIDTH} {height}" {FONT}>'
            f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>' + "".join(parts) + "</svg>\n")


def legend(names, fills, y):
    parts, x = [], LABEL
    for name, fill in zip(names, fills):
        parts += [rect(x, y - 10, 12, 12, fill), text(x + 17, y, name)]
        x += 30 + 7.2 * len(name)
    return parts


def bars(title, names, rows, number):
    """@rows: (label, [ours, other], unit), None for what was not measured. One scale for all."""
    scale = (WIDTH - LABEL - RIGHT) / max(v for _, vs, _ in rows for v in vs if v is not None)
    parts = [text(16, 26, title, 15, weight="bold"), *legend(names, (OURS, OTHER), 50)]
    y = 68
    for label, values, unit in rows:
        parts.append(text(LABEL - 10, y + BAR + 4, label, anchor="end"))
        for value, fill in zip(values, (OURS, OTHER)):
            if value is None:
                parts.append(text(LABEL + 5, y + 12, "not measured", 11, fill="#777"))
            else:
                w = value * scale
                parts += [rect(LABEL, y, w, BAR, fill), text(LABEL + w + 6, y + 12, number(value, unit), 11)]
            y += BAR + 1
        y += 11
    parts.append(f'<line x1="{LABEL}" y1="62" x2="{LABEL}" y2="{y - 6}" stroke="#888"/>')
    return page(y + 6, parts)


def stacks(title, cases):
    """@cases: (label, [(phase, seconds)]). The largest phases have a colour, the others share one."""
    total = {}
    for _, phases in cases:
        for name, seconds in phases:
            total[name] = max(total.get(name, 0), seconds)
    big = sorted(total, key=total.get, reverse=True)[:len(SHADES) - 1]
    names = [n for n in total if n in big] + ["others"]
    fill = dict(zip(names, SHADES))
    longest = max(sum(s for _, s in phases) for _, phases in cases)
    scale = (WIDTH - 150 - RIGHT) / longest
    parts, x = [text(16, 26, title, 15, weight="bold")], 16
    for name in names:
        parts += [rect(x, 40, 12, 12, fill[name]), text(x + 17, 50, name)]
        x += 32 + 7.2 * len(name)
    y = 72
    for label, phases in cases:
        x = 150.0
        share = {n: 0.0 for n in names}
        for name, seconds in phases:
            share[name if name in big else "others"] += seconds
        parts.append(text(140, y + 18, label, anchor="end"))
        for name in names:
            w = share[name] * scale
            if share[name] > 0:
                parts.append(rect(x, y, w, 26, fill[name], f"{name}: {share[name] * 1e3:.2f} ms"))
            x += w
        parts.append(text(x + 6, y + 18, f"{sum(share.values()) * 1e3:.1f}", 11))
        y += 38
    return page(y + 4, parts)
