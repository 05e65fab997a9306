"""The words of tus 1.0, an open protocol for files that come in parts: what a request says, what an answer has to say.

The core, with the extensions creation, creation-defer-length, checksum (SHA-256), expiration and termination. Source:
https://tus.io/protocols/resumable-upload
"""

import base64
import binascii
from collections import namedtuple

from flask import Response, request

from collector.web.problems import Refused

VERSION = "1.0.0"
MEDIA = "application/offset+octet-stream"
EXTENSIONS = "creation,creation-defer-length,checksum,expiration,termination"
DIGITS_MOST = 15

Begun = namedtuple("Begun", ("name", "bytes"))  # bytes: of the whole, None when it is not known yet


def abilities(most_bytes):
    """The answer to OPTIONS."""
    headers = {"Tus-Version": VERSION, "Tus-Extension": EXTENSIONS, "Tus-Checksum-Algorithm": "sha256"}
    return answer(204, **headers, Tus_Max_Size=most_bytes)


def answer(status, **headers):
    """A Response without a body; names of headers are written with _ where that is easier."""
    said = {name.replace("_", "-"): str(value) for name, value in headers.items()}
    return Response(status=status, headers={"Tus-Resumable": VERSION, "Cache-Control": "no-store", **said})


def begun():
    """The Begun that a request says. Raises Refused."""
    _require_version()
    size, defers = _number("Upload-Length", needed=False), request.headers.get("Upload-Defer-Length")
    if (size is None) == (defers != "1"):
        raise Refused("request_unreadable", "say either Upload-Length in bytes, or Upload-Defer-Length: 1")
    return Begun(_metadata().get("filename", ""), size)


def part():
    """(place, bytes, SHA-256 in hexadecimal, length of the whole or None) of a request. Raises Refused."""
    _require_version()
    if request.mimetype != MEDIA:
        raise Refused("media_type", f"the body is {request.mimetype[:80]!r}; send {MEDIA}")
    algorithm, _, said = request.headers.get("Upload-Checksum", "").partition(" ")
    if algorithm != "sha256":
        raise Refused("request_unreadable", "Upload-Checksum is missing; send: sha256 and its base64")
    digest = _decoded("Upload-Checksum", said)
    return _number("Upload-Offset"), request.get_data(), digest.hex(), _number("Upload-Length", needed=False)


def _require_version():
    found = request.headers.get("Tus-Resumable", "")
    if found != VERSION:
        said = f"Tus-Resumable is {found[:20]!r}; send {VERSION}"
        raise Refused("tus_version", said, headers={"Tus-Version": VERSION})


def _number(name, needed=True):
    text = request.headers.get(name)
    if text is None and not needed:
        return None
    if text is None or not (text.isascii() and text.isdigit() and len(text) <= DIGITS_MOST):
        raise Refused("request_unreadable", f"{name} is {(text or '')[:40]!r}; send a whole number of bytes")
    return int(text)


def _metadata():
    pairs = (pair.strip().partition(" ") for pair in request.headers.get("Upload-Metadata", "").split(",") if pair)
    return {key: _decoded("Upload-Metadata", said).decode("utf-8", "replace") for key, _, said in pairs}


def _decoded(name, text):
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise Refused("request_unreadable", f"{name} holds {text[:40]!r}, which is no base64") from error
