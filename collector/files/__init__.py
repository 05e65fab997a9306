"""Files people bring: known by what is in them, kept once by their hash beside the database, handed out harmless."""

from collector.files.actions import damaged, drop, keep, room_left, tidy
from collector.files.answers import HANDED_ON, WHOLE, sent
from collector.files.arrivals import Coming, PartRefused, add, begin, give_up, sweep, torn
from collector.files.kinds import DOCUMENTS, KINDS, PHOTOS, RECORDINGS, FileRefused
from collector.files.models import Arrival, File
from collector.files.pictures import picture
from collector.files.store import open_content as open
from collector.files.store import path_of

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
    "drop",
    "give_up",
    "keep",
    "open",
    "path_of",
    "picture",
    "room_left",
    "sent",
    "sweep",
    "tidy",
    "torn",
)
