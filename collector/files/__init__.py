"""Files people bring: known by what is in them, kept once by their hash beside the database, handed out harmless."""

from collector.files.actions import damaged, drop, keep, room_left, tidy
from collector.files.answers import HANDED_ON, WHOLE, sent, sent_once
from collector.files.arrivals import Coming, PartRefused, add, begin, give_up, sweep, torn
from collector.files.kinds import DOCUMENTS, KINDS, PHOTOS, RECORDINGS, FileRefused
from collector.files.models import Arrival, File
from collector.files.pictures import picture
from collector.files.store import discard, new_copy, opened
from collector.files.store import open_content as open

__all__ = (
    "DOCUMENTS",
    "HANDED_ON",
    "KINDS",
    "PHOTOS",
    "RECORDINGS",
    "WHOLE",
    "Arrival",
    "Coming",
    "File",
    "FileRefused",
    "PartRefused",
    "add",
    "begin",
    "damaged",
    "discard",
    "drop",
    "give_up",
    "keep",
    "new_copy",
    "open",
    "opened",
    "picture",
    "room_left",
    "sent",
    "sent_once",
    "sweep",
    "tidy",
    "torn",
)
