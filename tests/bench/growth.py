"""How the store's figures grow with ten times the data and ten times the terminals, drawn as SVG bars."""

from xml.sax.saxutils import escape

LEFT, WIDE, BAR, GAP, TOP = 310, 420, 16, 12, 58
INK, FEW, MANY = "#334", "#7a9cc6", "#c66"
DATA, TERMINALS = " million", "batches of 500 terminals"


def pairs(rows):
    """[(name, unit, value before, value with ten times as much)] out of a store's rows."""
    by_name, found = {row.name: row for row in rows}, []
    for row in rows:
        if row.name.endswith(DATA):  # its ratio is to the same question to a tenth, in the same rounds
            name = row.name.removeprefix("store, ").rpartition(", of ")[0]
            found.append((name, row.unit, row.value / row.ratio, row.value))
    few, many = (by_name.get(f"store, ingest, {name}, x base") for name in ("1 connection", TERMINALS))
    if few and many:
        found.append(("ingest, a batch of 500 instead of 50 terminals", few.unit, few.value, many.value))
    return found


def picture(rows):
    """SVG text: two bars each, the longer one as wide as the picture."""
    drawn = pairs(rows)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDE + 120}" '
        f'height="{TOP + len(drawn) * (2 * BAR + GAP)}" font-family="sans-serif" font-size="12" fill="{INK}">',
        '<rect width="100%" height="100%" fill="white"/>',
        f'<text x="{LEFT}" y="20" font-size="14">The same, and with ten times as much</text>',
        f'<text x="{LEFT}" y="40" fill="{FEW}">before</text>',
        f'<text x="{LEFT + 60}" y="40" fill="{MANY}">ten times</text>',
    ]
    for at, (name, unit, few, many) in enumerate(drawn):
        y, most = TOP + at * (2 * BAR + GAP), max(few, many) or 1
        parts.append(f'<text x="{LEFT - 8}" y="{y + BAR + 4}" text-anchor="end">{escape(name)}</text>')
        for row, (value, colour) in enumerate(((few, FEW), (many, MANY))):
            width, top = WIDE * value / most, y + row * BAR
            parts.append(f'<rect x="{LEFT}" y="{top}" width="{width:.1f}" height="{BAR - 2}" fill="{colour}"/>')
            said = f"{value:,.3g} {escape(unit)}" if value < 1000 else f"{value:,.0f} {escape(unit)}"
            parts.append(f'<text x="{LEFT + width + 6:.1f}" y="{top + 12}">{said}</text>')
    return "\n".join([*parts, "</svg>\n"])
