"""What became of every number a terminal made: stored once, doubled, a gap with its reason, or unexplained. No I/O."""

from collections import namedtuple

from firmware.processing import intervals
from firmware.protocol.frame import seq_of

Account = namedtuple("Account", ("terminal_id", "made", "stored", "doubled", "gaps", "unexplained"))
# all but gaps are counts of windows; gaps: {reason: windows that are stored nowhere and explained by it}

Stored = namedtuple("Stored", ("seq", "from_seq", "ts_ms"))  # one row of the collector


def account(terminal_id, boot_no, made, rows, gaps):
    """The Account of numbers 1 to `made` of a boot. `rows`: [Stored], `gaps`: [(from_seq, to_seq, reason)]."""
    mine = [(seq_of(boot_no, 1), seq_of(boot_no, made))] if made else []
    spans = _inside(mine, [(row.from_seq, row.seq) for row in rows])
    stored = intervals.merged(spans)
    doubled = _size(spans) - _size(stored)
    doubled += len(rows) - len({row.ts_ms for row in rows})  # one window under two numbers
    left, by_reason = intervals.without(mine, stored), {}
    for reason in sorted({reason for *_pair, reason in gaps}):
        told = intervals.merged((first, last) for first, last, why in gaps if why == reason)
        after = intervals.without(left, told)
        if _size(left) > _size(after):
            by_reason[reason] = _size(left) - _size(after)
        left = after
    return Account(terminal_id, made, _size(stored), doubled, by_reason, _size(left))


def _inside(mine, pairs):
    """What of each pair lies inside the numbers that are looked at."""
    return [
        (max(first, low), min(last, high))
        for first, last in pairs
        for low, high in mine
        if max(first, low) <= min(last, high)
    ]


def _size(pairs):
    return sum(last - first + 1 for first, last in pairs)


def faults_of(accounts):
    """What is wrong with a run, in words."""
    faults = [f"{one.terminal_id}: {one.unexplained} of {one.made} unexplained" for one in accounts if one.unexplained]
    faults += [f"{one.terminal_id}: {one.doubled} doubled" for one in accounts if one.doubled]
    return faults + [f"{one.terminal_id}: it made nothing" for one in accounts if not one.made]
