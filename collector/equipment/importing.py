"""Many pieces of equipment at once: every line is looked at before the first is added, and all are added or none."""

import threading

from collector import audit, db
from collector.accounts import room_named
from collector.equipment.fields import NAMES, PLACE, checked
from collector.equipment.models import Equipment
from collector.equipment.progress import Progress
from collector.errors import ActionError

WRONG_MOST = 20_000  # errors; whoever has more need not know all of them
AT_ONCE = 500  # lines of one statement, and of one row of the audit
_ABOUT = tuple(name for name in NAMES if name not in PLACE)
_one_at_a_time = threading.Lock()  # so that two large files do not need twice the memory


def import_equipment(lines, allowed, now_ms, dry_run=True, progress=None):
    """(how many lines, [(line number, field, what is wrong)]) of lines {field: text}; all are added, or none.

    `lines`: an iterable of (line number, {field: cell}), taken one by one. `allowed`: whether somebody may add to
    (institution, department). With dry_run nothing is added. `progress`: a Progress, kept true meanwhile.
    Raises what `lines` raises, and ActionError when somebody else took one of the asset numbers meanwhile.
    Memory: the values of all lines, equal texts once.
    """
    progress = progress or Progress()
    with _one_at_a_time:
        good, wrong, count = _looked_at(lines, allowed, progress)
        if not wrong and not dry_run:
            _add(good, now_ms, progress)
    return count, wrong


def _looked_at(lines, allowed, progress):
    """([values in the order of NAMES], errors, how many lines) of all lines, or those up to the last error told."""
    good, wrong, count, texts = [], [], 0, {}
    numbers, may = {number for (number,) in Equipment.select(Equipment.asset_number).tuples()}, {}
    progress.begins("looks")
    for line, said in lines:
        progress.lines = count = count + 1
        values, errors = checked(said)
        number, place = values.get("asset_number"), (values.get("institution"), values.get("department"))
        if number in numbers:
            errors["asset_number"] = "taken"
        elif not errors:
            if place not in may:
                may[place] = allowed(*place)
            if not may[place]:
                errors["department"] = "scope"
        numbers.add(number)
        wrong += [(line, field, what) for field, what in errors.items()]
        if len(wrong) > WRONG_MOST:
            break
        if not wrong:
            good.append(tuple(texts.setdefault(values[name], values[name]) for name in NAMES))
    return good, wrong, count


def _add(good, now_ms, progress):
    """Add what was looked at, in one transaction."""
    place = slice(NAMES.index(PLACE[0]), NAMES.index(PLACE[-1]) + 1)
    progress.begins("adds", len(good))
    with db.write():
        rooms = {names: room_named(*names).id for names in dict.fromkeys(values[place] for values in good)}
        for at in range(0, len(good), AT_ONCE):
            some = good[at : at + AT_ONCE]
            numbers = [values[0] for values in some]
            if taken := Equipment.of_numbers(numbers):
                raise ActionError(f"there is equipment with asset number {taken[0]!r} by now; look at the file again")
            Equipment.add_many(_row(values, rooms[values[place]], now_ms) for values in some)
            audit.note("equipment.import", f"{len(some)} lines", after={"asset_numbers": numbers})
            progress.lines += len(some)


def _row(values, room_id, now_ms):
    told = dict(zip(NAMES, values, strict=True))
    return {name: told[name] for name in _ABOUT} | {"room": room_id, "created_ms": now_ms}
