"""Lists of the register that somebody keeps under a name, from the page of the register."""

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from collector.equipment.lists import FILTERS, ListRefused, keep_list, remove_list
from collector.web import needs

WORDS = {
    "name": _l("A list needs a name of 1 to %(most)s signs."),
    "many": _l("You keep %(most)s lists already; remove one first."),
}

pages = Blueprint("kept", __name__, url_prefix="/register/views")


@pages.post("")
@needs("equipment.read")
def keep():
    """Keep what is shown under a name, in place of what had it."""
    said = request.form
    asked, columns = {field: said.get(field, "") for field in FILTERS}, said.getlist("column")
    try:
        keep_list(current_user.user, said.get("name", ""), asked, columns)
    except ListRefused as refused:
        flash(str(WORDS[refused.code]) % {"most": refused.most}, "danger")
    return redirect(url_for("register.first_page", **asked, column=columns))


@pages.post("/<int:number>/remove")
@needs("equipment.read")
def remove(number):
    """Keep it no longer; another's is none."""
    remove_list(current_user.user, number)
    return redirect(url_for("register.first_page"))
