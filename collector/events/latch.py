"""One raise and one clear for each excursion, whatever noise there is at the limit: the memory of a rule. No I/O.

The memory is one whole number. 0: at rest. An instant: the condition holds since then, not long enough yet. RAISED: it
is raised. The instant with a minus: raised, and the condition has ended since then, not long enough yet.
"""

from collections import namedtuple

import numpy as np

REST, RAISED = 0, -1

# raised: or cleared; ts_ms: of the reading that decided it; since_ms: of the first reading of the excursion or its end;
# row: which reading of the trace decided
Edge = namedtuple("Edge", ("raised", "ts_ms", "since_ms", "row"))


def follow(mark, ts_ms, signal, for_ms, clear_ms):
    """(mark, [Edge]) after readings of which a condition says `signal`, both in their order."""
    edges = []
    for row in np.flatnonzero(signal).tolist():
        ts, holds = int(ts_ms[row]), signal[row] > 0
        if mark >= REST:  # not raised
            since = _since(mark, ts)
            if not holds:
                mark = REST
            elif ts - since >= for_ms:
                mark, edges = RAISED, [*edges, Edge(True, ts, since, row)]
            else:
                mark = since
        elif holds:
            mark = RAISED
        else:
            since = _since(-mark if mark < RAISED else REST, ts)
            if ts - since >= clear_ms:
                mark, edges = REST, [*edges, Edge(False, ts, since, row)]
            else:
                mark = -since
    return mark, edges


def _since(since, ts):
    """Since when, where a clock that was set back has not seen that instant yet."""
    return min(since, ts) if since else ts


def is_raised(mark):
    """Whether a memory says raised."""
    return mark < REST
