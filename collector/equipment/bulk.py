"""One field of many pieces of equipment: what would change is shown first, then changed in one transaction."""

from collections import namedtuple

from collector import db
from collector.equipment.actions import change_equipment
from collector.equipment.fields import NAMES, PLACE, checked, shown
from collector.errors import ActionError

MOST = 500  # at once
OWN = ("asset_number", "serial", "udi")  # of one piece of equipment alone
EDITABLE = tuple(name for name in NAMES if name not in OWN)

# before, after: texts; wrong: a key of WRONG_WORDS, or None
Edit = namedtuple("Edit", ("equipment", "before", "after", "wrong"))


def planned(machines, name, text, allowed):
    """[Edit] of Equipment whose field is to say a text. `allowed`: whether it may stand at (institution, ward)."""
    return [_edit(one, name, text, allowed) for one in machines]


def _edit(equipment, name, text, allowed):
    said = {field: shown(field, value) for field, value in equipment.told().items()}
    values, wrong = checked(said | {name: text})
    if not wrong and name in PLACE[:2] and not allowed(values["institution"], values["department"]):
        wrong[name] = "scope"
    after = shown(name, values.get(name)) if name not in wrong else text
    return Edit(equipment, said[name], after, wrong.get(name) or next(iter(wrong.values()), None))


def change_many(edits, name, reason, now_ms):
    """How many pieces of equipment were changed by Edits; those that are wrong or say it already stay as they are.

    Raises ActionError without a reason; then nothing is changed.
    """
    reason = reason.strip()
    if not 0 < len(reason) <= 200:
        raise ActionError(f"the reason has {len(reason)} characters; write 1 to 200")
    count = 0
    with db.write():
        for edit in edits:
            if edit.wrong is None:
                said = {field: shown(field, value) for field, value in edit.equipment.told().items()}
                count += bool(change_equipment(edit.equipment, said | {name: edit.after}, now_ms, reason))
    return count
