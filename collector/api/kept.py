"""Idempotency keys: a POST that is sent again with its key is done once and answered as the first time, for a day.

Claim, act and answer are one transaction: a crash leaves all of them or none. An answer may hold what is shown once, a
token or an invitation; it is sealed under a key outside the database.
"""

import hashlib
import re

from flask import Response, g, request
from peewee import BlobField, CompositeKey, IntegerField, TextField

from collector import db
from collector.clock import now_ms
from collector.db import Table
from collector.keys import opened, sealed
from collector.web.problems import Refused

HEADER = "Idempotency-Key"
KEPT_MS = 86_400_000
_KEY = re.compile(r"[\x21-\x7e]{1,128}")


class ApiAnswer(Table):
    """The answer to a POST with a key; `asked` is the SHA-256 of what was asked."""

    caller = TextField()
    key = TextField()
    asked = TextField()
    status = IntegerField()
    media = TextField()
    body = BlobField()
    made_ms = IntegerField()

    class Meta:
        primary_key = CompositeKey("caller", "key")


def once(answered):
    """The answer of a request: that of the first with its key, else what `answered()` gives. Raises Refused."""
    key = request.headers.get(HEADER)
    if key is None:
        return answered()
    if not _KEY.fullmatch(key):
        raise Refused("request_unreadable", f"{HEADER} is {key[:40]!r}; send 1 to 128 letters, digits or signs")
    asked, now = _digest(), now_ms()
    with db.write():
        found = ApiAnswer.get_or_none((ApiAnswer.caller == g.caller) & (ApiAnswer.key == key))
        if found is not None and now - found.made_ms < KEPT_MS:
            return _again(found, asked)
        answer = answered()
        body = sealed(db.folder(), _about(g.caller, key), answer.get_data())
        row = {"caller": g.caller, "key": key, "asked": asked, "status": answer.status_code}
        if found is not None:
            found.delete_instance()
        ApiAnswer.create(**row, media=answer.mimetype, body=body, made_ms=now)
    return answer


def forget(now_ms):
    """Let go of what is older than a day."""
    with db.write():
        ApiAnswer.delete().where(ApiAnswer.made_ms < now_ms - KEPT_MS).execute()


def _again(found, asked):
    if found.asked != asked:
        raise Refused("key_reused", f"{HEADER} {found.key} belongs to a request with another address or body")
    body = opened(db.folder(), _about(found.caller, found.key), found.body)
    return Response(body, found.status, {"Idempotency-Replayed": "true"}, mimetype=found.media)


def _about(caller, key):
    return f"answer:{caller}:{key}"


def _digest():
    head = f"{request.method} {request.full_path}\n".encode()
    return hashlib.sha256(head + request.get_data()).hexdigest()
