"""Examinations as the current tells them beside those that DICOM tells of: what only one of both saw. No I/O."""

from collections import namedtuple

SLACK_MS = 120_000  # DICOM instants come to the minute

# both: pairs that overlap; only_current: a phantom, a warm-up, or a step that was not sent; only_dicom: missed
Beside = namedtuple("Beside", "both only_current only_dicom")

PEOPLE, MEASURED = ("typed", "imported"), ("mpps", "current")


def apart(by_source):
    """How many more examinations people tell of a day than was measured, None where only one of both tells.

    Below zero: warm-ups or phantoms were measured; above: some were missed.
    """
    said, seen = (next((by_source[name] for name in names if name in by_source), None) for names in (PEOPLE, MEASURED))
    return None if said is None or seen is None else said - seen


def beside(by_current, by_dicom):
    """Beside of two lists of (start_ms, end_ms or None), each in order; one examination may have several steps."""
    seen, matched = set(), 0
    for start, end in by_dicom:
        end = start if end is None else end
        near = [
            at
            for at, (other, last) in enumerate(by_current)
            if other <= end + SLACK_MS and (last or other) >= start - SLACK_MS
        ]
        seen.update(near)
        matched += bool(near)
    return Beside(len(seen), len(by_current) - len(seen), len(by_dicom) - matched)
