"""A route of the API: what it takes is checked before the view sees it, what it gives is what it says it gives."""

from collections import namedtuple
from functools import wraps

import msgspec
from flask import Blueprint, Response, request
from werkzeug.http import generate_etag

from collector.api import checked, kept
from collector.api.pages import Page
from collector.errors import ActionError
from collector.web import csrf
from collector.web.problems import Refused

PREFIX = "/api/v1"
JSON, CSV, BYTES = "application/json", "text/csv", "application/octet-stream"

# gives: a type, a media type, or None for no body; asks: the Struct of the query; takes: the Struct of the body, or the
# media types of bytes
# also: other statuses; refuses: rows of PROBLEMS beside those that come of what it takes
Spoken = namedtuple("Spoken", ("gives", "status", "asks", "takes", "also", "refuses"), defaults=((), ()))


def room(name):
    """The Blueprint of a room's part of the API. A form token is asked for only where a session speaks (guard.py)."""
    made = Blueprint(f"{name}_api", __name__, url_prefix=PREFIX)
    csrf.exempt(made)
    return made


def speaks(gives, status=200, asks=None, takes=None, refuses=()):
    """A view that is given `asked` and `body` as declared; what it gives back becomes the answer."""

    def marked(view):
        @wraps(view)
        def spoken(**path):
            given = dict(path)
            if asks:
                given["asked"] = checked.of(asks, _query(), "query", strict=False)
            if takes:
                given["body"] = _bytes(takes) if isinstance(takes, tuple) else checked.of(takes, _json(), "body", True)

            def answered():
                return _answer(_done(view, given), status)

            return kept.once(answered) if request.method == "POST" else answered()

        spoken.spoken = Spoken(gives, status, asks, takes, refuses=refuses)
        return spoken

    return marked


def told(kind, one, **more):
    """A Struct of this kind of what `one` has under the names of its fields; `more` says the fields it has not."""
    return kind(**{name: getattr(one, name) for name in kind.__struct_fields__ if name not in more}, **more)


def require_match(told):
    """Raises Refused when `If-Match` names another state of a thing than the one it is in, as told by its own route."""
    tag = generate_etag(msgspec.json.encode(told))
    if request.if_match and not request.if_match.contains(tag):
        raise Refused("changed_meanwhile", f"it is not any more what had the tag {str(request.if_match)[:80]}")


def _done(view, given):
    try:
        return view(**given)
    except ActionError as error:
        raise Refused("not_done", str(error)) from error


def _answer(given, status):
    if isinstance(given, Response):
        return given
    if given is None:
        return Response(status=204)
    response = Response(msgspec.json.encode(given), status, mimetype=JSON)
    if isinstance(given, Page) and given.next:
        response.headers["Link"] = f'<{given.next}>; rel="next"'
    if request.method in ("GET", "HEAD"):
        response.set_etag(generate_etag(response.get_data()))
        response.make_conditional(request)
    return response


def _query():
    said = request.args.to_dict(flat=False)
    return {name: values[0] if len(values) == 1 else values for name, values in said.items()}


def _bytes(media):
    if request.mimetype not in media:
        raise Refused("media_type", f"the body is {request.mimetype[:80]!r}; send {' or '.join(media)}")
    return request.get_data()


def _json():
    raw = _bytes((JSON,))
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused("request_unreadable", f"the body is no JSON: {error}") from None
