"""The register of equipment: list with filters, one piece with its changes, entering, import and export, asset card."""

import json

import segno
from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user

from collector import audit
from collector import equipment as room
from collector.accounts import Department, Institution
from collector.clock import now_ms
from collector.equipment import columns, sheet
from collector.equipment.fields import FIELDS, OF_BUYING, PLACE, checked, shown
from collector.equipment.models import OF_BUYING_KINDS, Binding, Document, Equipment, RegisterView
from collector.equipment.places import may_stand
from collector.equipment.progress import progress_of, under_way
from collector.equipment.years import served
from collector.errors import ActionError
from collector.web import may, needs, scope, takes_files, today
from collector.web.words import FIELD_WORDS, SHEET_WORDS, WRONG_WORDS

PER_PAGE, ERRORS_SHOWN = 50, 200

pages = Blueprint("register", __name__, url_prefix="/register", template_folder="templates")


@pages.get("")
@needs("equipment.read")
def first_page():
    """Equipment inside the scope that the filters leave, a page at a time."""
    asked, page = _asked(), max(1, request.args.get("page", 1, type=int))
    names = columns.chosen(request.args.getlist("column"), may("equipment.write"))
    found = list(Equipment.registered(scope(), **asked).paginate(page, PER_PAGE + 1))
    departments = Department.select(Department.name).join(Institution)
    if not scope().everything:
        departments = {one.room.department.name for one in Equipment.registered(scope())}
    else:
        departments = {one.name for one in departments}
    return render_template(
        "equipment/register.html",
        found=[(one, columns.cells(one, names, today())) for one in found[:PER_PAGE]],
        names=names,
        columns=columns.chosen(columns.COLUMNS, may("equipment.write")),
        kept=RegisterView.of(current_user.user.id),
        asked=asked | {"column": names},
        page=page,
        more=len(found) > PER_PAGE,
        departments=sorted(departments),
    )


@pages.get("/export")
@needs("equipment.read")
def export():
    """What the filters leave as CSV; what was paid only for who keeps the register."""
    audit.note("equipment.export", "register", after={name: text for name, text in _asked().items() if text})
    lines = sheet.csv_of(Equipment.registered(scope(), **_asked()), may("equipment.write"))
    name = {"Content-Disposition": "attachment; filename=equipment.csv"}
    return Response("".join(lines), headers=name, mimetype="text/csv")


@pages.get("/<int:equipment_id>")
@needs("equipment.read")
def one(equipment_id):
    """All that the register says of one piece of equipment, and every change of it."""
    equipment = _seen(equipment_id)
    hidden = () if may("equipment.write") else OF_BUYING
    told = [(name, shown(name, value)) for name, value in equipment.told().items() if name not in hidden]
    changes = [
        (change, _pairs(change, hidden)) for change in equipment.changes.order_by(room.EquipmentChange.id.desc())
    ]
    kinds = () if may("equipment.write") else OF_BUYING_KINDS
    return render_template(
        "equipment/one.html",
        equipment=equipment,
        told=told,
        served=served(equipment.told(), today()),
        changes=changes,
        bindings=Binding.of_equipment(equipment),
        documents=list(Document.there(equipment, kinds)),
        removed=list(Document.removed(equipment, kinds)),
    )


def _pairs(change, hidden):
    before, after = json.loads(change.before), json.loads(change.after)
    return [(name, shown(name, before[name]), shown(name, after[name])) for name in after if name not in hidden]


@pages.get("/<int:equipment_id>/card")
@needs("equipment.read")
def card(equipment_id):
    """An asset card to print, with a code that leads to the equipment's page."""
    equipment = _seen(equipment_id)
    address = url_for("dashboard.equipment_page", equipment_id=equipment.id, _external=True)
    picture = segno.make(address, error="m").svg_data_uri(scale=4, border=2)
    lasted = served(equipment.told(), today())
    return render_template("equipment/card.html", equipment=equipment, picture=picture, address=address, served=lasted)


@pages.route("/new", methods=["GET", "POST"])
@needs("equipment.write")
def add():
    """Enter a new piece of equipment."""
    return _entered(None)


@pages.route("/<int:equipment_id>/change", methods=["GET", "POST"])
@needs("equipment.write")
def change(equipment_id):
    """Change what the register says of one."""
    return _entered(_seen(equipment_id))


def _entered(equipment):
    said = equipment.told() if equipment else {}
    said, wrong = {name: shown(name, value) for name, value in said.items()}, {}
    if request.method == "POST":
        said = {field.name: request.form.get(field.name, "") for field in FIELDS}
        values, wrong = checked(said)
        stays = equipment is not None and all(values.get(name) == equipment.told()[name] for name in PLACE[:2])
        if not wrong and not stays and not _allowed(values["institution"], values["department"]):
            wrong["department"] = "scope"
        if not wrong:
            try:
                return redirect(url_for("register.one", equipment_id=_kept(equipment, said).id))
            except ActionError:
                wrong["asset_number"] = "taken"
    return render_template("equipment/change.html", equipment=equipment, fields=FIELDS, said=said, wrong=wrong)


def _kept(equipment, said):
    if equipment is None:
        return room.add_equipment(said, now_ms())
    room.change_equipment(equipment, said, now_ms())
    return equipment


@pages.route("/import", methods=["GET", "POST"])
@takes_files
@needs("equipment.write")
def bring():
    """Many at once from a spreadsheet: looked at line by line first; all are added, or none."""
    lines, wrong, dry_run = None, [], True
    if request.method == "POST":
        file, dry_run = request.files.get("file"), "for_real" not in request.form
        words = {str(text).lower(): name for name, text in FIELD_WORDS.items()}
        try:
            found = sheet.lines_of(file.stream if file else b"", words)
            with under_way(current_user.user.id) as progress:
                lines, wrong = room.import_equipment(found, _allowed, now_ms(), dry_run, progress)
        except sheet.SheetRefused as refused:
            flash(str(SHEET_WORDS[refused.code]) % {"about": refused.about}, "danger")
        except ActionError:
            flash(gettext("Somebody entered one of these asset numbers meanwhile. Look at the file again."), "danger")
    told = [(line, FIELD_WORDS[field], WRONG_WORDS[what]) for line, field, what in wrong[:ERRORS_SHOWN]]
    return render_template("equipment/import.html", lines=lines, wrong=told, count=len(wrong), dry_run=dry_run)


@pages.get("/import/progress")
@needs("equipment.write")
def how_far():
    """How far the import is that this person began last; `stage` is empty where none is under way."""
    mine = progress_of(current_user.user.id)
    return {"stage": mine.stage, "lines": mine.lines, "of": mine.of} if mine else {"stage": ""}


def _allowed(institution, department):
    return may_stand(scope(), institution, department)


def _seen(equipment_id):
    return Equipment.seen(scope(), equipment_id) or abort(404)


def _asked():
    return {name: request.args.get(name, "").strip()[:80] for name in ("text", "kind", "department")}
