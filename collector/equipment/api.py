"""/api/v1/equipment: the register for programs. The same actions as the pages."""

import json
from typing import Literal

from flask import Response, abort
from msgspec import UNSET, Struct, UnsetType, defstruct

from collector import api, audit
from collector import equipment as room
from collector.api.door import require_match
from collector.clock import now_ms
from collector.equipment import sheet
from collector.equipment.fields import FIELDS, KINDS, OF_BUYING, PLACE, checked, shown
from collector.equipment.fields_api import TYPES
from collector.equipment.models import Equipment, EquipmentChange
from collector.equipment.places import may_stand
from collector.web import may, needs, scope
from collector.web.problems import Refused, wrong
from collector.web.words import FIELD_WORDS, SHEET_WORDS, WRONG_WORDS

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_forms = [(field.name, TYPES[field.form] if field.required else TYPES[field.form] | None) for field in FIELDS]
_told = [(name, form) for name, form in _forms if name not in OF_BUYING]
_told += [(name, form | UnsetType, UNSET) for name, form in _forms if name in OF_BUYING]
EquipmentTold = defstruct("EquipmentTold", [("id", api.Number), *_told])
_optional = {field.name for field in FIELDS if not field.required}
_entered = [(name, form, None) if name in _optional else (name, form) for name, form in _forms]
EquipmentEntered = defstruct("EquipmentEntered", _entered, kw_only=True)
_changed = [(name, form | UnsetType, UNSET) for name, form in _forms]
EquipmentChanged = defstruct("EquipmentChanged", [("reason", api.Line), *_changed])
for _type, _words in (
    (EquipmentTold, "A piece of equipment; contract, supplier and price only for who keeps the register."),
    (EquipmentEntered, "A new piece of equipment."),
    (EquipmentChanged, "The fields that change, and why; null empties a field."),
):
    _type.__doc__ = _words


class EquipmentAsked(api.Paged):
    """The register's filters."""

    text: api.Text = ""
    kind: Literal[("", *KINDS)] = ""
    department: api.Text = ""


class ExportAsked(Struct):
    """The register's filters, without pages."""

    text: api.Text = ""
    kind: Literal[("", *KINDS)] = ""
    department: api.Text = ""


class ImportAsked(Struct):
    """Whether a spreadsheet is only looked at, or its lines are added."""

    apply: bool = False


class LineWrong(Struct):
    """A cell of a spreadsheet that cannot be taken."""

    line: int
    field: str
    what: str


class ImportTold(Struct):
    """What a spreadsheet would bring, or has brought: all its lines, or none where one is wrong."""

    lines: int
    applied: bool
    wrong: list[LineWrong]


class ChangeTold(Struct):
    """One change of what the register says."""

    id: int
    ts_ms: int
    actor: str
    reason: str
    before: dict[str, str | int | None]
    after: dict[str, str | int | None]


door = api.room("equipment")


@door.get("/equipment")
@needs("equipment.read")
@api.speaks(api.Page[EquipmentTold], asks=EquipmentAsked)
def list_equipment(asked):
    """Equipment inside the scope that the filters leave, in the order of its numbers."""
    rows = Equipment.registered(scope(), asked.text, asked.kind, asked.department)
    return api.page(rows, Equipment.id, asked, told)


@door.post("/equipment")
@needs("equipment.write")
@api.speaks(EquipmentTold, status=201, takes=EquipmentEntered)
def add(body):
    """Enter a piece of equipment; institution, department and room are made when new."""
    said = {field.name: shown(field.name, getattr(body, field.name)) for field in FIELDS}
    _require_good(said, None)
    return told(room.add_equipment(said, now_ms()))


@door.get("/equipment/<int:equipment_id>")
@needs("equipment.read")
@api.speaks(EquipmentTold)
def one(equipment_id):
    """One piece of equipment; contract, supplier and price only for who keeps the register."""
    return told(_seen(equipment_id))


