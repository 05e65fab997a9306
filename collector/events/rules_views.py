"""Pages of rules: the list, a rule as a form with what it would have raised, its versions."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for

from collector import events as room
from collector import notify
from collector.clock import now_ms
from collector.equipment import KINDS, Equipment
from collector.events import forms, sense, shape
from collector.events.actions import others_of
from collector.events.drawing import picture
from collector.events.models import RuleVersion
from collector.events.preview import DAYS, preview
from collector.web import needs, scope
from collector.web.event_words import REFUSAL_WORDS, RULE_WRONG_WORDS

pages = Blueprint("rules", __name__, url_prefix="/rules", template_folder="templates")


@pages.get("")
@needs("events.rules")
def first_page():
    """The rules that hold."""
    return render_template("events/rules.html", found=[(one, one.rule()) for one in RuleVersion.valid()])


@pages.route("/new", methods=["GET", "POST"])
@needs("events.rules")
def add():
    """A new rule."""
    return _entered(None)


@pages.route("/<int:number>", methods=["GET", "POST"])
@needs("events.rules")
def change(number):
    """A rule that holds, with its versions; what is kept follows it."""
    versions = RuleVersion.of(number)
    if not versions or versions[0].to_ms is not None:
        abort(404)
    return _entered(versions[0], versions)


@pages.post("/<int:number>/end")
@needs("events.rules")
def end(number):
    """A rule holds no longer."""
    try:
        room.end_rule(number, request.form.get("reason", ""), now_ms())
    except room.Refused as refused:
        flash(str(REFUSAL_WORDS[refused.code]) % {"about": refused.about}, "danger")
        return redirect(url_for("rules.change", number=number))
    return redirect(url_for("rules.first_page"))


def _entered(version, versions=()):
    said, days, states, wrong, seen = *_said_of(version), [], None
    if request.method == "POST":
        said, states = request.form, request.form.getlist("states")
        days = [int(day) for day in request.form.getlist("days") if day.isdigit()]
        rule, number = forms.rule_of(said, days, states), version and version.number
        wrong = shape.findings(rule) or sense.findings(rule, others_of(_target(), number))
        if not wrong and "keep" in said:
            try:
                room.keep_rule(said.get("name", ""), _target(), rule, said.get("reason", ""), now_ms(), number)
                return redirect(url_for("rules.first_page"))
            except room.Refused as refused:
                flash(str(REFUSAL_WORDS[refused.code]) % {"about": refused.about}, "danger")
        machine = Equipment.seen(scope(), said.get("preview", 0, type=int)) if not wrong else None
        seen = preview(rule, machine, now_ms()) if machine else None
    return render_template(
        "events/rule.html",
        version=version,
        versions=versions,
        said=said,
        days=days or list(range(1, 8)),
        states=states,
        wrong=[(where, str(RULE_WRONG_WORDS[what]), value) for where, what, value in wrong],
        seen=seen,
        drawn=_drawn(seen),
        kinds=list(forms.AMOUNTS),
        machine_kinds=KINDS,
        machines=list(Equipment.registered(scope())),
        severities=notify.SEVERITIES,
        all_states=shape.STATES,
        rows=range(1, forms.ROWS + 1),
        steps=range(1, forms.STEPS + 1),
        days_back=DAYS,
    )


def _said_of(version):
    """What the form shows at first: (fields, days, states)."""
    if version is None:
        return {"for_s": "60", "clear_s": "60", "severity": "warning", "kind1": "above"}, [], []
    said, days, states = forms.form_of(version.rule())
    place = {name: getattr(version, name) or "" for name in ("name", "kind", "maker", "model")}
    return said | place | {"equipment": version.equipment_id or ""}, days, states


def _target():
    """Whom the rule of a form is for; an equipment that one does not see is none."""
    target = {name: request.form.get(name, "").strip()[:200] or None for name in ("kind", "maker", "model")}
    number = request.form.get("equipment", type=int)
    if number is not None and Equipment.seen(scope(), number) is None:
        abort(404)
    return target | {"equipment_id": number}


def _drawn(seen):
    if seen is None or seen.terminal_id is None or seen.channel is None:
        return None
    return picture(seen.terminal_id, seen.channel, seen.from_ms, seen.to_ms, seen.spans)
