"""The overview of all equipment and the page of one."""

from flask import Blueprint, abort, current_app, render_template, request

from collector.clock import now_ms
from collector.dashboard.overview import CHARTS, entry_of, overview
from collector.equipment import SPANS, Equipment
from collector.web import needs, scope
from firmware.protocol.channels import BY_NAME

pages = Blueprint("dashboard", __name__, template_folder="templates")


@pages.get("/")
@needs("equipment.read")
def first_page():
    """All equipment, what needs a person first; a page of it."""
    found = overview(scope(), current_app.config["SETTINGS"], now_ms(), request.args.get("page", 1, type=int))
    return render_template("dashboard/overview.html", overview=found)


@pages.get("/equipment/<int:equipment_id>")
@needs("equipment.read")
def equipment_page(equipment_id):
    """One equipment: what it is, last values, charts of an hour, a day or a month."""
    equipment = Equipment.seen(scope(), equipment_id) or abort(404)
    span = request.args.get("span", "hour")
    entry = entry_of(equipment, current_app.config["SETTINGS"], now_ms())
    charts = [BY_NAME[channel] for channel, _low, _high in CHARTS]
    span = span if span in SPANS else "hour"
    return render_template("dashboard/equipment.html", equipment=equipment, entry=entry, span=span, charts=charts)
