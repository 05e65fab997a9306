"""The same as JSON: /api/v1, for our own pages and for programs with a token."""

from flask import Blueprint, abort, current_app, jsonify, request

from collector.clock import now_ms
from collector.dashboard.overview import CHARTS, entry_of, overview
from collector.equipment import SPANS, Equipment, trend
from collector.web import needs, scope

api = Blueprint("api", __name__, url_prefix="/api/v1")


@api.get("/overview")
@needs("equipment.read")
def all_equipment():
    """Equipment with its state and last values, what needs a person first; ?page= the next of them."""
    now = now_ms()
    found = overview(scope(), current_app.config["SETTINGS"], now, request.args.get("page", 1, type=int))
    return jsonify(server_ms=now, equipment=found.entries, counts=found.counts, page=found.page, pages=found.pages)


@api.get("/equipment/<int:equipment_id>/series")
@needs("equipment.read")
def equipment_series(equipment_id):
    """The lines of an equipment's charts; ?span= hour, day or month."""
    equipment, span = (
        Equipment.seen(scope(), equipment_id) or abort(404),
        request.args.get("span", "hour"),
    )
    if span not in SPANS:
        return jsonify(code="span_unknown", error=f"span is {span[:40]!r}; take one of {', '.join(SPANS)}"), 400
    settings, now = current_app.config["SETTINGS"], now_ms()
    lines = trend(equipment, CHARTS, span, settings["late_after_s"], now)
    return jsonify(span=span, zone=settings["zone"], equipment=entry_of(equipment, settings, now), **lines)