@door.patch("/equipment/<int:equipment_id>")
@needs("equipment.write")
@api.speaks(EquipmentTold, takes=EquipmentChanged)
def change(equipment_id, body):
    """Change the fields that are named, for a reason; with `If-Match` only what nobody changed meanwhile."""
    equipment = _seen(equipment_id)
    require_match(told(equipment))
    said = {name: shown(name, value) for name, value in equipment.told().items()}
    given = {name: getattr(body, name) for name in said if getattr(body, name) is not UNSET}
    said |= {name: shown(name, value) for name, value in given.items()}
    _require_good(said, equipment)
    room.change_equipment(equipment, said, now_ms(), body.reason)
    return told(_seen(equipment_id))


@door.get("/equipment/<int:equipment_id>/changes")
@needs("equipment.read")
@api.speaks(api.Page[ChangeTold], asks=api.Paged)
def changes(equipment_id, asked):
    """Every change of what the register says of one, the newest first."""
    rows = EquipmentChange.select().where(EquipmentChange.equipment == _seen(equipment_id))
    return api.page(rows, EquipmentChange.id, asked, _change, newest_first=True)


@door.get("/equipment/export")
@needs("equipment.read")
@api.speaks(api.CSV, asks=ExportAsked)
def export(asked):
    """What the filters leave as CSV."""
    filters = {"text": asked.text, "kind": asked.kind, "department": asked.department}
    audit.note("equipment.export", "register", after={name: text for name, text in filters.items() if text})
    lines = sheet.csv_of(Equipment.registered(scope(), **filters), may("equipment.write"))
    return Response("".join(lines), mimetype=api.CSV)


@door.post("/equipment/import")
@needs("equipment.write")
@api.speaks(ImportTold, asks=ImportAsked, takes=(api.CSV, XLSX))
def bring(asked, body):
    """Look at a spreadsheet line by line; with `apply` add all its lines, or none where one is wrong."""
    words = {str(text).lower(): name for name, text in FIELD_WORDS.items()}
    try:
        found = list(sheet.lines_of(body, words))
    except sheet.SheetRefused as refused:
        raise Refused("field_invalid", str(SHEET_WORDS[refused.code]) % {"about": refused.about}) from refused
    lines, errors = room.import_equipment(found, _allowed, now_ms(), not asked.apply)
    if errors and asked.apply:
        said = dict(found)
        raise Refused("field_invalid", f"{len(errors)} cells cannot be taken; nothing was added", [
            wrong(f"line {line}, {field}", str(said[line].get(field, "")), what, str(WRONG_WORDS[what]))
            for line, field, what in errors[:200]
        ])  # fmt: skip
    return ImportTold(lines, asked.apply, [LineWrong(*one) for one in errors])


def told(equipment):
    """The EquipmentTold of one, as who asks may see it."""
    hidden = () if may("equipment.write") else OF_BUYING
    said = {name: value for name, value in equipment.told().items() if name not in hidden}
    return EquipmentTold(id=equipment.id, **said)


def _change(row):
    hidden = () if may("equipment.write") else OF_BUYING
    before, after = (
        {name: value for name, value in json.loads(text).items() if name not in hidden}
        for text in (row.before, row.after)
    )
    return ChangeTold(row.id, row.ts_ms, row.actor, row.reason, before, after)


def _require_good(said, equipment):
    """Raises Refused with every field that cannot be; a piece that stays where it is needs no right to stand there."""
    values, errors = checked(said)
    stays = equipment is not None and all(values.get(name) == equipment.told()[name] for name in PLACE[:2])
    if not errors and not stays and not _allowed(values["institution"], values["department"]):
        errors["department"] = "scope"
    if errors:
        raise Refused("field_invalid", f"{len(errors)} fields cannot be taken; nothing was changed", [
            wrong(f"body.{name}", said[name], what, str(WRONG_WORDS[what])) for name, what in errors.items()
        ])  # fmt: skip


def _allowed(institution, department):
    return may_stand(scope(), institution, department)


def _seen(equipment_id):
    return Equipment.seen(scope(), equipment_id) or abort(404)
