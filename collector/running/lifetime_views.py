"""The page of a unit's whole life: what was typed of the time before, what was measured since, both together."""

from datetime import date

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from collector.clock import day_at, now_ms
from collector.equipment import Equipment
from collector.running.lifetime import BeforeRefused, lifetime, say_before
from collector.running.lifetime_models import UseBefore
from collector.web import needs, scope
from collector.web.usage_words import BEFORE_REFUSAL_WORDS

pages = Blueprint("lifetime", __name__, url_prefix="/usage/<int:equipment_id>/lifetime", template_folder="templates")


@pages.get("")
@needs("equipment.read")
def one(equipment_id):
    """The total with its parts, and all that was ever typed."""
    equipment, zone = _seen(equipment_id), current_app.config["SETTINGS"]["zone"]
    life = lifetime(equipment, day_at(now_ms(), zone), zone)
    said = {name: request.args.get(name, "") for name in ("until_on", "on_h", "exams", "source", "reason")}
    return render_template(
        "running/lifetime.html", equipment=equipment, life=life, rows=UseBefore.of(equipment), said=said
    )


@pages.post("")
@needs("usage.write")
def say(equipment_id):
    """Say what it did before it was measured."""
    equipment, zone = _seen(equipment_id), current_app.config["SETTINGS"]["zone"]
    said = {name: request.form.get(name, "")[:300] for name in ("until_on", "on_h", "exams", "source", "reason")}
    try:
        say_before(equipment, _day(said["until_on"]), *list(said.values())[1:], now_ms(), zone)
    except BeforeRefused as refused:
        flash(str(BEFORE_REFUSAL_WORDS[refused.code]) % refused.said, "danger")
        return redirect(url_for("lifetime.one", equipment_id=equipment_id, **said))
    flash(gettext("It is kept."), "success")
    return redirect(url_for("lifetime.one", equipment_id=equipment_id))


def _day(text):
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _seen(equipment_id):
    return Equipment.seen(scope(), equipment_id) or abort(404)
