"""`python -m tests.bench.running.picture KIND FILE [NUISANCE]`: a day as a clamp saw it, states told, as SVG."""

import sys

from collector import running
from collector.running.readings import ordered
from tests.bench.running import class_of
from tests.bench.running.trace import DAY_S, make

COLOURS = {"off": "#9aa5b1", "standby": "#e6c229", "ready": "#3d8bfd", "working": "#d6336c", "unknown": "#ffffff"}
WIDE, HIGH, LEFT, TOP = 1100, 300, 60, 30
SEED, DAYS, SHOWN = 5, 5, 1  # the second day is drawn


def drawn(kind, spoil):
    """The SVG."""
    trace = make(kind, SEED, DAYS, 10, "rough", spoil)
    columns = ordered(trace.ts_ms, trace.current_a, trace.current_min_a, trace.current_max_a)
    found = running.analyse(columns, class_of(kind))
    start = int(trace.ts_ms[0]) + SHOWN * DAY_S * 1000
    inside = (trace.ts_ms >= start) & (trace.ts_ms < start + DAY_S * 1000)
    top = float(trace.current_max_a[inside].max()) * 1.05
    across = (WIDE - LEFT) / DAY_S / 1000

    def x(ts_ms):
        return LEFT + (min(max(ts_ms, start), start + DAY_S * 1000) - start) * across

    def y(amps):
        return TOP + HIGH * (1 - amps / top)

    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE + 20} {TOP + HIGH + 90}" font-family="sans-serif">'
    ]
    lines.append(f'<text x="{LEFT}" y="18" font-size="14">{kind}, one day of 10 s windows: mean and most, A</text>')
    tops = [_bucket(trace.current_max_a[inside], at) for at in range(0, int(inside.sum()), 8)]
    means = [_bucket(trace.current_a[inside], at) for at in range(0, int(inside.sum()), 8)]
    for values, colour in ((tops, "#f1aeb5"), (means, "#212529")):
        points = " ".join(f"{x(start + at * 80000):.1f},{y(value):.1f}" for at, value in enumerate(values))
        lines.append(f'<polyline fill="none" stroke="{colour}" stroke-width="1" points="{points}"/>')
    for spell in found.spells:
        if spell.end_ms > start and spell.start_ms < start + DAY_S * 1000:
            wide = max(0.3, x(spell.end_ms) - x(spell.start_ms))
            place = f'x="{x(spell.start_ms):.1f}" y="{TOP + HIGH + 12}" width="{wide:.1f}" height="18"'
            lines.append(f'<rect {place} fill="{COLOURS[spell.state]}"/>')
    for exam in found.exams:
        if start <= exam.start_ms < start + DAY_S * 1000:
            wide = max(1.0, x(exam.end_ms) - x(exam.start_ms))
            place = f'x="{x(exam.start_ms):.1f}" y="{TOP + HIGH + 34}" width="{wide:.1f}" height="8"'
            lines.append(f'<rect {place} fill="#212529"/>')
    for hour in range(0, 25, 4):
        at = x(start + hour * 3_600_000)
        lines.append(
            f'<text x="{at:.0f}" y="{TOP + HIGH + 60}" font-size="12" text-anchor="middle">{hour:02d}:00</text>'
        )
    for amps in (0, top / 2.1, top / 1.05):
        lines.append(f'<text x="{LEFT - 6}" y="{y(amps) + 4:.0f}" font-size="12" text-anchor="end">{amps:.0f}</text>')
    at = LEFT
    for word in ("off", "standby", "ready", "working"):
        lines.append(f'<rect x="{at}" y="{TOP + HIGH + 72}" width="12" height="12" fill="{COLOURS[word]}"/>')
        lines.append(f'<text x="{at + 16}" y="{TOP + HIGH + 82}" font-size="12">{word}</text>')
        at += 90
    lines.append(f'<text x="{at}" y="{TOP + HIGH + 82}" font-size="12">black: examinations</text></svg>')
    return "\n".join(lines) + "\n"


def _bucket(values, at):
    return float(values[at : at + 8].max())


if __name__ == "__main__":
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        file.write(drawn(sys.argv[1], tuple(sys.argv[3:])))
