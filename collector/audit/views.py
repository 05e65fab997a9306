"""The audit as a page: who did what, filtered; and as a file."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, current_app, render_template, request

from collector import audit
from collector.clock import now_ms
from collector.web import needs

PER_PAGE = 100

pages = Blueprint("audit", __name__, url_prefix="/audit", template_folder="templates")


@pages.get("")
@needs("audit.read")
def first_page():
    """The newest rows of what was asked for; looking is itself an act."""
    asked = {name: request.args.get(name, "")[:80] for name in ("actor", "action", "record", "from", "to")}
    page = max(1, request.args.get("page", 1, type=int))
    audit.note("audit.read", "rows", after={name: text for name, text in asked.items() if text})
    rows = list(_rows(asked).paginate(page, PER_PAGE + 1))
    more = len(rows) > PER_PAGE
    return render_template("audit/first_page.html", rows=rows[:PER_PAGE], asked=asked, page=page, more=more)


@pages.get("/export")
@needs("audit.read")
def export():
    """The rows of what was asked for as a signed file, a line of JSON each, the oldest first."""
    asked = {name: request.args.get(name, "")[:80] for name in ("actor", "action", "record", "from", "to")}
    audit.note("audit.export", "rows", after={name: text for name, text in asked.items() if text})
    rows = _rows(asked).order_by(audit.AuditRow.number)
    name = {"Content-Disposition": "attachment; filename=audit.jsonl"}
    return Response("".join(audit.export(rows, now_ms())), headers=name, mimetype="application/x-ndjson")


def _rows(asked):
    since_ms, until_ms = _day_ms(asked["from"]), _day_ms(asked["to"], 1)
    return audit.rows_of(asked["actor"], asked["action"], asked["record"], since_ms, until_ms)


def _day_ms(text, days=0):
    """The instant a day begins in the pages' zone, or so many days later; None for what is no day."""
    try:
        day = datetime.strptime(text, "%Y-%m-%d") + timedelta(days=days)
    except ValueError:
        return None
    return int(day.replace(tzinfo=ZoneInfo(current_app.config["SETTINGS"]["zone"])).timestamp() * 1000)
