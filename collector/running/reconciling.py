"""Examinations as the current tells them beside those that DICOM tells of: what only one of both saw. No I/O."""

from collections import namedtuple

SLACK_MS = 120_000  # DICOM instants come to the minute

# both: pairs that overlap; only_current: a phantom, a warm-up, or a step that was not sent; only_dicom: missed
Beside = namedtuple("Beside", "both only_current only_dicom")


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
