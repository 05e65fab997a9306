"""Search: asset number, serial number, name, room; terminals by their id. Inside the scope of who asks."""

from flask import Blueprint, redirect, render_template, request, url_for

from collector.clock import now_ms
from collector.equipment import Binding, Equipment
from collector.gateways import Terminal
from collector.web import may, needs, scope

MOST = 50

pages = Blueprint("search", __name__, template_folder="templates")


@pages.get("/search")
@needs("equipment.read")
def first_page():
    """What holds the text; a single whole asset or serial number leads straight to its equipment."""
    asked = request.args.get("q", "").strip()[:80]
    machines, terminals = found(asked)
    exact = [one for one in machines if asked.lower() in (one.asset_number.lower(), one.serial.lower())]
    if len(exact) == 1 and not terminals:
        return redirect(url_for("dashboard.equipment_page", equipment_id=exact[0].id))
    return render_template("dashboard/search.html", asked=asked, found=machines, terminals=terminals, most=MOST)


def found(asked):
    """([Equipment], [Terminal]) inside the scope that hold a text, the first of each; none of an empty one."""
    machines = list(Equipment.holding(scope(), asked).limit(MOST)) if asked else []
    return machines, _terminals(asked) if asked and may("terminals.read") else []


def _terminals(asked):
    rows = Terminal.select().where(Terminal.terminal_id.contains(asked))
    if not scope().everything:
        rows = rows.where(Terminal.terminal_id.in_(list(Binding.terminals_inside(scope(), now_ms()))))
    return list(rows.order_by(Terminal.terminal_id).limit(MOST))
