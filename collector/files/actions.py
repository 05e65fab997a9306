"""Keeping a file, dropping one, and clearing away what belongs to none."""

import re
from pathlib import Path

from collector import audit, db
from collector.config import read_settings
from collector.files import films, pictures, store
from collector.files.kinds import KINDS, MIB, PHOTOS, RECORDINGS, FileRefused, kind_of
from collector.files.models import Arrival, File

NAME_MOST = 120
REST_MS = 3_600_000  # what belongs to no file rests for an hour, in case it is just being brought


def keep(stream, name, allowed, now_ms):
    """The File of a binary stream that is one of the kinds `allowed` (DOCUMENTS, PHOTOS, ...). Raises FileRefused.

    A picture is made anew without what a camera wrote beside it. Inside a transaction of the caller it is a part of it.
    """
    return keep_copy(*store.taken_in(stream, max(KINDS[kind].most for kind in allowed)), name, allowed, now_ms)


def keep_copy(copy, sha256, size, name, allowed, now_ms):
    """The same of a copy that lies in the folder already; it is discarded. Raises FileRefused."""
    try:
        kind = kind_of(copy, allowed)
        if size > KINDS[kind].most:
            raise FileRefused("size", str(KINDS[kind].most // MIB))
        if kind in PHOTOS:
            fresh = pictures.made_anew(copy, kind)
            store.discard(copy)
            copy, sha256, size = store.taken_in(fresh, KINDS[kind].most)
        elif kind in RECORDINGS and films.is_cut(copy, kind, size):
            raise FileRefused("cut")
        with db.write():
            if size > room_left() and not File.holds(sha256):
                raise FileRefused("full")
            store.settle(copy, sha256)
            return _told(name, kind, sha256, size, now_ms)
    finally:
        store.discard(copy)


def _told(name, kind, sha256, size, now_ms):
    said = {"kind": kind, "bytes": size, "sha256": sha256}
    kept = File.create(name=shown_name(name, kind), actor=audit.acting().name, kept_ms=now_ms, **said)
    audit.note("file.keep", f"file {kept.id} {kept.name}", after=said)
    return kept


def shown_name(name, kind):
    """A name as it is shown and handed out: no folder, no sign that cannot be shown, the ending of what it is."""
    plain = re.sub(r'[\x00-\x1f\x7f"<>|:*?\\/]', " ", re.split(r"[\\/]", name)[-1])
    plain = "".join(sign for sign in plain if sign.isprintable())
    stem = plain.rpartition(".")[0] or plain
    return f"{' '.join(stem.split())[:NAME_MOST].strip('. ') or 'file'}.{KINDS[kind].ending}"


def room_left():
    """How many bytes may still be kept by the setting `files_most_mb`, without what is on its way."""
    return read_settings(db.folder())["files_most_mb"] * MIB - File.bytes_kept() - Arrival.bytes_promised()


def damaged():
    """(File, "gone" or "another") of each that is kept and whose content is not what was brought."""
    for file in File.select().where(File.dropped_ms.is_null()).order_by(File.id):
        if fault := store.fault_of(file):
            yield file, fault


def drop(file, now_ms):
    """Let go of a File: it is shown no longer, and `tidy` clears its content away."""
    with db.write():
        File.update(dropped_ms=now_ms).where((File.id == file.id) & File.dropped_ms.is_null()).execute()
        audit.note("file.drop", f"file {file.id} {file.name}", before={"sha256": file.sha256})


def tidy(now_ms):
    """Remove contents that belong to no file and copies that were never finished; how many."""
    gone = 0
    for path in [*store.folder().glob(f"{store.NEW}*"), *store.folder().glob("??/*")]:
        with db.write():
            gone += _cleared(path, now_ms)
    return gone


def _cleared(path, now_ms):
    try:
        is_fresh = path.stat().st_mtime * 1000 > now_ms - REST_MS
    except FileNotFoundError:  # somebody finished or discarded it meanwhile
        return False
    if is_fresh or File.holds(path.name):
        return False
    Path(path).unlink(missing_ok=True)
    return True
