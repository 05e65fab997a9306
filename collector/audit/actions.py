"""Noting an act, checking the chain, signing its head, and letting go of what is old enough."""

import json

from collector import db
from collector.audit import chain, heads
from collector.audit.acting import acting
from collector.audit.models import AuditHead, AuditRow
from collector.clock import now_ms

DONE, REFUSED = "done", "refused"
RECORD_MOST = 200
LEAST_DAYS = 180  # as the law asks
DAY_MS = 86_400_000


def note(action, record, before=None, after=None, outcome=DONE):
    """Add one row for who acts now; before and after are anything that JSON can say, never a secret.

    Inside a transaction it is a part of it: an act and its row are kept together or not at all. The instant is that of
    this machine's clock, whatever time the act itself was given.
    """
    who = acting()
    with db.write():
        head = AuditHead.grown()
        row = AuditRow(
            number=head.number, ts_ms=now_ms(), actor=who.name, role=who.role, address=who.address, action=action,
            record=record[:RECORD_MOST], outcome=outcome, before=_json(before), after=_json(after),
        )  # fmt: skip
        row.mac = chain.code_of(heads.key(db.folder()), head.mac, row)
        row.save(force_insert=True)
        AuditHead.update(mac=row.mac).where(AuditHead.id == 1).execute()


def _json(what):
    return None if what is None else json.dumps(what, ensure_ascii=False, sort_keys=True)


def verify(copy=None):
    """[Finding] of the whole chain against the signed heads, those of the file or of a copy of it kept elsewhere.

    Raises ActionError when a head is not genuine.
    """
    folder = db.folder()
    signed = {head["number"]: head["mac"] for head in heads.read(folder, copy)}
    with db.snapshot():
        rows = AuditRow.select().order_by(AuditRow.number).iterator()
        return chain.findings(heads.key(folder), rows, signed, AuditHead.get_by_id(1).number)


def keep_head(at_ms):
    """Sign the newest row and write it beside the database, unless that was done; the head as a dict, or None."""
    folder, head = db.folder(), AuditHead.get_by_id(1)
    known = heads.newest(folder)
    if head.number == 0 or (known and known["number"] == head.number):
        return known
    fresh = heads.signed(folder, head.number, head.mac, at_ms)
    heads.add(folder, fresh)
    return fresh


def retire(keep_days, at_ms):
    """Let go of rows older than so many days, 180 at least; how many went. A signed head stays of the last of them."""
    until_ms = at_ms - max(keep_days, LEAST_DAYS) * DAY_MS
    last = AuditRow.select().where(AuditRow.ts_ms < until_ms).order_by(AuditRow.number.desc()).first()
    if last is None:
        return 0
    heads.add(db.folder(), heads.signed(db.folder(), last.number, last.mac, at_ms))
    with db.write():
        gone = AuditRow.delete().where(AuditRow.number <= last.number).execute()
        note("audit.retire", f"rows up to {last.number}", after={"rows": gone})
    return gone


def rows_of(actor="", action="", record="", since_ms=None, until_ms=None):
    """A query of rows, the newest first; texts are looked for inside the fields."""
    asked = AuditRow.select().order_by(AuditRow.number.desc())
    for field, text in ((AuditRow.actor, actor), (AuditRow.action, action), (AuditRow.record, record)):
        if text:
            asked = asked.where(field.contains(text))
    if since_ms is not None:
        asked = asked.where(AuditRow.ts_ms >= since_ms)
    return asked if until_ms is None else asked.where(AuditRow.ts_ms < until_ms)
