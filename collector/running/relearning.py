"""When levels are learned of a unit, and from what: stored readings of closed days. Old hours keep their levels."""

from collector import db
from collector.running import current, models, settling
from collector.running.analysis import analyse
from collector.running.models import DAY_MS, Version
from firmware.processing.state import HOUR_MS, UNKNOWN, WORKING

FIRST_MS = DAY_MS  # of readings, before anything can be learned
MOST_MS = 14 * DAY_MS  # is learned from
AGAIN_MS = DAY_MS  # between two looks at a unit
SECOND_MS = 7 * DAY_MS  # what was learned of less is learned once more
DOUBT = 0.65  # of the confidence of its levels: below it readings do not fit them
SEEN_LEAST, DOUBTFUL_LEAST = 0.25, 0.25  # of a day; of what was seen of it: so much that does not fit is a change
BUSIER = 0.25  # of a day, beyond any that was learned from: a higher current that is taken for work
KINDS = {"CT": "CT", "MRI": "MRI", "DSA": "DSA", "LINAC": "LINAC", "PET_CT": "PET/CT"}  # others are guessed


def look(terminal_id, held, kind, unit, now_ms):
    """Learn a unit's levels where that is due. The Unit: hours from where new levels hold are to be told anew."""
    versions = models.versions_of(held.binding_id)
    end_ms = min(now_ms // DAY_MS * DAY_MS, held.to_ms or now_ms)
    why, from_ms = _why(held, versions, unit, end_ms)
    found = _learned(terminal_id, held, kind, from_ms, end_ms) if why else None
    version = found and Version(
        0, end_ms if why == "more" else from_ms, now_ms, max(from_ms, end_ms - MOST_MS), end_ms, why, None, *found
    )
    unit = unit._replace(learn_ms=now_ms + AGAIN_MS)
    with db.write():
        if version:
            models.add_version(held.binding_id, version)
            unit = unit._replace(through=min(unit.through, version.from_ms // HOUR_MS - 1))  # told anew from there
        models.keep_unit(unit)
    return unit


def _why(held, versions, unit, end_ms):
    """(first, more, changed or None; from when on to learn)."""
    if not versions:
        first_ms = max(held.from_ms, (unit.through + 1) * HOUR_MS)
        return ("first", first_ms) if end_ms - first_ms >= FIRST_MS else (None, 0)
    newest = versions[-1]
    if newest.seen_to_ms - newest.seen_from_ms < SECOND_MS <= end_ms - newest.seen_from_ms:
        return "more", newest.seen_from_ms
    changed_ms = _changed_since(held, newest, end_ms)
    return ("changed", changed_ms) if changed_ms else (None, 0)


def _changed_since(held, version, end_ms):
    """The start of the run of days, up to the last closed one, that do not fit the levels; None when they fit."""
    since, last = None, end_ms // DAY_MS - 1
    first, usual = version.seen_to_ms // DAY_MS, version.seen_from_ms // DAY_MS
    kept = models.spells_of_days(held.binding_id, max(usual, first - MOST_MS // DAY_MS), last)
    shares = {day_no: _shares(hours, DOUBT * version.records[-1].sure) for day_no, hours in kept.items()}
    most = max((worked for day_no, (_seen, _doubt, worked) in shares.items() if day_no < first), default=1.0)
    for day_no in range(last, first - 1, -1):
        seen, doubtful, worked = shares.get(day_no, (0.0, 0.0, 0.0))
        if seen < SEEN_LEAST or (doubtful < DOUBTFUL_LEAST and worked < most + BUSIER):
            break
        since = day_no * DAY_MS
    return since


def _shares(hours, limit):
    """(seen, doubtful, worked): shares of a day and of what was seen of it."""
    spells = [one for some in hours.values() for one in some]
    whole = sum(one.end_ms - one.start_ms for one in spells) or 1
    doubtful = sum(one.end_ms - one.start_ms for one in spells if one.sure < limit or one.state == UNKNOWN)
    worked = sum(one.end_ms - one.start_ms for one in spells if one.state == WORKING)
    return whole / DAY_MS, doubtful / whole, worked / whole


def _learned(terminal_id, held, kind, from_ms, end_ms):
    """(records, habits) of what can be learned, or None."""
    columns, scale = current.to_learn_from(terminal_id, max(from_ms, end_ms - MOST_MS, held.from_ms), end_ms)
    if columns is None:
        return None
    found = analyse(columns, KINDS.get(kind))
    if not found.levels:
        return None
    return [record._replace(gain=record.gain * scale) for record in found.levels], found.habits


def begun(terminal_id, held, now_ms):
    """The Unit of a binding of which an hour can be told, or None: it begins with its first."""
    over_ms = (settling.last_of(held, now_ms) + 1) * HOUR_MS
    first = settling.first_hour(terminal_id, held.from_ms, min(held.to_ms or now_ms, over_ms))
    return None if first is None else models.Unit(held.binding_id, first - 1, 0)
