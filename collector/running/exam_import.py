"""Examinations of many units and days from a spreadsheet: every line is looked at, then all are brought in, or none."""

from collections import namedtuple
from datetime import date, datetime

from collector import db, equipment
from collector.equipment import Equipment
from collector.running import actions
from collector.running.models import Exam

HEADINGS = ("asset_number", "资产编号")  # of the first column

# new, changed: [(Equipment, date, count)]; same: how many are there already; wrong: [(line number, what is wrong)]
Look = namedtuple("Look", "new changed same wrong")


def looked_at(content, today):
    """The Look of a spreadsheet (XLSX or CSV, bytes or a stream): asset number, day and number of examinations a line.

    Raises what equipment.rows_of raises, and UsageRefused where there are too many lines.
    """
    seen, machines, wrong = {}, {}, []
    for number, row in enumerate(equipment.rows_of(content), 1):
        if number > actions.LINES_MOST + 1:
            raise actions.UsageRefused("many", value=number, most=actions.LINES_MOST)
        cells = [_text(cell) for cell in (*row, "", "", "")[:3]]
        if not any(cells) or (number == 1 and cells[0].lower() in HEADINGS):
            continue
        try:
            machine, day, count = _read(cells, machines, today)
            if seen.setdefault((machine, day), count) != count:
                raise ValueError(f"{cells[0]} has {seen[machine, day]} on {day} in another line, here {count}")
        except ValueError as error:
            wrong.append((number, str(error)))
    new, changed, same = [], [], 0
    for (machine, day), count in seen.items():
        before = Exam.imported(machine, day)
        same += before == count
        if before != count:
            (new if before is None else changed).append((machine, day, count))
    return Look(new, changed, same, wrong)


def bring(look, zone):
    """Bring in what was looked at, in one transaction; each day is in the audit with what it was before."""
    with db.write():
        for machine, day, count in (*look.new, *look.changed):
            actions.type_exams(machine, day, count, zone, "imported")


def _text(cell):
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    return "" if cell is None else str(cell).strip()


def _read(cells, machines, today):
    """(Equipment, date, count) of a line. Raises ValueError that says what is wrong."""
    asset, day, count = cells
    if asset not in machines:
        machines[asset] = Equipment.get_or_none(Equipment.asset_number == asset)
    if machines[asset] is None:
        raise ValueError(f"there is no equipment with asset number {asset[:40]!r}")
    try:
        on = date.fromisoformat(day)
    except ValueError:
        raise ValueError(f"{day[:20]!r} is no day; write 2026-03-01") from None
    if on > today:
        raise ValueError(f"{day} has not begun")
    try:
        return machines[asset], on, actions.whole(count)
    except actions.UsageRefused as refused:
        raise ValueError(str(refused)) from refused
