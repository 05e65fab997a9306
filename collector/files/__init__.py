"""Files people bring: known by what is in them, kept once by their hash beside the database, handed out harmless."""

from collector.files.actions import damaged, drop, keep, room_left, tidy
from collector.files.answers import sent
from collector.files.kinds import DOCUMENTS, KINDS, PHOTOS, RECORDINGS, FileRefused
from collector.files.models import File
from collector.files.pictures import picture
from collector.files.store import open_content as open

__all__ = (
    "DOCUMENTS",
    "KINDS",
    "PHOTOS",
    "RECORDINGS",
    "File",
    "FileRefused",
    "damaged",
    "drop",
    "keep",
    "open",
    "picture",
    "room_left",
    "sent",
    "tidy",
)
