"""Setting what energy costs, what the mains are, which days are free; each a row more, with who, when and why."""

from collector import audit, db
from collector.accounts import Department, Institution
from collector.equipment import KINDS, Equipment
from collector.errors import ActionError
from collector.running.set_models import UseSetting
from collector.running.supply import BY_NAME, DAYS_MOST, HOLIDAYS, read

REASON_MOST = 200
REFUSALS = {  # code -> what is told; pages have their own words for it
    "name": "{value!r} is no setting of use; take one of " + ", ".join(BY_NAME),
    "number": "{value!r} is no number",
    "range": "{value!r} is not {least} to {most}",
    "only": "{value!r} is none of {least}",
    "days": "{value!r} names no days; write 2026-10-01..2026-10-07 2027-01-01",
    "many": "{value!r} names more than {most} days; leave old ones out",
    "reason": "the reason has {value} characters; write 1 to {most}",
    "target": "there is no such institution, department, class or equipment, or more than one is named",
}


class SettingRefused(ActionError):
    """A setting is not taken; `field`: where it is shown, `code`: one of REFUSALS, `said`: the values in its text."""

    def __init__(self, field, code, **said):
        super().__init__(REFUSALS[code].format(**said))
        self.field, self.code, self.said = field, code, said


def set_use(target, name, text, from_on, reason, now_ms):
    """The new UseSetting of a Target from a date on; no text hands back to what is inherited. Raises SettingRefused."""
    field = BY_NAME.get(name)
    if field is None:
        raise SettingRefused("name", "name", value=str(name)[:40])
    text, reason = text.strip(), reason.strip()
    if text:
        _require_value(field, text)
    if not 0 < len(reason) <= REASON_MOST:
        raise SettingRefused("reason", "reason", value=len(reason), most=REASON_MOST)
    with db.write():
        if not _is_there(target):
            raise SettingRefused("target", "target")
        said = {"name": name, "value": text or None, "from_on": from_on.isoformat(), "reason": reason}
        audit.note("usage.setting", f"{target.level} {_number(target)}".strip(), after=said)
        about = {"institution": target.institution_id, "department": target.department_id, "kind": target.kind}
        about |= {"equipment": target.equipment_id, "actor": audit.acting().name, "created_ms": now_ms}
        return UseSetting.create(**said, **about)


def _require_value(field, text):
    try:
        read(field, text)
    except ValueError as error:
        code, most = str(error), DAYS_MOST if field.name == HOLIDAYS else field.most
        least = ", ".join(map(str, field.only)) or field.least
        raise SettingRefused("value", code, value=text[:60], least=least, most=most) from None


def _is_there(target):
    if sum(part is not None for part in target) > 1 or (target.kind is not None and target.kind not in KINDS):
        return False
    tables = (
        (Institution, target.institution_id),
        (Department, target.department_id),
        (Equipment, target.equipment_id),
    )
    return all(number is None or table.get_or_none(table.id == number) for table, number in tables)


def _number(target):
    return next((str(part) for part in target if part is not None), "")
