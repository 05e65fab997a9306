"""How a file goes out: a picture or a recording as itself, everything else to be saved; nothing runs in our name."""

from flask import send_file

from collector.files.kinds import KINDS
from collector.files.store import path_of

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
        conditional=True,
        etag=file.sha256,
    )
    answer.headers.update(HEADERS)
    return answer
