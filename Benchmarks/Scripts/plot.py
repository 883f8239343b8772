# SPDX-License-Identifier: Apache-2.0
"""Draws the growth of each workload with its size, as SVG."""

import collections
import html
import math

PANELS = [
    ("Parse, print, diagnose a policy", "mx lines", ["policy", "print policy", "diagnose policy"]),
    ("Match a host, identify a certificate", "patterns or DNS-IDs", ["match", "certificate identity"]),
    ("Warm look-up (peek)", "domains in the cache", [
        "peek, uniform, 1 thread", "peek, 64 hot, 1 thread", "peek, uniform, 2 threads", "peek, 64 hot, 2 threads"]),
    ("File store", "entries", ["file store, get", "file store, put"]),
    ("TLS reports", "domains", ["count a session", "build a day's reports"]),
    ("Read a TLS report", "octets", ["read a report"]),
]
COLOURS = ["#1f5fa8", "#c8501e", "#2e8540", "#7b3fa0"]
WIDTH, HEIGHT, LEFT, TOP, GAP = 420, 250, 70, 60, 60


def svg(results):
    """The plot of the results of `run`."""
    series = collections.defaultdict(list)
    for result in results:
        if result["nanoseconds"]:
            series[result["workload"]].append((result["size"], result["nanoseconds"]))
    panels = [(title, axis, {name: sorted(series[name]) for name in names if len(series[name]) > 1})
              for title, axis, names in PANELS]
    panels = [panel for panel in panels if panel[2]]
    columns = 2
    rows = math.ceil(len(panels) / columns)
    width = columns * (WIDTH + LEFT + GAP)
    height = TOP + rows * (HEIGHT + 2 * GAP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
        text(LEFT, 30, "Time of one operation by size (both axes logarithmic; grey: proportional to the size)", 16),
    ]
    for place, (title, axis, lines) in enumerate(panels):
        x = LEFT + (place % columns) * (WIDTH + LEFT + GAP)
        y = TOP + 30 + (place // columns) * (HEIGHT + 2 * GAP)
        parts += panel(x, y, title, axis, lines)
    return "\n".join(parts + ["</svg>", ""])


def text(x, y, content, size=12, anchor="start", colour="#222", turn=None):
    turned = f' transform="rotate({turn} {x:.1f} {y:.1f})"' if turn else ""
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{colour}"{turned}>'
            f"{html.escape(content)}</text>")


def panel(x, y, title, axis, lines):
    points = [point for line in lines.values() for point in line]
    low_x, high_x = decades(size for size, _ in points)
    low_y, high_y = decades(time for _, time in points)

    def place(size, time):
        across = (math.log10(size) - low_x) / (high_x - low_x)
        up = (math.log10(time) - low_y) / (high_y - low_y)
        return x + across * WIDTH, y + HEIGHT - up * HEIGHT

    parts = [text(x, y - 10, title, 14)]
    for power in range(low_x, high_x + 1):
        across, _ = place(10**power, 10**low_y)
        parts.append(f'<path d="M{across:.1f} {y}v{HEIGHT}" stroke="#e4e4e4"/>')
        parts.append(text(across, y + HEIGHT + 16, f"{10**power:,}", 11, "middle"))
    for power in range(low_y, high_y + 1):
        _, up = place(10**low_x, 10**power)
        parts.append(f'<path d="M{x} {up:.1f}h{WIDTH}" stroke="#e4e4e4"/>')
        parts.append(text(x - 6, up + 4, duration(power), 11, "end"))
    for factor in (2, 5) if high_y - low_y == 1 else ():
        _, up = place(10**low_x, factor * 10**low_y)
        parts.append(f'<path d="M{x} {up:.1f}h{WIDTH}" stroke="#f0f0f0"/>')
        parts.append(text(x - 6, up + 4, duration(low_y, factor), 11, "end"))
    parts.append(f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" fill="none" stroke="#999"/>')
    parts.append(text(x + WIDTH / 2, y + HEIGHT + 34, axis, 12, "middle"))
    parts.append(text(x - 52, y + HEIGHT / 2, "time of one operation", 12, "middle", turn=-90))
    parts.append(guide(x, y, place, low_x, high_x, low_y, high_y))
    for number, (name, line) in enumerate(lines.items()):
        colour = COLOURS[number % len(COLOURS)]
        path = " ".join(f"{'ML'[bool(step)]}{a:.1f} {b:.1f}" for step, (a, b) in
                        enumerate(place(*point) for point in line))
        dashes = ' stroke-dasharray="6 4"' if "2 threads" in name else ""
        parts.append(f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>')
        for point in line:
            a, b = place(*point)
            parts.append(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3" fill="{colour}"/>')
        across = x + (number % 2) * WIDTH / 2
        down = y + HEIGHT + 52 + (number // 2) * 16
        parts.append(f'<path d="M{across} {down - 4}h22" stroke="{colour}" stroke-width="2"{dashes}/>')
        parts.append(text(across + 28, down, name))
    return parts


def guide(x, y, place, low_x, high_x, low_y, high_y):
    """A line of slope 1, from corner to edge."""
    steps = min(high_x - low_x, high_y - low_y)
    (a, b), (c, d) = place(10**low_x, 10**low_y), place(10**(low_x + steps), 10**(low_y + steps))
    return f'<path d="M{a:.1f} {b:.1f}L{c:.1f} {d:.1f}" stroke="#bbb" stroke-dasharray="2 4"/>'


def decades(values):
    logs = [math.log10(value) for value in values]
    low, high = math.floor(min(logs)), math.ceil(max(logs))
    return low, max(high, low + 1)


def duration(power, factor=1):
    """10 to a power of nanoseconds, so many times."""
    unit = ["ns", "us", "ms", "s"][min(power // 3, 3)]
    return f"{factor * 10 ** (power - 3 * min(power // 3, 3)):,} {unit}"
