"""Pages of use: all units beside each other, one unit around a day, what people say of it, a spreadsheet."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from collector import audit, readings
from collector.clock import day_at, now_ms
from collector.equipment import Equipment
from collector.running import actions, book, figures, findings, models, panel, pictures, set_models, supply
from collector.running.classes import compared
from collector.running.models import Exam, UsageCorrection
from collector.web import needs, scope
from collector.web.usage_words import USAGE_REFUSAL_WORDS
from collector.web.words import STATE_OF_UNIT_WORDS, moment

PER_PAGE = 50

pages = Blueprint("usage", __name__, url_prefix="/usage", template_folder="templates")


@pages.get("")
@needs("equipment.read")
def first_page():
    """Equipment inside the scope, a page at a time: the last 30 days beside the units of its class."""
    page = max(1, request.args.get("page", 1, type=int))
    found = list(Equipment.registered(scope()).paginate(page, PER_PAGE + 1))
    last = day_at(now_ms(), _zone()) - timedelta(days=1)
    rows = compared(found[:PER_PAGE], last, _zone())
    more = len(found) > PER_PAGE
    return render_template("running/first_page.html", rows=rows, page=page, more=more, last=last)


@pages.get("/<int:equipment_id>")
@needs("equipment.read")
def one(equipment_id):
    """One unit: a day, the week, month and year around it, findings, sources beside each other."""
    equipment, zone, now = _seen(equipment_id), _zone(), now_ms()
    today = day_at(now, zone)
    on = _day(today)
    day, around = panel.day_of(equipment, on, zone, now), panel.around(equipment, on, zone)
    lines, most = pictures.trace(day.points, day.from_ms, day.to_ms)
    since_ms, until_ms = day.to_ms - panel.FINDING_DAYS * models.DAY_MS, day.to_ms
    place = ZoneInfo(zone)
    found = [findings.said(one, place) for one in reversed(models.findings_of(equipment, since_ms, until_ms))]
    units, held = figures.units_of(equipment, day.from_ms, now), set_models.held_by(equipment, on)
    return render_template(
        "running/one.html",
        equipment=equipment,
        today=today,
        on=on,
        day=day,
        spent=panel.figure_of(day),
        total=figures.total,
        share=figures.utilisation,
        around=around,
        months=panel.months_of(around.year),
        ribbon=pictures.ribbon(day.spells, day.from_ms, day.to_ms, _spell_words),
        heat=_heat(around.week),
        lines=lines,
        most=most,
        pictures=pictures,
        found=found,
        checked=panel.checked(equipment, on, zone),
        modes=panel.modes(equipment, *_month_ms(on, zone)),
        disk=panel.disk_of(equipment, now),
        held=held,
        idle_kwh=panel.idle_kwh(day, supply.supply_of(held)[0], place),
        versions=[
            (terminal_id, version) for terminal_id, held in units for version in models.versions_of(held.binding_id)
        ],
        corrections=reversed(UsageCorrection.within(equipment, on - timedelta(days=60), on)),
        results=actions.RESULTS,
    )


def _heat(week):
    shares = [row for _day, row in week]
    days = [day for day, _row in week]
    return pictures.heat(shares, lambda at, hour: f"{days[at]} {hour:02}:00 {shares[at][hour]:.0%}", days)


def _spell_words(one):
    words = STATE_OF_UNIT_WORDS[one.state]
    return f"{words} {moment(one.start_ms)[11:]}-{moment(one.end_ms)[11:]} ({one.sure:.0%})"


@pages.get("/<int:equipment_id>/export")
@needs("equipment.read")
def export(equipment_id):
    """A month of a unit, and its year, as a spreadsheet."""
    equipment, zone = _seen(equipment_id), _zone()
    on = _day(day_at(now_ms(), zone))
    around, span = panel.around(equipment, on, zone), _month_ms(on, zone)
    spells, told = figures.told_between(equipment, *span, now_ms())
    head = [
        (gettext("Equipment"), equipment.name),
        (gettext("Asset number"), equipment.asset_number),
        (gettext("Time zone"), zone),
    ]
    sessions, exams = figures.sessions(spells, told), Exam.within(equipment, *span)
    content = book.book_of(head, around.month, panel.months_of(around.year), sessions, exams)
    audit.note("usage.export", f"equipment {equipment.asset_number}", after={"month": on.strftime("%Y-%m")})
    name = f"attachment; filename=usage-{equipment.id}-{on:%Y-%m}.xlsx"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return Response(content, headers={"Content-Disposition": name}, mimetype=kind)


@pages.post("/<int:equipment_id>/say")
@needs("usage.write")
def say(equipment_id):
    """Correct a figure of a day, type its examinations, bring many in, or say what its daily QC came to."""
    equipment, zone, form = _seen(equipment_id), _zone(), request.form
    on = _day(day_at(now_ms(), zone), form)
    try:
        match form.get("what"):
            case "exams_typed":
                actions.type_exams(equipment, on, form.get("value", ""), zone)
            case "exams_imported":
                file = request.files.get("file")
                actions.import_exams(equipment, actions.lines_of(file.read() if file else b""), zone)
            case "qc":
                actions.say_qc(equipment, on, form.get("result", ""), form.get("note", ""), now_ms())
            case what:
                actions.correct(equipment, on, what, form.get("value", ""), form.get("reason", ""), now_ms())
    except actions.UsageRefused as refused:
        flash(str(USAGE_REFUSAL_WORDS[refused.code]) % refused.said, "danger")
    return redirect(url_for("usage.one", equipment_id=equipment.id, day=on.isoformat()))


def _month_ms(on, zone):
    first = on.replace(day=1)
    last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    return readings.bounds_of(first, zone)[0], readings.bounds_of(last, zone)[1]


def _day(today, said=None):
    """The day that is asked for, today when it is none."""
    try:
        on = date.fromisoformat((said or request.args).get("day", ""))
    except ValueError:
        return today
    return on if 2015 <= on.year <= today.year else today


def _zone():
    return current_app.config["SETTINGS"]["zone"]


def _seen(equipment_id):
    return Equipment.seen(scope(), equipment_id) or abort(404)
