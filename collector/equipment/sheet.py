"""Spreadsheets in and out: XLSX and CSV to lines of texts, and equipment to CSV."""

import codecs
import csv
import io
import zipfile

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from collector.equipment.fields import NAMES, OF_BUYING, shown, written
from collector.errors import ActionError
from collector.web.cells import harmless

LINES_MOST = 50_000
PIECE = 64 * 1024
UNPACKED_MOST = 128 * 1024 * 1024
_BROKEN = (ValueError, KeyError, TypeError, IndexError, OSError, SyntaxError)  # what openpyxl raises on broken files
_UNREADABLE = (*_BROKEN, csv.Error, zipfile.BadZipFile, InvalidFileException)


class SheetRefused(ActionError):
    """A file is not taken; `code`: columns, lines, unreadable or unpacked; `about`: what it was, in its own words."""

    def __init__(self, code, about=""):
        super().__init__(f"the spreadsheet is not taken: {code} {about}; save it again as XLSX or CSV")
        self.code, self.about = code, about


def lines_of(content, words):
    """An iterator of (line number, {field: cell}) over a file, a binary stream that can be sought, or bytes.

    `words`: {heading in small letters: field}. Raises SheetRefused, also while it is read.
    """
    return _told(_rows(content), words)


def rows_of(content):
    """An iterator of the rows of a file as lists of cells. Raises SheetRefused while it is read."""
    try:
        yield from _rows(content)
    except _UNREADABLE as error:
        raise SheetRefused("unreadable") from error


def _rows(content):
    stream = io.BytesIO(content) if isinstance(content, bytes) else content
    is_packed = stream.read(4) == b"PK\x03\x04"
    stream.seek(0)
    return _xlsx(stream) if is_packed else _csv(stream)


def _told(rows, words):
    try:
        head = [words.get(written(cell).lower(), written(cell)) for cell in next(rows, ())]
        if not {"asset_number", "name"} <= set(head) <= set(NAMES) or len(set(head)) != len(head):
            raise SheetRefused("columns", ", ".join(head)[:300])
        for number, cells in enumerate(rows, 2):
            if number > LINES_MOST + 1:
                raise SheetRefused("lines", str(LINES_MOST))
            if any(written(cell) for cell in cells):
                yield number, dict(zip(head, cells, strict=False))
    except _UNREADABLE as error:
        raise SheetRefused("unreadable") from error


def _xlsx(stream):
    """The rows of the first sheet, read as they are asked for; a formula is its text, never its value."""
    with zipfile.ZipFile(stream) as packed:
        if sum(one.file_size for one in packed.infolist()) > UNPACKED_MOST:
            raise SheetRefused("unpacked")
    yield from load_workbook(stream, read_only=True).worksheets[0].iter_rows(values_only=True)


def _csv(stream):
    """The rows of a file in the encoding it is in, which is looked for from its beginning to its end."""
    for encoding in ("utf-8-sig", "gb18030"):
        stream.seek(0)
        try:
            for _piece in codecs.iterdecode(iter(lambda: stream.read(PIECE), b""), encoding):
                pass
        except UnicodeDecodeError:
            continue
        stream.seek(0)
        yield from csv.reader(codecs.getreader(encoding)(stream), strict=True)
        return
    raise SheetRefused("unreadable")


def csv_of(equipment, with_buying):
    """The lines of a CSV file, for equipment with its places; what was paid only where asked for."""
    names = [name for name in NAMES if with_buying or name not in OF_BUYING]
    yield "\ufeff" + _line(names)
    for one in equipment:
        said = one.told()
        yield _line([harmless(shown(name, said[name])) for name in names])


def _line(cells):
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()
