"""What a program is told when something is not done, problem+json (RFC 9457): what, where, which value, what to do."""

from collections import namedtuple
from typing import Any

import msgspec
from flask import Response, request

MEDIA = "application/problem+json"
TYPE = "urn:gantry:problem:"
VALUE_MOST = 200  # characters of a refused value that are said back

Kind = namedtuple("Kind", ("status", "title", "remedy"))

PROBLEMS = {
    "request_unreadable": Kind(400, "The request cannot be read", "Send what the document of the API describes."),
    "unauthorized": Kind(401, "No valid token", "Send `Authorization: Bearer TOKEN`; the account page makes tokens."),
    "forbidden": Kind(403, "You may not do this", "Ask an administrator for the right, or use a token that has it."),
    "not_found": Kind(404, "There is no such thing", "Check the address; what is outside your scope is not there."),
    "method_not_allowed": Kind(405, "This address takes another method", "Take one of those `Allow` names."),
    "not_done": Kind(409, "It cannot be done as things stand", "Do what `detail` says, then send it again."),
    "part_elsewhere": Kind(409, "The part does not belong there", "Send the part that begins where `detail` says."),
    "gone": Kind(410, "It is not there any more", "Begin anew."),
    "changed_meanwhile": Kind(412, "Somebody changed it meanwhile", "Get it again, look, and send your change anew."),
    "tus_version": Kind(412, "Another version of tus", "Send the version that `Tus-Version` names."),
    "too_large": Kind(413, "That is too large", "Send less at once."),
    "media_type": Kind(415, "The body is of another media type", "Send the media type the document names."),
    "field_invalid": Kind(422, "A field is not as it has to be", "Correct each of `errors`; nothing was changed."),
    "key_reused": Kind(422, "The idempotency key served another request", "Take a new key for a new request."),
    "busy": Kind(423, "Another request is doing it", "Ask where the next part begins, then go on."),
    "too_many": Kind(429, "Too many requests", "Wait for the seconds `Retry-After` says."),
    "hash_wrong": Kind(460, "The part is not what its hash says", "Send the part again."),
    "internal": Kind(
        500, "Something went wrong here", "Try again; if it stays, give `reference` to the administrator."
    ),
    "store_unavailable": Kind(503, "The store does not answer", "Send it again after `Retry-After`."),
}
CODES = {kind.status: code for code, kind in reversed(PROBLEMS.items())}


class Wrong(msgspec.Struct, frozen=True):
    """One field that is not as it has to be."""

    where: str
    value: Any
    what: str
    do: str


class Problem(msgspec.Struct, omit_defaults=True):
    """Why something was not done (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    reference: str = ""
    errors: list[Wrong] = []


class Refused(Exception):
    """A request to the API is not done; `code` is a row of PROBLEMS."""

    def __init__(self, code, detail, errors=(), headers=None):
        super().__init__(detail)
        self.code, self.errors, self.headers = code, list(errors), headers or {}


def answer(code, detail, reference="", errors=(), headers=None):
    """The Response for a row of PROBLEMS."""
    kind = PROBLEMS[code]
    said = Problem(
        TYPE + code,
        kind.title,
        kind.status,
        detail or kind.remedy,
        request.path[:VALUE_MOST],
        code,
        reference,
        list(errors),
    )
    body = msgspec.json.encode(said)
    return Response(body, kind.status, headers, mimetype=MEDIA)


def wrong(where, value, what, do):
    """A Wrong whose value is short enough to be said back."""
    if isinstance(value, str):
        value = value[:VALUE_MOST]
    elif not isinstance(value, int | float | bool | None):
        value = msgspec.json.encode(value).decode()[:VALUE_MOST]
    return Wrong(where, value, what, do)


def of_bytes(refused):
    """The Refused of a body of bytes that an action does not take; `refused` has a `code`."""
    return Refused("field_invalid", str(refused), [wrong("body", None, refused.code, str(refused))])
