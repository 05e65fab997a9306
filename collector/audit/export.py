"""Rows as a file: a line of JSON each, and a signed last line that stands for all of them."""

import hashlib
import json

from collector import db
from collector.audit import chain, heads
from collector.audit.models import AuditHead, AuditRow
from collector.errors import ActionError


def export(rows, at_ms):
    """The lines of a file, each ending in a line feed, one after the other; rows in the order they are given."""
    seen = hashlib.sha256()
    for row in rows:
        line = json.dumps({name: getattr(row, name) for name in (*chain.FIELDS, "mac")}, ensure_ascii=False) + "\n"
        seen.update(line.encode())
        yield line
    yield json.dumps(attested(seen.hexdigest(), at_ms)) + "\n"


def attested(sha256, at_ms):
    """A signed head of the chain, as a dict, that says this hash of something made at an instant."""
    head = AuditHead.get_by_id(1)
    return heads.signed(db.folder(), head.number, head.mac, at_ms, sha256)


def exported(path, public):
    """How many rows an exported file holds, once its signature is found good. Raises ActionError."""
    lines = path.read_bytes().splitlines(keepends=True)
    try:
        head = json.loads(lines[-1]) if lines else {}
    except ValueError:
        head = {}
    if not isinstance(head, dict) or not heads.is_genuine(head, public):
        raise ActionError(f"{path}: its last line is not signed with the key {public[:16]}...; export it again")
    if hashlib.sha256(b"".join(lines[:-1])).hexdigest() != head["sha256"]:
        raise ActionError(f"{path}: its lines are not those that were signed; export it again")
    return len(lines) - 1


def everything():
    """All rows, the oldest first."""
    return AuditRow.select().order_by(AuditRow.number).iterator()
