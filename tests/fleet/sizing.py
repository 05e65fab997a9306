"""`python -m tests.fleet.sizing`: what a fleet needs, by a model of measured unit costs; its table is in docs.

The costs were measured by the commands beside them, on two virtual cores (AMD EPYC), CPython 3.11, 2026-11-26. What the
model says of more than ten thousand terminals was not run.
"""

from collections import namedtuple
from math import ceil, log10
from pathlib import Path

SIZES = (10, 100, 1_000, 10_000, 100_000)
PER_GATEWAY, WINDOW_S, UPLOAD_S = 100, 10, 1
YEAR_S, HOUR_S = 365 * 86_400, 3600

# python -m tests.fleet --terminals 1000 --pages-per-s 0, --upload-s 1 and 10, on a busy machine, 2026-11-27
UPLOAD_MS = 3.1  # what an upload takes of the processor
READING_US = 300  # and a reading that is its terminal's only one in it, followed and judged
SEAL_MS = 2.5  # an hour of one terminal, 360 readings of seven values, into its block and sums
PAGE_MS, PAGE_US = 25, 2.7  # the overview: sixty cards; each piece of equipment there is
READING_B = 10  # stored: a reading of seven values in its block, 9.3 measured, with the database's own
HOURS_B = 2_000  # stored: the sums of a terminal's day
BUSY = 0.7  # of a core: more leaves answers waiting

PICTURE = Path(__file__).parents[2] / "docs/pictures/sizing.svg"
WIDE, HIGH, LEFT, TOP = 520, 260, 70, 40

# cores: what the collector takes of the processor, its pages beside; disk_gb: a year of readings and their sums
# page_ms: what the overview takes of the processor
Need = namedtuple("Need", ("terminals", "readings_s", "cores", "disk_gb", "page_ms", "machine"))


def need(terminals):
    """The Need of so many terminals."""
    readings_s = terminals / WINDOW_S
    uploads_s = min(-(-terminals // PER_GATEWAY) / UPLOAD_S, readings_s)
    work_s = uploads_s * UPLOAD_MS / 1e3 + readings_s * READING_US / 1e6 + terminals * SEAL_MS / 1e3 / HOUR_S
    disk_b = readings_s * YEAR_S * READING_B + terminals * 365 * HOURS_B
    page_ms = PAGE_MS + terminals * PAGE_US / 1e3
    return Need(terminals, readings_s, work_s, disk_b / 1e9, page_ms, machine(work_s, disk_b / 1e9))


def machine(cores, disk_gb):
    """In words, by what is needed."""
    if cores > BUSY:
        processes = ceil(cores / BUSY)
        return f"registers on PostgreSQL, {processes} collector processes, readings on ClickHouse"
    if disk_gb > 100:
        return "two cores, SSD; SQLite; PostgreSQL for a second machine, ClickHouse before the disk is full"
    return "two cores, SSD; SQLite" if disk_gb > 5 else "a Raspberry Pi with an SSD; SQLite"


def short(value):
    """Two digits that count."""
    return f"{float(f'{value:.2g}'):,g}"


def rows():
    """The table as lines of Markdown."""
    yield "| terminals | readings a second | processor | disk a year | overview, processor time | machine |"
    yield "|---|---|---|---|---|---|"
    for one in map(need, SIZES):
        cells = f"{one.terminals:,} | {short(one.readings_s)} | {short(one.cores)} cores | {short(one.disk_gb)} GB"
        yield f"| {cells} | {short(one.page_ms)} ms | {one.machine} |"


def picture():
    """SVG text: processor and disk over the number of terminals, both by powers of ten."""
    lines = (("cores", "#b1361e", [need(size).cores for size in SIZES]),)
    lines += (("GB a year", "#1e6fb1", [need(size).disk_gb for size in SIZES]),)
    least, most = (f(log10(value) for *_line, values in lines for value in values) for f in (min, max))
    step = WIDE / (len(SIZES) - 1)

    def y(value):
        return TOP + HIGH - HIGH * (log10(value) - least) / (most - least)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDE + 2 * LEFT}" height="{HIGH + TOP + 40}" '
        'font-family="sans-serif" font-size="12" fill="#334">',
        '<rect width="100%" height="100%" fill="white"/>',
        f'<text x="{LEFT}" y="20" font-size="14">What a fleet needs, by the model: dashed was not run</text>',
    ]
    for at, size in enumerate(SIZES):
        x = LEFT + at * step
        parts.append(f'<text x="{x}" y="{TOP + HIGH + 24}" text-anchor="middle">{size:,}</text>')
        parts += [
            f'<text x="{x}" y="{y(values[at]) - 8:.0f}" text-anchor="middle" fill="{colour}">{short(values[at])}</text>'
            for _name, colour, values in lines
        ]
    for row, (name, colour, values) in enumerate(lines):
        look = f'fill="none" stroke="{colour}" stroke-width="1.5"'
        points = [f"{LEFT + at * step},{y(value):.0f}" for at, value in enumerate(values)]
        for dashes, some in (("", points[:-1]), (' stroke-dasharray="5 4"', points[-2:])):
            parts.append(f'<polyline points="{" ".join(some)}" {look}{dashes}/>')
        parts.append(f'<text x="{LEFT + 10}" y="{TOP + 16 + 18 * row}" fill="{colour}">{name}</text>')
    return "\n".join([*parts, "</svg>\n"])


if __name__ == "__main__":
    print("\n".join(rows()))
    PICTURE.write_text(picture())
