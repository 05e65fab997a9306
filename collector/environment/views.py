"""The surroundings: all equipment with what needs a person first, one with its limits, charts and shares of time."""

from datetime import date, timedelta

from flask import Blueprint, Response, abort, current_app, render_template, request

from collector import audit
from collector.clock import day_at, now_ms
from collector.environment.export import sheet_of
from collector.environment.indicators import CHANNELS, unit_of
from collector.environment.inherit import level_of, reaching
from collector.environment.models import EnvironmentLimit
from collector.environment.shares import added, shares
from collector.environment.standing import standing_of, standings, worst
from collector.equipment import SPANS, Equipment
from collector.web import needs, scope

pages = Blueprint("environment", __name__, url_prefix="/environment", template_folder="templates")
pages.add_app_template_global(unit_of, "limit_unit")
pages.add_app_template_global(level_of, "limit_level")


@pages.get("")
@needs("equipment.read")
def first_page():
    """All equipment inside the scope beside its limits, what needs a person first; a page of it."""
    found = standings(scope(), _settings(), now_ms(), request.args.get("page", 1, type=int))
    return render_template("environment/overview.html", found=found)


@pages.get("/<int:equipment_id>")
@needs("equipment.read")
def one(equipment_id):
    """One equipment: values beside the limits that hold and who set them, charts, shares of a month, history."""
    machine, now = _seen(equipment_id), now_ms()
    span = request.args.get("span", "day")
    standing = standing_of(machine, _settings(), now)
    places = sorted({one.place for one in standing}) or ["equipment"]
    rules = EnvironmentLimit.rules()
    known = {rule.number: rule for place in places for rule in reaching(rules, machine, place)}
    first_on = _month()
    return render_template(
        "environment/one.html",
        machine=machine,
        state=worst(standing),
        standing=standing,
        span=span if span in SPANS else "day",
        spans=SPANS,
        charts={one.indicator.channel: unit_of(one.indicator) for one in standing},
        history=[known[number] for number in sorted(known, reverse=True)],
        first_on=first_on,
        months=(first_on - timedelta(days=1), _next_month(first_on)),
        today=_today(),
        **_shares_of(machine, first_on, now),
    )


def _shares_of(machine, first_on, now):
    found = shares(machine, first_on, _next_month(first_on) - timedelta(days=1), _settings()["zone"], now)
    columns = sorted(found, key=lambda key: (CHANNELS.index(key[0].channel), key[0].what, key[1]))
    days = sorted({day for by_day in found.values() for day in by_day}, reverse=True)
    return {
        "columns": columns,
        "shares": found,
        "days": days,
        "totals": {key: added(found[key].values()) for key in columns},
    }


@pages.get("/<int:equipment_id>/export")
@needs("equipment.read")
def export(equipment_id):
    """The shares of a month as a spreadsheet, a line for each day and indicator."""
    machine, first_on = _seen(equipment_id), _month()
    found = _shares_of(machine, first_on, now_ms())
    audit.note("environment.export", f"equipment {machine.asset_number}", after={"month": f"{first_on:%Y-%m}"})
    name = {"Content-Disposition": f"attachment; filename=environment-{machine.id}-{first_on:%Y-%m}.xlsx"}
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return Response(sheet_of(found["shares"]), headers=name, mimetype=kind)


def _seen(equipment_id):
    return Equipment.seen(scope(), equipment_id) or abort(404)


def _settings():
    return current_app.config["SETTINGS"]


def _today():
    return day_at(now_ms(), _settings()["zone"])


def _month():
    """The first day of the month that is asked for, of this one when none is, or one that cannot be."""
    try:
        asked = date.fromisoformat(request.args.get("month", "") + "-01")
    except ValueError:
        asked = _today()
    return max(date(2000, 1, 1), min(asked, _today())).replace(day=1)


def _next_month(first_on):
    return (first_on + timedelta(days=32)).replace(day=1)
