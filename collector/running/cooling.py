"""A magnet's cooling day by day: each closed day is kept as one Cooling and held against those before it."""

from collector import db
from collector.running import cold, current, figures, models, settling, telling

KIND = "MRI"


def look(equipment, day, spells):
    """[Finding] of the compressor on a closed Day of an MRI, which is kept; none of other equipment.

    spells: of that day, and of others. Call it outside of a transaction.
    """
    today = _of_day(equipment, day, spells) if equipment.kind == KIND else None
    if today is None:
        return []
    before = models.coolings(equipment, day.on_date, cold.DAYS_MOST)
    with db.write():
        models.keep_cooling(equipment, today)
    return cold.unusual([*before, today])


def _of_day(equipment, day, spells):
    """The Cooling of a Day by the terminal that measured its current then; None where nothing was measured."""
    for terminal_id, held in figures.units_of(equipment, day.start_ms, day.end_ms):
        versions = models.versions_of(held.binding_id)
        levels = settling.version_at(versions, day.start_ms).records[-1] if versions else None
        span = max(day.start_ms, held.from_ms), min(day.end_ms, held.to_ms or day.end_ms)
        columns = levels and current.columns_of(terminal_id, *span, int(levels.window_ms))
        if columns:
            readings = list(zip(*(part.tolist() for part in columns[:3]), strict=True))
            mine = telling.clipped(spells, day.start_ms, day.end_ms)
            return cold.cooling_of(day.on_date, day.start_ms, day.end_ms, readings, mine, levels)
    return None
