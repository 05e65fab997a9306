"""/api/v1/audit: who did what, for the auditor's programs. Looking is itself an act."""

import json
from typing import Any

from flask import Response
from msgspec import UNSET, Struct, UnsetType

from collector import api, audit
from collector.clock import now_ms
from collector.web import needs

LINES = "application/x-ndjson"


class AuditFilters(Struct):
    """Whose acts, which, on what, since and until when; texts are looked for inside the fields."""

    actor: api.Text = ""
    action: api.Text = ""
    record: api.Text = ""
    since_ms: api.Instant | None = None
    until_ms: api.Instant | None = None


class AuditAsked(AuditFilters, kw_only=True):
    """The same, a page at a time."""

    limit: api.Limit = 50
    after: api.Number | None = None


class RowTold(Struct):
    """One act: before and after as it was noted, and the code that holds it to the row before."""

    number: int
    ts_ms: int
    actor: str
    role: str
    address: str
    action: str
    record: str
    outcome: str
    mac: str
    before: Any | UnsetType = UNSET
    after: Any | UnsetType = UNSET


door = api.room("audit")


@door.get("/audit")
@needs("audit.read")
@api.speaks(api.Page[RowTold], asks=AuditAsked)
def rows(asked):
    """The acts that were asked for, the newest first."""
    _noted("audit.read", asked)
    return api.page(_rows(asked), audit.AuditRow.number, asked, _told, newest_first=True)


@door.get("/audit/export")
@needs("audit.read")
@api.speaks(LINES, asks=AuditFilters)
def export(asked):
    """The acts that were asked for as a signed file, a line of JSON each, the oldest first."""
    _noted("audit.export", asked)
    found = _rows(asked).order_by(audit.AuditRow.number)
    return Response("".join(audit.export(found, now_ms())), mimetype=LINES)


def _noted(action, asked):
    names = AuditFilters.__struct_fields__
    audit.note(action, "rows", after={name: getattr(asked, name) for name in names if getattr(asked, name)})


def _rows(asked):
    return audit.rows_of(asked.actor, asked.action, asked.record, asked.since_ms, asked.until_ms)


def _told(row):
    before, after = (UNSET if text is None else json.loads(text) for text in (row.before, row.after))
    return api.told(RowTold, row, before=before, after=after)
