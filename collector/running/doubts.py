"""Where a state may be wrong though its current fits a level: it is said less surely there. No I/O."""

from math import log

from collector.running.gains import BLOCK_MS
from firmware.processing.state import STANDBY, WORKING

LESS = 0.85  # of the confidence: below what counts as sure
STEP = 0.04  # of the logarithm of the gain, from one half hour to the next: more than a drift
REST_MS = 4 * 3600_000  # steps that are no further apart are one slide
LONG_MS = 30_000  # a window, beside what lasts a moment: ready between standby and an acquisition


def doubted(spells, gains, window_ms):
    """Spells, less sure while the gain slides, and in a long window between standby and an acquisition.

    gains: [(from_ms, gain)]. A moved clamp is followed step by step for hours, and its currents are between two scales.
    """
    spans = _slides(gains)
    hit = [any(one.start_ms < end and one.end_ms > start for start, end in spans) for one in spells]
    out = [_less(one) if is_hit else one for one, is_hit in zip(spells, hit, strict=True)]
    return _at_edges(out, window_ms) if window_ms > LONG_MS else out


def _slides(gains):
    """[(start_ms, end_ms)] of stretches in which the gain goes from step to step."""
    out = []
    for (_since_ms, before), (from_ms, after) in zip(gains, gains[1:], strict=False):
        if abs(log(after / before)) > STEP:
            start_ms = out.pop()[0] if out and from_ms - out[-1][1] < REST_MS else from_ms - BLOCK_MS
            out.append((start_ms, from_ms + BLOCK_MS))
    return out


def _less(spell):
    return spell._replace(sure=LESS * spell.sure)


def _at_edges(spells, window_ms):
    """Spells whose first or last window at standby, beside an acquisition, is one of its own."""
    out = []
    states = [None, *(one.state for one in spells), None]
    for one, before, after in zip(spells, states, states[2:], strict=False):
        first, last = (one.state == STANDBY and beside == WORKING for beside in (before, after))
        start, end = one.start_ms + first * window_ms, one.end_ms - last * window_ms
        cuts = [(one.start_ms, start, True), (start, end, False), (end, one.end_ms, True)]
        if start >= end:
            cuts = [(one.start_ms, one.end_ms, first or last)]
        for begins, ends, is_less in cuts:
            if begins < ends:
                charge_as = one.charge_as * (ends - begins) / (one.end_ms - one.start_ms)
                part = one._replace(start_ms=begins, end_ms=ends, charge_as=charge_as)
                out.append(_less(part) if is_less else part)
    return out
