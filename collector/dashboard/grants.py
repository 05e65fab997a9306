"""What a person is to see: institution, department or one piece of equipment, with its reason and last day."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, current_app, flash, redirect, request, url_for
from flask_babel import gettext
from flask_login import current_user

from collector import accounts
from collector.accounts import Department, Institution, User
from collector.clock import now_ms
from collector.equipment import Equipment
from collector.errors import ActionError
from collector.web import needs

pages = Blueprint("grants", __name__)


@pages.post("/people/<int:user_id>/scopes")
@needs("accounts.write")
def give_scope(user_id):
    """Give it, from now to the end of the day that is named."""
    user = User.get_or_none(User.id == user_id) or abort(404)
    if user.id == current_user.user.id:
        abort(403)
    kind, _, number = request.form.get("of", "").partition(":")
    until_ms = _end_of(request.form.get("until", ""))
    target, label = _target(kind, number, request.form.get("asset_number", "").strip())
    if target is None or until_ms == 0:
        flash(gettext("Choose a place or write an asset number that is there; a last day is YYYY-MM-DD."), "danger")
    else:
        try:
            accounts.give_scope(
                user, kind or "equipment", target, label, request.form.get("why", ""), now_ms(), until_ms
            )
            flash(gettext("The scope is given."), "success")
        except ActionError:
            flash(
                gettext(
                    "This cannot be given: a vendor sees single pieces of equipment, with contract or visit and its "
                    "last day; administrators and auditors have no scope."
                ),
                "danger",
            )
    return redirect(url_for("people.one", user_id=user.id))


def _target(kind, number, asset_number):
    """(number, words) of what was chosen; (None, "") when it is not there."""
    if kind == "institution" and number.isdecimal():
        found = Institution.get_or_none(Institution.id == int(number))
        return (found.id, found.name) if found else (None, "")
    if kind == "department" and number.isdecimal():
        found = Department.get_or_none(Department.id == int(number))
        return (found.id, f"{found.institution.name} / {found.name}") if found else (None, "")
    found = Equipment.get_or_none(Equipment.asset_number == asset_number) if not kind else None
    return (found.id, f"{found.asset_number} {found.name}") if found else (None, "")


def _end_of(day):
    """The instant after the last of a day in the pages' zone, None for no day, 0 for a text that is no day."""
    if not day:
        return None
    try:
        last = datetime.strptime(day, "%Y-%m-%d").date()
    except ValueError:
        return 0
    zone = ZoneInfo(current_app.config["SETTINGS"]["zone"])
    return int(datetime.combine(last + timedelta(days=1), time(), zone).timestamp() * 1000)
