"""A second analyser that is given what ours has to learn: true levels of every few hours, burst limits, pauses.

It says what thresholds can reach at all: nearest true level, five windows in a row agreeing, a peak beyond.
"""

import numpy as np

from tests.bench.running.trace import READY, STATES, UNSCORED, WORKING

BLOCK_MS = 7_200_000


def analyse(trace):
    """(states, exams) as tests.bench.running.scoring takes them."""
    quiet = np.median(trace.current_a - trace.current_min_a)
    base = np.minimum(trace.current_a, trace.current_min_a + 1.3 * quiet)
    levels = _levels(trace, base)
    away = np.stack([np.minimum(abs(base - level), abs(base - level - trace.cycle_a)) for level in levels.values()])
    said = np.array(list(levels))[away.argmin(0)]
    said = _agreeing(said)
    working = _working(trace, base, levels[READY])
    said = np.where(working, WORKING, said)
    edges = np.concatenate(([0], np.flatnonzero(np.diff(said)) + 1, [said.size]))
    ends = trace.ts_ms + trace.window_s * 1000
    states = [
        (int(trace.ts_ms[first]), int(ends[last - 1]), STATES[said[first]], 1.0)
        for first, last in zip(edges[:-1], edges[1:], strict=True)
    ]
    return states, _exams(trace, [(start, end) for start, end, state, _sure in states if state == "working"])


def _levels(trace, base):
    """{state: its true level at each window}, the median of the windows of that state of the hours around."""
    block = (trace.ts_ms - trace.ts_ms[0]) // BLOCK_MS
    lower = base - trace.cycle_a * _running(trace, base)
    out = {}
    for code in range(WORKING):
        here = trace.state == code
        if not here.any():
            continue
        usual = np.median(lower[here])
        each = np.full(int(block[-1]) + 1, np.nan)
        for at in range(each.size):
            inside = here & (abs(block - at) <= 1)
            each[at] = np.median(lower[inside]) if inside.sum() > 20 else np.nan
        out[code] = np.where(np.isnan(each), usual, each)[block]
    return out


def _running(trace, base):
    """Whether the compressor runs, as far as the truth tells: nearer to the upper of two levels of a state."""
    out = np.zeros(base.size, bool)
    if trace.cycle_a:
        for code in range(WORKING):
            here = trace.state == code
            if here.any():
                low = np.quantile(base[here], 0.1)
                out[here] = base[here] > low + 0.5 * trace.cycle_a
    return out


def _agreeing(said):
    """Each window as most of the five around it."""
    rows = np.stack([np.roll(said, by) for by in range(-2, 3)])
    votes = np.stack([(rows == code).sum(0) for code in range(UNSCORED)])
    return votes.argmax(0)


def _working(trace, base, ready):
    """A peak beyond the limit: half of what the lower acquisitions rise above ready."""
    true = trace.state == WORKING
    over = trace.current_max_a - ready - trace.cycle_a * _running(trace, base)
    if trace.kind == "PET/CT":
        over = trace.current_a - ready - trace.cycle_a * _running(trace, base)
    limit = 0.5 * np.quantile(over[true], 0.03) if true.any() else np.inf
    still = np.quantile(over[trace.state == READY], 0.97)
    return over > max(limit, min(still, 0.9 * np.quantile(over[true], 0.1)))


def _exams(trace, acts):
    """Acquisitions parted at the pause between the longest inside true examinations and the shortest between."""
    true = np.array(trace.exams)
    between = np.quantile(true[1:, 0] - true[:-1, 1], 0.02) if len(true) > 1 else 1e9
    inside = [
        late - soon for (_a, soon), (late, _b) in zip(acts[:-1], acts[1:], strict=True) if any_inside(true, soon, late)
    ]
    most = np.quantile(inside, 0.98) if inside else 0.5 * between
    limit, out = np.sqrt(max(1, most) * max(1, between)), []
    for start, end in acts:
        if out and start - out[-1][1] <= limit:
            out[-1] = (out[-1][0], end, 1.0)
        else:
            out.append((start, end, 1.0))
    return [one for one in out if any_touch(true, one[0], one[1])]


def any_inside(true, start, end):
    """Whether a pause lies within one true examination."""
    at = int(np.searchsorted(true[:, 0], start, side="right")) - 1
    return at >= 0 and true[at, 1] >= end


def any_touch(true, start, end):
    """Whether an examination is a true one at all: warm-ups are told to it."""
    at = int(np.searchsorted(true[:, 0], end, side="right")) - 1
    return at >= 0 and true[at, 1] >= start
