"""Units of a class beside each other over 30 days."""

from collections import namedtuple
from datetime import timedelta
from statistics import median

from collector.equipment import Binding
from collector.running import figures
from collector.running.live import standings
from firmware.processing.state import UNKNOWN

DAYS = 30

# state: what it does now; exams, on_h, working_h: of DAYS days; share: worked of on; usual: the class's median of exams
Row = namedtuple("Row", "equipment state since_ms exams on_h working_h share usual")


def compared(equipment, last, zone):
    """[Row] of some equipment, class by class, the most examinations first."""
    told, now = standings(), {}
    for terminal_id, some in Binding.held().items():
        standing = told.get(terminal_id)
        if standing and some[-1].to_ms is None:
            now[some[-1].equipment_id] = standing
    sums = {}
    for one in equipment:
        sums[one.id] = figures.total(figures.figures(one, last - timedelta(days=DAYS - 1), last, zone))
    rows = []
    for one in equipment:
        exams, on_h, working_h = sums[one.id]
        alike = [sums[other.id][0] for other in equipment if other.kind == one.kind and sums[other.id][1] > 0]
        standing = now.get(one.id)
        state, since_ms = (standing.state, standing.since_ms) if standing else (UNKNOWN, None)
        usual = median(alike) if len(alike) > 1 else None
        rows.append(Row(one, state, since_ms, exams, on_h, working_h, figures.utilisation(on_h, working_h), usual))
    return sorted(rows, key=lambda row: (row.equipment.kind, -row.exams, row.equipment.name))
