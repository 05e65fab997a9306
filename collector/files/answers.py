"""How a file goes out: a picture or a recording as itself, everything else to be saved; nothing runs in our name."""

from flask import current_app, request, send_file
from werkzeug.datastructures import Range
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from collector.files.kinds import KINDS
from collector.files.store import path_of

PIECE_MOST = 1024 * 1024  # bytes of an answer to who asks for pieces: so few are on their way at once
WHOLE = "X-Gantry-Whole"  # from here to the server: the content of which hash it is to send, and no thread waits for it
HANDED_ON = "HANDS_ON_FILES"  # whether there is such a server
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
}


def sent(file, to_save=False):
    """The answer to who asks for a File that is there; in pieces where a browser wants pieces."""
    kind = KINDS[file.kind]
    answer = send_file(
        path_of(file.sha256).absolute(),
        mimetype=kind.media,
        as_attachment=to_save or not kind.is_shown,
        download_name=file.name,
        etag=file.sha256,
        conditional=False,
    )
    asked = {**request.environ, "HTTP_RANGE": _short(request.range)} if request.range else request.environ
    try:
        answer.make_conditional(asked, accept_ranges=True, complete_length=file.bytes)
    except RequestedRangeNotSatisfiable:
        answer.close()
        raise
    answer.headers.update(HEADERS)
    if answer.status_code == 200 and current_app.config.get(HANDED_ON):
        answer.close()
        answer.response, answer.headers[WHOLE] = (), file.sha256
    return answer


def _short(asked):
    """What a Range asks for, shorter where it asks for much: a film that is paused holds no thread meanwhile.

    A server may give less than was asked for (RFC 9110, 14.2); browsers then ask for the rest when they come to it.
    """
    (first, end), *_others = asked.ranges
    if first >= 0:
        end = min(end or first + PIECE_MOST, first + PIECE_MOST)
    return Range(asked.units, [(first, end)]).to_header()
