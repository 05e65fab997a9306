"""How a file goes out: a picture or a recording as itself, everything else to be saved; nothing runs in our name."""

from pathlib import Path

from flask import current_app, request, send_file
from werkzeug.datastructures import Range
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from collector.files.kinds import KINDS
from collector.files.store import discard, folder, path_of

PIECE_MOST = 1024 * 1024  # bytes of an answer to who asks for pieces: so few are on their way at once
WHOLE = "X-Gantry-Whole"  # from here to the server: what of our folder it is to send, and no thread waits for it
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
        answer.response, answer.headers[WHOLE] = (), str(path_of(file.sha256).relative_to(folder()))
    return answer


def sent_once(copy, media, name):
    """The answer that sends a copy (store.new_copy), to be saved under a name; nothing of it is left afterwards."""
    copy.flush()
    answer = send_file(copy.name, media, as_attachment=True, download_name=name, conditional=False)
    answer.headers.update(HEADERS)
    if current_app.config.get(HANDED_ON):
        copy.close()
        answer.close()
        answer.response, answer.headers[WHOLE] = (), Path(copy.name).name
    else:
        discard(copy)  # the answer has it open
    return answer


def _short(asked):
    """What a Range asks for, shorter where it asks for much: a film that is paused holds no thread meanwhile.

    A server may give less than was asked for (RFC 9110, 14.2); browsers then ask for the rest when they come to it.
    """
    (first, end), *_others = asked.ranges
    if first >= 0:
        end = min(end or first + PIECE_MOST, first + PIECE_MOST)
    return Range(asked.units, [(first, end)]).to_header()
