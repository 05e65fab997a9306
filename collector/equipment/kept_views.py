"""Lists of the register that somebody keeps under a name: its filters and columns; of that person alone."""

import json

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext
from flask_login import current_user

from collector import db
from collector.equipment.models import RegisterView
from collector.web import needs

NAME_MOST, KEPT_MOST = 60, 30

pages = Blueprint("kept", __name__, url_prefix="/register/views")


@pages.post("")
@needs("equipment.read")
def keep():
    """Keep what is shown under a name, in place of what had it."""
    said = request.form
    name = said.get("name", "").strip()
    asked = {field: said.get(field, "").strip()[:80] for field in ("text", "kind", "department")}
    columns = [column for column in said.getlist("column") if column.isidentifier()][:40]
    if not 0 < len(name) <= NAME_MOST or not name.isprintable():
        flash(gettext("A list needs a name of 1 to %(most)s signs.", most=NAME_MOST), "danger")
    elif RegisterView.count_beside(current_user.user.id, name) >= KEPT_MOST:
        flash(gettext("You keep %(most)s lists already; remove one first.", most=KEPT_MOST), "danger")
    else:
        with db.write():
            RegisterView.keep(current_user.user.id, name, json.dumps(asked | {"column": columns}, ensure_ascii=False))
    return redirect(url_for("register.first_page", **asked, column=columns))


@pages.post("/<int:number>/remove")
@needs("equipment.read")
def remove(number):
    """Keep it no longer; another's is none."""
    with db.write():
        RegisterView.delete().where((RegisterView.id == number) & (RegisterView.user == current_user.user.id)).execute()
    return redirect(url_for("register.first_page"))
