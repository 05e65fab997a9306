"""What a trace holds -> columns that can be learned from: in order, once each, finite, in amperes."""

from collections import namedtuple

import numpy as np

# sure: 1.0, less where what was done to the values may be wrong
Columns = namedtuple("Columns", "ts_ms mean least most window_ms notes sure", defaults=(1.0,))
MILLI_LEAST = 600.0  # no unit of these classes waits at so many amperes: they are milliamperes
MIXED_LEAST, MIXED_SURE, DAY_MS = 10, 0.85, 86_400_000


def ordered(ts_ms, mean, least=None, most=None, charge=None):
    """Columns of arrays as they came; NaN where a value is missing. What was done to them is in `notes`.

    A mean that is missing is the charge over the length of a window.
    """
    ts_ms = np.asarray(ts_ms, np.int64)
    notes = []
    mean = np.full(ts_ms.size, np.nan) if mean is None else np.asarray(mean, float)
    if charge is not None:
        mean = np.where(np.isfinite(mean), mean, np.asarray(charge, float) / _window_s(ts_ms))
    keep = np.isfinite(mean)
    if not keep.all():
        notes.append(f"{int((~keep).sum())} rows without a current are left out")
    order = np.flatnonzero(keep)
    if np.any(np.diff(ts_ms[order]) <= 0):
        order = order[np.lexsort((mean[order], ts_ms[order]))]  # the same whatever the order they came in
        again = np.concatenate((np.diff(ts_ms[order]) == 0, [False]))
        if again.any():
            notes.append(f"{int(again.sum())} rows repeat an instant: the largest of each counts")
        order = order[~again]
    ts_ms, mean = ts_ms[order], mean[order]
    window_ms = int(_window_s(ts_ms) * 1000)
    below = mean < 0
    if below.any():
        notes.append(f"{int(below.sum())} currents are negative and count as none")
    mean = np.maximum(mean, 0)
    least, most = (_beside(column, order, mean, pick) for column, pick in ((least, np.minimum), (most, np.maximum)))
    scale, sure = 1.0, 1.0
    if mean.size and np.median(mean[mean > 0] if (mean > 0).any() else mean) > MILLI_LEAST:
        scale = 0.001
        notes.append("the currents look like mA and are taken as such")
    elif np.count_nonzero(mean > MILLI_LEAST) >= MIXED_LEAST:
        scale, sure = np.where(_in_milli(ts_ms, mean), 0.001, 1.0), MIXED_SURE
        notes.append(f"{np.count_nonzero(scale != 1)} currents look like mA among others in A; nothing is said surely")
    columns = [None if column is None else column * scale for column in (mean, least, most)]
    return Columns(ts_ms, *columns, max(1, window_ms), notes, sure)


def _in_milli(ts_ms, mean):
    """Whether each row lies among impossible currents, two of which are less than a day apart."""
    out, high = np.zeros(mean.size, bool), np.flatnonzero(mean > MILLI_LEAST)
    for part in np.split(high, np.flatnonzero(np.diff(ts_ms[high]) > DAY_MS) + 1):
        out[part[0] : part[-1] + 1] = True
    return out


def _window_s(ts_ms):
    """The usual distance of two instants, which is the length of a window."""
    steps = np.diff(np.sort(ts_ms))
    steps = steps[steps > 0]
    return float(np.median(steps)) / 1000 if steps.size else 10.0


def _beside(column, order, mean, pick):
    """A column of extremes that never contradicts its mean; None when there is none to speak of."""
    if column is None:
        return None
    column = np.asarray(column, float)[order]
    good = np.isfinite(column)
    if good.mean() < 0.5:
        return None
    return np.maximum(0, pick(np.where(good, column, mean), mean))
