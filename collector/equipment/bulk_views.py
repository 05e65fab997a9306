"""Changing one field of many pieces of equipment: first a look at each, then all that can be."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from collector.clock import now_ms
from collector.equipment import bulk
from collector.equipment.models import Equipment
from collector.equipment.places import may_stand
from collector.errors import ActionError
from collector.web import needs, scope
from collector.web.words import CATEGORY_WORDS, KIND_WORDS

pages = Blueprint("bulk", __name__, url_prefix="/register/several", template_folder="templates")

CHOICES = {"kind": KIND_WORDS, "category": CATEGORY_WORDS}


@pages.post("")
@needs("equipment.write")
def several():
    """The chosen machines with what would change; with for_real, change them."""
    machines, left = _chosen()
    said = request.form
    name = said.get("field", "") if said.get("field") in bulk.EDITABLE else ""
    text = _code(name, said.get("value", "").strip()[:200])
    edits = bulk.planned(machines, name, text, _allowed) if name else []
    if edits and "for_real" in said:
        try:
            count = bulk.change_many(edits, name, said.get("reason", ""), now_ms())
            flash(gettext("Equipment changed: %(count)s.", count=count), "success")
            if left:
                flash(gettext("%(left)s more that the filter left were not among them.", left=left), "warning")
            return redirect(url_for("register.first_page"))
        except ActionError:
            flash(gettext("Nothing was changed: write a reason of 1 to 200 signs."), "danger")
    return render_template(
        "equipment/several.html",
        machines=machines,
        left=left,
        edits=edits,
        fields=bulk.EDITABLE,
        said=said,
        name=name,
        changing=sum(one.wrong is None and one.before != one.after for one in edits),
    )


def _chosen():
    """The Equipment of the numbers in the form, of those inside the scope, or all that the filters leave; at most
    bulk.MOST, and how many more there are."""
    said = request.form
    if "all" in said:
        asked = {name: said.get(name, "").strip()[:80] for name in ("text", "kind", "department")}
        found = Equipment.registered(scope(), **asked)
    else:
        numbers = [int(text) for text in said.getlist("id")[: bulk.MOST] if text.isdigit()]
        found = Equipment.registered(scope()).where(Equipment.id << numbers)
    left = max(0, found.count() - bulk.MOST) or said.get("left", 0, type=int)  # as told when they were chosen
    return list(found.limit(bulk.MOST)), left


def _code(name, text):
    """A choice by its word in the reader's language, as the code that is kept."""
    return next((code for code, word in CHOICES.get(name, {}).items() if text == str(word)), text)


def _allowed(institution, department):
    return may_stand(scope(), institution, department)
