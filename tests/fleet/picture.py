"""A run drawn as SVG: rate and waiting above, delays below, over time."""

from xml.sax.saxutils import escape

WIDE, HIGH, LEFT, TOP, GAP = 860, 150, 64, 40, 46
INK, GRID = "#334", "#dde"


def picture(title, panels):
    """SVG text. `panels`: [(name, unit, [(line name, colour, [value or None each second])])]."""
    height = TOP + len(panels) * (HIGH + GAP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDE + LEFT + 20}" height="{height}" '
        f'font-family="sans-serif" font-size="12" fill="{INK}">',
        f'<rect width="100%" height="100%" fill="white"/><text x="{LEFT}" y="20" font-size="14">{escape(title)}</text>',
    ]
    for at, (name, unit, lines) in enumerate(panels):
        parts += _panel(TOP + at * (HIGH + GAP), name, unit, lines)
    return "\n".join([*parts, "</svg>\n"])


def _panel(top, name, unit, lines):
    most = max((value for *_line, values in lines for value in values if value is not None), default=0) or 1
    count = max(len(values) for *_line, values in lines)
    for part in (0, 0.5, 1):
        y = top + HIGH - part * HIGH
        yield f'<line x1="{LEFT}" x2="{LEFT + WIDE}" y1="{y}" y2="{y}" stroke="{GRID}"/>'
        yield f'<text x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{most * part:,.4g}</text>'
    yield f'<text x="{LEFT}" y="{top - 6}">{escape(name)}, {escape(unit)}</text>'
    yield f'<text x="{LEFT + WIDE}" y="{top + HIGH + 16}" text-anchor="end">{count} s</text>'
    for at, (label, colour, values) in enumerate(lines):
        x = LEFT + WIDE - 150 * at
        yield f'<text x="{x}" y="{top - 6}" text-anchor="end" fill="{colour}">{escape(label)}</text>'
        points = " ".join(
            f"{LEFT + WIDE * second / max(count - 1, 1):.1f},{top + HIGH - HIGH * value / most:.1f}"
            for second, value in enumerate(values)
            if value is not None
        )
        yield f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.2"/>'
