"""A magnet's cooling: each closed day is kept as one Cooling and held against those before it; what is lost now."""

from collector import db
from collector.equipment import Equipment
from collector.running import cold, current, figures, models, settling, telling

KIND = "MRI"
LOST = ("cold_lost", "cold_lost_on", "supply_lost", "sensor_lost", "clamp_lost")  # what cold.watch finds
STILL_MS = 600_000  # after what was seen last, it goes on: readings come late


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


def lost(now_ms):
    """[(Equipment, Finding)] of magnets whose cooling, supply or clamp is lost now."""
    out = []
    for equipment in Equipment.select().where(Equipment.kind == KIND):
        found = models.findings_of(equipment, now_ms - STILL_MS, now_ms)
        out += [(equipment, one) for one in found if one.kind in LOST]
    return out


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
