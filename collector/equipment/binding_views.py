"""Binding a terminal to a piece of equipment by its label, and ending that."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from collector import equipment as room
from collector import gateways
from collector.clock import now_ms
from collector.equipment.labels import LabelRefused, bindable, id_in_picture, id_typed
from collector.equipment.models import CHANNEL_GROUPS, PLACES, Binding, Equipment
from collector.errors import ActionError
from collector.web import needs, scope, takes_files
from collector.web.register_words import LABEL_WORDS

pages = Blueprint("bindings", __name__, url_prefix="/register/<int:equipment_id>", template_folder="templates")


@pages.get("/bind")
@needs("equipment.write")
def ask(equipment_id):
    """Ask for a picture of the label, or what it says."""
    return _shown(_seen(equipment_id))


@pages.post("/bind")
@takes_files
@needs("equipment.write")
def read(equipment_id):
    """Show the terminal of a label and ask for channels and place; nothing is bound yet."""
    equipment, brought = _seen(equipment_id), request.files.get("picture")
    try:
        typed = request.form.get("label", "").strip()
        terminal_id = id_in_picture(brought.stream) if brought and not typed else id_typed(typed)
        return _shown(equipment, terminal_id, bindable(terminal_id, scope(), now_ms()))
    except LabelRefused as refused:
        return _shown(equipment, refused=refused)


@pages.post("/bind/confirm")
@needs("equipment.write")
def confirm(equipment_id):
    """Bind it from now on, or from the beginning when it was never bound; what it was bound to ends there."""
    equipment, terminal_id = _seen(equipment_id), request.form.get("terminal_id", "")
    group, place = request.form.get("group", ""), request.form.get("place", "")
    try:
        for one in bindable(terminal_id, scope(), now_ms()):
            if (one.equipment_id, one.channel_group, one.place) == (equipment.id, group, place):
                raise LabelRefused("here", terminal_id)
        room.bind(terminal_id, equipment.asset_number, now_ms(), None, group, place)
    except LabelRefused as refused:
        return _shown(equipment, refused=refused)
    except ActionError:
        flash(gettext("Not bound: choose channels and a place."), "danger")
        return redirect(url_for("bindings.ask", equipment_id=equipment.id))
    flash(gettext("The terminal %(id)s is bound to this equipment.", id=terminal_id), "success")
    return redirect(url_for("register.one", equipment_id=equipment.id, _anchor="bindings"))


@pages.post("/bindings/<int:binding_id>/end")
@needs("equipment.write")
def end(equipment_id, binding_id):
    """End a binding now."""
    equipment = _seen(equipment_id)
    mine = (Binding.id == binding_id) & (Binding.equipment == equipment)
    try:
        room.unbind(Binding.get_or_none(mine) or abort(404), now_ms())
    except ActionError:
        flash(gettext("It has an end already."), "danger")
    return redirect(url_for("register.one", equipment_id=equipment.id, _anchor="bindings"))


def _shown(equipment, terminal_id=None, bound=(), refused=None):
    ts_ms, said = gateways.statuses([terminal_id]).get(terminal_id, (None, {})) if terminal_id else (None, {})
    return render_template(
        "equipment/bind.html",
        equipment=equipment,
        terminal_id=terminal_id,
        bound=bound,
        ts_ms=ts_ms,
        version=said.get("version"),
        refused=refused and str(LABEL_WORDS[refused.code]) % {"about": refused.about},
        groups=CHANNEL_GROUPS,
        places=PLACES,
    )


def _seen(equipment_id):
    return Equipment.seen(scope(), equipment_id) or abort(404)
