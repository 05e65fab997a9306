"""Limits on pages: the tree of classes, makers and models, what each has, a new limit with its preview, an end."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from collector import environment as room
from collector.clock import now_ms
from collector.environment.fields import FIELDS, checked, indicator_named
from collector.environment.indicators import INDICATORS
from collector.environment.inherit import ANYWHERE, BOUNDS, Target, nearest, valid
from collector.environment.models import EnvironmentLimit, all_rules, machines, outside_too, reached_by
from collector.environment.preview import reached
from collector.equipment import PLACES
from collector.web import needs, scope

pages = Blueprint("limits", __name__, url_prefix="/environment/limits", template_folder="templates")


@pages.get("")
@needs("equipment.read")
def first_page():
    """Classes, makers and models of the equipment inside the scope, each with how many limits were set for it."""
    rules, found = valid(EnvironmentLimit.rules(), now_ms()), {}
    for machine in machines(scope()):
        for target in _targets_of(machine):
            found[target] = found.get(target, 0) + 1
    set_for = {target: sum(rule.target == target for rule in rules) for target in found}
    tree = sorted(found, key=lambda target: [part or "" for part in target[:3]])
    return render_template("environment/limits.html", tree=tree, reached=found, set_for=set_for)


def _targets_of(machine):
    yield Target(machine.kind, None, None, None)
    yield Target(machine.kind, machine.maker, None, None)
    yield Target(machine.kind, machine.maker, machine.model, None)


@pages.get("/of")
@needs("equipment.read")
def of_target():
    """What is set for a class, maker or model, what it inherits, whom it reaches, and all that was ever set for it."""
    target, some = _asked()
    if target.equipment_id is not None:
        return redirect(_page_of(target))
    return render_template(
        "environment/target.html",
        target=target,
        machines=some,
        rows=_holding(target, some[0]),
        history=EnvironmentLimit.rules(target)[::-1],
        may_set=_may_set(target),
    )


def _holding(target, machine):
    """[Rule] that hold now for what is no more than a target says, in the order of INDICATORS."""
    one = machine._replace(id=0, maker=target.maker or "", model=target.model or "")
    found = {rule for place in PLACES for rule in nearest(all_rules(), one, place, now_ms()).values()}
    return sorted(found, key=lambda rule: (INDICATORS.index((rule.channel, rule.what)), rule.place))


@pages.route("/new", methods=["GET", "POST"])
@needs("equipment.write")
def add():
    """Set a limit: looked at first, with whom it reaches; then kept with its source and reason."""
    target, some = _asked()
    if not _may_set(target):
        abort(403)
    said = {name: request.values.get(name, "") for name in (*FIELDS, "indicator", "place")}
    indicator, wrong, found = indicator_named(said["indicator"]), {}, None
    if request.method == "POST":
        values, wrong = checked(indicator or INDICATORS[0], said)
        if indicator is None or said["place"] not in (ANYWHERE, *PLACES):
            wrong["indicator" if indicator is None else "place"] = "choice"
        if not wrong and "keep" in request.form:
            wrong = _set(target, indicator, said["place"], values)
            if not wrong:
                return redirect(_page_of(target))
        elif not wrong:
            found = reached(target, indicator, said["place"], scope(), now_ms())
    return render_template(
        "environment/change.html", target=target, machines=some, said=said, wrong=wrong, found=found,
        indicators=INDICATORS, indicator=indicator, places=PLACES,
    )  # fmt: skip


def _set(target, indicator, place, values):
    """{} when the limit was set, else {field: a key of LIMIT_WRONG_WORDS}."""
    days = [values[name] and _midnight(values[name]) for name in ("from_on", "to_on")]
    levels = {bound: values[bound] for bound in BOUNDS}
    try:
        room.set_limit(target, indicator, levels, values["source"], values["reason"], now_ms(), place, *days)
    except room.LimitRefused as refused:
        return {refused.field: refused.code}
    flash(gettext("The limit is set."), "success")
    return {}


@pages.post("/<int:limit_id>/end")
@needs("equipment.write")
def end(limit_id):
    """End a limit with a reason: what is inherited holds again from now on."""
    rule = EnvironmentLimit.numbered(limit_id) or abort(404)
    if not reached_by(rule.target, scope()):
        abort(404)
    if not _may_set(rule.target):
        abort(403)
    try:
        room.end_limit(rule, request.form.get("reason", ""), now_ms())
        flash(gettext("The limit has ended; what is inherited holds again."), "success")
    except room.LimitRefused:
        flash(gettext("Not ended: write a reason; a limit ends once."), "danger")
    return redirect(_page_of(rule.target))


def _asked():
    """(Target, [Machine] it reaches inside the scope) of a request; 404 when it reaches none."""
    number = request.values.get("equipment", type=int)
    parts = [request.values.get(name) or None for name in ("kind", "maker", "model")]
    target = Target(None, None, None, number) if number else Target(*parts, None)
    some = reached_by(target, scope())
    if not some or (number is None and parts[0] is None) or (parts[2] and not parts[1]):
        abort(404)
    return target, some


def _may_set(target):
    return not outside_too(target, scope())


def _page_of(target):
    if target.equipment_id is not None:
        return url_for("environment.one", equipment_id=target.equipment_id)
    parts = {name: part for name, part in zip(("kind", "maker", "model"), target, strict=False) if part}
    return url_for("limits.of_target", **parts)


def _midnight(day):
    zone = ZoneInfo(current_app.config["SETTINGS"]["zone"])
    return int(datetime.combine(day, time(), zone).timestamp() * 1000)
