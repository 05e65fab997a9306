"""Rules of the chain, without I/O: the code that holds a row to the one before, and what is wrong with a chain."""

import hashlib
import hmac
import json
from collections import namedtuple

FIELDS = ("number", "ts_ms", "actor", "role", "address", "action", "record", "outcome", "before", "after")
Finding = namedtuple("Finding", ("number", "what"))  # what: changed, missing or head


def written(row):
    """The bytes of a row that its code stands for: its fields in the order of FIELDS."""
    return json.dumps([getattr(row, name) for name in FIELDS], ensure_ascii=False, separators=(",", ":")).encode()


def code_of(key, before, row):
    """The code of a row after a row with the code `before`, in hexadecimal: HMAC-SHA-256."""
    return hmac.new(key, before.encode() + b"\n" + written(row), hashlib.sha256).hexdigest()


def findings(key, rows, heads, newest):
    """What is wrong: [Finding]. `heads`: {number: code} as signed outside the database; `newest`: the number that the
    database says is the last.

    A row may begin the chain only if it is the first of all, or a signed head names the one before it.
    """
    found, before, at = [], None, None
    for row in rows:
        if at is None:
            before = heads.get(row.number - 1, "" if row.number == 1 else None)
            if before is None:
                found.append(Finding(row.number - 1, "missing"))
        elif row.number != at + 1:
            found += [Finding(number, "missing") for number in range(at + 1, min(row.number, at + 1001))]
            before = None
        if before is not None and not hmac.compare_digest(row.mac, code_of(key, before, row)):
            found.append(Finding(row.number, "changed"))
        elif heads.get(row.number, row.mac) != row.mac:
            found.append(Finding(row.number, "head"))
        before, at = row.mac, row.number
    last = max([newest, *heads])
    found += [Finding(number, "missing") for number in range((at or 0) + 1, min(last, (at or 0) + 1000) + 1)]
    return found
