"""Files that come in parts: a part counts when its hash is right and it is on the disk, and then no cut connection and
no killed collector takes it away. The last one makes a File of all of them, in the same transaction."""

import fcntl
import hashlib
from collections import namedtuple
from contextlib import contextmanager

from collector import audit, db
from collector.errors import ActionError
from collector.files import store
from collector.files.actions import keep_copy, room_left
from collector.files.kinds import HEAD, KINDS, MIB, RECORDINGS, FileRefused, kind_of
from collector.files.models import Arrival, Part

UNDER_WAY_MOST = 5  # of one person
HOUR_MS = 3_600_000

REFUSALS = {  # code -> what is told
    "many": "{about} files of yours are under way; bring one to its end, or give one up",
    "length": "the whole is said to have {about} bytes, and that is no length it can have; say its own",
    "place": "the next part begins at byte {about}; send what is missing from there on",
    "hash": "the part at byte {about} is not what its SHA-256 says; send it again",
    "long": "the part reaches beyond the end at byte {about}; send what is before it",
    "busy": "another part is just being written; ask where the next one begins, then go on",
    "spoilt": "the part at byte {about} is not on the disk any more as it came; send what follows from there on",
    "gone": "it is not under way any more; begin anew",
}

Coming = namedtuple("Coming", ("at", "body", "sha256", "bytes"))  # sha256: hexadecimal; bytes: of the whole, or None


class PartRefused(ActionError):
    """A part, or the beginning of a file that comes in parts, is not taken; `code` is one of REFUSALS."""

    def __init__(self, code, about=""):
        super().__init__(REFUSALS[code].format(about=about))
        self.code, self.about = code, about


def begin(about, name, size, most_mb, now_ms):
    """The new Arrival of a file of so many bytes; None: not known yet. Raises PartRefused, FileRefused."""
    actor = audit.acting().name
    with db.write():
        if Arrival.under_way("", actor).count() >= UNDER_WAY_MOST:
            raise PartRefused("many", UNDER_WAY_MOST)
        _check_size(size or 0, most_mb)
        if size == 0:
            raise FileRefused("empty")
        if (size or 1) > room_left():
            raise FileRefused("full")
        said = {"about": about, "name": name[:200], "bytes": size}
        made = Arrival.create(held=0, actor=actor, began_ms=now_ms, touched_ms=now_ms, **said)
        store.arriving(made.id).touch(mode=0o600)
        audit.note("file.begin", about, after=said | {"arrival": made.id})
        return made


def add(number, coming, allowed, most_mb, now_ms, on_whole):
    """The Arrival after a part; on_whole(File) is called in the transaction in which the last one counts.

    Raises PartRefused, and FileRefused: what is none of the kinds `allowed`, or is not whole, is given up.
    """
    with _held(number) as content:
        arrival = Arrival.get_by_id(number)
        size = _fitting(arrival, coming, most_mb)
        store.write_part(content, coming.at, coming.body)
        sha256 = _proved(arrival, content) if coming.at + len(coming.body) == size else None
        try:
            with db.write():
                _count(arrival, coming, size, now_ms)
                if coming.at < HEAD <= arrival.held:
                    kind_of(content, allowed)
                if sha256:
                    _finish(arrival, sha256, allowed, now_ms, on_whole)
        except FileRefused as refused:
            if refused.code != "full":
                give_up(arrival, now_ms, str(refused))
            raise
    if sha256:
        store.arriving(number).unlink(missing_ok=True)
    return arrival


def give_up(arrival, now_ms, why=""):
    """Let go of an Arrival that is under way, and of its parts."""
    with db.write():
        Arrival.update(ended_ms=now_ms).where((Arrival.id == arrival.id) & Arrival.ended_ms.is_null()).execute()
        Part.delete().where(Part.arrival == arrival.id).execute()
        audit.note("file.give_up", arrival.about, before={"arrival": arrival.id, "name": arrival.name, "why": why})
    store.arriving(arrival.id).unlink(missing_ok=True)


