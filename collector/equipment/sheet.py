"""Spreadsheets in and out: XLSX and CSV to lines of texts, and equipment to CSV."""

import csv
import io
import zipfile

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from collector.equipment.fields import NAMES, OF_BUYING, shown, written
from collector.errors import ActionError

LINES_MOST = 5_000
UNPACKED_MOST = 128 * 1024 * 1024
DANGEROUS = ("=", "+", "-", "@", "\t")  # a spreadsheet would run it


class SheetRefused(ActionError):
    """A file is not taken; `code`: columns, lines, unreadable or unpacked; `about`: what it was, in its own words."""

    def __init__(self, code, about=""):
        super().__init__(f"the spreadsheet is not taken: {code} {about}; save it again as XLSX or CSV")
        self.code, self.about = code, about


def lines_of(content, words):
    """[(line number, {field: cell})] of a file. `words`: {heading in small letters: field}. Raises SheetRefused."""
    rows = _xlsx(content) if content[:4] == b"PK\x03\x04" else _csv(content)
    try:
        head = [words.get(written(cell).lower(), written(cell)) for cell in next(rows, ())]
        if not {"asset_number", "name"} <= set(head) <= set(NAMES) or len(set(head)) != len(head):
            raise SheetRefused("columns", ", ".join(head)[:300])
        found = []
        for number, cells in enumerate(rows, 2):
            if number > LINES_MOST + 1:
                raise SheetRefused("lines", str(LINES_MOST))
            if any(written(cell) for cell in cells):
                found.append((number, dict(zip(head, cells, strict=False))))
    except (csv.Error, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise SheetRefused("unreadable") from error
    return found


def _xlsx(content):
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(one.file_size for one in packed.infolist()) > UNPACKED_MOST:
                raise SheetRefused("unpacked")
        book = load_workbook(io.BytesIO(content), read_only=True)
        return iter(book.worksheets[0].iter_rows(values_only=True))
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, IndexError, OSError) as error:
        raise SheetRefused("unreadable") from error


def _csv(content):
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return csv.reader(io.StringIO(content.decode(encoding)), strict=True)
        except UnicodeDecodeError:
            continue
    raise SheetRefused("unreadable")


def csv_of(equipment, with_buying):
    """The lines of a CSV file, for equipment with its places; what was paid only where asked for."""
    names = [name for name in NAMES if with_buying or name not in OF_BUYING]
    yield "\ufeff" + _line(names)
    for one in equipment:
        said = one.told()
        yield _line([_harmless(shown(name, said[name])) for name in names])


def _line(cells):
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()


def _harmless(text):
    return f"'{text}" if text.startswith(DANGEROUS) else text
