"""What a file is, by its content and never by its name: a table of kinds, and how each is recognised."""

import zipfile
from collections import namedtuple

from collector.errors import ActionError

MIB = 1024 * 1024
HEAD = 64  # bytes that say what a file is

Kind = namedtuple("Kind", ("media", "ending", "most", "is_shown"))  # most: bytes; is_shown: a browser may show it

KINDS = {
    "jpeg": Kind("image/jpeg", "jpg", 20 * MIB, True),
    "png": Kind("image/png", "png", 20 * MIB, True),
    "webp": Kind("image/webp", "webp", 20 * MIB, True),
    "pdf": Kind("application/pdf", "pdf", 20 * MIB, False),
    "docx": Kind("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx", 20 * MIB, False),
    "xlsx": Kind("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx", 20 * MIB, False),
    "mp4": Kind("video/mp4", "mp4", 4096 * MIB, True),
    "mov": Kind("video/quicktime", "mov", 4096 * MIB, True),
    "webm": Kind("video/webm", "webm", 4096 * MIB, True),
}
PHOTOS = ("jpeg", "png", "webp")
DOCUMENTS = (*PHOTOS, "pdf", "docx", "xlsx")
RECORDINGS = ("mp4", "mov", "webm")

_STARTS = (  # offset, bytes there, kind
    (0, b"\xff\xd8\xff", "jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "png"),
    (8, b"WEBP", "webp"),
    (0, b"%PDF-", "pdf"),
    (4, b"ftypqt  ", "mov"),
    (4, b"ftyphei", "heif"),  # pictures of telephones in the dress of a film, and none of KINDS
    (4, b"ftypmif1", "heif"),
    (4, b"ftypavif", "avif"),
    (4, b"ftyp", "mp4"),
    (0, b"\x1aE\xdf\xa3", "webm"),
)
_OFFICE = {"word/document.xml": "docx", "xl/workbook.xml": "xlsx"}
_PROGRAM = "vbaproject.bin"


class FileRefused(ActionError):
    """A file is not taken; `code`: empty, type, size, picture, cut, program or full; `about`: what may be."""

    def __init__(self, code, about=""):
        super().__init__(f"the file is not taken: {code} {about}; see `docs/guide-register.md`, Documents")
        self.code, self.about = code, about


def kind_of(stream, allowed):
    """The key of KINDS that a seekable stream is, one of `allowed`. Raises FileRefused."""
    stream.seek(0)
    head = stream.read(HEAD)
    if not head:
        raise FileRefused("empty")
    found = next((kind for at, start, kind in _STARTS if head[at : at + len(start)] == start), None)
    if head[:4] == b"PK\x03\x04":
        found = _office(stream)
    if found not in allowed:
        raise FileRefused("type", ", ".join(KINDS[kind].ending for kind in allowed))
    return found


def _office(stream):
    """The kind of a document of an office program. Raises FileRefused when it holds a program."""
    try:
        with zipfile.ZipFile(stream) as packed:
            names = set(packed.namelist())
    except (zipfile.BadZipFile, ValueError, OSError):
        return None
    if any(name.lower().endswith(_PROGRAM) for name in names):
        raise FileRefused("program")
    return next((kind for name, kind in _OFFICE.items() if name in names), None)