def sweep(now_ms, wait_h):
    """Give up those that nobody went on with for so many hours, and clear away parts of none; how many."""
    late = list(Arrival.select().where(Arrival.ended_ms.is_null() & (Arrival.touched_ms < now_ms - wait_h * HOUR_MS)))
    for arrival in late:
        give_up(arrival, now_ms, f"nobody went on for {wait_h} h")
    gone = 0
    for path in store.arriving(0).parent.iterdir():
        with db.write():
            if not Arrival.select().where((Arrival.id == int(path.name)) & Arrival.ended_ms.is_null()).exists():
                path.unlink()
                gone += 1
    return len(late) + gone


def torn():
    """(Arrival, "gone" or the place of the first part that is not on the disk as it came) of those under way."""
    for arrival in Arrival.select().where(Arrival.ended_ms.is_null()).order_by(Arrival.id):
        try:
            with store.arriving(arrival.id).open("rb") as content:
                spoilt, _whole = _looked_through(arrival, content)
        except FileNotFoundError:
            spoilt = "gone"
        if spoilt is not None:
            yield arrival, spoilt


@contextmanager
def _held(number):
    """The content of an arrival, for nobody else meanwhile; in another process neither."""
    try:
        content = store.arriving(number).open("r+b")
    except FileNotFoundError:
        raise PartRefused("gone") from None
    with content:
        try:
            fcntl.flock(content, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PartRefused("busy") from None
        yield content


def _fitting(arrival, coming, most_mb):
    """How many bytes the whole has, or None; the part can be put where it says it belongs."""
    end = coming.at + len(coming.body)
    if arrival.ended_ms is not None:
        raise PartRefused("gone")
    if coming.at != arrival.held:
        raise PartRefused("place", arrival.held)
    if hashlib.sha256(coming.body).hexdigest() != coming.sha256:
        raise PartRefused("hash", coming.at)
    size = arrival.bytes if coming.bytes is None else coming.bytes
    if size is not None and (arrival.bytes not in (None, size) or size < arrival.held):
        raise PartRefused("length", size)
    if size is not None and end > size:
        raise PartRefused("long", size)
    _check_size(max(end, size or 0), most_mb)
    if arrival.bytes is None and max(end, size or 0) - arrival.held > room_left():
        raise FileRefused("full")
    return size


def _check_size(size, most_mb):
    most_mb = min(most_mb, *(KINDS[kind].most // MIB for kind in RECORDINGS))
    if size > most_mb * MIB:
        raise FileRefused("size", str(most_mb))


def _count(arrival, coming, size, now_ms):
    held = coming.at + len(coming.body)
    here = (Arrival.id == arrival.id) & (Arrival.held == arrival.held) & Arrival.ended_ms.is_null()
    if not Arrival.update(held=held, bytes=size, touched_ms=now_ms).where(here).execute():
        raise PartRefused("gone")
    if coming.body:
        Part.create(arrival=arrival, at=coming.at, bytes=len(coming.body), sha256=coming.sha256)
    arrival.held, arrival.bytes = held, size


def _proved(arrival, content):
    """The SHA-256 of the whole; parts that are not what came are forgotten, and what follows them. Raises PartRefused.

    The part that was written last does not count yet, and was checked as it came.
    """
    spoilt, whole = _looked_through(arrival, content)
    if spoilt is None:
        return whole
    with db.write():
        Part.delete().where((Part.arrival == arrival.id) & (Part.at >= spoilt)).execute()
        Arrival.update(held=spoilt).where(Arrival.id == arrival.id).execute()
    raise PartRefused("spoilt", spoilt)


def _looked_through(arrival, content):
    """(place of the first part that is not as it came, or None; SHA-256 of the whole)."""
    whole = hashlib.sha256()
    content.seek(0)
    for part in arrival.parts.order_by(Part.at):
        body = content.read(part.bytes)
        if hashlib.sha256(body).hexdigest() != part.sha256:
            return part.at, None
        whole.update(body)
    while body := content.read(store.PIECE):
        whole.update(body)
    return None, whole.hexdigest()


def _finish(arrival, sha256, allowed, now_ms, on_whole):
    Arrival.update(ended_ms=now_ms).where(Arrival.id == arrival.id).execute()  # first: its bytes are promised no more
    copy = store.second_name(store.arriving(arrival.id))
    arrival.file = keep_copy(copy, sha256, arrival.held, arrival.name, allowed, now_ms)
    arrival.ended_ms = now_ms
    arrival.save()
    Part.delete().where(Part.arrival == arrival.id).execute()
    on_whole(arrival.file)
